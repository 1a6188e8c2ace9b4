"""Real processes are killed over an exchange, with SIGKILL: the stock is right before, in between and after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from portal.bootstrap.clock import wall_clock
from portal.db.session import Sessions
from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return
from portal.settings import ROOT
from portal.usecases.deps import Deps
from portal.usecases.returns.exchange_orders import send_due
from portal.usecases.shops import create_shop
from tests.support.doubles import Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import Factory, shop_document
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_exchange_orders import change, exchanged
from tests.usecases.returns.test_exchange_stock import stock

SKU = "SKU-1-L"


@dataclass
class Scene:
    """Two units of one thing, one of them promised for an exchange; and a process that does a step about it."""

    desk: Desk
    public_id: str
    env: dict[str, str]
    catalogue: Path

    def step(self, name: str, *, crash: str = "") -> int:
        row = self.desk.returned(self.public_id)
        argument = str(self.catalogue) if name == "import" else str(row.id)
        env = self.env | ({"PORTAL_CRASH": crash} if crash else {})
        command = [sys.executable, "-m", "tests.faults.one_exchange", name, argument]
        done = subprocess.run(command, env=env, cwd=ROOT, timeout=60, capture_output=True, text=True)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode

    @property
    def stock(self) -> tuple[int, int]:
        """In stock, and promised; what is promised is exactly what is held."""
        found = stock(self.desk, SKU)
        assert sum(one.quantity for one in self.desk.all(Reservation) if one.state == "held") == found[1]
        return found

    @property
    def told(self) -> list[str]:
        return [m.event for m in self.desk.all(OutboxMessage) if m.event.startswith("exchange")]

    @property
    def exchange(self) -> str:
        return self.desk.returned(self.public_id).exchange


@pytest.fixture
def deps(sessions: Sessions) -> Deps:
    now = wall_clock()
    return make_deps(sessions, Clock(now, now), FakeCarriers(), MailBin())


@pytest.fixture
def scene(deps: Deps, database_url: str, tmp_path: Path) -> Scene:
    desk = Desk(deps, Factory(deps, create_shop(deps, "juniper", shop_document())))
    desk.make.variant(SKU, stock=2)
    config = tmp_path / "config"
    config.mkdir()
    (config / "exceptions.toml").write_text((ROOT / "config" / "exceptions.toml").read_text())
    (config / "carriers.toml").write_text("")
    env = {"DATABASE_URL": database_url, "PORTAL_CONFIG_DIR": str(config), "PYTHONPATH": str(ROOT)}
    public_id = exchanged(desk, fallback="refund")
    return Scene(desk, public_id, dict(os.environ) | env, tmp_path / "catalogue.csv")


def test_killed_while_it_expires_the_units_are_free_once_and_the_shopper_is_told_once(scene: Scene) -> None:
    with scene.desk.deps.sessions.write(scene.desk.shop.id) as session:
        session.execute(update(Reservation).values(expires_at=wall_clock() - timedelta(days=1)))
    assert scene.step("expire", crash="exchange.before_fallback") == -signal.SIGKILL
    assert (scene.stock, scene.exchange, scene.told) == ((2, 1), "reserved", [])
    assert scene.step("expire") == 0
    assert (scene.stock, scene.exchange, scene.told) == ((2, 0), "fallback_used", ["exchange_fallback"])


def test_killed_while_it_is_planned_it_is_to_be_sent_once(scene: Scene) -> None:
    change(scene.desk, scene.public_id, parcel="in_transit")
    assert scene.step("plan", crash="exchange.before_planned") == -signal.SIGKILL
    assert scene.desk.effects("exchange") == []
    assert scene.step("plan") == 0
    assert (len(scene.desk.effects("exchange")), scene.stock) == (1, (2, 1))


def test_killed_while_it_is_confirmed_one_unit_leaves_the_stock(scene: Scene) -> None:
    change(scene.desk, scene.public_id, parcel="in_transit")
    assert send_due(scene.desk.deps) == 1
    assert scene.step("sent", crash="exchange.before_sent") == -signal.SIGKILL
    assert (scene.stock, scene.exchange, scene.told) == ((2, 1), "reserved", [])
    assert scene.step("sent") == 0
    assert (scene.stock, scene.exchange, scene.told) == ((1, 0), "shipped", ["exchange_shipped"])


@pytest.mark.parametrize("point", ["catalogue.after_stored", "catalogue.before_lowered"])
def test_killed_while_the_stock_falls_below_what_is_promised_the_next_import_goes_on(scene: Scene, point: str) -> None:
    scene.catalogue.write_text(f"sku,stock\n{SKU},0\n", encoding="utf-8")
    assert scene.step("import", crash=point) == -signal.SIGKILL
    assert (scene.stock, scene.told) == ((1, 1), [])  # nothing more can be promised, and what is promised still is
    assert scene.step("import") == 0
    assert (scene.stock, scene.told) == ((0, 0), ["exchange_fallback"])
    with scene.desk.deps.sessions.read(scene.desk.shop.id) as session:
        assert session.scalars(select(Return.exchange)).one() == "fallback_used"
        assert session.scalars(select(Variant.stock)).one() == 0
