"""UPS: Track API v1, Track Alert pushes, and return labels (Tracking.yaml, UPSTrackAlert.yaml, Shipping.yaml)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from carriers.adapters.ups import calls, labels, pushes, tracking
from carriers.base import (
    Account,
    AdapterInfo,
    Answers,
    Call,
    Http,
    PushProof,
    PushTarget,
    RawAnswer,
    Recovery,
    Subscribes,
    Subscription,
)
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult


class Ups:
    """The adapter for UPS: one number a call."""

    info = AdapterInfo(
        code="ups",
        name="UPS",
        country="US",
        formats=("ups", "ups_waybill"),
        push=True,
        push_proof=PushProof.CREDENTIAL,
        subscribes=Subscribes.NUMBERS,
        subscription_days=14,
        subscription_batch=100,
        labels=True,
        label_formats=(LabelFormat.GIF, LabelFormat.ZPL),
        void=True,
        label_recovery=Recovery.FIND_BY_REFERENCE,
        production_url="https://onlinetools.ups.com",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://www.ups.com/track?tracknum={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """One call a number (Tracking.yaml, getSingleTrackResponse)."""
        answers = []
        for number in numbers:
            path = f"/api/track/v1/details/{quote(number, safe='')}"
            params = {"locale": "en_US", "returnSignature": "false"}
            call = Call("GET", account.url(path), calls.headers(number), params)
            answer = http.send_with_token(account, call, lambda: calls.token(http, account), calls.token_refused)
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result, for the number asked or the inquiry number of the answer."""
        return [tracking.parse(answer, numbers[0] if numbers else None)]

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """For fourteen days. The target is registered with UPS by hand: the subscription does not name it."""
        return pushes.subscribe(http, account, numbers)

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """The credential registered with UPS comes back in a header; the body is not signed."""
        return pushes.verify(push, secret, self.info.code)

    def push_id(self, push: RawAnswer) -> str | None:
        """None: UPS names no delivery."""
        return None

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. One Track Alert event: what it says of the parcel as of that scan."""
        return [pushes.parse(answer)]

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy a print return label; needs the credential account_number as well."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label that was bought under the request's reference, without its price."""
        return labels.find(http, account, request)

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The document again: UPS recovers labels as PDF too."""
        return labels.fetch_again(http, account, label)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Void the shipment of an unused label."""
        labels.void(http, account, label)


def adapter() -> Ups:
    """Called by the registry."""
    return Ups()
