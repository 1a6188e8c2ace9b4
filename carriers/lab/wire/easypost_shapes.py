"""What EasyPost's answers about shipments are made of, and what makes a request wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug import Response

from carriers.lab.orders import Order, Party
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import number_of, reply, table, word

FORMATS: Final = ("png", "pdf", "zpl")
_GRAMS_AN_OUNCE: Final = 28.349523125


def easypost_error(
    status: int, code: str, message: str, errors: list[dict[str, str]] | None = None, /, **headers: str
) -> Response:
    return reply({"error": {"code": code, "message": message, "errors": errors or []}}, status, **headers)


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def not_found() -> Response:
    return easypost_error(404, "NOT_FOUND", "The requested resource could not be found.")


def grams(asked: Any) -> int:
    return round(number_of(word(asked, "parcel", "weight")) * _GRAMS_AN_OUNCE)


def wrong(asked: Any) -> str:
    """The first field that is missing."""
    for side in ("to_address", "from_address"):
        for name in ("street1", "city", "country"):
            if not word(asked, side, name):
                return f"{side}.{name}"
        if not (word(asked, side, "name") or word(asked, side, "company")):
            return f"{side}.name"
    return "" if 0 < grams(asked) <= 70_000 else "parcel.weight"


def address(given: Mapping[str, Any], at: str) -> dict[str, Any]:
    return {"object": "Address", "created_at": at, "updated_at": at, "mode": "test", "verifications": {}, **given}


def fee(sold: Purchase) -> dict[str, Any]:
    amount = f"{sold.cost_minor / 100:.5f}"
    return {"object": "Fee", "type": "PostageFee", "amount": amount, "charged": True, "refunded": False}


def order_of(asked: Mapping[str, Any], rate: Mapping[str, Any]) -> Order:
    outbound_to, outbound_from = _party(asked["to_address"]), _party(asked["from_address"])
    back = asked.get("is_return") is True
    options = table(asked.get("options"))
    kind = word(options, "label_format").lower() or "png"
    notes = [word(options, f"print_custom_{place}") for place in (1, 2)]
    reference = word(asked, "reference")
    return Order(
        sender=outbound_to if back else outbound_from,
        recipient=outbound_from if back else outbound_to,
        weight_grams=grams(asked),
        service=f"{rate['carrier']} {rate['service']}",
        format=kind if kind in FORMATS else "png",
        reference=reference,
        notes=tuple(dict.fromkeys(note for note in (*notes, reference) if note)),
    )


def _party(given: Any) -> Party:
    return Party(
        name=word(given, "name"),
        company=word(given, "company"),
        line1=word(given, "street1"),
        line2=word(given, "street2"),
        city=word(given, "city"),
        state=word(given, "state"),
        postal_code=word(given, "zip"),
        country=word(given, "country"),
    )
