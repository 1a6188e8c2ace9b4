"""The queue: what to do next, and why."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for

from portal.domain.delivery_exceptions.base import Severity
from portal.domain.delivery_exceptions.registry import rules
from portal.usecases.carriers.overview import need_a_person
from portal.usecases.deps import ShopRef
from portal.usecases.shops import list_shops
from portal.usecases.staff.queue import VIEWS, QueueFilter, list_queue
from portal.usecases.tracking.holds import list_held
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.state import deps

FILTERS = ("shop", "carrier", "rule", "severity")


@blueprint.get("/")
def queue() -> str:
    """One page of the queue; view, filters and position stand in the address."""
    asked = {name: request.args.get(name, "") for name in FILTERS}
    view = request.args.get("view", "open")
    shops = {shop.slug: shop for shop in list_shops(deps())}
    wanted = QueueFilter(
        view=next((name for name in VIEWS if name == view), "open"),
        shop_id=shops[asked["shop"]].id if asked["shop"] in shops else None,
        carrier=asked["carrier"] or None,
        rule=asked["rule"] if asked["rule"] in rules() else None,
        severity=asked["severity"] if asked["severity"] in tuple(Severity) else None,
    )
    page = list_queue(deps(), wanted, staff_id=login.me().id, after=request.args.get("after"))
    g.business_now = page.now
    login.speak(login.me(), _zone(page.shops))
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return render_template(
        "staff/queue.html",
        page=page,
        paused=need_a_person(deps()),
        held=list_held(deps()),
        wanted=wanted,
        asked=asked,
        views=[(name, page.counts[name], url_for("staff.queue", **_view(name), **kept)) for name in VIEWS],
        more=url_for("staff.queue", **_view(wanted.view), **kept, after=page.next) if page.next else None,
        first=url_for("staff.queue", **_view(wanted.view), **kept) if request.args.get("after") else None,
        rules=[rule for rule in rules().values() if rule.subject != "feed"],
        severities=[s.value for s in Severity if s is not Severity.SYSTEM],
        filtered=bool(kept),
    )


def _view(name: str) -> dict[str, Any]:
    return {} if name == "open" else {"view": name}


def _zone(shops: tuple[ShopRef, ...]) -> str | None:
    """The desk's time zone, where all shops share one."""
    zones = {shop.config.desk.timezone for shop in shops}
    return zones.pop() if len(zones) == 1 else None
