"""A shopper with a browser who sends something back, a desk that sees to it, and what the database says of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select

from portal.db.tables.effects import Effect
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_money import ReturnMoneyEntry
from portal.db.tables.returns import LabelRow, Return, ReturnItem, ReturnOrder
from portal.db.tables.shipments import Shipment
from portal.db.tables.staff import Staff
from portal.domain.returns.inspection import RESTOCK, Look
from portal.settings import read_toml
from portal.usecases.returns.desk import receive
from portal.usecases.returns.desk_views import Receipt
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.inspect import inspect
from portal.usecases.returns.payout import pay
from tests.browser import stories
from tests.browser.conftest import Live
from tests.browser.stories import PEOPLE

SETTINGS: dict[str, Any] = {
    "window_days": 30,
    "roll_to_working_day": False,  # the last day of a test is the last day
    "fee_minor": 595,
    "credit_bonus_percent": 10,
    "resolutions": ["refund", "store_credit", "exchange"],
    "methods": ["label", "own_parcel"],
    "label_carrier": "usps",
    "countries": ["US", "DE"],
    "excluded_product_types": ["gift card"],
    "offers": {"next_size": False, "missing_part": False},
    "photo_reasons": ["damaged_in_transit"],
}
SHIRT: dict[str, Any] = {
    "sku": "SHIRT-M",
    "title": "Linen shirt",
    "variant": "White, M",
    "product_ref": "SHIRT",
    "unit_price_minor": 4_900,
}
MUG: dict[str, Any] = {"sku": "MUG", "title": "Stoneware mug", "unit_price_minor": 2_400, "quantity": 2}


@contextmanager
def shops_with(**settings: Any) -> Iterator[None]:
    """Shops that are made meanwhile have these return settings from their first day on: orders are judged by those of
    their date."""

    def read(path: Path) -> dict[str, Any]:
        document = read_toml(path)
        return document | {"returns": document["returns"] | settings, "labels": {}}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stories, "read_toml", read)
        yield


def set_up(live: Live, slug: str) -> None:
    """The shirt in three sizes, and somebody at the desk."""
    make = live.stories(slug).make
    for rank, size in enumerate("SML"):
        values = {"title": "Linen shirt", "product_ref": "SHIRT", "size_rank": rank, "price_minor": 4_900}
        make.variant(f"SHIRT-{size}", variant=f"White, {size}", stock=50, **values)


@dataclass
class Shopper:
    """Somebody with an order of their own and a browser window."""

    live: Live
    page: Page
    slug: str = "juniper"

    def bought(self, *lines: dict[str, Any], delivered: float = 3, customer: Any = None, **changes: Any) -> Order:
        """An order that arrived `delivered` days ago, and its page open as from the e-mail."""
        made, now = self.live.stories(self.slug), self.live.deps.clock()
        made.n += 1
        email = changes.get("email", f"shopper{made.n}@mail.example")
        at = now - timedelta(days=delivered)
        values: dict[str, Any] = {
            "number": f"{self.slug[0].upper()}-{made.n}",
            "placed_at": at - timedelta(days=6),
            "handed_over_at": at - timedelta(days=4),
            "delivered_at": at,
            "total_minor": sum(line["unit_price_minor"] * line.get("quantity", 1) for line in lines),
            "shipping_minor": 0,
        }
        customer = customer or made.make.customer(email=email)
        who = PEOPLE[self.slug] | {"email": customer.email}
        return made.make.order(customer, list(lines), **(who | values | changes))

    def open(self, order: Order, language: str = "en") -> None:
        """The order's page from its e-mail, then the first question of a return."""
        self.page.goto(self.live.link(self.slug, order))
        self.page.goto(f"{self.live.address}/{self.slug}/orders/{order.public_id}/return?lang={language}")

    def line(self, order: Order, n: int = 0) -> int:
        with self.live.deps.sessions.read(order.shop_id) as session:
            asked = select(OrderLine.id).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
            return session.scalars(asked).all()[n]

    def go_on(self) -> None:
        self.page.locator("main form .actions button.button").last.click()
        self.page.wait_for_load_state()

    def tick(self, *lines: int) -> None:
        for line in lines:
            self.page.locator(f"#line-{line}").check()
        self.go_on()

    def because(self, reason: str, first: int, *others: int) -> None:
        """A reason for the first, and the same for the others."""
        self.page.locator(f"#reason-{first}-{reason}").check()
        for line in others:
            self.page.locator(f"#reason-{line}-same").check()
        self.go_on()

    def get(self, resolution: str) -> None:
        self.page.locator(f"#get-{resolution}").check()
        self.go_on()

    def confirm(self, method: str = "label") -> str:
        """The way back, then the last look; gives the public id of the return."""
        self.page.locator(f"#method-{method}").check()
        self.go_on()
        self.go_on()
        self.page.wait_for_url("**/returns/*")
        return self.page.url.rpartition("/")[2].split("?")[0]

    @property
    def title(self) -> str:
        """The headline as it is written, whatever letters a brand sets it in."""
        return (self.page.get_by_role("heading", level=1).text_content() or "").strip()

    @property
    def text(self) -> str:
        return " ".join((self.page.locator("main").text_content() or "").split())

    def wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return found


@dataclass
class Facts:
    """One return as the database has it, and the desk's hand on it."""

    live: Live
    shop_id: int
    return_id: int
    staff: int

    @classmethod
    def of(cls, live: Live, order: Order) -> Facts:
        """Of the one return that takes items of this order. Fails when there is none, or more."""
        with live.deps.sessions.read(order.shop_id) as session:
            (found,) = session.scalars(select(ReturnOrder.return_id).where(ReturnOrder.order_id == order.id)).all()
        with live.deps.sessions.write_system() as session:
            email = "mira@staff.example"
            person = session.scalars(select(Staff).where(Staff.email == email)).one_or_none()
            if person is None:
                person = Staff(email=email, name="Mira", role="admin", password_hash="-", created_at=live.deps.wall())
                session.add(person)
                session.flush()
            return cls(live, order.shop_id, found, person.id)

    @property
    def row(self) -> Return:
        with self.live.deps.sessions.read(self.shop_id) as session:
            return session.get_one(Return, self.return_id)

    def _all(self, asked: Any) -> list[Any]:
        with self.live.deps.sessions.read(self.shop_id) as session:
            return list(session.scalars(asked))

    @property
    def items(self) -> list[ReturnItem]:
        return self._all(select(ReturnItem).where(ReturnItem.return_id == self.return_id).order_by(ReturnItem.id))

    def effects(self, kind: str) -> list[str]:
        """The states of everything of this kind that was meant to happen."""
        asked = select(Effect.state).where(Effect.kind == kind, Effect.subject == f"return {self.return_id}")
        return self._all(asked.order_by(Effect.id))

    @property
    def labels(self) -> list[LabelRow]:
        return self._all(select(LabelRow).where(LabelRow.return_id == self.return_id))

    @property
    def money(self) -> dict[str, int]:
        """The sums of the ledger by kind."""
        with self.live.deps.sessions.read(self.shop_id) as session:
            asked = select(ReturnMoneyEntry.kind, func.sum(ReturnMoneyEntry.amount_minor))
            mine = ReturnMoneyEntry.return_id == self.return_id
            return {kind: int(total) for kind, total in session.execute(asked.where(mine).group_by("kind"))}

    def given_back(self) -> int:
        """What the order lines of this return say they have given back."""
        lines = [item.order_line_id for item in self.items]
        return int(self._all(select(func.sum(OrderLine.given_back_minor)).where(OrderLine.id.in_(lines)))[0])

    def scan(self, status: str) -> None:
        """What ingest does: the parcel's state is written down, and the return follows."""
        deps = self.live.deps
        shop = next(one.shop for one in self.live.shops.values() if one.shop.id == self.shop_id)
        with deps.sessions.write(self.shop_id) as session:
            mine = Shipment.return_id == self.return_id, Shipment.direction == "return"
            parcel = session.scalars(select(Shipment).where(*mine)).one()
            parcel.status, parcel.last_scan_at = status, deps.clock()
            follow_parcel(session, deps, shop, parcel, deps.clock())

    def arrive_and_pay(self) -> None:
        """Everything comes, is found as new, and somebody lets the money go."""
        deps, key = self.live.deps, f"facts {self.return_id}"
        self.scan("delivered")
        receive(deps, self.return_id, self.staff, {i.id: Receipt(i.quantity) for i in self.items}, f"{key} r")
        looks = [Look(i.id, i.quantity, grade="a", found="as_told", next=RESTOCK) for i in self.items]
        inspect(deps, self.return_id, self.staff, looks, f"{key} i")
        if self.row.money == "due":
            pay(deps, self.return_id, self.staff, f"{key} p")
