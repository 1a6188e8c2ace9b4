"""`/lab/`: time, faults and parcels of the carrier lab. What is changed here is what the adapters meet over HTTP."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from carriers.errors import CarrierError
from portal.errors import InvalidInput, NotFound
from portal.web.demo.blueprint import blueprint, controls
from portal.web.demo.controls import FAULTS, JUMPS, SPEEDS
from portal.web.state import deps


@blueprint.get("/lab/")
def lab() -> str:
    demo = controls()
    faults, parcels = demo.faults(), demo.parcels()
    return render_template(
        "demo/lab.html",
        speeds=SPEEDS,
        jumps=JUMPS,
        kinds=FAULTS,
        faults=faults,
        parcels=parcels,
        names=_names({*faults, *(str(parcel["carrier"]) for parcel in parcels)}),
        here="lab",
    )


@blueprint.post("/lab/clock")
def clock() -> Answer:
    """One button was pressed: a speed, or a jump in hours. Raises InvalidInput for any other value."""
    if "speed" in request.form:
        controls().set_speed(_one_of("speed", SPEEDS))
    else:
        controls().jump(_one_of("jump", JUMPS))
    return _back("clock")


@blueprint.post("/lab/faults")
def faults() -> Answer:
    """Raises InvalidInput for a carrier or a fault there is none of."""
    carrier, kind = request.form.get("carrier", ""), request.form.get("fault", "")
    if carrier not in controls().faults() or kind not in ("", *FAULTS):
        raise InvalidInput("there is no such carrier or fault", "fault")
    controls().set_fault(carrier, kind or None)
    return _back("faults")


@blueprint.get("/lab/parcels/<number>")
def parcel(number: str) -> Answer:
    """On to the tracking page of the parcel's order, as a link from a mail would lead there."""
    target = controls().open_parcel(number)
    if target is None:
        raise NotFound("the portal does not know this parcel yet")
    return redirect(target, 303)


def _names(codes: Iterable[str]) -> dict[str, str]:
    names = {}
    for code in codes:
        try:
            names[code] = deps().carriers.info(code).name
        except CarrierError:
            names[code] = code
    return names


def _one_of(field: str, known: tuple[int, ...]) -> int:
    text = request.form.get(field, "")
    if not text.isascii() or not text.isdigit() or int(text) not in known:
        raise InvalidInput(f"{field} must be one of {', '.join(map(str, known))}", field)
    return int(text)


def _back(part: str) -> Response | Answer:
    return redirect(url_for("demo.lab", _anchor=part), 303)
