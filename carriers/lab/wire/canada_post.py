"""Canada Post: tracking in XML (track.xsd), and authorized returns (authreturn.xsd).

Times are local with the zone's short name; events stand newest first; numbers of events have leading zeros. A label is
a link that is not ready at first (202). What is never handed in is never billed, so nothing voids a return label.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.documents import TYPES
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.tokens import basic_credentials
from carriers.lab.wire import xml
from carriers.lab.wire.base import Desk, Handler, Route, Wire, plain, retry_header, route
from carriers.lab.wire.canada_post_codes import CODES
from carriers.lab.wire.canada_post_returns import RETURN_TYPE, order_of, returned

_TRACK_TYPE: Final = "application/vnd.cpc.track-v2+xml"
_TRACK_SPACE: Final = "http://www.canadapost.ca/ws/track"
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})
_REFUSALS: Final = {
    404: ("404", "Not Found"),
    405: ("405", "Method Not Allowed"),
    429: ("Server", "Rejected by SLM Monitor"),
    500: ("Server", "Internal Server Error"),
}


class CanadaPost(Wire):
    code = "canada_post"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._asked: set[str] = set()

    def routes(self) -> tuple[Route, ...]:
        known = self._known
        return (
            route("GET", "/vis/track/pin/([^/]+)/detail", known(self._detail), "track"),
            route("GET", "/vis/track/pin/([^/]+)/summary", known(self._summary), "track"),
            route("GET", "/vis/track/ref/summary", known(self._by_reference), "find"),
            route("POST", "/rs/([^/]+)/[^/]+/authorizedreturn", known(self._return), "label"),
            route("GET", "/rs/artifact/[^/]+/([^/]+)/0", known(self._artifact), "document"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return messages(status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            account = LAB_CREDENTIALS["canada_post"]
            given = basic_credentials(request.headers.get("Authorization"))
            if given == (account["username"], account["password"]):
                return handler(request, caught)
            return messages(401, "E002", "AAA Authentication Failure")

        return guarded

    def _detail(self, _request: Request, caught: str) -> Response:
        parcel, now = self.desk.world.find("canada_post", plain(caught)), self.desk.now()
        if parcel is None or not parcel.events(now):
            return messages(404, "004", "No Pin History")
        return xml.answer(_detail(parcel, now, self._reference(parcel)), kind=_TRACK_TYPE)

    def _summary(self, _request: Request, caught: str) -> Response:
        return self._summaries([plain(caught)])

    def _by_reference(self, request: Request, _caught: str) -> Response:
        asked = request.args
        first, last = asked.get("mailingDateFrom", ""), asked.get("mailingDateTo", "9999")
        found = [
            sold.number
            for sold in self.desk.book.by_reference("canada_post", asked.get("referenceNumber", ""))
            if sold.order.recipient.postal_code == asked.get("destinationPostalCode")
            and first <= f"{sold.bought_at:%Y-%m-%d}" <= last
        ]
        return self._summaries(found)

    def _summaries(self, numbers: list[str]) -> Response:
        now = self.desk.now()
        parcels = [self.desk.world.find("canada_post", number) for number in numbers]
        shown = [parcel for parcel in parcels if parcel and parcel.events(now)]
        if not shown:
            return messages(404, "004", "No Pin History")
        root = Element("tracking-summary", {"xmlns": _TRACK_SPACE})
        for parcel in shown:
            _pin_summary(root, parcel, now, self._reference(parcel))
        return xml.answer(root, kind=_TRACK_TYPE)

    def _reference(self, parcel: Parcel) -> str:
        sold = self.desk.book.by_number("canada_post", parcel.number)
        return sold.reference if sold else ""

    def _return(self, request: Request, caught: str) -> Response:
        account = LAB_CREDENTIALS["canada_post"]
        if caught != account["customer_number"]:
            return messages(403, "AA004", "You cannot mail on behalf of the requested customer.")
        if not request.mimetype.startswith("application/vnd.cpc.authreturn-v2"):
            return messages(415, "Server", "Unsupported Media Type")
        order = order_of(request.get_data())
        if isinstance(order, str):
            return messages(400, "Server", order)
        purchase = self.desk.book.sell("canada_post", order, self.desk.now())
        href = f"{request.host_url}canada_post/rs/artifact/{account['username']}/{purchase.handle}/0"
        return xml.answer(returned(purchase, href), kind=RETURN_TYPE)

    def _artifact(self, _request: Request, caught: str) -> Response:
        purchase = self.desk.book.by_handle("canada_post", caught)
        if purchase is None:
            return messages(404, "404", "Not Found")
        if caught not in self._asked:  # it takes a moment until the label is drawn
            self._asked.add(caught)
            return Response(b"", 202, {"Retry-After": "1"})
        return Response(self.desk.print(purchase), content_type=TYPES[purchase.format])


def messages(status: int, code: str, description: str, **headers: str) -> Response:
    root = Element("messages", {"xmlns": "http://www.canadapost.ca/ws/messages"})
    message = xml.add(root, "message")
    xml.add(message, "code", code)
    xml.add(message, "description", description)
    return xml.answer(root, status, _TRACK_TYPE, **headers)


def _detail(parcel: Parcel, now: datetime, reference: str) -> Element:
    root = Element("tracking-detail", {"xmlns": _TRACK_SPACE})
    changed = parcel.estimate(now) != parcel.promised_on
    facts = {
        "pin": parcel.number,
        "active-exists": "1",
        "archive-exists": "",
        "changed-expected-date": parcel.estimate(now).isoformat() if changed else "",
        "destination-postal-id": parcel.destination.postal_code.replace(" ", ""),
        "expected-delivery-date": parcel.promised_on.isoformat(),
        "changed-expected-delivery-reason": "Item delayed" if changed else "",
        "mailed-by-customer-number": LAB_CREDENTIALS["canada_post"]["customer_number"],
        "mailed-on-behalf-of-customer-number": LAB_CREDENTIALS["canada_post"]["customer_number"],
        "original-pin": "",
        "service-name": _service(parcel),
        "service-name-2": _service(parcel),
        "customer-ref-1": reference,
        "customer-ref-2": "",
        "return-pin": "",
        "signature-image-exists": str(parcel.signed_by(now) is not None).lower(),
        "suppress-signature": "false",
    }
    for name, value in facts.items():
        xml.add(root, name, value)
    xml.add(root, "delivery-options")
    events = xml.add(root, "significant-events")
    for scan in reversed(parcel.events(now)):
        _occurrence(events, scan)
    return root


def _occurrence(events: Element, scan: Scan) -> None:
    code, words = CODES[scan.kind]
    local = scan.place.local(scan.at)
    facts = {
        "event-identifier": code,
        "event-date": f"{local:%Y-%m-%d}",
        "event-time": f"{local:%H:%M:%S}",
        "event-time-zone": local.strftime("%Z"),
        "event-description": words.upper() if scan.reworded else words,
        "signatory-name": scan.signed_by or "",
        "event-site": "" if scan.kind is Kind.LABEL else scan.place.city.upper(),
        "event-province": "" if scan.kind is Kind.LABEL else scan.place.state,
        "event-retail-location-id": "",
        "event-retail-name": "",
    }
    occurrence = xml.add(events, "occurrence")
    for name, value in facts.items():
        xml.add(occurrence, name, value)


def _pin_summary(root: Element, parcel: Parcel, now: datetime, reference: str) -> None:
    latest = max(parcel.events(now), key=lambda scan: scan.at)
    local = latest.place.local(latest.at)
    taken = f"{local:%Y-%m-%d}" if latest.kind in _TAKEN else ""
    facts = {
        "pin": parcel.number,
        "origin-postal-id": parcel.origin.postal_code.replace(" ", ""),
        "destination-postal-id": parcel.destination.postal_code.replace(" ", ""),
        "destination-province": parcel.destination.state,
        "service-name": _service(parcel),
        "mailed-on-date": f"{parcel.origin.local(parcel.created_at):%Y-%m-%d}",
        "expected-delivery-date": parcel.estimate(now).isoformat(),
        "actual-delivery-date": taken,
        "delivery-option-completed-ind": "",
        "event-date-time": f"{local:%Y%m%d:%H%M%S}",
        "event-description": CODES[latest.kind][1],
        "attempted-date": "",
        "customer-ref-1": reference,
        "customer-ref-2": "",
        "return-pin": "",
        "event-type": "DELIVERED" if taken else "INFO",
        "event-location": f"{latest.place.city.upper()}, {latest.place.state}",
        "signatory-name": latest.signed_by or "",
    }
    summary = xml.add(root, "pin-summary")
    for name, value in facts.items():
        xml.add(summary, name, value)


def _service(parcel: Parcel) -> str:
    return "Xpresspost" if parcel.service_level == "express" else "Expedited Parcel"
