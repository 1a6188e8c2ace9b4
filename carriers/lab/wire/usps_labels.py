"""USPS's counter for return labels: buying, printing again, taking back (usps-domestic-labels-v3.yaml).

The answer's shape follows the Accept header as the interface describes it: `application/vnd.usps.labels+json` is one
flat JSON object with the images inside; `application/json` nests the facts under `returnLabelMetadata`; anything else
is multipart.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.documents import TYPES, qr_code
from carriers.lab.faces import SERVICES
from carriers.lab.orders import Order, Party
from carriers.lab.prices import GRAMS_A_POUND
from carriers.lab.purchases import KeyReusedError, Purchase
from carriers.lab.wire.base import Desk, b64, body_of, plain, reply
from carriers.lab.wire.usps_errors import usps_error

VENDOR_JSON: Final = "application/vnd.usps.labels+json"
MOST_REPRINTS: Final = 3
_BOUNDARY = "lab-label-boundary"
_LONGEST = {"firstName": 50, "lastName": 50, "firm": 50, "streetAddress": 50, "secondaryAddress": 50, "city": 28}
_NEEDED = ("mailClass", "weight", "length", "width", "height", "processingCategory", "rateIndicator")
_PRINTS: Final = {"PDF": "pdf", "PNG": "png", "GIF": "gif", "ZPL203DPI": "zpl", "ZPL300DPI": "zpl"}
_IMAGES = (*_PRINTS, "LABEL_BROKER", "NONE")


class LabelCounter:
    """Sells labels out of the lab's book. Callers are known and can pay when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def buy(self, request: Request, _caught: str) -> Response:
        key = request.headers.get("X-Idempotency-Key")
        if key is not None and not _is_uuid(key):
            return usps_error(400, "The header X-Idempotency-Key must be a UUID.", "160003")
        body = body_of(request)
        if wrong := _wrong(body):
            return usps_error(400, wrong, "160004")
        try:
            purchase = self._desk.book.sell("usps", order_of(body), self._desk.now(), key=key)
        except KeyReusedError:
            return usps_error(400, "The X-Idempotency-Key was used with another request before.", "160005")
        return self._answer(request, purchase, {})

    def reprint_by_key(self, request: Request, _caught: str) -> Response:
        key = request.headers.get("X-Idempotency-Key")
        if not key:
            return usps_error(400, "The header X-Idempotency-Key is missing.", "160006")
        purchase = self._desk.book.by_key("usps", key)
        if purchase is None:
            return usps_error(400, "Idempotency-Key not found for a mailing date within the last 7 days", "160412")
        return self._reprint(request, purchase)

    def reprint_by_number(self, request: Request, caught: str) -> Response:
        return self._reprint(request, self._desk.book.by_number("usps", plain(caught)))

    def _reprint(self, request: Request, purchase: Purchase | None) -> Response:
        if purchase is None:
            return usps_error(400, "No label was found for this request.", "160007")
        if self._desk.book.voided(purchase.number):
            return usps_error(400, "A canceled label cannot be reprinted.", "160008")
        if self._desk.book.reprints(purchase.number) >= MOST_REPRINTS:
            return usps_error(400, f"A label can only be reprinted {MOST_REPRINTS} times.", "160009")
        count = self._desk.book.reprint(purchase.number)
        return self._answer(request, purchase, {"reprintNumber": count, "reprintLimit": MOST_REPRINTS})

    def cancel(self, _request: Request, caught: str) -> Response:
        number, book = plain(caught), self._desk.book
        if book.by_number("usps", number) is None:
            return usps_error(400, "No label was found for this tracking number.", "160007")
        if book.voided(number):
            return usps_error(400, "The label has been canceled already.", "160010")
        if book.used(number, self._desk.now()):
            return usps_error(400, "The label has been used and cannot be canceled.", "160011")
        book.void(number, self._desk.now())
        return reply({"trackingNumber": number, "status": "CANCELED"})

    def _answer(self, request: Request, purchase: Purchase, reprint: Mapping[str, int]) -> Response:
        facts, images = _metadata(purchase), self._images(purchase, bool(reprint))
        encoded = {name: b64(image) for name, (image, _type) in images.items()}
        accept = request.headers.get("Accept", "")
        info: dict[str, Any] = {"reprintInfo": reprint} if reprint else {}
        if VENDOR_JSON in accept:
            # The reprint of a return label nests its facts even here; the first print does not.
            shaped = {"returnLabelMetadata": facts} if reprint else facts
            response = reply({**shaped, **encoded, **info})
            response.content_type = VENDOR_JSON
        elif "application/json" in accept:
            response = reply({"returnLabelMetadata": facts, **encoded, **info})
        else:
            response = _multipart(facts, images, info)
        if purchase.key:
            response.headers["X-Idempotency-Key"] = purchase.key
        return response

    def _images(self, purchase: Purchase, reprint: bool) -> dict[str, tuple[bytes, str]]:
        wanted = purchase.request.get("imageInfo") or {}
        kind, images = wanted.get("imageType", "PDF"), {}
        printed = _PRINTS.get(kind)
        if reprint or (kind == "LABEL_BROKER" and wanted.get("includeLabelBrokerPDF")):
            printed = "pdf"
        if printed:
            images["returnLabelImage"] = (self._desk.print(purchase, printed), TYPES[printed])
        if kind == "LABEL_BROKER" and not reprint:
            images["labelBrokerQR"] = (qr_code(purchase.handle), "image/png")
        return images


def order_of(body: Mapping[str, Any]) -> Order:
    """A label request that is right, in the lab's words."""
    package = body["packageDescription"]
    given = package.get("customerReference") or []
    notes = tuple(str(entry.get("referenceNumber", "")) for entry in given[:2])
    return Order(
        sender=_party(body["fromAddress"]),
        recipient=_party(body["toAddress"]),
        weight_grams=round(float(package["weight"]) * GRAMS_A_POUND),
        service=str(package["mailClass"]),
        reference=notes[0] if notes else "",
        notes=notes,
        request=body,
    )


def _party(address: Mapping[str, Any]) -> Party:
    plus4 = address.get("ZIPPlus4")
    return Party(
        name=" ".join(str(address.get(part) or "") for part in ("firstName", "lastName")).strip(),
        company=str(address.get("firm") or ""),
        line1=str(address["streetAddress"]),
        line2=str(address.get("secondaryAddress") or ""),
        city=str(address["city"]),
        state=str(address["state"]),
        postal_code=f"{address['ZIPCode']}-{plus4}" if plus4 else str(address["ZIPCode"]),
        country="US",
    )


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _wrong(body: Any) -> str | None:
    """What is wrong with a label request, as a sentence; None when it is right."""
    if not isinstance(body, dict):
        return "The body must be a JSON object."
    for part in ("toAddress", "fromAddress", "packageDescription"):
        if not isinstance(body.get(part), dict):
            return f"{part} is required."
    image = body.get("imageInfo") or {}
    if not isinstance(image, dict) or image.get("imageType", "PDF") not in _IMAGES:
        return f"imageInfo.imageType must be one of {', '.join(_IMAGES)} here."
    return (
        _wrong_address("toAddress", body["toAddress"])
        or _wrong_address("fromAddress", body["fromAddress"])
        or _wrong_package(body["packageDescription"])
    )


def _wrong_address(part: str, address: dict[str, Any]) -> str | None:
    if not all(isinstance(value, str | bool | None) for value in address.values()):
        return f"{part} may only have text in it."
    for name in ("streetAddress", "city", "state", "ZIPCode"):
        if not address.get(name):
            return f"{part}.{name} is required."
    if not (address.get("firm") or (address.get("firstName") and address.get("lastName"))):
        return f"{part} needs a firm, or a firstName and a lastName."
    return _wrong_form(part, address)


def _wrong_form(part: str, address: dict[str, Any]) -> str | None:
    for name, longest in _LONGEST.items():
        if len(str(address.get(name) or "")) > longest:
            return f"{part}.{name} may have {longest} characters at most."
    if not re.fullmatch(r"[A-Z]{2}", str(address["state"])):
        return f"{part}.state must be a two-letter code."
    if not re.fullmatch(r"\d{5}", str(address["ZIPCode"])):
        return f"{part}.ZIPCode must have five digits."
    return None


def _wrong_package(package: dict[str, Any]) -> str | None:
    for name in _NEEDED:
        if package.get(name) in (None, ""):
            return f"packageDescription.{name} is required."
    if package["mailClass"] not in SERVICES:
        return "packageDescription.mailClass is not a return service."
    weight = package["weight"]
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 70:
        return "packageDescription.weight must be a number of pounds above 0 and up to 70."
    return None


def _metadata(purchase: Purchase) -> dict[str, Any]:
    request = purchase.request
    facts: dict[str, Any] = {
        "labelAddress": request["toAddress"],
        "routingInformation": f"420{request['toAddress']['ZIPCode']}",
        "trackingNumber": purchase.number,
        "SKU": "DUXR0XXXXC05010",
        "postage": purchase.cost_minor / 100,
        "extraServices": [],
        "serviceTypeCode": purchase.number[2:5],
        "zone": "05",
        "mailingDate": f"{purchase.bought_at:%Y-%m-%d}",
        "weightUOM": "lb",
        "weight": request["packageDescription"]["weight"],
        "dimensionalWeight": 0,
        "fees": [],
        "bannerText": "USPS TRACKING #",
        "retailDistributionCode": "01",
    }
    if (request.get("imageInfo") or {}).get("imageType") == "LABEL_BROKER":
        facts["labelBrokerID"] = purchase.handle
    return facts


def _multipart(facts: dict[str, Any], images: dict[str, tuple[bytes, str]], info: dict[str, Any]) -> Response:
    parts = [("returnLabelMetadata", "application/json", json.dumps(facts, ensure_ascii=False).encode())]
    parts += [(name, "application/json", json.dumps(value).encode()) for name, value in info.items()]
    parts += [(name, kind, image) for name, (image, kind) in images.items()]
    body = b"".join(
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, kind, content in parts
    )
    body += f"--{_BOUNDARY}--\r\n".encode()
    return Response(body, content_type=f"multipart/form-data; boundary={_BOUNDARY}")
