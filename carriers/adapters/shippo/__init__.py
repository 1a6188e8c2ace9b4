"""Shippo: tracks of some fifty carriers, return labels, pushes that are signed where Shippo has been asked for it.

Sources: Shippo's published guides (tracking, webhooks, their security) and recorded answers of its client libraries.
Shippo has to be told the carrier of every number; without one, the number's own format says it.

Pushes need a webhook and a POST of each number. The signature has to be asked for at Shippo, with a secret agreed on;
until then leave the secret empty: what comes to the secret address is a hint then, and asked about before it counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from carriers import parsing as read
from carriers import pushes, relayed
from carriers.adapters.shippo import labels, tracking
from carriers.adapters.shippo.calls import checked, send
from carriers.answers import not_supported, read_json
from carriers.base import (
    Account,
    AdapterInfo,
    Answers,
    Http,
    PushProof,
    PushTarget,
    RawAnswer,
    Recovery,
    Subscribes,
    Subscription,
)
from carriers.directory import slug
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult

_ABOUT_A_NUMBER = (ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER, ErrorKind.BAD_REQUEST)


class Shippo:
    """The adapter for Shippo: one number a call."""

    info = AdapterInfo(
        code="shippo",
        name="Shippo",
        country=None,
        aggregator=True,
        push=True,
        push_proof=PushProof.SIGNATURE,
        subscribes=Subscribes.NUMBERS,
        subscription_batch=20,
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.PNG, LabelFormat.ZPL),
        void=True,
        label_recovery=Recovery.FIND_BY_REFERENCE,
        production_url="https://api.goshippo.com",
        credential_names=("api_token",),
        calls_per_second=8.0,
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /tracks/{carrier}/{number}, the carrier by the number's format (or the setting `carrier`).

        Raises CarrierError(not_supported), nothing sent, for a number whose carrier cannot be told.
        """
        return self._track(http, account, [(_carrier(account, number), number) for number in numbers])

    def track_for(self, http: Http, account: Account, carrier: str, numbers: Sequence[str]) -> Answers:
        """The same for numbers of one carrier. Raises CarrierError(not_supported) for one that Shippo has no name for."""
        return self._track(http, account, [(slug("shippo", carrier), number) for number in numbers])

    def _track(self, http: Http, account: Account, asked: Sequence[tuple[str | None, str]]) -> Answers:
        answers = []
        for carrier, number in asked:
            if carrier is None:
                raise not_supported("shippo", "tracking for this carrier")
            path = f"/tracks/{quote(carrier, safe='')}/{quote(number, safe='')}"
            answer = send(http, account, "GET", path)
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One track; one without a status is a number that nobody knows yet."""
        return tracking.parse(answer, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. `track_updated` with the track under `data`; nothing for an event about anything else."""
        tree = read_json(answer)
        if (read.text(read.dig(tree, "event")) or "track_updated") != "track_updated":
            return []
        found = tracking.tracks(tree)
        if not found:
            raise CarrierError(ErrorKind.MALFORMED, "A Shippo push without a track.")
        return [tracking.result(one) for one in found]

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """`Shippo-Auth-Signature: t=…,v1=…`: HMAC-SHA256 in hex of `t.body`, within five minutes.

        Several v1 may stand there while the secret changes. False without a secret: see above.
        """
        if not secret:
            return False
        parts = [part.strip().partition("=") for part in (push.header("Shippo-Auth-Signature") or "").split(",")]
        times = [value for name, _, value in parts if name == "t"]
        if len(times) != 1 or not pushes.timely(times[0], now):
            return pushes.require(False, "Shippo")
        wanted = pushes.hmac_sha256(secret, times[0].encode() + b"." + push.body)
        given = [value for name, _, value in parts if name == "v1"]
        return pushes.require(any(pushes.same_hex(value, wanted) for value in given), "Shippo")

    def push_id(self, push: RawAnswer) -> str | None:
        """None: Shippo names no delivery."""
        return None

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """POST /tracks/ for each number, after the webhook itself where none goes to this address yet.

        Numbers that Shippo does not take, or whose carrier cannot be told, are refused.
        """
        handle, refused = _webhook(http, account, target), []
        for number in numbers:
            carrier = _carrier(account, number)
            if carrier is None:
                refused.append(number)
                continue
            answer = send(http, account, "POST", "/tracks/", {"carrier": carrier, "tracking_number": number})
            if relayed.succeeded(answer):
                continue
            error = tracking.refused(answer, read_json(answer))
            if error.kind not in _ABOUT_A_NUMBER:
                raise error
            refused.append(number)
        return Subscription(handle, tuple(refused))

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy the cheapest rate, or that of the account's `service` and `provider`."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label whose transaction carries our reference, among those of the last week."""
        return labels.find(http, account, request)

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The file again, as it was made."""
        return labels.fetch_again(http, account, label)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Ask for a refund."""
        labels.void(http, account, label)


def _webhook(http: Http, account: Account, target: PushTarget) -> str:
    """The name of the webhook that goes to our address, made where there is none."""
    listed = checked(send(http, account, "GET", "/webhooks"))
    hooks = read.records(listed if isinstance(listed, list) else read.dig(listed, "results"))
    known = next((one for one in hooks if one.get("url") == target.url and one.get("active", True)), None)
    if known is None:
        hook = {"url": target.url, "event": "track_updated", "active": True, "is_test": _testing(account)}
        known = read.record(checked(send(http, account, "POST", "/webhooks", hook)))
    return read.text(known.get("object_id")) or ""


def _testing(account: Account) -> bool:
    return re.match("shippo_test_", account.credential("api_token")) is not None


def _carrier(account: Account, number: str) -> str | None:
    """Shippo's name of the likeliest carrier that it knows, by the number's format."""
    return relayed.likely("shippo", number) or account.setting("carrier") or None


def adapter() -> Shippo:
    """Called by the registry."""
    return Shippo()
