"""Whatever happens in whatever order: what is promised is what is held, and stock never goes below nothing."""

from __future__ import annotations

from random import Random

import pytest

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.effects import Effect
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import Return
from portal.domain.returns.states import EXCHANGE, MACHINES
from portal.errors import PortalError
from portal.usecases.catalogue.lower_stock import lower_stock
from portal.usecases.deps import Deps
from portal.usecases.returns.exchange_desk import Sent, confirm_sent, list_exchanges_to_send
from portal.usecases.returns.exchange_fallback import expire_reservations
from portal.usecases.returns.exchange_orders import send_due
from tests.support.doubles import Clock
from tests.support.factory import Factory
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_exchange_orders import change, exchanged
from tests.usecases.returns.test_exchange_stock import let_go, wish

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STEPS = 60
SKUS = ("SKU-1-S", "SKU-1-L")


class Walk:
    """One shop, a few returns, and a die."""

    def __init__(self, desk: Desk, clock: Clock, seed: int) -> None:
        self.desk, self.clock, self.rng = desk, clock, Random(seed)
        for sku in SKUS:
            desk.make.variant(sku, stock=3)
        self.returns = [exchanged(desk, SKUS[n % 2], fallback="refund") for n in range(4)]
        self.sent: set[int] = set()

    def step(self) -> None:
        """One thing happens; what is refused on purpose changes nothing."""
        deps, one = self.desk.deps, self.rng.choice(self.returns)
        act = self.rng.choice(
            (
                lambda: wish(self.desk, one, self.rng.choice(SKUS)),
                lambda: let_go(self.desk, one),
                lambda: change(self.desk, one, parcel="in_transit"),
                lambda: send_due(deps),
                lambda: expire_reservations(deps),
                lambda: self.clock.advance(days=self.rng.randint(1, 9)),
                self.send,
                self.lower,
            )
        )
        try:
            act()
        except PortalError:
            return

    def send(self) -> None:
        for waiting in list_exchanges_to_send(self.desk.deps)[:1]:
            confirm_sent(self.desk.deps, waiting.return_id, 1, f"key {waiting.return_id}", Sent(on_its_way=True))
            self.sent.add(waiting.return_id)

    def lower(self) -> None:
        variant = self.rng.choice(self.desk.all(Variant))
        lower_stock(self.desk.deps, self.desk.shop, variant.id, max(0, variant.stock - 1))

    def check(self) -> None:
        held = [one for one in self.desk.all(Reservation) if one.state == "held"]
        for variant in self.desk.all(Variant):
            mine = sum(one.quantity for one in held if one.variant_id == variant.id)
            assert variant.reserved == mine <= variant.stock
        for row in self.desk.all(Return):
            assert row.exchange in MACHINES[EXCHANGE]
            assert row.due_minor == row.goods_minor + row.shipping_minor - row.fee_minor - row.exchange_minor
            assert (row.exchange == "shipped") == (row.id in self.sent)
        used = [one for one in self.desk.all(Reservation) if one.state == "used"]
        assert len(used) == len(self.sent)
        sent = [message.return_id for message in self.desk.all(OutboxMessage) if message.event == "exchange_shipped"]
        assert sorted(sent) == sorted(self.sent)
        waiting = [e.subject for e in self.desk.all(Effect) if e.kind == "exchange" and e.state == "intended"]
        assert len(waiting) == len(set(waiting))


@pytest.mark.parametrize("seed", range(3))
def test_stock_and_promises_agree_after_every_step(deps: Deps, make: Factory, clock: Clock, seed: int) -> None:
    walk = Walk(Desk(deps, make), clock, seed)
    for _ in range(STEPS):
        walk.step()
        walk.check()
