"""Any decision on a return, made again from its record: the same answers in the same words, or what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.returns import Return
from portal.domain.returns.quoting import settlement_of
from portal.domain.returns.replay import Difference, decide_again
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.records import lines_in, orders_in

_AT_A_TIME = 200
_SUMS = ("goods", "shipping", "fee", "exchange", "bonus", "due")


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision made again. `answers` counts what policies had said; a legal withdrawal was decided by none."""

    rma: str
    public_id: str
    judged_at: datetime
    config_versions: tuple[int, ...]
    answers: int
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def replay(deps: Deps, shop: ShopRef, return_public_id: str) -> Replayed:
    """Judge the recorded facts of a return under the settings that judged it. Writes nothing. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        return _again(session, shop, rows.return_by_public_id(session, return_public_id))


def replay_by_rma(deps: Deps, shop: ShopRef, rmas: Sequence[str]) -> Iterator[Replayed]:
    """The same by the numbers that people know. Raises NotFound for the first that is not there."""
    with deps.sessions.read(shop.id) as session:
        for rma in rmas:
            row = session.scalars(select(Return).where(Return.rma == rma)).one_or_none()
            if row is None:
                raise NotFound(f"there is no return {rma!r} in this shop")
            yield _again(session, shop, row)


def replay_all(deps: Deps, shop: ShopRef) -> Iterator[Replayed]:
    """Every return of a shop, oldest first, some at a time."""
    last = 0
    while True:
        with deps.sessions.read(shop.id) as session:
            found = session.scalars(select(Return).where(Return.id > last).order_by(Return.id).limit(_AT_A_TIME)).all()
            again = [_again(session, shop, row) for row in found]
        yield from again
        if len(found) < _AT_A_TIME:
            return
        last = found[-1].id


def _again(session: Session, shop: ShopRef, row: Return) -> Replayed:
    orders = orders_in(row)
    said = row.decision_record.get("judged_at")
    judged_at = datetime.fromisoformat(said) if said else row.submitted_at
    given = 0
    differences: list[Difference] = []
    for order in orders:
        config = rows.config_of_version(session, shop.id, order.config_version)
        answers = decide_again(order.facts, order.asked, order.verdicts, config, judged_at, order.config_version)
        given += answers.given
        differences += answers.differences
    differences += _sums(session, shop, row)
    versions = tuple(sorted({order.config_version for order in orders}))
    return Replayed(row.rma, row.public_id, judged_at, versions, given, tuple(differences))


def _sums(session: Session, shop: ShopRef, row: Return) -> Iterator[Difference]:
    """The sums that were quoted, worked out again from the numbers of each line. A record of version 1 has none."""
    lines, quote = lines_in(row), row.decision_record.get("quote", {})
    if not lines:
        return
    config = rows.config_of_version(session, shop.id, row.policy_version)
    settled = settlement_of(lines, quote["resolution"], row.fallback or config.exchange.fallback)
    for name in _SUMS:
        now = getattr(settled, f"{name}_minor")
        if name in quote and quote[name] != now:
            yield Difference(0, f"sum {name}", quote[name], now)
