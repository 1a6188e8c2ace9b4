"""Karrio's shipments: rates, one purchase each, the label again, cancellation (karrio-openapi.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.documents import TYPES
from carriers.lab.orders import Order, Party
from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, b64, body_of, dig, many, number_of, reply, table, whole, word
from carriers.lab.wire.quotes import EXPRESS, GROUND, PRIORITY, UPS_GROUND, quotes

_SHIPMENTS: Final = "shipments"
_FORMATS: Final = {"PDF": "pdf", "PNG": "png", "ZPL": "zpl"}
_SERVICES: Final = {
    GROUND: "usps_ground_advantage",
    PRIORITY: "usps_priority_mail",
    EXPRESS: "usps_priority_mail_express",
    UPS_GROUND: "ups_ground",
}
_MASSES: Final = {"G": 1.0, "KG": 1000.0, "LB": GRAMS_A_POUND, "OZ": GRAMS_A_POUND / 16}


class KarrioLabels:
    """Sells labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._till = Lock()  # two callers may not buy one shipment at once

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        if wrong := _wrong(body):
            return karrio_error(400, "validation", wrong)
        name = f"shp_{self._desk.shelf.new_id()}"
        kept = {"id": name, "asked": body, "created": self._desk.now().isoformat(), "number": "", "rate": ""}
        kept["rates"] = self._rates(body)
        self._desk.shelf.put("karrio", _SHIPMENTS, name, kept)
        if service := word(body, "service"):  # shipment and purchase in one call
            rate = next((rate for rate in kept["rates"] if rate["service"] == service), None)
            if rate is None:
                return karrio_error(424, "shipping_error", f"{service}: no such service")
            self._sell(kept, rate, body)
        return reply(self._shown(kept, request), 201)

    def every(self, request: Request, _caught: str) -> Response:
        asked = request.args
        found = [
            kept
            for kept in reversed(self._desk.shelf.all("karrio", _SHIPMENTS))
            if asked.get("reference", "") in ("", word(kept, "asked", "reference"))
            and asked.get("tracking_number", "") in ("", kept["number"])
            and asked.get("metadata_value", "") in ("", word(kept, "asked", "metadata", asked.get("metadata_key", "")))
        ]
        size = whole(asked.get("limit", ""), 20, 100)
        shown = [self._shown(kept, request) for kept in found[:size]]
        return reply({"count": len(found), "next": None, "previous": None, "results": shown})

    def retrieve(self, request: Request, caught: str) -> Response:
        kept = self._desk.shelf.get("karrio", _SHIPMENTS, caught)
        return _not_found() if kept is None else reply(self._shown(kept, request))

    def purchase(self, request: Request, caught: str) -> Response:
        with self._till:
            kept, body = self._desk.shelf.get("karrio", _SHIPMENTS, caught), body_of(request)
            if kept is None:
                return _not_found()
            if kept["number"]:
                return karrio_error(409, "state_error", "The shipment is 'created' and cannot be purchased again")
            wanted = word(body, "selected_rate_id"), word(body, "service")
            rate = next(
                (rate for rate in kept["rates"] if rate["id"] == wanted[0] or rate["service"] == wanted[1]), None
            )
            if rate is None:
                return karrio_error(400, "validation", "selected_rate_id: the rate is not one of this shipment's")
            self._sell(kept, rate, body)
        return reply(self._shown(kept, request))

    def cancel(self, request: Request, caught: str) -> Response:
        kept, now = self._desk.shelf.get("karrio", _SHIPMENTS, caught), self._desk.now()
        if kept is None:
            return _not_found()
        if kept["number"] and self._desk.book.used(kept["number"], now) and not self._desk.book.voided(kept["number"]):
            return karrio_error(409, "state_error", "The shipment is 'in_transit' and cannot be cancelled")
        if kept["number"]:
            self._desk.book.void(kept["number"], now)
        kept["cancelled"] = True
        self._desk.shelf.put("karrio", _SHIPMENTS, caught, kept)
        return reply(self._shown(kept, request))

    def document(self, _request: Request, caught: str) -> Response:
        kept = self._desk.shelf.get("karrio", _SHIPMENTS, caught)
        sold = self._desk.book.by_number("karrio", kept["number"]) if kept else None
        return _not_found() if sold is None else reply(self._label(sold))

    def file(self, _request: Request, caught: str) -> Response:
        """The label's address lies open, under a name that nobody can guess."""
        kept = self._desk.shelf.get("karrio", _SHIPMENTS, caught)
        sold = self._desk.book.by_number("karrio", kept["number"]) if kept else None
        if sold is None:
            return _not_found()
        return Response(self._desk.print(sold), content_type=TYPES[sold.format])

    def _rates(self, body: Any) -> list[dict[str, Any]]:
        return [
            {
                "id": f"rat_{self._desk.shelf.new_id()}",
                "object_type": "rate",
                "carrier_name": offer.carried_by,
                "carrier_id": offer.carried_by,
                "currency": offer.currency,
                "service": offer.service,
                "total_charge": offer.minor / 100,
                "transit_days": offer.days,
                "extra_charges": [],
                "test_mode": True,
            }
            for offer in quotes("karrio", _grams(body), _SERVICES)
        ]

    def _sell(self, kept: dict[str, Any], rate: Mapping[str, Any], body: Any) -> None:
        kind = word(body, "label_type") or word(kept["asked"], "label_type") or "PDF"
        reference = word(body, "reference") or word(kept["asked"], "reference")
        parcel = dig(kept["asked"], "parcels", 0, "reference_number")
        notes = tuple(dict.fromkeys(str(note) for note in (reference, parcel) if note))
        order = Order(
            sender=_party(kept["asked"]["shipper"]),
            recipient=_party(kept["asked"]["recipient"]),
            weight_grams=_grams(kept["asked"]),
            service=str(rate["service"]),
            format=_FORMATS.get(kind, "pdf"),
            reference=reference,
            notes=notes,
        )
        cost = round(float(rate["total_charge"]) * 100), str(rate["currency"])
        sold = self._desk.book.sell(
            "karrio", order, self._desk.now(), handle=kept["id"], cost=cost, carried_by=str(rate["carrier_name"])
        )
        kept |= {"number": sold.number, "rate": rate["id"]}
        kept["asked"]["reference"] = reference
        self._desk.shelf.put("karrio", _SHIPMENTS, kept["id"], kept)

    def _label(self, sold: Purchase) -> dict[str, Any]:
        shown = next(name for name, kind in _FORMATS.items() if kind == sold.format)
        return {"category": "label", "format": shown, "base64": b64(self._desk.print(sold))}

    def _shown(self, kept: Mapping[str, Any], request: Request) -> dict[str, Any]:
        asked, sold = kept["asked"], self._desk.book.by_number("karrio", kept["number"]) if kept["number"] else None
        rate = next((rate for rate in kept["rates"] if rate["id"] == kept["rate"]), None)
        shown: dict[str, Any] = {
            "id": kept["id"],
            "object_type": "shipment",
            "status": self._status(kept),
            "shipper": asked["shipper"],
            "recipient": asked["recipient"],
            "parcels": asked["parcels"],
            "options": table(asked.get("options")),
            "rates": kept["rates"],
            "reference": asked.get("reference") or None,
            "metadata": table(asked.get("metadata")),
            "messages": [],
            "created_at": kept["created"],
            "test_mode": True,
            "is_return": asked.get("is_return") is True,
            "shipping_documents": [],
        }
        if sold is None or rate is None:
            return shown
        url = f"{request.host_url}karrio/v1/shipments/{kept['id']}/label.{sold.format}"
        label = self._label(sold)
        return shown | {
            "carrier_name": rate["carrier_name"],
            "carrier_id": rate["carrier_id"],
            "service": rate["service"],
            "tracking_number": sold.number,
            "shipment_identifier": sold.number,
            "selected_rate": rate,
            "selected_rate_id": rate["id"],
            "label_type": label["format"],
            "label_url": url,
            "shipping_documents": [label | {"url": url}],
        }

    def _status(self, kept: Mapping[str, Any]) -> str:
        if kept.get("cancelled"):
            return "cancelled"
        if not kept["number"]:
            return "draft"
        return "in_transit" if self._desk.book.used(kept["number"], self._desk.now()) else "created"


def karrio_error(status: int, code: str, message: str, **headers: str) -> Response:
    return reply({"errors": [{"code": code, "message": message, "level": "error"}]}, status, **headers)


def _not_found() -> Response:
    return karrio_error(404, "not_found", "No Shipment matches the given query.")


def _wrong(body: Any) -> str:
    for side in ("shipper", "recipient"):
        for name in ("address_line1", "city", "country_code", "postal_code"):
            if not word(body, side, name):
                return f"{side}.{name}: This field is required."
        if not (word(body, side, "person_name") or word(body, side, "company_name")):
            return f"{side}.person_name: This field is required."
    if len(many(dig(body, "parcels"))) != 1 or not 0 < _grams(body) <= 70_000:
        return "parcels: one parcel with a weight in a known unit is required."
    kind = word(body, "label_type")
    return f"label_type: {kind} is not a valid choice." if kind and kind not in _FORMATS else ""


def _grams(body: Any) -> int:
    parcel = dig(many(dig(body, "parcels")), 0)
    return round(number_of(word(parcel, "weight")) * _MASSES.get(word(parcel, "weight_unit"), 0))


def _party(given: Any) -> Party:
    return Party(
        name=word(given, "person_name"),
        company=word(given, "company_name"),
        line1=" ".join(part for part in (word(given, "street_number"), word(given, "address_line1")) if part),
        line2=word(given, "address_line2"),
        city=word(given, "city"),
        state=word(given, "state_code"),
        postal_code=word(given, "postal_code"),
        country=word(given, "country_code"),
    )
