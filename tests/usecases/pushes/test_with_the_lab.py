"""Every carrier's pushes from end to end: asked for over HTTP, sent by the lab, taken by the real server, read, merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from carriers.base import Account
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.hooks import PUSHING, Hook
from carriers.lab.places import DE_TOWNS, HAMBURG
from carriers.lab.server import Lab
from carriers.lab.world import World
from portal.app import create_app
from portal.bootstrap.carriers import CarrierBook, EnvironmentAccounts
from portal.bootstrap.clock import wall_clock
from portal.cli.serve import WebServer
from portal.db.session import Sessions
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.settings import load
from portal.usecases.deps import Deps
from portal.usecases.pushes.endpoints import NewEndpoint, create_endpoint
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.subscriptions import subscribe_due
from portal.usecases.shops import create_shop
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import Clock, MailBin, make_deps
from tests.support.factory import Factory, shop_document
from tests.support.pushes import PROVEN, PushCarriers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Where the address, the secret or both are entered at the carrier by hand.
BY_HAND = ("ups", "shippo", "aftership", "17track", "dhl_unified")
AGGREGATORS = ("easypost", "shippo", "aftership", "17track", "karrio")


@dataclass
class Stage:
    """A lab, an installation at an address of its own, and one account with one of the lab's carriers."""

    lab: Lab
    deps: Deps
    make: Factory

    def parcel(self, code: str) -> Shipment:
        parcel = self.lab.world.add(
            code, "on_time", created_at=self.lab.clock.now(), origin=HAMBURG, destination=DE_TOWNS[0]
        )
        order = self.make.order(placed_at=parcel.created_at)
        carrier = "usps" if code in AGGREGATORS else code
        shipment = self.make.shipment(
            order, carrier=carrier, tracking_number=parcel.number, created_at=parcel.created_at
        )
        self.lab.clock.jump(timedelta(minutes=5))
        poll_due(self.deps)
        return shipment

    def hook(self, code: str) -> NewEndpoint:
        """An address that the carrier knows, and its secret where there is one."""
        given = "lab-17track-key" if code == "17track" else "agreed on" if code in ("shippo", "aftership") else ""
        made = create_endpoint(self.deps, code, secret=given)
        subscribe_due(self.deps)
        hooks = self.lab.pushes.hooks
        if code in BY_HAND:
            hook = hooks.at(code, made.url) or Hook(code, "by hand", made.url, self.lab.clock.now())
            hooks.put(replace(hook, secret=given or made.secret))
        assert hooks.at(code, made.url) is not None
        return made

    def of(self, shipment: Shipment) -> Shipment:
        with self.deps.sessions.read_system() as session:
            return session.get_one(Shipment, shipment.id)

    def states(self) -> list[str]:
        with self.deps.sessions.read_system() as session:
            return list(session.scalars(select(InboxDelivery.state)))

    def scans(self, shipment: Shipment) -> int:
        with self.deps.sessions.read_system() as session:
            query = select(func.count()).where(CheckpointRow.shipment_id == shipment.id)
            return session.scalar(query) or 0

    def pushed_so_far(self) -> list[int | None]:
        self.lab.pushes.pump()
        return [entry["status"] for entry in self.lab.pushes.sent]


@pytest.fixture
def stage(sessions: Sessions, database_url: str) -> Iterator[Callable[[str], Stage]]:
    started: list[Lab | WebServer] = []

    def begin(code: str) -> Stage:
        start = wall_clock() - timedelta(days=12)
        lab = Lab(World(7, start), VirtualClock(wall_clock, start, 0)).start()
        started.append(lab)
        accounts = {code: Account(lab.base_url(code), LAB_CREDENTIALS[code])}
        book = CarrierBook(EnvironmentAccounts(accounts, {code: 1000.0}, {}, guarded=False))
        deps = make_deps(sessions, Clock(), PushCarriers(), MailBin())
        deps = replace(deps, carriers=book, clock=lab.clock.now, wall=wall_clock)
        settings = load(database_url=database_url, _env_file=None)
        server = WebServer(create_app(deps, settings), "127.0.0.1", 0, 4)
        server.start()
        started.append(server)
        deps = replace(deps, public_url=server.url)
        return Stage(lab, deps, Factory(deps, create_shop(deps, "juniper", shop_document())))

    yield begin
    for one in reversed(started):
        one.stop()


def next_poll(world: Stage, shipment: Shipment) -> datetime:
    with world.deps.sessions.read_system() as session:
        return session.get_one(PollQueueEntry, shipment.id).next_poll_at


def due(world: Stage) -> None:
    with world.deps.sessions.write_system() as session:
        session.execute(update(PollQueueEntry).values(next_poll_at=world.lab.world.start))


@pytest.mark.parametrize("code", PUSHING)
def test_what_happens_to_a_parcel_is_pushed_and_known_without_asking(stage: Callable[[str], Stage], code: str) -> None:
    world = stage(code)
    shipment = world.parcel(code)
    world.hook(code)
    world.lab.clock.jump(timedelta(days=2))
    sent = world.pushed_so_far()
    assert sent
    assert set(sent) == {200}
    work_inbox(world.deps)
    if code in PROVEN:
        assert set(world.states()) == {"processed"}
        assert world.of(shipment).status not in ("pending", "info_received")
        known = world.scans(shipment)
        assert known >= 2
    else:
        assert next_poll(world, shipment) <= world.lab.clock.now() + timedelta(minutes=10)
        world.lab.clock.jump(timedelta(minutes=10))
        poll_due(world.deps)
        assert world.of(shipment).status not in ("pending", "info_received")
        known = world.scans(shipment)
    due(world)
    poll_due(world.deps)  # asked, the carrier tells nothing that was not pushed
    assert world.scans(shipment) == known


@pytest.mark.parametrize("fault", ["duplicate", "disorder", "delayed"])
def test_pushes_twice_late_or_in_disorder_end_where_asking_does(stage: Callable[[str], Stage], fault: str) -> None:
    world = stage("ups")
    shipment = world.parcel("ups")
    world.hook("ups")
    world.lab.pushes.fault("ups", fault)
    for _ in range(9):
        world.lab.clock.jump(timedelta(days=1))
        world.lab.pushes.pump()
        work_inbox(world.deps)
    world.lab.clock.jump(timedelta(hours=3))
    world.lab.pushes.pump()
    work_inbox(world.deps)
    by_pushes = (world.of(shipment).status, world.scans(shipment))
    due(world)
    poll_due(world.deps)
    assert by_pushes == (world.of(shipment).status, world.scans(shipment)) == ("delivered", by_pushes[1])


def test_a_push_proved_with_another_secret_is_refused(stage: Callable[[str], Stage]) -> None:
    world = stage("easypost")
    world.hook("easypost")
    world.parcel("easypost")
    world.pushed_so_far()
    before = world.states()
    world.lab.pushes.sent.clear()
    world.lab.pushes.fault("easypost", "wrong_signature")
    world.lab.clock.jump(timedelta(days=2))
    assert set(world.pushed_so_far()) == {401}
    assert world.states() == before


def test_lost_pushes_are_made_up_for_by_asking(stage: Callable[[str], Stage]) -> None:
    world = stage("ups")
    shipment = world.parcel("ups")
    world.hook("ups")
    world.lab.pushes.fault("ups", "lost")
    world.lab.clock.jump(timedelta(days=9))
    world.lab.pushes.pump()
    assert work_inbox(world.deps) == 0
    poll_due(world.deps)
    assert world.of(shipment).status == "delivered"
