"""FedEx: Track API v1 and return labels (Ship API v1). No push: its signature is not published."""

from __future__ import annotations

from collections.abc import Sequence

from carriers.adapters.fedex import calls, labels, tracking
from carriers.answers import not_supported
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer, Recovery
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult

_GROUND = ("fedex_ground_sscc_18", "fedex_ground_96", "fedex_ground_gsn")


class FedEx:
    """The adapter for FedEx: up to 30 numbers a call."""

    info = AdapterInfo(
        code="fedex",
        name="FedEx",
        country="US",
        formats=("fedex_12", "fedex_34", "fedex_astra_32", "fedex_ground", *_GROUND),
        batch=30,
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.PNG, LabelFormat.ZPL),
        void=True,
        label_recovery=Recovery.NONE,
        production_url="https://apis.fedex.com",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://www.fedex.com/fedextrack/?trknbr={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """One call for every 30 numbers (POST /track/v1/trackingnumbers)."""
        answers = []
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            asked = [{"trackingNumberInfo": {"trackingNumber": number}} for number in some]
            body = {"includeDetailedScans": True, "trackingInfo": asked}
            call = Call("POST", account.url("/track/v1/trackingnumbers"), {"x-locale": "en_US"}, json=body)
            answer = http.send_with_token(account, call, lambda: calls.token(http, account), calls.token_refused)
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number, in the order asked; a number the answer passes over is malformed."""
        return tracking.parse(answer, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy a return label to print; needs the credential account_number as well."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """Raises CarrierError(not_supported): see `labels`."""
        raise not_supported(self.info.code, "finding a label again")

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """Raises CarrierError(not_supported): FedEx prints a label once, in its answer to the purchase."""
        raise not_supported(self.info.code, "printing a label again")

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Cancel the shipment of an unused label."""
        labels.void(http, account, label)


def adapter() -> FedEx:
    """Called by the registry."""
    return FedEx()
