"""Russian Post's `rtm34`: the history of a parcel's operations by SOAP 1.2, in Russian or English.

Kept from production: operations stand oldest first, with offsets; numbers of operations and of their attributes are
the stable part; a wrong password and an unknown number are faults.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Parcel, Scan
from carriers.lab.wire import soap, xml
from carriers.lab.wire.base import Route, Wire, plain, retry_header, route
from carriers.lab.wire.russian_post_codes import CODES, COUNTRIES

_DATA: Final = "http://russianpost.org/operationhistory/data"
_SERVICE: Final = "http://russianpost.org/operationhistory"


class RussianPost(Wire):
    code = "russian_post"

    def routes(self) -> tuple[Route, ...]:
        return (route("POST", "/rtm34/?", self._history, "track"),)

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        words = {404: "Not Found", 405: "Method Not Allowed", 429: "Too Many Requests"}
        return _failed("", words.get(status, "Internal Server Error"), status, **retry_header(retry_after))

    def _history(self, request: Request, _caught: str) -> Response:
        _header, asked = soap.parts(request.get_data())
        if asked is None or xml.local(asked) != "getOperationHistory":
            return _failed("", "The message is not getOperationHistory.")
        account = LAB_CREDENTIALS["russian_post"]
        given = xml.find(asked, "AuthorizationHeader")
        if (xml.text(given, "login"), xml.text(given, "password")) != (account["login"], account["password"]):
            return _failed("AuthorizationFaultReason", "Authorization error")
        question = xml.find(asked, "OperationHistoryRequest")
        number = plain(xml.text(question, "Barcode"))
        parcel, now = self.desk.world.find("russian_post", number), self.desk.now()
        if parcel is None or not parcel.events(now):
            return _failed("OperationHistoryFaultReason", "There is no information about this barcode")
        root, body = soap.envelope(soap.SOAP_12)
        names = {"xmlns:ns3": _DATA, "xmlns:ns7": _SERVICE}
        made = xml.add(xml.add(body, "ns7:getOperationHistoryResponse", None, **names), "ns3:OperationHistoryData")
        _records(made, parcel, now, english=xml.text(question, "Language").upper() == "ENG")
        return soap.answer(root)


def _failed(reason: str, words: str, status: int = 500, **headers: str) -> Response:
    root, body = soap.envelope(soap.SOAP_12)
    made = xml.add(body, "soap:Fault")
    xml.add(xml.add(made, "soap:Code"), "soap:Value", "soap:Receiver" if status >= 500 else "soap:Sender")
    xml.add(xml.add(made, "soap:Reason"), "soap:Text", words, **{"xml:lang": "en"})
    if reason:
        detail = xml.add(made, "soap:Detail")
        xml.add(detail, f"ns3:{reason}", words, **{"xmlns:ns3": _DATA})
    return soap.answer(root, status, **headers)


def _records(data: Element, parcel: Parcel, now: datetime, *, english: bool) -> None:
    for scan in sorted(parcel.events(now), key=lambda scan: scan.at):
        record = xml.add(data, "ns3:historyRecord")
        _addresses(xml.add(record, "ns3:AddressParameters"), parcel, scan)
        xml.add(xml.add(record, "ns3:FinanceParameters"), "ns3:CustomDuty", "0")
        item = xml.add(record, "ns3:ItemParameters")
        for name, value in (("Barcode", parcel.number), ("ValidRuType", "false"), ("Mass", str(parcel.weight_grams))):
            xml.add(item, f"ns3:{name}", value)
        _operation(xml.add(record, "ns3:OperationParameters"), scan, english=english)
        user = xml.add(record, "ns3:UserParameters")
        xml.add(user, "ns3:Sndr", "")
        xml.add(user, "ns3:Rcpn", scan.signed_by or "")


def _addresses(addresses: Element, parcel: Parcel, scan: Scan) -> None:
    for name, place in (("DestinationAddress", parcel.destination), ("OperationAddress", scan.place)):
        address = xml.add(addresses, f"ns3:{name}")
        xml.add(address, "ns3:Index", place.postal_code)
        xml.add(address, "ns3:Description", place.city)
    country = xml.add(addresses, "ns3:CountryOper")
    number, alpha3 = COUNTRIES.get(scan.place.country, ("0", ""))
    for name, value in (("Id", number), ("Code2A", scan.place.country), ("Code3A", alpha3)):
        xml.add(country, f"ns3:{name}", value)


def _operation(operation: Element, scan: Scan, *, english: bool) -> None:
    code = CODES[scan.kind]
    for name, number, words in (("OperType", code.kind, code.words), ("OperAttr", code.attribute, code.details)):
        part = xml.add(operation, f"ns3:{name}")
        xml.add(part, "ns3:Id", str(number))
        told = words[english]
        xml.add(part, "ns3:Name", told.upper() if scan.reworded else told)
    local = scan.place.local(scan.at)
    xml.add(operation, "ns3:OperDate", local.isoformat(timespec="milliseconds"))
