"""The returns desk's lists: what went wrong first, then what there is to do; scanned, searched, narrowed, taken along."""

from __future__ import annotations

import io
from typing import Any

from defusedcsv import csv
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.config import METHODS, RESOLUTIONS
from portal.domain.returns.reasons import REASONS
from portal.usecases.returns import desk
from portal.usecases.returns.desk import DeskFilter
from portal.usecases.returns.desk_read import find_scanned
from portal.usecases.returns.export import COLUMNS, export_returns
from portal.usecases.shops import list_shops
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import number
from portal.web.state import deps

NAMES = ("shop", "method", "resolution", "reason", "flag", "text")
LONGEST = 120


@blueprint.get("/returns")
def returns() -> str:
    """One page of one list; list, filters and page stand in the address."""
    state = request.args.get("state") or None
    asked = _asked()
    page = desk.list_returns(deps(), wanted=_filter(asked), state=state, page=number(request.args, "page", 1))
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return render_template(
        "staff/returns.html",
        page=page,
        state=state,
        states=tuple(desk.FILTERS),
        asked=asked,
        kept=kept,
        shops=list_shops(deps()),
        methods=METHODS,
        resolutions=RESOLUTIONS,
        reasons=REASONS.values(),
        unknown=request.args.get("unknown", "")[:LONGEST],
    )


def _asked() -> dict[str, str]:
    return {name: request.values.get(name, "").strip()[:LONGEST] for name in NAMES}


def _filter(asked: dict[str, str]) -> DeskFilter:
    shops = {shop.slug: shop.id for shop in list_shops(deps())}
    return DeskFilter(
        shop_id=shops.get(asked["shop"]),
        method=asked["method"] if asked["method"] in METHODS else "",
        resolution=asked["resolution"] if asked["resolution"] in RESOLUTIONS else "",
        reason=asked["reason"] if asked["reason"] in REASONS else "",
        flag=asked["flag"],
        text=asked["text"],
    )


@blueprint.get("/returns/scan")
def return_scan() -> Response:
    """A barcode, typed by a scanner that presses Enter: straight to the return, ready to check in."""
    code = request.args.get("code", "").strip()[:LONGEST]
    found = find_scanned(deps(), code)
    if len(found) == 1:
        return redirect(url_for("staff.return_page", return_id=found[0], scanned=1, _anchor="receive"), 303)
    if found:
        return redirect(url_for("staff.returns", text=code), 303)
    return redirect(url_for("staff.returns", unknown=code or None), 303)


@blueprint.post("/returns/export")
@login.admin_only
def returns_export() -> Response:
    """The list as CSV. What begins like a formula is defused, so that no spreadsheet runs a shopper's words."""
    state = request.form.get("state") or None
    table = export_returns(deps(), login.me().id, _filter(_asked()), state)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(table.rows)
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="returns-{state or "all"}.csv"'
    return answer
