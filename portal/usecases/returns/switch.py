"""Another way back while there is no label: nobody has to wait for a carrier that does not answer (field: c 13).

The sums stay as they were. A label that may have been bought is not bought again, and is given back when it turns out
that it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns.methods import IN_STORE, OWN_PARCEL, WORDS
from portal.domain.returns.states import PARCEL
from portal.errors import Conflict, InvalidInput
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.cancel import give_label_back
from portal.usecases.returns.set_off import arrange
from portal.usecases.returns.submit import once
from portal.usecases.staff import audit

ROUTE = "return.switch"
WAITING = frozenset({"label_queued", "label_failed", "label_lapsed"})


@dataclass(frozen=True, slots=True)
class Way:
    """A way back without a label of ours: a method, and the shop to bring it to, for that one. Words are message ids."""

    code: str
    words: str
    postage: str
    store: str = ""


def other_ways(session: Session, shop: ShopRef, order: Order, row: Return) -> tuple[Way, ...]:
    """What the shopper can choose now: shops in their country, if the policy lets things be brought back; and a carrier of
    their own, always. Empty while a label is there, and for what needs none."""
    if row.decision != "approved" or row.parcel not in WAITING or row.money != "quoted":
        return ()
    config = rows.config_of_version(session, shop.id, row.policy_version)
    country = (row.sender or {}).get("country") or order.ship_country
    near = [one.name for one in shop.config.returns.stores if one.country == country and IN_STORE in config.methods]
    return tuple(Way(code, *WORDS[code], store) for code, store in ((OWN_PARCEL, ""), *((IN_STORE, n) for n in near)))


def switch_key(row: Return) -> str:
    """The form's key: the same for everybody who looks before the return moves on, so that two tabs switch once."""
    return f"switch {row.id} {row.version}"


def switch_method(
    deps: Deps, shop: ShopRef, return_public_id: str, method: str, store: str, form_key: str, actor: str = "shopper"
) -> None:
    """Send it back this way instead. The same form again changes nothing.

    Raises NotFound; InvalidInput for a way that is not offered; Conflict when the label has come meanwhile, or the
    return is closed or on its way.
    """

    def act(session: Session) -> Return:
        order, row = rows.lock_return(session, rows.return_by_public_id(session, return_public_id).id)
        ways = other_ways(session, shop, order, row)
        if not ways:
            raise Conflict("the label of this return has come, or its parcel is on its way")
        if (method, store) not in {(way.code, way.store) for way in ways}:
            raise InvalidInput("choose one of the ways that are offered", "way")
        _switch(session, deps, shop, order, row, method, store, actor)
        return row

    once(deps, shop, actor, ROUTE, form_key, rows.request_hash([return_public_id, method, store]), act)


def _switch(
    session: Session, deps: Deps, shop: ShopRef, order: Order, row: Return, method: str, store: str, actor: str
) -> None:
    now, before = deps.clock(), row.method
    _let_go_of_label(session, deps, row, now)
    row.method, row.store, row.pickup_on = method, store or None, None
    rows.move(session, row, PARCEL, "none", now=now, actor=actor, why="it goes back another way")
    arrange(session, deps, shop, row, order, now, actor)
    rows.touch_all(session, row, now)
    session.flush()
    audit.record(
        session,
        deps,
        actor=actor,
        action=ROUTE,
        subject=f"return {row.id}",
        shop_id=shop.id,
        details={"from": before, "to": method},
    )


def _let_go_of_label(session: Session, deps: Deps, row: Return, now: datetime) -> None:
    """What was only intended is never bought; what was bought without a file goes back. One in doubt stays in the ledger:
    when it turns out to have been bought, it is given back then (`save_label`)."""
    give_label_back(session, deps, row, now, why="it goes back another way")
    for effect in session.scalars(
        select(Effect)
        .where(Effect.kind == "label", Effect.subject == f"return {row.id}", Effect.state == "manual")
        .with_for_update()
    ):
        if effect.submitted_at is None:  # it waited for a person's word, and was never asked for
            effect.state, effect.settled_at = "voided", deps.wall()
