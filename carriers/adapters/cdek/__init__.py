"""CDEK, API v2: tracking, pushes that nothing signs, and client returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carriers import parsing as read
from carriers.adapters.cdek import calls, labels, tracking
from carriers.answers import read_json
from carriers.base import (
    Account,
    AdapterInfo,
    Answers,
    Call,
    Http,
    PushTarget,
    RawAnswer,
    Recovery,
    Subscribes,
    Subscription,
)
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult

ORDER_STATUS = "ORDER_STATUS"


class Cdek:
    """The adapter for CDEK: one order a call, by its number, the shop's number for it, or its UUID."""

    info = AdapterInfo(
        code="cdek",
        name="CDEK",
        country="RU",
        formats=("cdek",),
        push=True,
        subscribes=Subscribes.ACCOUNT,
        labels=True,
        label_formats=(LabelFormat.PDF,),
        label_countries=labels.COUNTRIES,
        void=True,
        label_recovery=Recovery.FIND_BY_REFERENCE,
        settle_seconds=300,
        production_url="https://api.cdek.ru",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://www.cdek.ru/ru/tracking/?order_id={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /v2/orders, one call a number."""
        answers = []
        for number in numbers:
            answer = calls.send(http, account, calls.by_number(account, number))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result, for the number asked or the order's own."""
        return tracking.parse(answer, read_json(answer), numbers)

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """False: CDEK signs nothing, so a push is a hint to poll."""
        return False

    def push_id(self, push: RawAnswer) -> str | None:
        """None: CDEK names no delivery."""
        return None

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. An order's new status; of other events the order alone, and nothing of those that name none."""
        return tracking.parse_push(read_json(answer))

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """POST /v2/webhooks, unless our address stands there already: CDEK would send everything twice, and keeps two
        subscriptions a client at most. It ends one after a day without a good answer."""
        url = account.url("/v2/webhooks")
        listed = calls.asked(http, account, Call("GET", url))
        for one in read.records(listed):
            if read.text(one.get("type")) == ORDER_STATUS and read.text(one.get("url")) == target.url:
                return Subscription(read.text(one.get("uuid")) or "")
        call = Call("POST", url, json={"type": ORDER_STATUS, "url": target.url}, repeatable=False)
        made = calls.asked(http, account, call)
        handle = read.text(read.dig(made, "entity", "uuid"))
        if handle is None:
            raise CarrierError(ErrorKind.MALFORMED, "CDEK did not say whether it will push.")
        return Subscription(handle)

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Order the client return of what CDEK delivered: all of it, by the tariff of the request or the account."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The client return of the order that went out, of which CDEK is asked for one only."""
        return labels.find(http, account, request)

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The bar code printed again."""
        return labels.fetch(http, account, label)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Delete an order whose goods have not reached CDEK."""
        labels.void(http, account, label)


def adapter() -> Cdek:
    """Called by the registry."""
    return Cdek()
