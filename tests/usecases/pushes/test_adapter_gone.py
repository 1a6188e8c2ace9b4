"""An adapter may go with the package it came in. Its pushes wait; everybody else's go on."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint
from portal.db.tables.shipments import Shipment
from portal.usecases.deps import Deps
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.orphans import adopt
from portal.usecases.pushes.overview import list_endpoints
from portal.usecases.pushes.receive import Outcome, receive
from portal.usecases.pushes.silence import notice_silence
from portal.usecases.pushes.subscriptions import subscribe_due
from tests.support.factory import Factory
from tests.support.pushes import Hook, body_of, hook_for, ups_event

NUMBER = "1Z999AA10123456784"


@pytest.fixture
def orphan(deps: Deps) -> Hook:
    """An address to which a push came, before the adapter of its carrier went."""
    hook = hook_for(deps, "ups")
    assert receive(deps, "ups", hook.token, hook.push(body_of(ups_event("1Z0000000000000001")))) is Outcome.TAKEN
    with deps.sessions.write_system() as session:
        session.execute(update(PushEndpoint).where(PushEndpoint.id == hook.endpoint.id).values(carrier="gonepost"))
    return hook


def states(deps: Deps) -> list[str]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(InboxDelivery.state).order_by(InboxDelivery.id)))


def test_the_pushes_of_the_others_are_read(deps: Deps, orphan: Hook, make: Factory) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    hook = hook_for(deps, "ups")
    receive(deps, "ups", hook.token, hook.push(body_of(ups_event(NUMBER))))
    assert work_inbox(deps) == 1
    assert states(deps) == ["received", "processed"]
    with deps.sessions.read_system() as session:
        assert session.get_one(Shipment, shipment.id).status == "out_for_delivery"


def test_what_came_is_read_when_the_adapter_is_back(deps: Deps, orphan: Hook) -> None:
    assert work_inbox(deps) == 0
    with deps.sessions.write_system() as session:
        session.execute(update(PushEndpoint).values(carrier="ups"))
    assert work_inbox(deps) == 1


def test_nothing_that_looks_at_addresses_stumbles_over_it(deps: Deps, orphan: Hook) -> None:
    hook_for(deps, "ups")
    assert (adopt(deps), notice_silence(deps), subscribe_due(deps)) == (0, 0, 0)
    assert [view.carrier for view in list_endpoints(deps)] == ["gonepost", "ups"]


def test_the_carrier_is_told_to_come_again_and_not_that_its_proof_is_wrong(deps: Deps, orphan: Hook) -> None:
    push = orphan.push(body_of(ups_event(NUMBER)))
    assert receive(deps, "gonepost", orphan.token, push) is Outcome.NOT_NOW
    with deps.sessions.write_system() as session:
        session.execute(update(PushEndpoint).values(proof="path"))
    assert receive(deps, "gonepost", orphan.token, push) is Outcome.NOT_NOW
    assert list_endpoints(deps)[0].refused == 0
