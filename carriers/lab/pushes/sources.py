"""Each carrier's pushes: bodies in its own format, proofs as it makes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from carriers.lab.hooks import Hook
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.pushes.source import PushSource
from carriers.lab.shelf import as_uuid
from carriers.lab.wire import (
    aftership,
    cdek_codes,
    cdek_shapes,
    dhl_unified,
    easypost,
    easypost_codes,
    karrio,
    seventeentrack,
    shippo,
)
from carriers.lab.wire.ups_codes import CODES as UPS_CODES

_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})


def _hmac(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def _event_id(scan: Scan, parcel: Parcel) -> str:
    """The same for the same scan, so that a repeated push can be told."""
    told = f"{parcel.number}/{scan.kind}/{scan.at.isoformat()}/{scan.published_at.isoformat()}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


class UpsPushes(PushSource):
    """Track Alert: one event a push; the credential that was registered comes back, nothing is signed."""

    code = "ups"
    again = ()

    def watched(self, hook: Hook) -> Iterable[str]:
        if hook.numbers:
            return hook.numbers
        now = self.now()
        return [number for one in self.desk.shelf.all("ups", "subscriptions") for number in _live(one, now)]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        code, local, gmt = UPS_CODES[scan.kind], scan.place.local(scan.at), scan.at.astimezone(UTC)
        offset, taken = local.strftime("%z"), scan.kind in _TAKEN
        nowhere = scan.kind is Kind.LABEL
        return {
            "trackingNumber": parcel.number,
            "localActivityDate": f"{local:%Y%m%d}",
            "localActivityTime": f"{local:%H%M%S}",
            "activityLocation": {
                "city": "" if nowhere else scan.place.city,
                "stateProvince": "" if nowhere else scan.place.state,
                "postalCode": "",
                "country": scan.place.country,
            },
            "activityStatus": {
                "type": "I" if code.type == "P" else code.type,  # pushes know no collections of their own
                "code": code.code,
                "description": code.text.strip(),
                "descriptionCode": code.status,
            },
            "scheduledDeliveryDate": f"{parcel.estimate(scan.published_at):%Y%m%d}",
            "actualDeliveryDate": f"{local:%Y%m%d}" if taken else "",
            "actualDeliveryTime": f"{local:%H%M%S}" if taken else "",
            "gmtActivityDate": f"{gmt:%Y%m%d}",
            "gmtActivityTime": f"{gmt:%H%M%S}",
            "gmtOffset": f"{offset[:3]}.{offset[3:]}",
            "deliveryStartTime": "",
            "deliveryEndTime": "",
            "deliveryTimeDescription": "",
            "deliveryPhoto": "",
            "receivedBy": scan.signed_by or "",
        }

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        credential = {"Authorization": f"Bearer {hook.secret}", "credential": hook.secret} if hook.secret else {}
        return {"User-Agent": "UPSPubSubTrackingService"} | credential


class EasyPostPushes(PushSource):
    code = "easypost"
    again = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=4))

    def watched(self, hook: Hook) -> Iterable[str]:
        return [kept["tracking_code"] for kept in self.desk.shelf.all("easypost", easypost.TRACKERS)]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        every = self.desk.shelf.all("easypost", easypost.TRACKERS)
        kept = next(one for one in every if one["tracking_code"] == parcel.number)
        sold = self.desk.book.by_number("easypost", parcel.number) is not None
        moment = scan.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {
            "id": f"evt_{_event_id(scan, parcel)}",
            "object": "Event",
            "mode": "test",
            "description": "tracker.updated",
            "previous_attributes": {"status": _before(easypost_codes.CODES, parcel, scan)},
            "created_at": moment,
            "updated_at": moment,
            "pending_urls": [hook.url],
            "completed_urls": [],
            "status": "pending",
            "user_id": "user_lab",
            "result": easypost.shape(kept, parcel, scan.published_at, is_return=sold),
        }

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        if not hook.secret:
            return {}
        secret = unicodedata.normalize("NFKD", hook.secret)
        return {"X-Hmac-Signature": f"hmac-sha256-hex={_hmac(secret, content).hex()}"}


class ShippoPushes(PushSource):
    code = "shippo"
    timeout = 3.0

    def watched(self, hook: Hook) -> Iterable[str]:
        bought = [sold.number for sold in self.desk.book.of("shippo")]
        return [*(kept["number"] for kept in self.desk.shelf.all("shippo", shippo.TRACKS)), *bought]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        every = self.desk.shelf.all("shippo", shippo.TRACKS)
        kept = next((one for one in every if one["number"] == parcel.number), None)
        sold = self.desk.book.by_number("shippo", parcel.number)
        carrier = kept["carrier"] if kept else parcel.carrier
        metadata = kept["metadata"] if kept else sold.order.reference if sold else None
        track = shippo.shape(carrier, parcel.number, parcel, scan.published_at, metadata, sold.handle if sold else None)
        return {"event": "track_updated", "test": True, "data": track}

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        if not hook.secret:
            return {}
        stamp = str(int(self.desk.clock.real().timestamp()))
        signed = _hmac(hook.secret, stamp.encode() + b"." + content).hex()
        return {"Shippo-Auth-Signature": f"t={stamp},v1={signed}"}


class AfterShipPushes(PushSource):
    code = "aftership"

    def watched(self, hook: Hook) -> Iterable[str]:
        return [kept["tracking_number"] for kept in self.desk.shelf.all("aftership", aftership.TRACKINGS)]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        every = self.desk.shelf.all("aftership", aftership.TRACKINGS)
        kept = next(one for one in every if one["tracking_number"] == parcel.number)
        return {
            "event": "tracking_update",
            "event_id": as_uuid(_event_id(scan, parcel)),
            "is_tracking_first_tag": scan.kind is Kind.LABEL,
            "msg": aftership.shape(kept, parcel, scan.published_at),
            "ts": int(scan.published_at.timestamp()),
        }

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        signed = base64.b64encode(_hmac(hook.secret, content)).decode()
        return {"aftership-hmac-sha256": signed} if hook.secret else {}


class SeventeenTrackPushes(PushSource):
    """The proof is a plain hash over body and key, not an HMAC."""

    code = "17track"
    again = (timedelta(minutes=10), timedelta(minutes=30), timedelta(minutes=60))

    def watched(self, hook: Hook) -> Iterable[str]:
        every = self.desk.shelf.all("17track", seventeentrack.NUMBERS)
        return [kept["number"] for kept in every if not kept["stopped"]]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        kept = self.desk.shelf.get("17track", seventeentrack.NUMBERS, parcel.number)
        named = kept or {"number": parcel.number, "carrier": 0, "tag": ""}
        return {"event": "TRACKING_UPDATED", "data": seventeentrack.shape(named, parcel, scan.published_at)}

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        return {"sign": hashlib.sha256(content + b"/" + hook.secret.encode()).hexdigest()}


class CdekPushes(PushSource):
    """Unsigned. Twelve attempts in 75 minutes, then the address is switched off."""

    code = "cdek"
    again = (*(timedelta(minutes=5) for _ in range(7)), *(timedelta(minutes=10) for _ in range(4)))
    most_failures = 1
    timeout = 15.0

    def watched(self, hook: Hook) -> Iterable[str]:
        return [parcel.number for parcel in self.desk.world if parcel.carrier == "cdek"]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        told = cdek_shapes.status(scan)
        sold = self.desk.book.by_number("cdek", parcel.number)
        attributes: dict[str, Any] = {
            "is_return": False,
            "is_client_return": sold is not None,
            "cdek_number": parcel.number,
            "number": sold.reference if sold else f"IM-{parcel.number}",
            "code": told["code"],
            "status_code": str(cdek_codes.NUMBERS.get(told["code"], 0)),
            "status_date_time": told["date_time"],
            "city_name": told["city"],
            "deleted": False,
        }
        if "reason_code" in told:
            attributes["status_reason_code"] = told["reason_code"]
        uuid = sold.handle if sold else cdek_shapes.order_uuid(parcel.number)
        moment = cdek_shapes.moment(scan.published_at)
        return {"type": "ORDER_STATUS", "date_time": moment, "uuid": uuid, "attributes": attributes}


class DhlPushes(PushSource):
    """Unified Push: the shipment as in an answer; a header of the subscriber's choice carries the token."""

    code = "dhl_unified"

    def watched(self, hook: Hook) -> Iterable[str]:
        if hook.numbers:
            return hook.numbers
        codes = ("dhl_unified", "dhl_parcel_de", "dhl_express")
        return [parcel.number for parcel in self.desk.world if parcel.carrier in codes]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        return {"shipments": [dhl_unified.shipment(parcel, scan.published_at)]}

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        return {hook.header or "DHL-API-Key": hook.secret} if hook.secret else {}


class KarrioPushes(PushSource):
    """The secret itself comes along; five failures switch the address off."""

    code = "karrio"
    again = ()
    most_failures = 6

    def watched(self, hook: Hook) -> Iterable[str]:
        bought = [sold.number for sold in self.desk.book.of("karrio")]
        return [*(kept["number"] for kept in self.desk.shelf.all("karrio", karrio.TRACKERS)), *bought]

    def body(self, hook: Hook, parcel: Parcel, scan: Scan) -> dict[str, Any]:
        every = self.desk.shelf.all("karrio", karrio.TRACKERS)
        kept = next((one for one in every if one["number"] == parcel.number), None)
        named = kept or {"id": None, "number": parcel.number, "carrier": parcel.carrier, "metadata": {}}
        return {"event": "tracker_updated", "data": karrio.shape(named, parcel, scan.published_at)}

    def proof(self, hook: Hook, content: bytes) -> dict[str, str]:
        return {"X-Event-Id": hook.secret}


def _live(subscription: dict[str, Any], now: datetime) -> list[str]:
    return list(subscription["numbers"]) if now < datetime.fromisoformat(subscription["ends"]) else []


def _before(codes: Any, parcel: Parcel, scan: Scan) -> str:
    """The status before this scan."""
    earlier = [one for one in parcel.events(scan.published_at) if one.at < scan.at]
    return str(codes[max(earlier, key=lambda one: one.at).kind].status) if earlier else "unknown"


SOURCES: Final[dict[str, type[PushSource]]] = {
    source.code: source
    for source in (
        UpsPushes,
        EasyPostPushes,
        ShippoPushes,
        AfterShipPushes,
        SeventeenTrackPushes,
        CdekPushes,
        DhlPushes,
        KarrioPushes,
    )
}
