"""DHL Shipment Tracking - Unified: express, parcel-de, parcel-nl, ecommerce and the other divisions in one form.

Sources: the list of status codes by service, and recorded answers; DHL's OpenAPI is not public. The push carries the
same shipment object.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from carriers import parsing as read
from carriers.adapters.dhl_unified import tracking
from carriers.answers import concerning, read_json
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import TrackingResult

_ABOUT_SUBSCRIPTION = ("subscription.validate", "subscription.ready", "subscription.created")


class DhlUnified:
    """The adapter for DHL's unified tracking: one number a call; a new key has one call in five seconds, and 250 a day."""

    info = AdapterInfo(
        code="dhl_unified",
        name="DHL",
        country=None,
        formats=(
            *("dhl_express", "dhl_express_piece_id", "dhl_piece_jd01", "dhl_ecommerce", "dhl_ecommerce_14", "s10"),
            *("dhl_parcel_de_sscc", "dhl_identcode", "dhl_parcel_de_piece", "dhl_parcel_nl", "dhl_parcel_nl_3s"),
        ),
        push=True,  # asked for by hand: DHL pushes a secret first, with which the subscription is then made active
        production_url="https://api-eu.dhl.com",
        credential_names=("api_key",),
        calls_per_second=0.2,
        calls_per_day=250,
        tracking_link="https://www.dhl.com/en/express/tracking.html?AWB={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /track/shipments, one call a number."""
        answers = []
        for number in numbers:
            params = {"trackingNumber": number}
            params |= {"service": service} if (service := account.credentials.get("service")) else {}
            headers = {"DHL-API-Key": account.credential("api_key")}
            answer = http.send(account, Call("GET", account.url("/track/shipments"), headers, params))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number; of several shipments with one number, the one heard of last."""
        tree = read_json(answer)
        asked = numbers[0] if numbers else None
        if answer.status != 200 or "shipments" not in read.record(tree):
            return [concerning(tracking.refused(answer, tree), asked)]
        return tracking.shipments(read.records(read.dig(tree, "shipments")), asked)

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """False: how DHL signs a push is not published, so it is a hint to poll."""
        return False

    def push_id(self, push: RawAnswer) -> str | None:
        """None: DHL names no delivery."""
        return None

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. A push carries shipments as an answer does, or one shipment alone; one about the subscription, none."""
        tree = read_json(answer)
        if (read.text(read.dig(tree, "scope")) or "").lower() in _ABOUT_SUBSCRIPTION:
            return []
        shipments = read.dig(tree, "shipments") or read.dig(tree, "shipment") or tree
        told = [one for one in read.records(shipments) if one.get("id") and ("status" in one or "events" in one)]
        if not told:
            raise CarrierError(ErrorKind.MALFORMED, "A DHL push without a shipment.")
        return tracking.shipments(told, None)


def adapter() -> DhlUnified:
    """Called by the registry."""
    return DhlUnified()
