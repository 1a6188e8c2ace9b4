"""What is owed for a return, by what its item ledger says became of each unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.domain.returns.config import EXCHANGE, REFUND, STORE_CREDIT
from portal.domain.returns.quoting import KEEP, QuotedLine, conditions
from portal.domain.returns.settlement import Settlement, settle
from portal.domain.returns.units import Counts, is_accounted, is_inspected, units_expected, units_paid
from portal.usecases.returns import rows
from portal.usecases.returns.left_over import within_what_is_left

Paid = Callable[[int, Counts, str], int]


def counts_of(session: Session, row: Return) -> dict[int, dict[str, int]]:
    """Units by item and by kind of entry."""
    found: dict[int, dict[str, int]] = {}
    for item, kind, quantity in session.execute(
        select(ReturnItemEntry.return_item_id, ReturnItemEntry.kind, func.sum(ReturnItemEntry.quantity))
        .join(ReturnItem, ReturnItem.id == ReturnItemEntry.return_item_id)
        .where(ReturnItem.return_id == row.id)
        .group_by(ReturnItemEntry.return_item_id, ReturnItemEntry.kind)
    ):
        found.setdefault(item, {})[kind] = int(quantity)
    return found


def is_complete(session: Session, row: Return) -> bool:
    """Whether nothing of a return is waited for any more."""
    counts = counts_of(session, row)
    return all(
        is_accounted(item.quantity, counts.get(item.id, {}), item.outcome) for item, _ in rows.items_of(session, row)
    )


def is_looked_at(session: Session, row: Return) -> bool:
    """Whether everything that came was inspected, and nothing else is waited for."""
    return is_complete(session, row) and all(is_inspected(counts) for counts in counts_of(session, row).values())


def paid_units(session: Session, row: Return) -> dict[int, int]:
    """How many units of each item are paid for, in money or in goods."""
    counts = counts_of(session, row)
    return {
        item.id: units_paid(item.quantity, counts.get(item.id, {}), item.outcome)
        for item, _ in rows.items_of(session, row)
    }


def paid_as(row: Return) -> str:
    """How whatever is left in money is given: "refund" or "store_credit"."""
    way = row.fallback or REFUND if row.resolution == EXCHANGE else row.resolution
    return STORE_CREDIT if way == STORE_CREDIT else REFUND


def owed(session: Session, row: Return) -> Settlement:
    """What is owed for what came; while something is still waited for, what will be owed when all of it comes."""
    return _settled(session, row, units_paid if is_complete(session, row) else units_expected)


def _settled(session: Session, row: Return, paid: Paid) -> Settlement:
    counts = counts_of(session, row)
    told = {line.line_id: line for line in _quoted(session, row)}
    lines = [
        _as_paid(told[bought.id], item, paid(item.quantity, counts.get(item.id, {}), item.outcome))
        for item, bought in rows.items_of(session, row)
    ]
    resolution, way = _resolution(row), paid_as(row)
    lines = within_what_is_left(session, row, lines)
    # Lines of which nothing came have no say in the fee and the bonus.
    holds = conditions([line for line in lines if line.units], way)
    return settle([line.part(resolution) for line in lines], holds)


def _resolution(row: Return) -> str:
    """An exchange that did not come about is what was chosen for that case."""
    gone = row.exchange in ("none", "released", "fallback_used")
    return paid_as(row) if row.resolution == EXCHANGE and gone else row.resolution


def _as_paid(line: QuotedLine, item: ReturnItem, units: int) -> QuotedLine:
    """The line with the units that are paid for. What is kept is paid for as long as anything of it is."""
    return replace(
        line,
        outcome=item.outcome,
        units=line.units[:units],
        keep_minor=item.keep_minor if item.outcome == KEEP and units else 0,
        exchange_minor=item.exchange_minor * units // item.quantity,
    )


def _quoted(session: Session, row: Return) -> list[QuotedLine]:
    """The numbers of each line as they were quoted. Records of version 1 name the worth of the units and whether a fee is
    waived; the rest is in the settings that judged them."""
    record = row.decision_record
    if "lines" in record:
        return [QuotedLine.from_record(line) for line in record["lines"]]
    config = rows.config_of_version(session, row.shop_id, row.policy_version)
    return [
        QuotedLine(
            int(line),
            row.order_id,
            row.currency,
            tuple(units),
            fee_minor=0 if record["fee_waived"] else config.fee_minor,
            bonus_percent=config.credit_bonus_percent,
        )
        for line, units in record["units"].items()
    ]


def write_sums(row: Return, settlement: Settlement) -> None:
    """What is owed, into the return."""
    row.goods_minor = settlement.goods_minor
    row.shipping_minor = settlement.shipping_minor
    row.exchange_minor = settlement.exchange_minor
    row.fee_minor = settlement.fee_minor
    row.bonus_minor = settlement.bonus_minor
    row.due_minor = settlement.due_minor
