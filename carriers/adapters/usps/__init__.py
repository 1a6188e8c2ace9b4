"""USPS: tracking v3 and v3r2 behind one parser, and return labels."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from carriers.adapters.usps import labels, tracking
from carriers.answers import granted, not_supported, read_json
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer, Recovery, Token
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult


class Usps:
    """The adapter for USPS: 35 numbers a call in v3r2, one in v3 (credential `generation`)."""

    info = AdapterInfo(
        code="usps",
        name="USPS",
        country="US",
        formats=("usps_20", "usps_impb_n", "usps_impb_c", "usps_legacy", "s10"),
        batch=35,
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.PNG, LabelFormat.GIF, LabelFormat.ZPL),
        label_countries=("US",),
        qr=True,
        void=True,
        label_recovery=Recovery.NATIVE_KEY,
        production_url="https://apis.usps.com",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST /tracking/v3r2/tracking for 35 numbers, or GET /tracking/v3/tracking/{number} for each."""
        older = account.credentials.get("generation") == "v3"
        answers = []
        for start in range(0, len(numbers), 1 if older else self.info.batch):
            some = numbers[start : start + (1 if older else self.info.batch)]
            call = _single(account, some[0]) if older else _batch(account, some)
            answer = http.send_with_token(account, call, lambda: _token(http, account))
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. Either generation, told apart by the shape of the answer."""
        return tracking.parse(answer, read_json(answer), numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy a return label; needs the credentials crid, mid and account_number as well."""
        return labels.create(http, account, request, key, lambda: _token(http, account))

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label bought with this key, without its QR code, which USPS does not print again."""
        return labels.find(http, account, request, key, lambda: _token(http, account))

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The document again, which USPS prints three times at most."""
        return labels.fetch_again(http, account, label, lambda: _token(http, account))

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Cancel an unused label, or ask for its refund when it was manifested."""
        labels.void(http, account, label, lambda: _token(http, account))


def _single(account: Account, number: str) -> Call:
    return Call("GET", account.url(f"/tracking/v3/tracking/{quote(number, safe='')}"), params={"expand": "DETAIL"})


def _batch(account: Account, numbers: Sequence[str]) -> Call:
    asked = [{"trackingNumber": number} for number in numbers]
    return Call("POST", account.url("/tracking/v3r2/tracking"), json=asked)


def _token(http: Http, account: Account) -> Token:
    body = {
        "grant_type": "client_credentials",
        "client_id": account.credential("client_id"),
        "client_secret": account.credential("client_secret"),
    }
    answer = http.send(account, Call("POST", account.url("/oauth2/v3/token"), json=body))
    tree = read_json(answer)
    if (token := granted(answer, tree)) is None:
        raise tracking.refused(answer, tree, alone=False)
    return token


def adapter() -> Usps:
    """Called by the registry."""
    return Usps()
