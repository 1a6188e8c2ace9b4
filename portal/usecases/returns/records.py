"""The decision record: everything a return was decided on, so that it can be decided again later and come out the same.

Version 2 keeps each order for itself: its facts, the verdicts with their words, the terms that applied, what each unit was
worth. Records of version 1 (one order, no `orders`) are read the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.db.tables.returns import Return
from portal.domain.returns.eligibility import Verdict
from portal.domain.returns.quoting import QuotedLine
from portal.usecases.returns.figures import Chosen, Outside
from portal.usecases.returns.judged import Judged
from portal.usecases.returns.offer_views import ResolutionQuote

VERSION = 2


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What a return was decided on for one of its orders. `facts`, `asked` and `verdicts` are as they were kept."""

    order_id: int
    config_version: int
    facts: Mapping[str, Any]
    asked: Mapping[str, Any]
    verdicts: tuple[Mapping[str, Any], ...]


def record_of(
    judged: Sequence[Judged], chosen: Sequence[Chosen], quote: ResolutionQuote, outside: Outside, now: datetime
) -> dict[str, Any]:
    """The record of a request that was let through. No words of the shopper's, no names."""
    lines = [one.line(outside) for one in chosen]
    return {
        "v": VERSION,
        "judged_at": now.isoformat(),
        "config_version": judged[0].config_version,
        "orders": [_order(one, chosen) for one in judged],
        "choices": [_choice(one) for one in chosen],
        "lines": [line.to_record() for line in lines],
        "units": {str(line.line_id): list(line.units) for line in lines},
        "fee_waived": quote.fee_waived,
        "quote": quote_record(quote),
        "history": [],
    }


def _order(judged: Judged, chosen: Sequence[Chosen]) -> dict[str, Any]:
    mine = [one.choice.line_id for one in chosen if one.judged is judged]
    return {
        "order_id": judged.order.id,
        "config_version": judged.config_version,
        "facts": judged.facts.to_record(),
        "asked": judged.asked.to_record(),
        "verdicts": [_verdict(judged.verdicts[line_id]) for line_id in mine],
        "terms": {str(line_id): {"refund_when": judged.terms(line_id).refund_when} for line_id in mine},
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """With the words as they were said: a later version may say them otherwise."""
    record = verdict.to_record()
    words = [reason.words for reason in verdict.reasons]
    return record | {"words": words}


def _choice(one: Chosen) -> dict[str, Any]:
    choice = one.choice
    return {
        "line_id": choice.line_id,
        "quantity": choice.quantity,
        "reason": choice.reason,
        "sub_reason": choice.sub_reason,
        "outcome": choice.outcome,
        "exchange_sku": choice.exchange_sku,
    }


def quote_record(quote: ResolutionQuote) -> dict[str, Any]:
    """The sum as it was shown."""
    return {
        "resolution": quote.resolution,
        "goods": quote.goods_minor,
        "keep": quote.keep_minor,
        "shipping": quote.shipping_minor,
        "fee": quote.fee_minor,
        "restocking": quote.fee.restocking_minor,
        "exchange": quote.exchange_minor,
        "bonus": quote.bonus_minor,
        "due": quote.due_minor,
        "fee_waived": int(quote.fee_waived),
        "fee_why": quote.fee.waived,
        "fee_says": dict(quote.fee.says),
        "money_on": quote.money_on.isoformat() if quote.money_on else None,
    }


def orders_in(row: Return) -> tuple[OrderRecord, ...]:
    """What a return was decided on, order by order, from a record of any version."""
    record = row.decision_record
    kept = record.get("orders")
    if kept is None and "facts" in record:
        kept = [record | {"order_id": row.order_id}]
    return tuple(
        OrderRecord(
            order_id=one["order_id"],
            config_version=one["config_version"],
            facts=one["facts"],
            asked=one.get("asked", {}),
            verdicts=tuple(one["verdicts"]),
        )
        for one in kept or []
    )


def terms_in(row: Return) -> dict[int, Mapping[str, Any]]:
    """The terms that applied to each line, as they were kept; without those of records of version 1, which kept none."""
    verdicts = [verdict for one in orders_in(row) for verdict in one.verdicts]
    return {int(verdict["line_id"]): verdict["terms"] for verdict in verdicts if "terms" in verdict}


def lines_in(row: Return) -> tuple[QuotedLine, ...]:
    """The numbers of each line, to work the sum out again from what came. Empty for a record of version 1, which has
    `units` and `fee_waived` only."""
    return tuple(QuotedLine.from_record(line) for line in row.decision_record.get("lines", ()))


def shipping_of(row: Return, order_id: int) -> int:
    """The outbound postage of one order that a return has promised to give back."""
    if row.shipping_minor == 0:
        return 0
    return max((line.shipping_minor for line in lines_in(row) if line.order_id == order_id), default=0)
