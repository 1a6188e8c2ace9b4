"""CDEK, API v2: tracking, and pushes that nothing signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from carriers import parsing as read
from carriers.adapters.cdek import tracking
from carriers.answers import granted, read_json
from carriers.base import (
    Account,
    AdapterInfo,
    Answers,
    Call,
    Http,
    PushTarget,
    RawAnswer,
    Subscribes,
    Subscription,
    Token,
)
from carriers.errors import CarrierError, ErrorKind
from carriers.model import TrackingResult

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EXPIRED = (b"v2_token_expired", b"v2_authorization_incorrect")
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
        production_url="https://api.cdek.ru",
        credential_names=("client_id", "client_secret"),
        tracking_link="https://www.cdek.ru/ru/tracking/?order_id={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /v2/orders, one call a number."""
        answers = []
        for number in numbers:
            answer = http.send_with_token(account, by_number(account, number), lambda: token(http, account), expired)
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
        listed = _asked(http, account, Call("GET", url))
        for one in read.records(listed):
            if read.text(one.get("type")) == ORDER_STATUS and read.text(one.get("url")) == target.url:
                return Subscription(read.text(one.get("uuid")) or "")
        made = _asked(
            http, account, Call("POST", url, json={"type": ORDER_STATUS, "url": target.url}, repeatable=False)
        )
        handle = read.text(read.dig(made, "entity", "uuid"))
        if handle is None:
            raise CarrierError(ErrorKind.MALFORMED, "CDEK did not say whether it will push.")
        return Subscription(handle)


def by_number(account: Account, number: str) -> Call:
    """The question about one order. CDEK's own number is digits; anything else is the shop's."""
    if _UUID.fullmatch(number):
        return Call("GET", account.url(f"/v2/orders/{quote(number, safe='')}"))
    name = "cdek_number" if number.isascii() and number.isdigit() else "im_number"
    return Call("GET", account.url("/v2/orders"), params={name: number})


def _asked(http: Http, account: Account, call: Call) -> Any:
    answer = http.send_with_token(account, call, lambda: token(http, account), expired)
    tree = read_json(answer)
    if answer.status not in (200, 201, 202) or tracking.errors(tree):
        raise tracking.refused(answer, tree, about_number=False)
    return tree


def token(http: Http, account: Account) -> Token:
    """POST /v2/oauth/token: an hour."""
    form = {"grant_type": "client_credentials", "client_id": account.credential("client_id")}
    form["client_secret"] = account.credential("client_secret")
    answer = http.send(account, Call("POST", account.url("/v2/oauth/token"), form=form))
    tree = read_json(answer)
    if found := granted(answer, tree):
        return found
    raise tracking.refused(answer, tree, about_number=False)


def expired(answer: RawAnswer) -> bool:
    """401, or a bad request that names the token."""
    return answer.status == 401 or (answer.status == 400 and any(code in answer.body[:1000] for code in _EXPIRED))


def adapter() -> Cdek:
    """Called by the registry."""
    return Cdek()
