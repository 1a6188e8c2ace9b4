"""What CDEK's answers are made of: an order, the state of a request, a refusal."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug import Response

from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.places import Place
from carriers.lab.purchases import Purchase
from carriers.lab.shelf import as_uuid
from carriers.lab.wire.base import reply
from carriers.lab.wire.cdek_codes import CODES

_OFFICE: Final = ZoneInfo("Asia/Novosibirsk")
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})


def moment(at: datetime) -> str:
    """A time as the head office in Novosibirsk writes it: the offset without a colon."""
    return at.astimezone(_OFFICE).strftime("%Y-%m-%dT%H:%M:%S%z")


def order_uuid(number: str) -> str:
    """The id of an order that the world knew from the beginning."""
    return as_uuid(hashlib.sha256(f"cdek/{number}".encode()).hexdigest()[:32])


def request_state(at: datetime, kind: str, state: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    name = hashlib.sha256(f"{at.isoformat()}/{kind}/{state}".encode()).hexdigest()[:32]
    return {
        "request_uuid": as_uuid(name),
        "type": kind,
        "date_time": moment(at),
        "state": state,
        "errors": errors or [],
        "warnings": [],
    }


def failed(at: datetime, kind: str, code: str, message: str, status: int) -> Response:
    return reply({"requests": [request_state(at, kind, "INVALID", [{"code": code, "message": message}])]}, status)


def status(scan: Scan) -> dict[str, Any]:
    """One entry of `statuses`."""
    code = CODES[scan.kind]
    told: dict[str, Any] = {
        "code": code.code,
        "name": code.name.upper() if scan.reworded else code.name,
        "date_time": scan.place.local(scan.at).strftime("%Y-%m-%dT%H:%M:%S%z"),
        "city": scan.place.city,
        "deleted": False,
    }
    return told | ({"reason_code": code.reason} if code.reason else {})


def entity(parcel: Parcel, uuid: str, now: datetime, sold: Purchase | None, number: str) -> dict[str, Any]:
    """An order with its history, oldest first."""
    scans = sorted(parcel.events(now), key=lambda scan: scan.at)
    back = sold is not None and ("is_client_return" not in sold.request or sold.request["is_client_return"])
    shown: dict[str, Any] = {
        "uuid": uuid,
        "type": 1,
        "is_return": False,
        "is_reverse": False,
        "is_client_return": back,
        "cdek_number": parcel.number,
        "number": number or f"IM-{parcel.number}",
        "tariff_code": sold.request["tariff_code"] if sold else 137,
        "delivery_mode": "1",
        "sender": {"company": "Интернет-магазин", "name": "Отправитель", "phones": []},
        "recipient": {"name": "Получатель", "phones": []},
        "from_location": _location(parcel.origin),
        "to_location": _location(parcel.destination),
        "packages": [{"number": "1", "weight": parcel.weight_grams, "length": 30, "width": 20, "height": 10}],
        "planned_delivery_date": parcel.estimate(now).isoformat(),
        "statuses": [status(scan) for scan in scans],
    }
    if sold:
        price = sold.cost_minor / 100
        shown["delivery_detail"] = {"delivery_sum": price, "total_sum": price}
    if scans and scans[-1].kind in _TAKEN:
        taken = {"date": f"{scans[-1].place.local(scans[-1].at):%Y-%m-%d}", "recipient_name": scans[-1].signed_by or ""}
        shown["delivery_detail"] = {"delivery_sum": 0.0, "total_sum": 0.0} | shown.get("delivery_detail", {}) | taken
    return shown


def _location(place: Place) -> dict[str, Any]:
    return {
        "code": 44,
        "country_code": place.country,
        "city": place.city,
        "postal_code": place.postal_code,
        "address": place.city,
    }
