"""EasyPost: trackers for a hundred carriers, signed pushes, return labels.

Sources: EasyPost's published example answers (v2), recorded answers of its own client libraries, and their check of a
push's signature. A second header, X-Hmac-Signature-V2, is described by others alone and is not read here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from carriers import parsing as read
from carriers import pushes
from carriers.adapters.easypost import labels, tracking
from carriers.adapters.easypost.calls import checked, send
from carriers.answers import read_json
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


class EasyPost:
    """The adapter for EasyPost: one number a call. The same number within three months is the same tracker."""

    info = AdapterInfo(
        code="easypost",
        name="EasyPost",
        country=None,
        aggregator=True,
        push=True,
        push_proof=PushProof.SIGNATURE,
        subscribes=Subscribes.ACCOUNT,
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.PNG, LabelFormat.ZPL),
        qr=True,
        void=True,
        void_days=30,  # USPS's limit; those of the other carriers are longer
        label_recovery=Recovery.FIND_BY_REFERENCE,
        production_url="https://api.easypost.com/v2",
        credential_names=("api_key",),
        calls_per_second=5.0,
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """POST /trackers, one call a number; EasyPost finds out the carrier."""
        return self._track(http, account, None, numbers)

    def track_for(self, http: Http, account: Account, carrier: str, numbers: Sequence[str]) -> Answers:
        """The same for numbers of one carrier."""
        return self._track(http, account, slug("easypost", carrier), numbers)

    def _track(self, http: Http, account: Account, carrier: str | None, numbers: Sequence[str]) -> Answers:
        answers = []
        for number in numbers:
            tracker = {"tracking_code": number} | ({"carrier": carrier} if carrier else {})
            answer = send(http, account, "POST", "/trackers", {"tracker": tracker})
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One tracker, a list of them, or the one of an event."""
        return tracking.parse(answer, read_json(answer), numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. An event with a tracker; nothing for an event about anything else."""
        tree = read_json(answer)
        about = read.text(read.dig(tree, "description")) or ""
        if about and not about.startswith("tracker."):
            return []
        found = tracking.trackers(tree)
        if not found:
            raise CarrierError(ErrorKind.MALFORMED, "An EasyPost push without a tracker.")
        return [tracking.result(one) for one in found]

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """`X-Hmac-Signature: hmac-sha256-hex=…`: HMAC-SHA256 of the raw body, the secret in Unicode's form NFKD."""
        scheme, _, given = (push.header("X-Hmac-Signature") or "").strip().partition("=")
        wanted = pushes.hmac_sha256(unicodedata.normalize("NFKD", secret), push.body)
        return pushes.require(scheme == "hmac-sha256-hex" and pushes.same_hex(given, wanted), "EasyPost")

    def push_id(self, push: RawAnswer) -> str | None:
        """The event's id."""
        name = read.text(read.dig(read_json(push), "id")) or ""
        return name if name.startswith("evt_") else None

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """POST /webhooks once for the account, or PATCH the one that goes to this address already."""
        listed = checked(send(http, account, "GET", "/webhooks"))
        known = next((one for one in read.records(read.dig(listed, "webhooks")) if one.get("url") == target.url), {})
        name = read.text(known.get("id"))
        if name:
            path, body = f"/webhooks/{quote(name, safe='')}", {"webhook_secret": target.secret}
            checked(send(http, account, "PATCH", path, body))
            return Subscription(name)
        hook = {"webhook": {"url": target.url, "webhook_secret": target.secret}}
        made = checked(send(http, account, "POST", "/webhooks", hook))
        return Subscription(read.text(read.dig(made, "id")) or "")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy the cheapest rate, or that of the account's `service` and `carrier`. The reference is what is looked up."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label of the shipment with this reference, if it was bought."""
        return labels.find(http, account, request)

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The file again, in the label's format."""
        return labels.fetch_again(http, account, label)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Ask for the postage back."""
        labels.void(http, account, label)


def adapter() -> EasyPost:
    """Called by the registry."""
    return EasyPost()
