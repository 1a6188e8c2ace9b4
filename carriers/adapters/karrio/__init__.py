"""Karrio, an open-source server (one's own, or the hosted one) that asks carriers through the shop's accounts
with them: tracking and return labels.

Source: karrio-openapi.yml (2026.1). Its webhooks have a `secret`, called a "header signature secret", which Karrio
makes itself; that and how it signs is not said, so a push is a hint to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.karrio import labels, tracking
from carriers.adapters.karrio.calls import checked, send
from carriers.answers import not_supported, read_json
from carriers.base import (
    Account,
    AdapterInfo,
    Answers,
    Http,
    PushTarget,
    RawAnswer,
    Recovery,
    Subscribes,
    Subscription,
)
from carriers.directory import slug
from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult

EVENTS = ["tracker_created", "tracker_updated"]


class Karrio:
    """The adapter for Karrio: one number a call."""

    info = AdapterInfo(
        code="karrio",
        name="Karrio",
        country=None,
        aggregator=True,
        push=True,
        subscribes=Subscribes.ACCOUNT,
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.PNG, LabelFormat.ZPL),
        void=True,
        label_recovery=Recovery.FIND_BY_REFERENCE,
        production_url="https://api.karrio.io",
        credential_names=("api_key",),
        calls_per_second=5.0,
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST /v1/trackers, one call a number, the carrier by the number's format (or the setting `carrier`).

        Raises CarrierError(not_supported), nothing sent, for a number whose carrier cannot be told.
        """
        return self._track(http, account, [(_carrier(account, number), number) for number in numbers])

    def track_for(self, http: Http, account: Account, carrier: str, numbers: Sequence[str]) -> Answers:
        """The same for numbers of one carrier. Raises CarrierError(not_supported) for one that Karrio has no name for."""
        return self._track(http, account, [(slug("karrio", carrier), number) for number in numbers])

    def _track(self, http: Http, account: Account, asked: Sequence[tuple[str | None, str]]) -> Answers:
        answers = []
        for carrier, number in asked:
            if carrier is None:
                raise not_supported("karrio", "tracking for this carrier")
            # With `pending_pickup` a number that the carrier does not know yet is kept and asked about later.
            body = {"tracking_number": number, "carrier_name": carrier}
            answer = send(http, account, "POST", "/v1/trackers", body, params={"pending_pickup": "true"})
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One tracker, a page of them, or the proxy's answer."""
        return tracking.parse(answer, read_json(answer), numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. `tracker_created` and `tracker_updated` with the tracker under `data`; nothing for other events."""
        tree = read_json(answer)
        about = read.first_text(read.dig(tree, "event"), read.dig(tree, "type")) or "tracker"
        if not about.startswith("tracker"):
            return []
        found = tracking.trackers(tree)
        if not found:
            raise CarrierError(ErrorKind.MALFORMED, "A Karrio push without a tracker.")
        return [tracking.result(one) for one in found]

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """False: how Karrio signs a push is not published, so it is a hint to poll."""
        return False

    def push_id(self, push: RawAnswer) -> str | None:
        """None: Karrio names no delivery."""
        return None

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """POST /v1/webhooks once for the account, unless one goes to this address already."""
        listed = checked(send(http, account, "GET", "/v1/webhooks"))
        hooks = read.records(read.dig(listed, "results"))
        known = next((one for one in hooks if one.get("url") == target.url and not one.get("disabled")), None)
        if known is None:
            hook = {"url": target.url, "enabled_events": EVENTS, "description": "Doorstep"}
            known = read.record(checked(send(http, account, "POST", "/v1/webhooks", hook)))
        return Subscription(read.text(known.get("id")) or "")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy the cheapest rate, or that of the account's `service` and `carrier_id` (the name of a connection)."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label of the shipment with this reference, if it was bought."""
        return labels.find(http, account, request)

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The file again, as it was made."""
        return labels.fetch_again(http, account, label)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Cancel the shipment."""
        labels.void(http, account, label)


def _carrier(account: Account, number: str) -> str | None:
    """Karrio's name of the likeliest carrier that it knows, by the number's format."""
    return relayed.likely("karrio", number) or account.setting("carrier") or None


def adapter() -> Karrio:
    """Called by the registry."""
    return Karrio()
