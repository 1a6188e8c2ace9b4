"""What a shop can learn from its returns: what comes back and why, what it costs, how long the money takes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.db.queries import return_insight as ask
from portal.db.queries.return_insight import Period
from portal.domain.words import N_
from portal.errors import InvalidInput
from portal.usecases.deps import Deps, ShopRef

LONGEST_DAYS = 3 * 366
USUAL_DAYS = 90
Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """`words` is a message id. `kind`: "text", "count", "percent", "money" (minor units), "days" (in tenths), or the
    name of the console's words for codes ("reason", "found", "resolution", "return_entry", "grade")."""

    words: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """One question and its answer. `bars`: the column that its chart shows, None for none. `words` are message ids."""

    name: str
    title: str
    hint: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: int | None = None
    names: int = 1  # of the columns, how many name a row


@dataclass(frozen=True, slots=True)
class Insight:
    """The answers for one shop and period; days in the shop's time zone, both of them part of it."""

    shop: ShopRef
    first_on: date
    last_on: date
    returns: int
    tables: tuple[Table, ...]


def insight(deps: Deps, shop: ShopRef, first_on: date | None = None, last_on: date | None = None) -> Insight:
    """Everything about a period; the last ninety days unless it is given. Raises InvalidInput for one that ends before it
    begins or is longer than three years."""
    zone = ZoneInfo(shop.config.timezone)
    last_on = last_on or deps.clock().astimezone(zone).date()
    first_on = first_on or last_on - timedelta(days=USUAL_DAYS - 1)
    if not 0 <= (last_on - first_on).days <= LONGEST_DAYS:
        raise InvalidInput(N_("Choose a period of at most three years that ends after it begins."))
    period = Period(shop.id, _midnight(first_on, zone), _midnight(last_on + timedelta(days=1), zone))
    with deps.sessions.read(shop.id) as session:
        tables = tuple(make(session, shop, period) for make in _TABLES)
        returns = int(ask.totals(session, period)[0])
    return Insight(shop, first_on, last_on, returns, tables)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def percent(part: int, whole: int) -> int | None:
    """Whole per cent, half up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def quantiles(days: Sequence[float]) -> tuple[int, int] | None:
    """Median and ninth decile (nearest rank) in tenths of a day; None of nothing."""
    if not days:
        return None
    ranked = sorted(days)
    ninth = ranked[max(0, -(-9 * len(ranked) // 10) - 1)]
    return round(statistics.median(ranked) * 10), round(ninth * 10)


def _rates(name: str, title: str, by: tuple[ask.Column, ...], names: tuple[str, ...]) -> Callable[..., Table]:
    def make(session: Session, shop: ShopRef, period: Period) -> Table:
        found = [
            (*(str(cell) for cell in row[:-2]), int(row[-2]), int(row[-1]), percent(int(row[-2]), int(row[-1])))
            for row in ask.rates(session, period, by)
        ]
        columns = (
            *(Column(one) for one in names),
            Column(_BACK, "count"),
            Column(_SOLD, "count"),
            Column(_RATE, "percent"),
        )
        return Table(name, title, _RATE_HINT, columns, tuple(found), len(names) + 2, len(names))

    return make


_BACK, _SOLD, _RATE = N_("Came back"), N_("Sold"), N_("Return rate")
_RATE_HINT = N_("Units asked back in this time against units ordered in this time; those that come back most.")
_UNITS, _WORTH, _SHARE = N_("Units"), N_("Worth"), N_("Share")


def _reasons(session: Session, shop: ShopRef, period: Period) -> Table:
    found = ask.reasons(session, period)
    whole = sum(int(row[1]) for row in found)
    rows = tuple((row[0], int(row[1]), percent(int(row[1]), whole), int(row[2])) for row in found)
    columns = (
        Column(N_("Reason"), "reason"),
        Column(_UNITS, "count"),
        Column(_SHARE, "percent"),
        Column(_WORTH, "money"),
    )
    return Table("reasons", N_("Why it comes back"), N_("As the shoppers said."), columns, rows, 1)


def _sizes(session: Session, shop: ShopRef, period: Period) -> Table:
    rows = tuple((row[0], int(row[1]), int(row[2]), int(row[3])) for row in ask.sizes(session, period))
    small, large = N_("Too small"), N_("Too large")
    columns = (
        Column(N_("Product")),
        Column(small, "count"),
        Column(large, "count"),
        Column(N_("All that came back"), "count"),
    )
    return Table(
        "sizes",
        N_("Too small, too large"),
        N_("A size chart may be wrong where one of them is high."),
        columns,
        rows,
        1,
    )


def _cost(session: Session, shop: ShopRef, period: Period) -> Table:
    count, fees, _, _ = (int(cell) for cell in ask.totals(session, period))
    labels, postage = ask.label_costs(session, period, shop.config.currency)
    loss = sum(int(row[3]) for row in ask.grades(session, period) if row[0] == "disposed")
    whole = postage + loss - fees
    rows: tuple[tuple[Cell, ...], ...] = (
        (N_("Labels whose cost is known"), labels, postage, _per(postage, count)),
        (N_("Goods that were disposed of"), None, loss, _per(loss, count)),
        (N_("Fees that were kept"), None, -fees, _per(-fees, count)),
        (N_("Together"), count, whole, _per(whole, count)),
    )
    columns = (
        Column(N_("Cost"), "words"),
        Column(N_("Count"), "count"),
        Column(N_("Sum"), "money"),
        Column(N_("A return"), "money"),
    )
    return Table(
        "cost",
        N_("What a return costs"),
        N_("Without the work of those who handle it."),
        columns,
        rows if count else (),
    )


def _per(minor: int, count: int) -> int | None:
    return (2 * minor + count) // (2 * count) if count else None


def _resolutions(session: Session, shop: ShopRef, period: Period) -> Table:
    found = ask.resolutions(session, period)
    whole = sum(int(row[1]) for row in found)
    rows = tuple((row[0], int(row[1]), percent(int(row[1]), whole), int(row[2])) for row in found)
    columns = (
        Column(N_("Wish"), "resolution"),
        Column(N_("Returns"), "count"),
        Column(_SHARE, "percent"),
        Column(N_("To pay"), "money"),
    )
    return Table(
        "resolutions", N_("Refund, credit or exchange"), N_("What is exchanged stays with the shop."), columns, rows, 1
    )


def _money(session: Session, shop: ShopRef, period: Period) -> Table:
    count, _, held, sum_held = (int(cell) for cell in ask.totals(session, period))
    days = [(paid - asked) / timedelta(days=1) for asked, paid in ask.durations(session, period)]
    middle = quantiles(days)
    rows: tuple[tuple[Cell, ...], ...] = (
        (N_("Paid, half of them within"), len(days), middle[0] if middle else None, None),
        (N_("Paid, nine of ten within"), len(days), middle[1] if middle else None, None),
        (N_("Held now, until somebody has looked"), held, None, sum_held),
        (N_("Held once, and released"), ask.released(session, period), None, None),
    )
    columns = (
        Column(N_("Money"), "words"),
        Column(N_("Returns"), "count"),
        Column(N_("Days"), "days"),
        Column(N_("Sum"), "money"),
    )
    return Table(
        "money", N_("How long the money takes"), N_("From the day it was asked for."), columns, rows if count else ()
    )


def _grades(session: Session, shop: ShopRef, period: Period) -> Table:
    rows = tuple((row[0], str(row[1]).upper() or None, int(row[2]), int(row[3])) for row in ask.grades(session, period))
    columns = (
        Column(N_("What became of it"), "return_entry"),
        Column(N_("Grade")),
        Column(_UNITS, "count"),
        Column(_WORTH, "money"),
    )
    return Table(
        "grades", N_("What it was worth"), N_("As the inspection found, at what was paid for it."), columns, rows, 2, 2
    )


def _found(session: Session, shop: ShopRef, period: Period) -> Table:
    rows = tuple((row[0], row[1], int(row[2])) for row in ask.found(session, period))
    columns = (
        Column(N_("The shopper said"), "reason"),
        Column(N_("The inspection found"), "found"),
        Column(_UNITS, "count"),
    )
    return Table(
        "found", N_("What was said and what was found"), N_("Of units that were inspected."), columns, rows, 2, 2
    )


_TABLES: tuple[Callable[[Session, ShopRef, Period], Table], ...] = (
    _rates("products", N_("Return rate by product"), ask.PRODUCT, (N_("Product"),)),
    _rates("variants", N_("Return rate by variant"), ask.VARIANT, (N_("Product"), N_("Variant"))),
    _reasons,
    _sizes,
    _resolutions,
    _cost,
    _money,
    _grades,
    _found,
)
