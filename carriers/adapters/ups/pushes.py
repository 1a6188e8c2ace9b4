"""UPS Track Alert: subscriptions for single numbers, and the events that are pushed (UPSTrackAlert.yaml, v2).

Where UPS sends to, and the credential that it sends along, are registered by hand in its developer portal; a subscription
names the numbers alone and lives fourteen days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timezone
from typing import Any

from carriers import parsing as read
from carriers.adapters.ups.calls import headers, refused, token, token_refused
from carriers.adapters.ups.tracking import moment_of, scan_of
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer, Subscription
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from carriers.pushes import bearer, require, same_text

_NONE_VALID = "VSS210"  # "The Subscription request should have at least one valid tracking number."


def subscribe(http: Http, account: Account, numbers: Sequence[str]) -> Subscription:
    """POST /api/track/v2/subscription/standard/package. Numbers that UPS does not push come back as refused."""
    path = "/api/track/v2/subscription/standard/package"
    body = {"locale": "en_US", "countryCode": account.setting("country", "US"), "trackingNumberList": list(numbers)}
    call = Call("POST", account.url(path), headers(" ".join(numbers)), json=body)
    answer = http.send_with_token(account, call, lambda: token(http, account), token_refused)
    tree = read_json(answer)
    declined = read.dig(tree, "invalidTrackingNumbers")
    named = tuple(filter(None, map(read.text, declined))) if isinstance(declined, list) else ()
    if answer.status == 200 and isinstance(tree, dict) and not read.dig(tree, "response", "errors"):
        return Subscription(refused=named)
    error = refused(answer, tree)
    if error.carrier_code == _NONE_VALID:
        return Subscription(refused=named or tuple(numbers))
    if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER):
        error.kind = ErrorKind.BAD_REQUEST
    raise error


def verify(push: RawAnswer, secret: str, carrier: str) -> bool:
    """The credential registered with UPS comes back in a header; the body is not signed."""
    return require(same_text(push.header("credential") or bearer(push), secret), carrier)


def parse(answer: RawAnswer) -> TrackingResult:
    """Pure. One event (TrackingEventRequest): what it says of the parcel as of that scan. Absent values are empty."""
    event = read.record(read_json(answer))
    number = read.text(event.get("trackingNumber"))
    if number is None:
        raise CarrierError(ErrorKind.MALFORMED, "A UPS push without a tracking number.")
    scan = _pushed(event)
    found = read.last_known([scan])
    zone = scan.time.tzinfo if scan.time and isinstance(scan.time.tzinfo, timezone) else None
    at = read.stamp(event.get("actualDeliveryDate"), event.get("actualDeliveryTime"), zone) or scan.time
    day = read.date_of(event.get("scheduledDeliveryDate"))
    window = read.window(day, event.get("deliveryStartTime"), event.get("deliveryEndTime"))
    delivered_at = at if found[0] is Status.DELIVERED else None
    return TrackingResult(number, *found, (scan,), window, delivered_at, read.text(event.get("receivedBy")))


def _pushed(event: dict[str, Any]) -> Checkpoint:
    """A push's status says `descriptionCode` for the three digits; as a JSON number it has lost them (021 is 17)."""
    said = read.record(event.get("activityStatus"))
    code = said.get("descriptionCode")
    number = code if isinstance(code, str) and len(code) == 3 else None
    at = moment_of(event, "localActivityDate", "localActivityTime", "gmtActivityDate", "gmtActivityTime")
    raw = {key: value for key, value in event.items() if key != "deliveryPhoto"}
    place = read.record(event.get("activityLocation"))
    return scan_of(at, {**said, "statusCode": number}, place, raw, [])
