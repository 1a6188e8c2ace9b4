"""AfterShip Tracking, its present version (`data` is the tracking) and its retired one (`data.tracking`).

Its words are the portal's own vocabulary. Checkpoints stand oldest first, with offsets; a number that was entered
already is refused with the id it has.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.parcels import Kind, Parcel, Scan
from carriers.lab.wire.aftership_codes import ALPHA3, CODES, SLUGS
from carriers.lab.wire.base import Handler, Route, Wire, body_of, dig, plain, reply, retry_header, route, word

TRACKINGS: Final = "trackings"
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})
_TRIES: Final = frozenset({Kind.NOBODY_HOME, Kind.CLOSED, Kind.ADDRESS_PROBLEM, Kind.REFUSED})
_REFUSALS: Final = {
    404: ("NotFound", "The URI requested is invalid."),
    405: ("MethodNotAllowed", "The method is not allowed here."),
    429: ("TooManyRequests", "You have exceeded the API call rate limit."),
    500: ("InternalError", "Something went wrong on our side."),
}


class AfterShip(Wire):
    code = "aftership"

    def routes(self) -> tuple[Route, ...]:
        base, known = "(?:/tracking/[0-9]{4}-[0-9]{2}|/v4)?/trackings", self._known
        return (
            route("POST", base, known(self._create), "track"),
            route("GET", base, known(self._list), "track"),
            route("GET", f"{base}/([^/]+(?:/[^/]+)?)", known(self._retrieve), "track"),
            route("DELETE", f"{base}/([^/]+(?:/[^/]+)?)", known(self._delete), "track"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        return _error(status, status, *_REFUSALS.get(status, _REFUSALS[500]), **retry_header(retry_after))

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            given = request.headers.get("as-api-key") or request.headers.get("aftership-api-key")
            if given == LAB_CREDENTIALS["aftership"]["api_key"]:
                return handler(request, caught)
            return _error(401, 401, "Unauthorized", "The API key is invalid.")

        return guarded

    def _create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        asked = dig(body, "tracking") or body
        number, slug = plain(word(asked, "tracking_number")), word(asked, "slug")
        if not 4 <= len(number) <= 100:
            return _error(400, 4005, "BadRequest", "The value of `tracking_number` is invalid.")
        if slug and slug not in SLUGS.values():
            return _error(400, 4010, "BadRequest", "The value of `slug` is invalid.")
        if (kept := self._kept(number, slug)) is not None:
            data = {name: kept[name] for name in ("id", "tracking_number", "slug")}
            return _error(400, 4003, "BadRequest", "Tracking already exists.", _wrapped(request, data))
        parcel = self.desk.world.get(number)
        slug = slug or SLUGS.get(parcel.carrier if parcel else "", "usps")
        now = _moment(self.desk.now())
        kept = {"id": self.desk.shelf.new_id(24), "tracking_number": number, "slug": slug, "created_at": now}
        self.desk.shelf.put("aftership", TRACKINGS, kept["id"], kept)
        return _good(_wrapped(request, self.shown(kept)), 201)

    def _list(self, request: Request, _caught: str) -> Response:
        numbers = [plain(number) for number in request.args.get("tracking_numbers", "").split(",") if number.strip()]
        slug = request.args.get("slug", "")
        found = [
            self.shown(kept)
            for kept in reversed(self.desk.shelf.all("aftership", TRACKINGS))
            if (not numbers or kept["tracking_number"] in numbers) and slug in ("", kept["slug"])
        ]
        return _good({"pagination": {"total": len(found), "has_next_page": False}, "trackings": found})

    def _retrieve(self, request: Request, caught: str) -> Response:
        kept = self._named(caught)
        return _missing() if kept is None else _good(_wrapped(request, self.shown(kept)))

    def _delete(self, request: Request, caught: str) -> Response:
        kept = self._named(caught)
        if kept is None:
            return _missing()
        self.desk.shelf.drop("aftership", TRACKINGS, kept["id"])
        return _good(_wrapped(request, {name: kept[name] for name in ("id", "tracking_number", "slug")}))

    def _named(self, name: str) -> dict[str, Any] | None:
        """A tracking by its id, or by courier and number as the retired version asks."""
        slug, _, number = name.partition("/")
        return self._kept(plain(number), slug) if number else self.desk.shelf.get("aftership", TRACKINGS, name)

    def _kept(self, number: str, slug: str) -> dict[str, Any] | None:
        every = self.desk.shelf.all("aftership", TRACKINGS)
        return next((one for one in every if one["tracking_number"] == number and slug in ("", one["slug"])), None)

    def shown(self, kept: dict[str, Any], at: datetime | None = None) -> dict[str, Any]:
        """A tracking as AfterShip gives it, also in its pushes."""
        return shape(kept, self.desk.world.get(kept["tracking_number"]), at or self.desk.now())


def shape(kept: dict[str, Any], parcel: Parcel | None, now: datetime) -> dict[str, Any]:
    scans = sorted(parcel.events(now), key=lambda scan: scan.at) if parcel else []
    latest = CODES[scans[-1].kind] if scans else None
    taken = next((scan for scan in scans if scan.kind in _TAKEN), None)
    tried = next((scan for scan in scans if scan.kind in _TRIES), None)
    return {
        **kept,
        "updated_at": _moment(scans[-1].published_at) if scans else kept["created_at"],
        "tag": latest.tag if latest else "Pending",
        "subtag": latest.subtag if latest else "Pending_001",
        "subtag_message": latest.message if latest else "Pending",
        "title": kept["tracking_number"],
        "active": taken is None,
        "checkpoints": [_checkpoint(scan, kept["slug"]) for scan in scans],
        "signed_by": parcel.signed_by(now) if parcel else None,
        "expected_delivery": parcel.estimate(now).isoformat() if parcel and scans else None,
        "courier_estimated_delivery_date": (
            {"estimated_delivery_date": parcel.estimate(now).isoformat()} if parcel and scans else None
        ),
        "shipment_delivery_date": taken.place.local(taken.at).isoformat() if taken else None,
        "first_attempted_at": tried.place.local(tried.at).isoformat() if tried else None,
        "return_to_sender": any(scan.kind in (Kind.RETURNING, Kind.RETURNED) for scan in scans),
        "origin_country_iso3": ALPHA3.get(parcel.origin.country) if parcel else None,
        "destination_country_iso3": ALPHA3.get(parcel.destination.country) if parcel else None,
    }


def _checkpoint(scan: Scan, slug: str) -> dict[str, Any]:
    code, nowhere = CODES[scan.kind], scan.kind is Kind.LABEL
    return {
        "slug": slug,
        "created_at": _moment(scan.published_at),
        "checkpoint_time": scan.place.local(scan.at).isoformat(),
        "message": code.text.upper() if scan.reworded else code.text,
        "location": None if nowhere else f"{scan.place.city}, {scan.place.state}, {scan.place.country}",
        "city": None if nowhere else scan.place.city,
        "state": None if nowhere else scan.place.state,
        "zip": None if nowhere else scan.place.postal_code,
        "country_iso3": None if nowhere else ALPHA3.get(scan.place.country),
        "country_region": None if nowhere else ALPHA3.get(scan.place.country),
        "tag": code.tag,
        "subtag": code.subtag,
        "subtag_message": code.message,
        "raw_tag": code.raw,
        "coordinates": [],
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _wrapped(request: Request, data: dict[str, Any]) -> dict[str, Any]:
    """The retired version has one more layer."""
    return {"tracking": data} if re.match(r"/aftership/v4/", request.path) else data


def _good(data: dict[str, Any], status: int = 200) -> Response:
    return reply({"meta": {"code": status}, "data": data}, status)


def _missing() -> Response:
    return _error(404, 4004, "NotFound", "Tracking does not exist.")


def _error(
    status: int, code: int, kind: str, message: str, data: dict[str, Any] | None = None, /, **headers: str
) -> Response:
    return reply({"meta": {"code": code, "type": kind, "message": message}, "data": data or {}}, status, **headers)
