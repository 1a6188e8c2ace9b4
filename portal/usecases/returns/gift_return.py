"""Sending a present back with its code: offered, asked and sent in like any return, and told without prices.

The money goes to nobody but its new owner: as store credit, or as an exchange (field: e.13)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import GiftCode
from portal.domain.returns.config import EXCHANGE, STORE_CREDIT
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import drafts, rows
from portal.usecases.returns.draft_views import Draft
from portal.usecases.returns.exchange_choices import exchange_choices
from portal.usecases.returns.gift_views import GiftLine, GiftMethod, GiftOffer, GiftQuotes, Swap
from portal.usecases.returns.judged import judge_order
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, OfferLine, Sender
from portal.usecases.returns.quotes import quotes
from portal.usecases.returns.submit import submit

KIND = "gift"
ACTOR = "gift"


def gift_offer(deps: Deps, shop: ShopRef, gift_id: int) -> GiftOffer:
    """What may go back with a code. Raises NotFound for one that does not exist, or no longer opens anything."""
    with deps.sessions.read(shop.id) as session:
        public_id = _order_of(session, gift_id)
    found = offer(deps, shop, public_id)
    made = hashlib.sha256(found.form_key.encode()).hexdigest()[:24]
    return GiftOffer(
        gift_id=gift_id,
        order_public_id=public_id,
        purpose=f"{KIND} {gift_id}",
        timezone=found.timezone,
        lines=tuple(_line(line) for line in found.lines),
        form_key=f"{KIND}:{gift_id}:{made}",
    )


def _order_of(session: Session, gift_id: int) -> str:
    public_id = session.scalar(
        select(Order.public_id)
        .join(GiftCode, (GiftCode.order_id == Order.id) & (GiftCode.shop_id == Order.shop_id))
        .where(GiftCode.id == gift_id, GiftCode.revoked_at.is_(None))
    )
    if public_id is None:
        raise NotFound("this gift code opens nothing")
    return public_id


def _line(line: OfferLine) -> GiftLine:
    return GiftLine(
        line_id=line.line_id,
        title=line.title,
        variant=line.variant,
        units_left=line.units_left,
        eligible=line.eligible,
        against=line.against,
        window=line.window,
    )


def gift_draft(deps: Deps, shop: ShopRef, found: GiftOffer) -> Draft:
    """The choices so far, without what cannot go back any more."""
    draft = drafts.load_draft(deps, shop, found.order_public_id, found.purpose)
    left = {line.line_id: line.units_left for line in found.eligible}
    kept = tuple(choice for choice in draft.choices if 0 < choice.quantity <= left.get(choice.line_id, 0))
    return draft if kept == draft.choices else replace(draft, choices=kept)


def gift_quotes(deps: Deps, shop: ShopRef, draft: Draft, sender: Sender | None) -> GiftQuotes:
    """Raises NotFound, InvalidInput and Conflict as `quotes`."""
    found = quotes(deps, shop, draft.request(KIND, sender))
    with deps.sessions.read(shop.id) as session:
        swaps = any(_swaps(session, deps, shop, draft, choice) for choice in draft.choices)
    return GiftQuotes(
        can_exchange=swaps and EXCHANGE in shop.config.returns.resolutions,
        methods=tuple(
            GiftMethod(one.method, one.send_back_by, one.first_pickup_on, one.stores) for one in found.methods
        ),
        photos_for=found.photos_for,
        needs_review=found.needs_review,
    )


def gift_swaps(deps: Deps, shop: ShopRef, draft: Draft) -> dict[int, tuple[Swap, ...]]:
    """By line, the other variants of the same product: nothing that could tell a price by being dearer or cheaper."""
    with deps.sessions.read(shop.id) as session:
        return {choice.line_id: _swaps(session, deps, shop, draft, choice) for choice in draft.choices}


def _swaps(session: Session, deps: Deps, shop: ShopRef, draft: Draft, choice: Choice) -> tuple[Swap, ...]:
    order = rows.order_by_public_id(session, draft.order_public_id)
    judged = judge_order(session, shop, order, deps.clock())
    line = next((line for line in judged.lines if line.id == choice.line_id), None)
    if line is None:
        return ()
    found = exchange_choices(session, shop, line, judged.units(choice), judged.config, reason=choice.reason)
    return tuple(Swap(one.sku, one.title, one.variant, one.enough, one.suggested) for one in found.variants)


def submit_gift(
    deps: Deps, shop: ShopRef, found: GiftOffer, draft: Draft, sender: Sender, form_key: str, *, actor: str = ACTOR
) -> str:
    """Make the return, once however often the form is sent, and give its public id.

    Raises NotFound when the code was revoked, and InvalidInput, Conflict and `rows.OtherContent` as `submit`.
    """
    with deps.sessions.read(shop.id) as session:
        _order_of(session, found.gift_id)
    checked(sender)
    if draft.resolution not in (STORE_CREDIT, EXCHANGE):
        raise InvalidInput("choose what you would like for the items", "resolution")
    if draft.resolution == EXCHANGE:
        _check_swaps(deps, shop, draft)
    public_id = submit(deps, shop, draft.request(KIND, sender), form_key, actor)
    drafts.forget_draft(deps, shop, found.order_public_id, found.purpose)
    return public_id


def _check_swaps(deps: Deps, shop: ShopRef, draft: Draft) -> None:
    swaps = gift_swaps(deps, shop, draft)
    wanted = [choice for choice in draft.choices if choice.exchange_sku]
    if not wanted:
        raise InvalidInput("choose what you would like instead", "exchange")
    for choice in wanted:
        if choice.exchange_sku not in {swap.sku for swap in swaps.get(choice.line_id, ()) if swap.enough}:
            raise Conflict("what was wanted instead has just sold out; choose again")


LONGEST = {
    "name": 120,
    "email": 254,
    "line1": 120,
    "line2": 120,
    "city": 80,
    "region": 80,
    "postal_code": 16,
    "phone": 32,
}
NEEDED = ("name", "email", "line1", "postal_code", "city", "country")


def checked(sender: Sender) -> Sender:
    """Raises InvalidInput with the field of the first part that is missing or cannot be right."""
    for part in NEEDED:
        if not str(getattr(sender, part)).strip():
            raise InvalidInput("say where the parcel comes from", part)
    before, _, host = sender.email.rpartition("@")
    if not before or "." not in host.strip(".") or not sender.email.isprintable() or " " in sender.email:
        raise InvalidInput("give an e-mail address", "email")
    if len(sender.country) != 2 or not sender.country.isalpha():
        raise InvalidInput("choose a country", "country")
    for part, most in LONGEST.items():
        if len(getattr(sender, part)) > most or not getattr(sender, part).isprintable():
            raise InvalidInput("use fewer words", part)
    return sender
