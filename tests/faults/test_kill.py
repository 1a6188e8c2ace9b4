"""The real worker process is killed at its worst moments. Nothing is lost, and no label is bought twice.

Real HTTP to the carrier lab, a real SMTP server, SQLite and PostgreSQL; SIGKILL, so nothing is cleaned up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from carriers.lab.accounts import DEMO, LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.world import World
from portal.bootstrap.clock import wall_clock
from portal.db.session import Sessions
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import LabelRow, Return
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.settings import ROOT
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.submit import submit
from portal.usecases.shops import create_shop
from tests.support.doubles import Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import Factory, shop_document
from tests.support.smtp_peer import Script, smtp_peer

LONG_AGO = timedelta(hours=2)


@dataclass
class Stage:
    """A database, a lab and a mail server, and a worker process between them."""

    sessions: Sessions
    deps: Deps
    shop: ShopRef
    make: Factory
    lab: Lab
    mail: Script
    env: dict[str, str]

    def work(self, *, crash: str = "") -> int:
        """Run one pass of the worker. Returns its exit code: -9 when it was killed."""
        env = self.env | ({"PORTAL_CRASH": crash} if crash else {})
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.one_pass"],
            env=env,
            cwd=ROOT,
            timeout=60,
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode

    def leases_run_out(self) -> None:
        """Time passes: every lease ends, every doubt has settled, everything is due."""
        past = wall_clock() - LONG_AGO
        with self.sessions.write_system() as session:
            session.execute(update(PollQueueEntry).values(lease_until=past, next_poll_at=past))
            session.execute(update(Effect).where(Effect.lease_until.is_not(None)).values(lease_until=past))
            session.execute(update(Effect).where(Effect.settle_at.is_not(None)).values(settle_at=past))
            session.execute(update(Effect).where(Effect.next_attempt_at.is_not(None)).values(next_attempt_at=past))
            session.execute(
                update(OutboxMessage).where(OutboxMessage.lease_until.is_not(None)).values(lease_until=past)
            )
            session.execute(update(OutboxMessage).values(next_attempt_at=past))

    def count(self, table: type, **where: object) -> int:
        with self.sessions.read_system() as session:
            return session.scalar(select(func.count()).select_from(table).filter_by(**where)) or 0


@pytest.fixture
def stage(database_url: str, sessions: Sessions, tmp_path: Path) -> Iterator[Stage]:
    now = wall_clock()
    clock = Clock(now, now)
    deps = make_deps(sessions, clock, FakeCarriers(), MailBin())
    shop = create_shop(deps, "juniper", shop_document())
    lab = Lab(World(7, now - timedelta(days=6)), VirtualClock(wall_clock, now, 0)).start()
    mail = Script()
    config = tmp_path / "config"
    config.mkdir()
    (config / "exceptions.toml").write_text((ROOT / "config" / "exceptions.toml").read_text())
    (config / "carriers.toml").write_text(
        "".join(f'[{code}]\nbase_url = "{lab.base_url(code)}"\ncalls_per_second = 100\n' for code in DEMO)
    )
    env = dict(os.environ) | {
        "DATABASE_URL": database_url,
        "PORTAL_CONFIG_DIR": str(config),
        "PORTAL_SMTP_HOST": "127.0.0.1",
        "PORTAL_SMTP_TLS": "none",
        "PYTHONPATH": str(ROOT),
    }
    for code in DEMO:
        env |= {f"PORTAL_CARRIER_{code}_{name}".upper(): value for name, value in LAB_CREDENTIALS[code].items()}
    with smtp_peer(mail) as port:
        env["PORTAL_SMTP_PORT"] = str(port)
        yield Stage(sessions, deps, shop, Factory(deps, shop), lab, mail, env)
    lab.stop()


def a_parcel(stage: Stage) -> Shipment:
    """An order whose parcel has been on its way for some days, in the lab and in the database."""
    parcel = stage.lab.world.add("ups", "on_time", created_at=stage.lab.world.start)
    order = stage.make.order(placed_at=parcel.created_at)
    return stage.make.shipment(order, tracking_number=parcel.number, created_at=parcel.created_at)


@pytest.mark.parametrize("point", ["poll.after_fetch", "poll.mid_insert"])
def test_killed_while_polling_every_scan_is_there_once(stage: Stage, point: str) -> None:
    shipment = a_parcel(stage)
    assert stage.work(crash=point) == -signal.SIGKILL
    assert stage.count(CheckpointRow) == 0
    stage.leases_run_out()
    assert stage.work() == 0
    scans = stage.count(CheckpointRow, shipment_id=shipment.id)
    assert scans >= 2
    stage.leases_run_out()
    stage.work()
    assert stage.count(CheckpointRow, shipment_id=shipment.id) == scans


def a_return(stage: Stage) -> None:
    """A delivered order of which the shopper has just confirmed a return: the label is intended, not bought."""
    yesterday = stage.deps.clock() - timedelta(days=1)
    order = stage.make.order(delivered_at=yesterday, lines=[{"weight_grams": 700}])
    stage.make.shipment(order, queued=False, status="delivered", delivered_at=yesterday, shipped_at=yesterday)
    given = offer(stage.deps, stage.shop, order.public_id)
    choice = Choice(given.eligible[0].line_id, 1, "changed_mind")
    submit(stage.deps, stage.shop, ReturnRequest(order.public_id, (choice,), "refund"), given.form_key)


@pytest.mark.parametrize(
    "point", ["label.after_intent", "label.after_submitted", "label.after_reply", "label.before_saved"]
)
def test_killed_while_buying_a_label_there_is_exactly_one(stage: Stage, point: str) -> None:
    a_return(stage)
    assert stage.work(crash=point) == -signal.SIGKILL
    bought = len(stage.lab.purchases)
    assert bought == (1 if point in ("label.after_reply", "label.before_saved") else 0)
    stage.work()  # at once: what is in doubt is not asked for again before it has settled
    for _ in range(2):
        stage.leases_run_out()
        assert stage.work() == 0
    assert len(stage.lab.purchases) == 1
    assert stage.count(LabelRow) == 1
    assert stage.count(Shipment, direction="return") == 1
    with stage.sessions.read_system() as session:
        label = session.scalars(select(LabelRow)).one()
        assert label.tracking_number == stage.lab.purchases[0].number
        assert session.scalars(select(Return.parcel)).one() in ("label_ready", "in_transit")


def test_an_answer_that_is_lost_is_looked_up_and_not_bought_again(stage: Stage) -> None:
    a_return(stage)
    stage.lab.faults.set("usps", "answer_lost", calls=1)
    stage.work()
    assert (len(stage.lab.purchases), stage.count(LabelRow)) == (1, 0)
    stage.leases_run_out()
    stage.work()
    assert (len(stage.lab.purchases), stage.count(LabelRow)) == (1, 1)


def a_message(stage: Stage) -> None:
    from portal.usecases.enqueue import enqueue

    order = stage.make.order(delivered_at=stage.deps.clock())
    shipment = stage.make.shipment(order, queued=False, status="delivered", delivered_at=stage.deps.clock())
    with stage.sessions.write(stage.shop.id) as session:
        enqueue(session, stage.deps, stage.shop, "delivered", order, once="x", shipment_id=shipment.id)


def test_killed_before_a_message_leaves_it_is_sent_once(stage: Stage) -> None:
    a_message(stage)
    assert stage.work(crash="mail.before_send") == -signal.SIGKILL
    assert len(stage.mail.taken) == 0
    for _ in range(2):
        stage.leases_run_out()
        stage.work()
    assert len(stage.mail.taken) == 1
    assert stage.count(OutboxMessage, state="sent") == 1


def test_killed_after_the_server_took_a_message_it_is_repeated_at_most_once_with_the_same_id(stage: Stage) -> None:
    a_message(stage)
    assert stage.work(crash="mail.after_accept") == -signal.SIGKILL
    for _ in range(2):
        stage.leases_run_out()
        stage.work()
    ids = [message_from_bytes(raw)["Message-ID"] for raw in stage.mail.taken]
    assert 1 <= len(ids) <= 2
    assert len(set(ids)) == 1
    assert stage.count(OutboxMessage, state="queued") == 0


def test_a_killed_worker_leaves_a_sound_database(stage: Stage) -> None:
    a_parcel(stage)
    stage.work(crash="poll.mid_insert")
    with stage.sessions.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(text("SELECT count(*) FROM checkpoints")).scalar() == 0
