"""Shippo's shipments, transactions and refunds. Each transaction buys, also the second one for the same rate.

A return names the addresses as they were on the way out; Shippo swaps them itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.documents import TYPES, qr_code
from carriers.lab.orders import Order, Party
from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, body_of, dig, many, number_of, reply, table, whole, word
from carriers.lab.wire.quotes import EXPRESS, GROUND, PRIORITY, UPS_GROUND, quotes

_SHIPMENTS, _TRANSACTIONS, _REFUNDS = "shipments", "transactions", "refunds"
_FORMATS: Final = {"PDF": "pdf", "PDF_4x6": "pdf", "PDF_A4": "pdf", "PDF_A6": "pdf", "PNG": "png", "ZPLII": "zpl"}
_SERVICES: Final = {
    GROUND: "usps_ground_advantage",
    PRIORITY: "usps_priority",
    EXPRESS: "usps_priority_express",
    UPS_GROUND: "ups_ground",
}
_MASSES: Final = {"g": 1.0, "kg": 1000.0, "lb": GRAMS_A_POUND, "oz": GRAMS_A_POUND / 16}
_REFUND_TAKES: Final = timedelta(days=1)


class ShippoLabels:
    """Sells labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        if wrong := _wrong(body):
            return reply(wrong, 400)
        name = self._desk.shelf.new_id()
        kept = {"id": name, "asked": body, "created": zulu(self._desk.now()), "rates": self._rates(name, body)}
        self._desk.shelf.put("shippo", _SHIPMENTS, name, kept)
        return reply(_shipment(kept), 201)

    def shipment(self, _request: Request, caught: str) -> Response:
        kept = self._desk.shelf.get("shippo", _SHIPMENTS, caught)
        return reply(_shipment(kept)) if kept else _not_found()

    def buy(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        kept, rate = self._rated(word(body, "rate"))
        if kept is None or rate is None:
            problem = "Rate with supplied object_id not found." if word(body, "rate") else "This field is required."
            return reply({"rate": [problem]}, 400)
        kind = word(body, "label_file_type") or word(kept["asked"], "label_file_type") or "PDF"
        if kind not in _FORMATS:
            return reply({"label_file_type": [f'"{kind}" is not a valid choice.']}, 400)
        handle = self._desk.shelf.new_id()
        cost = round(float(rate["amount"]) * 100), str(rate["currency"])
        order = _order(kept["asked"], rate, _FORMATS[kind], word(body, "metadata"))
        sold = self._desk.book.sell(
            "shippo", order, self._desk.now(), handle=handle, cost=cost, carried_by=str(rate["provider"]).lower()
        )
        made: dict[str, Any] = {
            "id": handle,
            "number": sold.number,
            "rate": rate["object_id"],
            "metadata": word(body, "metadata"),
        }
        made |= {
            "queued": dig(body, "async") is not False,
            "code": dig(kept["asked"], "extra", "qr_code_requested") is True,
        }
        self._desk.shelf.put("shippo", _TRANSACTIONS, handle, made)
        return reply(self._transaction(made, request), 201)

    def transactions(self, request: Request, _caught: str) -> Response:
        rate = request.args.get("rate", "")
        every = [one for one in reversed(self._desk.shelf.all("shippo", _TRANSACTIONS)) if rate in ("", one["rate"])]
        size, page = (whole(request.args.get(name, ""), usual, 100) for name, usual in (("results", 25), ("page", 1)))
        shown = [self._done(one, request) for one in every[(page - 1) * size : page * size]]
        more = f"{request.base_url}?page={page + 1}&results={size}" if len(every) > page * size else None
        return reply({"next": more, "previous": None, "results": shown})

    def transaction(self, request: Request, caught: str) -> Response:
        kept = self._desk.shelf.get("shippo", _TRANSACTIONS, caught)
        return reply(self._done(kept, request)) if kept else _not_found()

    def refund(self, request: Request, _caught: str) -> Response:
        name = word(body_of(request), "transaction")
        kept, now = self._desk.shelf.get("shippo", _TRANSACTIONS, name), self._desk.now()
        if kept is None:
            problem = "Transaction with supplied object_id not found." if name else "This field is required."
            return reply({"transaction": [problem]}, 400)
        if any(one["transaction"] == name for one in self._desk.shelf.all("shippo", _REFUNDS)):
            return reply({"transaction": ["A refund was requested for this transaction before."]}, 400)
        used = self._desk.book.used(kept["number"], now)
        made: dict[str, Any] = {
            "id": self._desk.shelf.new_id(),
            "transaction": name,
            "at": now.isoformat(),
            "error": used,
        }
        if not used:
            self._desk.book.void(kept["number"], now)
        self._desk.shelf.put("shippo", _REFUNDS, made["id"], made)
        return reply(self._refund(made), 201)

    def refunded(self, _request: Request, caught: str) -> Response:
        kept = self._desk.shelf.get("shippo", _REFUNDS, caught)
        return reply(self._refund(kept)) if kept else _not_found()

    def file(self, _request: Request, caught: str) -> Response:
        """Files lie open, under names that nobody can guess."""
        name, _, kind = caught.partition(".")
        purchase = self._desk.book.by_handle("shippo", name.removeprefix("qr_"))
        if purchase is None or kind not in TYPES:
            return Response("not found", 404)
        content = qr_code(purchase.number) if name.startswith("qr_") else self._desk.print(purchase, kind)
        return Response(content, content_type=TYPES[kind])

    def _rates(self, shipment: str, body: Any) -> list[dict[str, Any]]:
        return [
            {
                "object_id": self._desk.shelf.new_id(),
                "object_created": zulu(self._desk.now()),
                "shipment": shipment,
                "amount": f"{offer.minor / 100:.2f}",
                "currency": offer.currency,
                "amount_local": f"{offer.minor / 100:.2f}",
                "currency_local": offer.currency,
                "provider": offer.carried_by.upper(),
                "servicelevel": {"token": offer.service, "name": offer.service.replace("_", " ").title(), "terms": ""},
                "estimated_days": offer.days,
                "carrier_account": f"lab-account-{offer.carried_by}",
                "attributes": [],
                "messages": [],
                "test": True,
            }
            for offer in quotes("shippo", _grams(body), _SERVICES)
        ]

    def _rated(self, name: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        for kept in self._desk.shelf.all("shippo", _SHIPMENTS):
            for rate in kept["rates"]:
                if rate["object_id"] == name:
                    return kept, rate
        return None, None

    def _done(self, kept: dict[str, Any], request: Request) -> dict[str, Any]:
        """A transaction that was queued is done when it is asked for."""
        if kept["queued"]:
            kept["queued"] = False
            self._desk.shelf.put("shippo", _TRANSACTIONS, kept["id"], kept)
        return self._transaction(kept, request)

    def _transaction(self, kept: Mapping[str, Any], request: Request) -> dict[str, Any]:
        sold = self._desk.book.by_number("shippo", kept["number"])
        shown: dict[str, Any] = {
            "object_id": kept["id"],
            "object_state": "VALID",
            "status": "QUEUED" if kept["queued"] or sold is None else self._state(kept),
            "object_created": zulu(sold.bought_at if sold else self._desk.now()),
            "rate": kept["rate"],
            "metadata": kept["metadata"],
            "messages": [],
            "test": True,
        }
        if kept["queued"] or sold is None:
            return shown | {"tracking_number": "", "label_url": "", "qr_code_url": None, "tracking_status": "UNKNOWN"}
        return shown | self._bought(sold, kept, f"{request.host_url}shippo/files")

    def _state(self, kept: Mapping[str, Any]) -> str:
        refunds = self._desk.shelf.all("shippo", _REFUNDS)
        state = next((self._refund(one)["status"] for one in refunds if one["transaction"] == kept["id"]), "")
        return {"PENDING": "REFUNDPENDING", "SUCCESS": "REFUNDED", "ERROR": "REFUNDREJECTED"}.get(state, "SUCCESS")

    def _bought(self, sold: Purchase, kept: Mapping[str, Any], files: str) -> dict[str, Any]:
        return {
            "tracking_number": sold.number,
            "tracking_status": "UNKNOWN",
            "tracking_url_provider": f"https://tools.usps.com/go/TrackConfirmAction?tLabels={sold.number}",
            "label_url": f"{files}/{sold.handle}.{sold.format}",
            "commercial_invoice_url": "",
            "qr_code_url": f"{files}/qr_{sold.handle}.png" if kept["code"] else None,
            "eta": None,
        }

    def _refund(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        done = self._desk.now() - datetime.fromisoformat(kept["at"]) >= _REFUND_TAKES
        state = "ERROR" if kept["error"] else "SUCCESS" if done else "PENDING"
        created = zulu(datetime.fromisoformat(kept["at"]))
        shown = {"object_id": kept["id"], "object_created": created, "object_updated": created}
        return shown | {"status": state, "transaction": kept["transaction"], "test": True}


def zulu(moment: datetime) -> str:
    """A time with thousandths, as Shippo writes when its own objects were made."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _not_found() -> Response:
    return reply({"detail": "Not found."}, 404)


def _wrong(body: Any) -> dict[str, Any] | None:
    for side in ("address_from", "address_to"):
        missing = [name for name in ("name", "street1", "city", "country") if not word(body, side, name)]
        if missing:
            return {side: [{name: ["This field is required."] for name in missing}]}
    if len(many(dig(body, "parcels"))) != 1 or not 0 < _grams(body) <= 70_000:
        return {"parcels": [{"weight": ["Ensure that this value is greater than 0 and given in a known unit."]}]}
    return None


def _grams(body: Any) -> int:
    parcel = dig(many(dig(body, "parcels")), 0)
    return round(number_of(word(parcel, "weight")) * _MASSES.get(word(parcel, "mass_unit"), 0))


def _shipment(kept: Mapping[str, Any]) -> dict[str, Any]:
    asked = kept["asked"]
    return {
        "object_id": kept["id"],
        "object_created": kept["created"],
        "object_updated": kept["created"],
        "status": "SUCCESS",
        "address_from": asked["address_from"],
        "address_to": asked["address_to"],
        "parcels": asked["parcels"],
        "extra": table(asked.get("extra")),
        "metadata": asked.get("metadata") or "",
        "rates": kept["rates"],
        "messages": [],
        "test": True,
    }


def _order(asked: Mapping[str, Any], rate: Mapping[str, Any], kind: str, metadata: str) -> Order:
    outbound_from, outbound_to = _party(asked["address_from"]), _party(asked["address_to"])
    extra = table(asked.get("extra"))
    back = dig(extra, "is_return") is True
    references = [metadata, word(asked, "metadata"), *(word(extra, f"reference_{place}") for place in (1, 2))]
    notes = tuple(dict.fromkeys(reference for reference in references if reference))
    return Order(
        sender=outbound_to if back else outbound_from,
        recipient=outbound_from if back else outbound_to,
        weight_grams=_grams(asked),
        service=str(rate["servicelevel"]["name"]),
        format=kind,
        reference=notes[0] if notes else "",
        notes=notes,
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
