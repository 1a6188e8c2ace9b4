"""Fifty real processes killed with SIGKILL while they buy labels, over every way in which a carrier can be asked again.

Real HTTP to the carrier lab, a real database file. No return ever has two labels at the carrier (reliability: I1, F02).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from carriers.base import Recovery
from carriers.registry import all_adapters
from portal.bootstrap.clock import wall_clock
from portal.db.tables.effects import Effect
from portal.db.tables.returns import LabelRow, Return
from portal.settings import ROOT
from tests.faults.test_kill import LONG_AGO, Stage, a_return
from tests.faults.test_kill import stage as stage
from tests.support.factory import shop_document

KILLS = 500 if os.environ.get("DOORSTEP_LONG") else 50
# One carrier of each kind that the lab plays; all of them take parcels in where the orders of these tests went.
BUYERS = {Recovery.NATIVE_KEY: "usps", Recovery.FIND_BY_REFERENCE: "ups", Recovery.NONE: "fedex"}
POINTS = ("label.after_intent", "label.after_submitted", "label.after_reply", "label.before_saved")
UNLIMITED = {"per_day": 10**6, "per_customer": 10**6, "per_return": 10**6}


@dataclass
class Workers:
    """The process that forks workers."""

    process: subprocess.Popen[str]

    def run(self, **command: Any) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def workers(stage: Stage) -> Iterator[Workers]:
    command = [sys.executable, "-m", "tests.faults.forked"]
    process = subprocess.Popen(
        command, env=stage.env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    yield Workers(process)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
    if process.stdout is not None:
        process.stdout.close()


def doubts_settle(stage: Stage) -> None:
    """Time passes: leases end, and whatever is in doubt may be looked up."""
    past = wall_clock() - LONG_AGO
    with stage.sessions.write_system() as session:
        for column in (Effect.lease_until, Effect.settle_at, Effect.next_attempt_at):
            session.execute(update(Effect).where(column.is_not(None)).values({column.key: past}))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("recovery", BUYERS, ids=lambda one: one.value)
def test_however_workers_die_no_return_has_two_labels(stage: Stage, workers: Workers, recovery: Recovery) -> None:
    from portal.usecases.shops import apply_config, find_shop

    carrier = BUYERS[recovery]
    assert all_adapters()[carrier].info.label_recovery is recovery
    document = shop_document(returns={"label_carrier": carrier}) | {"labels": UNLIMITED}
    document["warehouse"] |= {"phone": "+1 802 555 0142"}
    apply_config(stage.deps, "juniper", document)
    stage.make.shop = stage.shop = find_shop(stage.deps, slug="juniper")
    chance, died = random.Random(recovery.value), 0
    kills = -(-KILLS // len(BUYERS))
    while died < kills:
        a_return(stage)
        for _ in range(2):  # the second pass meets what the first left behind
            if chance.random() < 0.5:
                code = workers.run(crash=chance.choice(POINTS))
            else:
                code = workers.run(after=chance.uniform(0.02, 0.2))
            assert code in (0, -signal.SIGKILL)
            died += code == -signal.SIGKILL
            if chance.random() < 0.5:
                doubts_settle(stage)
    for _ in range(4):
        doubts_settle(stage)
        assert workers.run() == 0
    judge(stage, carrier, recovery)


def judge(stage: Stage, carrier: str, recovery: Recovery) -> None:
    """One label a return at the carrier, and the same one here; but for those that wait for a person."""
    with stage.sessions.read_system() as session:
        effects = session.scalars(select(Effect).where(Effect.kind == "label")).all()
        kept = {row.return_id: row.tracking_number for row in session.scalars(select(LabelRow))}
        rmas = {row.rma: row.id for row in session.scalars(select(Return))}
    sold = [purchase for purchase in stage.lab.purchases if purchase.carrier == carrier]
    by_return: dict[int, list[str]] = {}
    returns = rmas | {effect.key: effect.request["return_id"] for effect in effects}  # USPS prints the RMA
    for purchase in sold:
        by_return.setdefault(returns[purchase.reference], []).append(purchase.number)
    assert all(len(numbers) == 1 for numbers in by_return.values()), by_return
    waiting = {effect.request["return_id"] for effect in effects if effect.state == "manual"}
    assert not waiting or recovery is Recovery.NONE
    for return_id in set(returns.values()) - waiting:
        assert by_return[return_id] == [kept[return_id]]
    assert sold
