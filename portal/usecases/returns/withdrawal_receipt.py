"""The acknowledgement of a withdrawal (Directive 2011/83/EU, Art. 11a(4)): its content, date and time, as plain text that
is stored once, sent once and never made again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from portal.domain.returns.methods import LABEL
from portal.domain.shop_config import PostalAddress
from portal.i18n import Speaker
from portal.usecases.deps import ShopRef

NAME, EMAIL = 120, 254  # characters


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """Everything that the receipt says. Sums in minor units; `items` are units, title and variant."""

    declared_at: datetime
    name: str = field(repr=False)
    email: str = field(repr=False)
    order_number: str
    placed_on: date
    rma: str
    items: tuple[tuple[int, str, str], ...]
    is_whole: bool
    due_minor: int
    shipping_minor: int
    currency: str
    send_back_by: date
    refund_by: date
    method: str
    awaits_goods: bool
    pays_postage: bool
    called_off: tuple[str, ...] = ()  # numbers of returns that it takes the place of


def one_line(text: str, most: int = 200) -> str:
    """Without line breaks and control characters: what a person typed never looks like words of ours."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]


def sha256(receipt: str) -> str:
    return hashlib.sha256(receipt.encode()).hexdigest()


def receipt_text(shop: ShopRef, facts: ReceiptFacts, speaker: Speaker) -> str:
    """The text, in the language and zone of `speaker`. It ends with a line break."""
    return "\n\n".join("\n".join(part) for part in _parts(shop, facts, speaker)) + "\n"


def _parts(shop: ShopRef, facts: ReceiptFacts, speaker: Speaker) -> list[list[str]]:
    _ = speaker.gettext
    whole = _("I withdraw from the whole contract, that is from the purchase of these goods:")
    part = _("I withdraw from the contract in part, that is from the purchase of these goods:")
    said = [
        (_("Name"), facts.name),
        (
            _("Order"),
            _("%(number)s of %(day)s", number=facts.order_number, day=speaker.day(facts.placed_on, year=True)),
        ),
        (_("Receipt sent to"), facts.email),
    ]
    return [
        [_("Receipt for your withdrawal from the contract")],
        [*_sender(shop, speaker)],
        [_("Received: %(moment)s", moment=moment_with_zone(facts.declared_at, speaker))],
        [_("Your declaration:"), whole if facts.is_whole else part, *_items(facts)],
        [f"{label}: {value}" for label, value in said],
        [_("What happens next"), *(f"- {line}" for line in next_steps(shop, facts, speaker))],
        [_("Number of the withdrawal: %(rma)s", rma=facts.rma), _("Please keep this receipt.")],
    ]


def _sender(shop: ShopRef, speaker: Speaker) -> list[str]:
    return [
        speaker.gettext("From: %(shop)s", shop=one_line(shop.config.name)),
        speaker.gettext("E-mail: %(email)s", email=shop.config.contact.email),
    ]


def _items(facts: ReceiptFacts) -> list[str]:
    return [f"  {units} × {title}{f' ({variant})' if variant else ''}" for units, title, variant in facts.items]


def next_steps(shop: ShopRef, facts: ReceiptFacts, speaker: Speaker) -> list[str]:
    """What follows, one sentence or two a step: the parcel, its postage, the money."""
    return [*_parcel_steps(shop, facts, speaker), *_money_steps(facts, speaker)]


def _parcel_steps(shop: ShopRef, facts: ReceiptFacts, speaker: Speaker) -> list[str]:
    _ = speaker.gettext
    by = speaker.day(facts.send_back_by, year=True)
    steps = [
        _("Your return %(rma)s is called off with this. Please do not use its label any more.", rma=rma)
        for rma in facts.called_off
    ]
    if facts.awaits_goods:
        steps.append(
            _(
                "What has not reached you yet, we stop if we can. If it comes all the same, refuse it or send it back "
                "within 14 days of its arrival."
            )
        )
    if facts.method == LABEL:
        steps.append(
            _("Send the goods back by %(day)s. The label comes by e-mail to the address of the order.", day=by)
        )
    else:
        place = place_line(shop.config.warehouse, speaker)
        steps.append(_("Send the goods back by %(day)s to: %(place)s.", day=by, place=place))
        steps.append(_("Write the number %(rma)s on the parcel and keep the receipt of the carrier.", rma=facts.rma))
    steps.append(_postage(facts, speaker))
    return steps


def _postage(facts: ReceiptFacts, speaker: Speaker) -> str:
    _ = speaker.gettext
    if facts.pays_postage:
        return _("You bear the direct cost of sending the goods back.")
    if facts.method == LABEL:
        return _("You pay nothing for sending the goods back.")
    return _("We pay for sending the goods back: send us the receipt for the postage.")


def _money_steps(facts: ReceiptFacts, speaker: Speaker) -> list[str]:
    _ = speaker.gettext
    total, by = speaker.money(facts.due_minor, facts.currency), speaker.day(facts.refund_by, year=True)
    if facts.shipping_minor:
        postage = speaker.money(facts.shipping_minor, facts.currency)
        paid = _(
            "You get %(sum)s back by %(day)s, to the way you paid with. That includes %(postage)s for the delivery.",
            sum=total,
            day=by,
            postage=postage,
        )
    else:
        paid = _("You get %(sum)s back by %(day)s, to the way you paid with.", sum=total, day=by)
    return [
        paid,
        _("We may wait until the goods are here or you have shown us that you sent them, whichever is earlier."),
        _("If the goods lost value because they were used more than needed to try them, a person looks at it first."),
    ]


def place_line(place: PostalAddress, speaker: Speaker) -> str:
    """The address of returns on one line."""
    town = f"{place.postal_code} {place.city}"
    parts = (place.name, place.line1, place.line2, town, place.region, speaker.country(place.country))
    return ", ".join(part for part in parts if part)


def moment_with_zone(moment: datetime, speaker: Speaker) -> str:
    """Day, time to the second, and how far it is from UTC: "Wednesday, 18 November 2026, 13:00:00 (UTC+01:00)"."""
    there = moment.astimezone(speaker.zone)
    offset = there.strftime("%z")
    return f"{speaker.day(there, year=True)}, {there:%H:%M:%S} (UTC{offset[:3]}:{offset[3:5]})"
