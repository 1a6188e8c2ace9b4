"""A changed policy tried on the returns of a real shop: a year of cancelled invoices with partial quantities, where a
copy of the data lies beside the project."""

from __future__ import annotations

import csv
import gzip
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.harness import Case, Figure, take_turns
from benchmarks.workshop import Workshop
from portal.domain.returns.case import CustomerFacts, ItemAsked, LineFacts, OrderFacts, RequestFacts
from portal.domain.returns.config import ReturnPolicyConfig, Rule
from portal.domain.returns.quoting import QuotedLine
from portal.domain.returns.trial import RETURN, Past, PastLine, Tally, try_on

BARE = "a bare loop: the days since the purchase and the fee of each line, nothing kept"
TRANSIT = timedelta(days=3)  # the data has no deliveries
OLD = ReturnPolicyConfig(window_days=60)
NEW = ReturnPolicyConfig(
    window_days=30,
    fee_minor=295,
    rules=(
        Rule("regulars", when={"customer_orders_placed": {"min": 10}}, then={"window_days": 60, "waive_fee": True}),
        Rule("large", when={"return_value_minor": {"min": 20_000}}, then={"review": True, "restocking_percent": 10}),
    ),
)


@dataclass(slots=True)
class _Sale:
    """A line that was bought, with what is left of it."""

    invoice: str
    at: datetime
    sku: str
    units: int
    price_minor: int
    country: str
    left: int


@dataclass(slots=True)
class _History:
    """What was bought so far, and the returns that could be matched to it."""

    by_item: dict[tuple[str, str], list[_Sale]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[str, list[_Sale]] = field(default_factory=lambda: defaultdict(list))
    of_customer: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    returns: dict[tuple[str, str, str], list[tuple[_Sale, int]]] = field(default_factory=lambda: defaultdict(list))
    seen: dict[tuple[str, str, str], tuple[datetime, int]] = field(default_factory=dict)
    unmatched: int = 0


def run(workshop: Workshop) -> Iterator[Figure]:
    """One figure: all matched returns under two policies."""
    reference = os.environ.get("DOORSTEP_REFERENCE", "")
    file = Path(reference) / "data" / "online-retail" / "online_retail.csv.gz"
    if not reference or not file.is_file():
        print("dry_run: skipped, DOORSTEP_REFERENCE names no folder with data/online-retail", file=sys.stderr)
        return
    decisions, unmatched = past_of(file, 60_000 if workshop.quick else None)
    tally = Tally()

    def dry_run() -> int:
        nonlocal tally
        tally = try_on(decisions, OLD, NEW)
        return len(decisions)

    def bare() -> int:
        for past in decisions:
            for line in past.lines:
                began = past.facts.placed_at or past.moment
                _ = (past.moment - began).days <= NEW.window_days, sum(line.quoted.units) - NEW.fee_minor
        return len(decisions)

    rounds = take_turns({"dry_run": Case(dry_run), "bare": Case(bare)}, rounds=workshop.rounds(3))
    lines = sum(len(past.lines) for past in decisions)
    partial = sum(
        len(line.quoted.units) < next(one.quantity for one in past.facts.lines if one.line_id == line.line_id)
        for past in decisions
        for line in past.lines
    )
    yield Figure(
        name="dry_run.online_retail",
        value=rounds.ms("dry_run"),
        unit="CPU ms a past decision, under both policies",
        limit_name=BARE,
        limit_value=rounds.ms("bare"),
        ratio=rounds.ratio("dry_run", "bare"),
        goal="",
        n=rounds.n,
        note=rounds.note(
            f"{len(decisions):,} returns of {lines:,} lines, {partial:,} of them partial, {unmatched:,} lines unmatched",
            f"all of them in {rounds.ms('dry_run') * len(decisions) / 1000:.1f} CPU s",
            f"{tally.changed[RETURN]:,} decisions differ: {tally.kinds[RETURN]}, {tally.money[RETURN]} minor units, "
            f"{len(tally.customers):,} customers, {tally.vips:,} VIPs",
        ),
    )


def past_of(file: Path, most: int | None = None) -> tuple[list[Past], int]:
    """The cancelled lines that match an earlier purchase of the same customer and thing, as decisions of the past, and
    how many match none. Orders count their customer's earlier orders and returns."""
    history = _History()
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        for number, row in enumerate(csv.DictReader(text)):
            if most is not None and number >= most:
                break
            if row["CustomerID"]:
                _take(history, row)
    returned: dict[str, int] = defaultdict(int)
    found = []
    for key in sorted(history.returns, key=lambda key: history.seen[key]):
        found.append(_past(history, key, returned))
        returned[key[0]] += 1
    return found, history.unmatched


def _take(history: _History, row: dict[str, str]) -> None:
    customer, sku, units = row["CustomerID"], row["StockCode"], int(row["Quantity"])
    at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC)
    if units > 0:
        price = int(Decimal(row["UnitPrice"]) * 100)
        sale = _Sale(row["InvoiceNo"], at, sku, units, price, row["Country"], units)
        history.by_item[customer, sku].append(sale)
        history.orders[sale.invoice].append(sale)
        history.of_customer[customer].add(sale.invoice)
        return
    wanted = -units
    for sale in reversed(history.by_item[customer, sku]):  # the newest purchase first
        back = min(wanted, sale.left)
        if back:
            sale.left -= back
            wanted -= back
            key = (customer, row["InvoiceNo"], sale.invoice)
            history.returns[key].append((sale, back))
            history.seen.setdefault(key, (at, len(history.of_customer[customer])))
    history.unmatched += bool(wanted)


def _past(history: _History, key: tuple[str, str, str], returned: dict[str, int]) -> Past:
    customer, cancelled, invoice = key
    moment, orders = history.seen[key]
    sales = history.orders[invoice]
    lines, asked = [], []
    units: dict[int, int] = defaultdict(int)
    for sale, back in history.returns[key]:
        units[sales.index(sale)] += back
    for line_id, back in units.items():
        worth = (sales[line_id].price_minor,) * back
        lines.append(PastLine(line_id, "changed_mind", QuotedLine(line_id, 0, "GBP", worth)))
        asked.append(ItemAsked(line_id, back, "changed_mind", worth_minor=sum(worth)))
    facts = OrderFacts(
        status="open",
        country="GB" if sales[0].country == "United Kingdom" else None,
        timezone="Europe/London",
        lines=tuple(_line(n, sale) for n, sale in enumerate(sales)),
        number=invoice,
        placed_at=sales[0].at,
        currency="GBP",
        total_minor=sum(sale.units * sale.price_minor for sale in sales),
        customer=CustomerFacts(is_vip=orders >= 20, orders_placed=orders, returns_placed=returned[customer]),
    )
    request = RequestFacts(tuple(asked), "refund")
    return Past(RETURN, cancelled, int(customer), orders >= 20, "GBP", facts, request, moment, tuple(lines), "refund")


def _line(line_id: int, sale: _Sale) -> LineFacts:
    sent = sale.at + timedelta(days=1)
    return LineFacts(
        line_id=line_id,
        quantity=sale.units,
        units_returning=0,
        product_type=None,
        final_sale=False,
        handed_over_at=sent,
        delivered_at=sent + TRANSIT,
        sku=sale.sku,
        unit_price_minor=sale.price_minor,
    )
