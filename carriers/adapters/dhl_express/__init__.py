"""DHL Express by MyDHL API: tracking, and return labels."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from carriers.adapters.dhl_express import labels, tracking
from carriers.answers import not_supported, read_json
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult


class DhlExpress:
    """The adapter for DHL Express: the API takes 200 numbers a call, 50 keep its address short."""

    info = AdapterInfo(
        code="dhl_express",
        name="DHL Express",
        country=None,
        formats=("dhl_express", "dhl_express_piece_id", "dhl_piece_jd01"),
        batch=50,
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.ZPL),
        production_url="https://express.api.dhl.com/mydhlapi",
        credential_names=("username", "password"),
        tracking_link="https://www.dhl.com/en/express/tracking.html?AWB={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /tracking, one call for every 50 numbers; a number that begins with a letter is a piece's."""
        answers = []
        basic = (account.credential("username"), account.credential("password"))
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            answer = http.send(account, Call("GET", account.url(f"/tracking?{_query(some)}"), basic=basic))
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number; of several shipments with one number, the one heard of last."""
        return tracking.parse(answer, read_json(answer), numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Order a shipment back to the shop; needs the credential account_number, which is billed."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """Raises CarrierError(not_supported): nothing shows a shipment before its first scan."""
        raise not_supported(self.info.code, "looking for labels")

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """Raises CarrierError(not_supported): DHL prints a label once."""
        raise not_supported(self.info.code, "printing a label again")

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Raises CarrierError(not_supported): an unused label costs nothing."""
        raise not_supported(self.info.code, "voiding labels")


def _query(numbers: Sequence[str]) -> str:
    """The parameter of a number is repeated for each of them."""
    pieces = [number for number in numbers if number[:1].isalpha()]
    asked = [("shipmentTrackingNumber", number) for number in numbers if number not in pieces]
    asked += [("pieceTrackingNumber", number) for number in pieces]
    detail = "all" if pieces else "shipment"
    return urlencode([*asked, ("trackingView", "all-checkpoints"), ("levelOfDetail", detail)])


def adapter() -> DhlExpress:
    """Called by the registry."""
    return DhlExpress()
