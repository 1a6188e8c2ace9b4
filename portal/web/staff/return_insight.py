"""What a shop's returns add up to: charts with the table behind each, and the same as CSV."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from babel.numbers import format_decimal, format_percent
from defusedcsv import csv
from flask import render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from portal.domain.returns.inspection import FOUND
from portal.domain.returns.reasons import words_for
from portal.errors import InvalidInput
from portal.usecases.deps import ShopRef
from portal.usecases.returns import analytics
from portal.usecases.returns.analytics import Cell, Column, Insight, Table
from portal.usecases.shops import list_shops
from portal.web.language import speaker
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of
from portal.web.staff.words import label
from portal.web.state import deps

_WIDE = 100  # of the longest bar, in per cent


@blueprint.get("/returns/insight")
def return_insight() -> str | tuple[str, int]:
    """One shop and one period; both stand in the address."""
    problem = None
    try:
        found = _asked()
    except InvalidInput as error:
        problem, found = message_of(error), analytics.insight(deps(), _shop())
    page = render_template(
        "staff/return_insight.html",
        insight=found,
        shops=list_shops(deps()),
        problem=problem,
        shown=lambda column, cell: shown(found, column, cell),
        width=width,
        csv_of=lambda table: url_for("staff.return_insight_csv", name=table.name, **_address(found)),
    )
    return (page, 422) if problem else page


@blueprint.get("/returns/insight/<name>.csv")
def return_insight_csv(name: str) -> Response:
    """The table behind one chart, in plain numbers: codes as codes, money in minor units."""
    found = _asked()
    table = next((one for one in found.tables if one.name == name), None)
    if table is None:
        raise NotFound
    _ = speaker().gettext
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_(column.words) for column in table.columns])
    writer.writerows(
        [
            _(str(cell)) if column.kind == "words" else "" if cell is None else cell
            for column, cell in zip(table.columns, row, strict=True)
        ]
        for row in table.rows
    )
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="returns-{name}-{found.first_on}-{found.last_on}.csv"'
    )
    return answer


def _asked() -> Insight:
    return analytics.insight(deps(), _shop(), _day("from"), _day("to"))


def _shop() -> ShopRef:
    shops = list_shops(deps())
    if not shops:
        raise NotFound
    return next((shop for shop in shops if shop.slug == request.args.get("shop")), shops[0])


def _day(name: str) -> date | None:
    """A day of the address; what is no day counts as none."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _address(found: Insight) -> dict[str, Any]:
    return {"shop": found.shop.slug, "from": found.first_on.isoformat(), "to": found.last_on.isoformat()}


def shown(found: Insight, column: Column, cell: Cell) -> str:
    """A cell in the reader's language."""
    if cell is None:
        return "–"
    speak = speaker()
    if isinstance(cell, int):
        return _number(found, column.kind, cell)
    if column.kind == "words":
        return speak.gettext(cell)
    if column.kind in ("reason", "found"):
        return speak.gettext(FOUND.get(cell, cell) if column.kind == "found" else words_for(cell))
    return label(column.kind, cell) if column.kind != "text" else cell


def _number(found: Insight, kind: str, cell: int) -> str:
    speak = speaker()
    if kind == "money":
        return speak.money(cell, found.shop.config.currency)
    if kind == "percent":
        return str(format_percent(cell / 100, locale=speak.locale))
    return str(format_decimal(cell / 10 if kind == "days" else cell, locale=speak.locale))


def width(table: Table, row: tuple[Cell, ...]) -> int:
    """How long a bar is, in per cent of the longest."""
    at = table.bars or 0
    most = max((cell for one in table.rows if isinstance(cell := one[at], int)), default=0)
    value = row[at]
    return _WIDE * value // most if isinstance(value, int) and most > 0 else 0
