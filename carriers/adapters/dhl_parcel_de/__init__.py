"""DHL Parcel Germany (Deutsche Post DHL): tracking in XML, and return labels with a code for the counter."""

from __future__ import annotations

from collections.abc import Sequence

from carriers.adapters.dhl_parcel_de import labels, tracking
from carriers.answers import not_supported
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult


class DhlParcelDe:
    """The adapter for DHL Parcel Germany: 20 numbers a call."""

    info = AdapterInfo(
        code="dhl_parcel_de",
        name="DHL Paket",
        country="DE",
        formats=("dhl_parcel_de_sscc", "dhl_identcode", "dhl_parcel_de_piece", "s10"),
        batch=20,
        labels=True,
        label_formats=(LabelFormat.PDF,),
        label_countries=labels.COUNTRIES,
        qr=True,
        production_url="https://api-eu.dhl.com",
        credential_names=("api_key", "api_secret", "username", "password"),
        tracking_link="https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /parcel/de/tracking/v0/shipments, one call for every 20 numbers."""
        answers = []
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            params = {"xml": tracking.request(account, some)}
            basic = (account.credential("api_key"), account.credential("api_secret"))
            url = account.url("/parcel/de/tracking/v0/shipments")
            answer = http.send(account, Call("GET", url, {"Accept": "application/xml"}, params, basic=basic))
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number; of several pieces with one number, the one heard of last."""
        return tracking.parse(answer, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Order a return label; where it goes is the receiver's id that DHL has for the sender's country."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """Raises CarrierError(not_supported): DHL finds no return label again."""
        raise not_supported(self.info.code, "looking for labels")

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """Raises CarrierError(not_supported): DHL prints a return label once."""
        raise not_supported(self.info.code, "printing a label again")

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Raises CarrierError(not_supported): a label is paid when it is used."""
        raise not_supported(self.info.code, "voiding labels")


def adapter() -> DhlParcelDe:
    """Called by the registry."""
    return DhlParcelDe()
