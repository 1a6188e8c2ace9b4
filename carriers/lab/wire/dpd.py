"""DPD of Belgium and the Netherlands, "Shipper" by SOAP: a login, and the life cycle of a parcel.

Kept from production: one parcel a call; stages that were not reached yet are in the answer too; times are local, in
American order and without a zone; the label of a parcel that came back from a tour says that it is out for delivery.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire import soap, xml
from carriers.lab.wire.base import Desk, Route, Wire, plain, retry_header, route

_SPACES: Final = "http://dpd.com/common/service/types"
_LOGIN: Final = f"{_SPACES}/LoginService/2.1"
_CYCLE: Final = f"{_SPACES}/ParcelLifeCycleService/2.0"
_AUTH: Final = f"{_SPACES}/Authentication/2.0"
_OUT: Final = "ParcelOutForDelivery"
CODES: Final = {
    Kind.LABEL: ("SHIPMENT", "Parcel announced", "DPD has received your parcel data from the sender."),
    Kind.PICKED_UP: ("ACCEPTED", "Parcel handed to DPD", "DPD has received your parcel."),
    Kind.ORIGIN: ("AtSendingDepot", "In transit", "The parcel is at the parcel dispatch depot."),
    Kind.DEPARTED: ("OnTheRoad", "In transit", "The parcel is on its way."),
    Kind.ARRIVED: ("BetweenDepots", "In transit", "The parcel is at a depot on its way."),
    Kind.CUSTOMS_IN: ("BetweenDepots", "In transit", "The parcel has arrived at customs."),
    Kind.CUSTOMS_HOLD: ("BetweenDepots", "In transit", "The parcel is held by customs."),
    Kind.CUSTOMS_OUT: ("OnTheRoad", "In transit", "The parcel has left customs."),
    Kind.DELAY: ("OnTheRoad", "In transit", "The parcel is delayed."),
    Kind.WEATHER: ("OnTheRoad", "In transit", "The parcel is delayed by the weather."),
    Kind.AT_DESTINATION: ("AtDeliveryDepot", "At the delivery depot", "The parcel is at the delivery depot."),
    Kind.OUT_FOR_DELIVERY: (_OUT, "Parcel out for delivery", "The parcel is out for delivery."),
    Kind.NOBODY_HOME: ("ReturningFromDelivery", "Parcel out for delivery", "The recipient was not at home."),
    Kind.CLOSED: ("ReturningFromDelivery", "Parcel out for delivery", "The company was closed."),
    Kind.ADDRESS_PROBLEM: ("DeliveryFailure", "Delivery failed", "The address is not complete."),
    Kind.ADDRESS_FIXED: ("AtDeliveryDepot", "At the delivery depot", "The address has been corrected."),
    Kind.DAMAGED: ("DeliveryFailure", "Delivery failed", "The parcel is damaged."),
    Kind.LOST: ("DeliveryFailure", "Delivery failed", "The parcel is lost."),
    Kind.REFUSED: ("DeliveryFailure", "Delivery failed", "The recipient refused the parcel."),
    Kind.READY_FOR_PICKUP: ("PickupPoint", "Ready for collection", "The parcel can be collected at the Pickup point."),
    Kind.COLLECTED: ("Delivered", "Parcel delivered", "The parcel was collected by the recipient."),
    Kind.DELIVERED: ("Delivered", "Parcel delivered", "The parcel has been delivered."),
    Kind.NEIGHBOUR: ("Delivered", "Parcel delivered", "The parcel was delivered to a neighbour."),
    Kind.RETURNING: ("ReturnToSender", "Return to sender", "The parcel is on its way back to the sender."),
    Kind.RETURNED: ("ReturnedToSender", "Return to sender", "The parcel has been returned to the sender."),
    Kind.CANCELLED: ("DeliveryFailure", "Delivery failed", "The parcel was cancelled by the sender."),
}
_END: Final = frozenset({"Delivered", "ReturnedToSender", "DeliveryFailure"})


class Dpd(Wire):
    code = "dpd"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._account = LAB_CREDENTIALS["dpd"]

    def routes(self) -> tuple[Route, ...]:
        return (
            route("POST", "/soap/services/LoginService/V2_1", self._login, "token"),
            route("POST", "/soap/services/ParcelLifeCycleService/V2_0", self._track, "track"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        words = {404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests"}
        return soap.fault(words.get(status, "Internal Server Error"), status, **retry_header(retry_after))

    def _login(self, request: Request, _caught: str) -> Response:
        _header, asked = soap.parts(request.get_data())
        if asked is None or xml.local(asked) != "getAuth":
            return soap.fault("The message is not getAuth.")
        if (xml.text(asked, "delisId"), xml.text(asked, "password")) != self._known():
            return _no_entry()
        token, seconds = self.desk.tokens.issue("dpd")
        root, body = soap.envelope()
        made = xml.add(xml.add(body, "getAuthResponse", None, xmlns=_LOGIN), "return")
        expires = self.desk.now() + timedelta(seconds=seconds)
        facts = {
            "delisId": self._account["delis_id"],
            "customerUid": self._account["delis_id"],
            "authToken": token,
            "depot": "0530",
            "authTokenExpires": expires.isoformat(timespec="milliseconds"),
        }
        for name, value in facts.items():
            xml.add(made, name, value)
        return soap.answer(root)

    def _known(self) -> tuple[str, str]:
        return self._account["delis_id"], self._account["password"]

    def _track(self, request: Request, _caught: str) -> Response:
        header, asked = soap.parts(request.get_data())
        given = xml.find(header, "authentication")
        admitted = self.desk.tokens.admits("dpd", f"Bearer {xml.text(given, 'authToken')}")
        if xml.text(given, "delisId") != self._account["delis_id"] or not admitted:
            return _no_entry()
        if asked is None or xml.local(asked) != "getTrackingData":
            return soap.fault("The message is not getTrackingData.")
        number = plain(xml.text(asked, "parcelLabelNumber"))
        parcel, now = self.desk.world.find("dpd", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return _failed(_CYCLE, "faults", faultCode="DELICOM_ERR_PARCELNOTFOUND", message="Parcel not found.")
        root, body = soap.envelope()
        made = xml.add(body, "getTrackingDataResponse", None, xmlns=_CYCLE)
        _result(xml.add(made, "trackingresult"), parcel, now)
        return soap.answer(root)


def _no_entry() -> Response:
    words = "Authentication failure, check delisId and password."
    return _failed(_AUTH, "authenticationFault", errorCode="DELICOM_ERR_AUTHENTICATION", errorMessage=words)


def _failed(space: str, name: str, **facts: str) -> Response:
    root, body = soap.envelope()
    made = xml.add(body, "soap:Fault")
    xml.add(made, "faultcode", "soap:Server")
    xml.add(made, "faultstring", "Fault occured")
    detail = xml.add(xml.add(made, "detail"), f"ns:{name}", None, **{"xmlns:ns": space})
    for key, value in facts.items():
        xml.add(detail, key, value)
    return soap.answer(root, 500)


def _result(result: Element, parcel: Parcel, now: datetime) -> None:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at)
    _shipment(xml.add(result, "shipmentInfo"), parcel, scans[-1])
    for scan in scans:
        _stage(xml.add(result, "statusInfo"), scan, CODES[scan.kind], current=scan is scans[-1])
    for kind in (Kind.OUT_FOR_DELIVERY, Kind.DELIVERED):
        if CODES[scans[-1].kind][0] not in (*_END, CODES[kind][0]):
            _stage(xml.add(result, "statusInfo"), None, CODES[kind], current=False)


def _shipment(info: Element, parcel: Parcel, latest: Scan) -> None:
    for name, words in (
        ("receiver", f"{parcel.destination.city} ({parcel.destination.country})"),
        ("serviceDescription", "DPD EXPRESS" if parcel.service_level == "express" else "DPD CLASSIC"),
    ):
        _line(xml.add(info, name), "content", words)
    _stage(info, latest, CODES[latest.kind], current=True)


def _stage(stage: Element, scan: Scan | None, code: tuple[str, str, str], *, current: bool) -> None:
    name, label, words = code
    xml.add(stage, "status", name)
    _line(stage, "label", label)
    _line(xml.add(stage, "description"), "content", words.upper() if scan and scan.reworded else words)
    xml.add(stage, "statusHasBeenReached", str(scan is not None).lower())
    xml.add(stage, "isCurrentStatus", str(current).lower())
    xml.add(stage, "showContactInfo", "false")
    if scan is not None:
        local = scan.place.local(scan.at)
        hour = f"{local.hour % 12 or 12}:{local:%M:%S} {local:%p}"
        if scan.kind is not Kind.LABEL:
            _line(stage, "location", f"{scan.place.city} ({scan.place.country})")
        _line(stage, "date", f"{local.month}/{local.day}/{local.year} {hour}")


def _line(parent: Element, name: str, words: str) -> None:
    line = xml.add(parent, name)
    for key, value in (("content", words), ("bold", "false"), ("paragraph", "false")):
        xml.add(line, key, value)
