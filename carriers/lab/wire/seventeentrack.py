"""17TRACK v2.2: numbers are registered first, then asked about; forty a call, refusals number by number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.base import Route, Wire, body_of, dig, plain, reply, retry_header, route, word
from carriers.lab.wire.seventeentrack_codes import CARRIERS, CODES, NAMES

NUMBERS: Final = "numbers"
MOST_NUMBERS: Final = 40
_ERRORS: Final = {
    -18010012: "The format of the number is not correct.",
    -18019901: "The tracking number is already registered.",
    -18019902: "The tracking number is not registered, please register first.",
    -18019909: "No tracking information at this time.",
}
_REFUSALS: Final = {404: "Not Found", 405: "Method Not Allowed", 429: "Too many requests", 500: "Internal server error"}

Refused = int
Answer = dict[str, Any] | Refused


class SeventeenTrack(Wire):
    code = "17track"

    def routes(self) -> tuple[Route, ...]:
        verbs = {
            "register": self._register,
            "gettrackinfo": self._info,
            "stoptrack": self._stop,
            "deletetrack": self._delete,
            "gettracklist": self._listed,
        }
        base = "(?:/track/v2(?:\\.[0-9])?)?"
        answers = [route("POST", f"{base}/{verb}", self._each(work), "track") for verb, work in verbs.items()]
        return (*answers, route("POST", f"{base}/getquota", self._quota, "quota"))

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        message = {"code": status, "message": _REFUSALS.get(status, _REFUSALS[500])}
        return reply({"code": status, "data": {"errors": [message]}}, status, **retry_header(retry_after))

    def _stranger(self, request: Request) -> Response | None:
        if request.headers.get("17token") == LAB_CREDENTIALS["17track"]["api_key"]:
            return None
        return _failed(-18010002, "Access token is invalid.", 401)

    def _each(self, work: Callable[[str, Any], Answer]) -> Callable[[Request, str], Response]:
        def answer(request: Request, _caught: str) -> Response:
            if stranger := self._stranger(request):
                return stranger
            asked = body_of(request)
            if not isinstance(asked, list) or not asked:
                return _failed(-18010012, "The format of the request is not correct.", 400)
            if len(asked) > MOST_NUMBERS:
                return _failed(-18010014, f"No more than {MOST_NUMBERS} numbers a call.", 400)
            accepted: list[dict[str, Any]] = []
            rejected: list[dict[str, Any]] = []
            for one in asked:
                number = plain(word(one, "number"))
                done = work(number, one) if 5 <= len(number) <= 50 and number.isalnum() else -18010012
                if isinstance(done, int):
                    rejected.append({"number": number, "error": {"code": done, "message": _ERRORS[done]}})
                else:
                    accepted.append(done)
            return reply({"code": 0, "data": {"accepted": accepted, "rejected": rejected}})

        return answer

    def _register(self, number: str, asked: Any) -> Answer:
        if self._kept(number) is not None:
            return -18019901
        parcel = self.desk.world.get(number)
        carrier = dig(asked, "carrier")
        known = carrier if isinstance(carrier, int) and carrier else CARRIERS.get(parcel.carrier if parcel else "", 0)
        kept = {"number": number, "carrier": known, "tag": word(asked, "tag"), "stopped": False}
        self.desk.shelf.put("17track", NUMBERS, number, kept)
        return {"origin": 2 if carrier else 1, "number": number, "carrier": known}

    def _info(self, number: str, _asked: Any) -> Answer:
        kept = self._kept(number)
        if kept is None:
            return -18019902
        parcel = self.desk.world.get(number)
        if parcel is None or not parcel.events(self.desk.now()):
            return -18019909
        return self.shown(kept, parcel, self.desk.now())

    def _stop(self, number: str, _asked: Any) -> Answer:
        kept = self._kept(number)
        if kept is None:
            return -18019902
        self.desk.shelf.put("17track", NUMBERS, number, kept | {"stopped": True})
        return {"number": number, "carrier": kept["carrier"]}

    def _delete(self, number: str, _asked: Any) -> Answer:
        kept = self._kept(number)
        if kept is None:
            return -18019902
        self.desk.shelf.drop("17track", NUMBERS, number)
        return {"number": number, "carrier": kept["carrier"]}

    def _listed(self, number: str, _asked: Any) -> Answer:
        kept = self._kept(number)
        return -18019902 if kept is None else {"number": number, "carrier": kept["carrier"]}

    def _quota(self, request: Request, _caught: str) -> Response:
        used = len(self.desk.shelf.all("17track", NUMBERS))
        data = {"quota_total": 10_000, "quota_used": used, "quota_remain": 10_000 - used}
        return self._stranger(request) or reply({"code": 0, "data": data})

    def _kept(self, number: str) -> dict[str, Any] | None:
        return self.desk.shelf.get("17track", NUMBERS, number)

    def shown(self, kept: dict[str, Any], parcel: Parcel, at: datetime) -> dict[str, Any]:
        """A number's entry, also in the pushes."""
        return shape(kept, parcel, at)


def _failed(code: int, message: str, status: int) -> Response:
    return reply({"code": code, "data": {"errors": [{"code": code, "message": message}]}}, status)


def shape(kept: dict[str, Any], parcel: Parcel, now: datetime) -> dict[str, Any]:
    events = [_event(scan) for scan in sorted(parcel.events(now), key=lambda scan: scan.at, reverse=True)]
    newest = max(parcel.events(now), key=lambda scan: scan.at)
    code, day = CODES[newest.kind], parcel.estimate(now).isoformat()
    provider = {"key": kept["carrier"], "name": NAMES.get(kept["carrier"], ""), "country": parcel.origin.country}
    return {
        "number": kept["number"],
        "carrier": kept["carrier"],
        "tag": kept["tag"],
        "track_info": {
            "shipping_info": {
                "shipper_address": {"country": parcel.origin.country},
                "recipient_address": {"country": parcel.destination.country},
            },
            "latest_status": {"status": code.status, "sub_status": code.sub_status, "sub_status_descr": None},
            "latest_event": events[0],
            "time_metrics": {"estimated_delivery_date": {"source": "Official", "from": day, "to": day}},
            "milestone": _milestones(parcel, now),
            "misc_info": {"service_type": parcel.service_level, "weight_kg": str(parcel.weight_grams / 1000)},
            "tracking": {
                "providers_hash": 0,
                "providers": [{"provider": provider, "latest_sync_status": "Success", "events": events}],
            },
        },
    }


def _milestones(parcel: Parcel, now: datetime) -> list[dict[str, Any]]:
    reached: dict[str, Scan] = {}
    for scan in sorted(parcel.events(now), key=lambda scan: scan.at):
        if stage := CODES[scan.kind].stage:
            reached.setdefault(stage, scan)
    return [{"key_stage": stage, **_times(scan)} for stage, scan in reached.items()]


def _times(scan: Scan) -> dict[str, str]:
    local = scan.place.local(scan.at)
    return {"time_iso": local.isoformat(), "time_utc": scan.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _event(scan: Scan) -> dict[str, Any]:
    code, local, nowhere = CODES[scan.kind], scan.place.local(scan.at), scan.kind is Kind.LABEL
    return {
        **_times(scan),
        "time_raw": {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M:%S}", "timezone": None},
        "description": code.text.upper() if scan.reworded else code.text,
        "location": "" if nowhere else f"{scan.place.city}, {scan.place.state}",
        "stage": code.stage,
        "sub_status": code.sub_status,
        "address": {
            "country": scan.place.country,
            "state": None if nowhere else scan.place.state,
            "city": None if nowhere else scan.place.city,
            "postal_code": None if nowhere else scan.place.postal_code,
        },
    }
