"""The real web server and worker are killed over a push. Nothing that was answered well is lost, nothing counts twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from portal.bootstrap.build import make_keyring
from portal.bootstrap.clock import wall_clock
from portal.db.session import Sessions
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.shipments import Shipment
from portal.settings import ROOT, load
from portal.usecases.deps import Deps
from portal.usecases.shops import create_shop
from tests.support.doubles import Clock, MailBin, make_deps
from tests.support.factory import Factory, shop_document
from tests.support.pushes import Hook, PushCarriers, body_of, hook_for, ups_event

NUMBER = "1Z999AA10123456784"


@pytest.fixture
def deps(sessions: Sessions) -> Deps:
    now = wall_clock()
    keyring = make_keyring(load(_env_file=None))
    return make_deps(sessions, Clock(now, now), PushCarriers(), MailBin(), keyring=keyring)


@pytest.fixture
def parcel(deps: Deps) -> Shipment:
    make = Factory(deps, create_shop(deps, "juniper", shop_document()))
    return make.shipment(tracking_number=NUMBER, queued=False)


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "exceptions.toml").write_text((ROOT / "config" / "exceptions.toml").read_text())
    (config / "carriers.toml").write_text("")
    return dict(os.environ) | {
        "DATABASE_URL": database_url,
        "PORTAL_CONFIG_DIR": str(config),
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def door(env: dict[str, str], crash: str = "") -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "tests.faults.push_door"]
    process = subprocess.Popen(command, env=env | {"PORTAL_CRASH": crash}, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def post(port: int, hook: Hook, body: bytes) -> int | None:
    """The status, None when the connection breaks before there is one."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", hook.path, body, {"credential": hook.secret, "Content-Type": "application/json"})
        return connection.getresponse().status
    except (ConnectionError, OSError):
        return None
    finally:
        connection.close()


def count(deps: Deps, table: type) -> int:
    with deps.sessions.read_system() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(("point", "stored"), [("push.before_commit", 0), ("push.after_commit", 1)])
def test_killed_while_it_takes_a_push_the_carrier_hears_nothing_and_tells_it_again(
    deps: Deps, env: dict[str, str], point: str, stored: int
) -> None:
    hook = hook_for(deps, "ups")
    body = body_of(ups_event(NUMBER))
    with door(env, crash=point) as (process, port):
        assert post(port, hook, body) is None
        assert process.wait(timeout=20) == -signal.SIGKILL
    assert count(deps, InboxDelivery) == stored
    with door(env) as (_, port):
        assert post(port, hook, body) == 200
    assert count(deps, InboxDelivery) == 1
    with deps.sessions.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def work(env: dict[str, str], crash: str = "") -> int:
    command = [sys.executable, "-m", "tests.faults.one_pass"]
    done = subprocess.run(command, env=env | {"PORTAL_CRASH": crash}, cwd=ROOT, timeout=60, capture_output=True)
    return done.returncode


@pytest.mark.parametrize(("point", "scans"), [("poll.mid_insert", 0), ("push.before_settled", 1)])
def test_killed_while_it_reads_a_push_its_scan_is_there_once(
    deps: Deps, env: dict[str, str], parcel: Shipment, point: str, scans: int
) -> None:
    hook = hook_for(deps, "ups")
    with door(env) as (_, port):
        assert post(port, hook, body_of(ups_event(NUMBER))) == 200
    assert work(env, crash=point) == -signal.SIGKILL
    assert count(deps, CheckpointRow) == scans
    with deps.sessions.write_system() as session:  # the lease runs out
        session.execute(update(InboxDelivery).values(lease_until=wall_clock() - timedelta(minutes=1)))
    assert work(env) == 0
    assert count(deps, CheckpointRow) == 1
    with deps.sessions.read_system() as session:
        assert session.scalars(select(InboxDelivery.state)).all() == ["processed"]
