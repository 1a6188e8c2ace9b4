"""The lab's own pages: its clock, its faults, its parcels. For people and the demo, not for adapters."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

from werkzeug import Request, Response

from carriers.lab.clock import VirtualClock
from carriers.lab.faults import Faults
from carriers.lab.hooks import PUSHING, Hook
from carriers.lab.line import Landings
from carriers.lab.purchases import Purchase
from carriers.lab.pushes.pusher import Pusher
from carriers.lab.wire import Wires
from carriers.lab.wire.base import body_of, reply
from carriers.lab.world import World


class Controls(Protocol):
    """The part of the lab that its own pages show and change."""

    world: World
    clock: VirtualClock
    faults: Faults
    landings: Landings
    pushes: Pusher
    calls: Counter[str]
    wires: Wires

    @property
    def purchases(self) -> tuple[Purchase, ...]: ...

    def base_url(self, carrier: str) -> str: ...

    def save(self) -> None: ...


def answer(lab: Controls, request: Request) -> Response:
    """Answer a call below /_lab/. Mistakes come back as 400 with a sentence that says what is wrong."""
    page = request.path.removeprefix("/_lab").strip("/")
    if page not in _PAGES:
        return reply({"error": f"There is no /_lab/{page}."}, 404)
    if request.method == "GET":
        return reply(_PAGES[page](lab))
    if request.method != "POST" or page not in _CHANGES:
        return reply({"error": "Use GET here."}, 405)
    data = body_of(request)
    # A page in a browser cannot send this type to another origin without asking first.
    if request.mimetype != "application/json" or not isinstance(data, dict):
        return reply({"error": "Send a JSON object with Content-Type application/json."}, 400)
    try:
        _CHANGES[page](lab, data)
    except KeyError as error:
        return reply({"error": f"Unknown or missing: {error.args[0]}."}, 400)
    except (TypeError, ValueError) as error:
        return reply({"error": str(error)}, 400)
    return reply(_PAGES[page](lab))


def _index(lab: Controls) -> dict[str, Any]:
    return {
        "carriers": {code: lab.base_url(code) for code in lab.wires},
        "now": lab.clock.now().isoformat(),
        "speed": lab.clock.speed,
        "parcels": len(lab.world),
        "labels": len(lab.purchases),
        "calls": dict(lab.calls),
        "pages": [f"/_lab/{page}" for page in _PAGES if page],
    }


def _clock(lab: Controls) -> dict[str, Any]:
    return lab.clock.to_dict()


def _faults(lab: Controls) -> dict[str, Any]:
    return dict(lab.faults.to_dict())


def _parcels(lab: Controls) -> list[dict[str, Any]]:
    now = lab.clock.now()
    return [parcel.to_dict(now) for parcel in lab.world]


def _labels(lab: Controls) -> list[dict[str, Any]]:
    return [sold.summary() for sold in lab.purchases]


def _late(lab: Controls) -> dict[str, Any]:
    return {"waiting": len(lab.landings), "after_seconds": lab.landings.after.total_seconds()}


def _pushes(lab: Controls) -> dict[str, Any]:
    return lab.pushes.summary()


def _change_clock(lab: Controls, data: dict[str, Any]) -> None:
    if unknown := set(data) - {"speed", "jump_hours"}:
        raise KeyError(min(unknown))
    if "speed" in data:
        lab.clock.set_speed(float(data["speed"]))
    if "jump_hours" in data:
        lab.clock.jump(timedelta(hours=float(data["jump_hours"])))
    lab.save()


def _change_faults(lab: Controls, data: dict[str, Any]) -> None:
    calls = data.get("calls")
    on = data.get("on")
    number = None if calls is None else int(calls)
    lab.faults.set(str(data["carrier"]), str(data["fault"]), number, None if on is None else str(on))


def _change_late(lab: Controls, data: dict[str, Any]) -> None:
    if unknown := set(data) - {"after_seconds", "land"}:
        raise KeyError(min(unknown))
    if "after_seconds" in data:
        lab.landings.after = timedelta(seconds=float(data["after_seconds"]))
    if data.get("land"):
        lab.landings.land(everything=True)
    lab.save()


def _change_pushes(lab: Controls, data: dict[str, Any]) -> None:
    """An address ("url", "secret", "numbers"), a fault ("fault", "count"), or one push now ("send")."""
    carrier = str(data["carrier"])
    if carrier not in PUSHING:
        raise KeyError(carrier)
    if unknown := set(data) - {"carrier", "url", "secret", "numbers", "fault", "count", "send"}:
        raise KeyError(min(unknown))
    if "url" in data:
        numbers = tuple(str(number) for number in data.get("numbers") or ())
        url, secret = str(data["url"]), str(data.get("secret") or "")
        entered = lab.pushes.hooks.at(carrier, url)  # by its own interface: then this only agrees on the secret
        hook = entered or Hook(carrier, url, url, lab.clock.now())
        lab.pushes.hooks.put(replace(hook, secret=secret or hook.secret, numbers=numbers or hook.numbers, off=False))
    if "fault" in data:
        count = data.get("count")
        lab.pushes.fault(carrier, str(data["fault"]), None if count is None else int(count))
    if "send" in data:
        lab.pushes.push(carrier, str(data["send"]))
    lab.save()


_PAGES = {
    "": _index,
    "clock": _clock,
    "faults": _faults,
    "parcels": _parcels,
    "labels": _labels,
    "late": _late,
    "pushes": _pushes,
}
_CHANGES = {"clock": _change_clock, "faults": _change_faults, "late": _change_late, "pushes": _change_pushes}
