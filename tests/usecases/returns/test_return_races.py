"""Sixty-four at once, again and again: what is sent in, changed or called off has exactly one effect (reliability: T33, D2,
D8). Two of these tests take a guard away to see that the others would notice."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return, ReturnItem, ReturnItemEntry
from portal.db.tables.shipments import Shipment
from portal.errors import Conflict
from portal.usecases.deps import Deps
from portal.usecases.returns import rows
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.edit import draft_of, edit
from portal.usecases.returns.follow_parcel import follow_parcel
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.rows import OtherContent
from portal.usecases.returns.submit import submit
from portal.usecases.tracking.merge import locked
from tests.usecases.returns.asking import placed_now, policy, request
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.test_label_races import THREADS, at_once

ROUNDS = 100 if os.environ.get("DOORSTEP_LONG") else 5


def again(round_: Callable[[int], None]) -> None:
    for n in range(ROUNDS):
        round_(n)


def kinds(raised: Sequence[BaseException]) -> set[type[BaseException]]:
    return {type(error) for error in raised}


def of_order(desk: Desk, order: Order) -> list[Return]:
    return [row for row in desk.all(Return) if row.order_id == order.id]


def held(desk: Desk, order: Order) -> int:
    """Units that the returns of an order hold, by what they say themselves."""
    alive = [row for row in of_order(desk, order) if row.decision in ("submitted", "approved")]
    with desk.deps.sessions.read(desk.shop.id) as session:
        return sum(sum(rows.held_units(session, session.merge(row, load=False)).values()) for row in alive)


def one_return(desk: Desk, order: Order) -> None:
    """Exactly one was made, with one label to buy, and its unit is taken once."""
    (row,) = of_order(desk, order)
    assert [effect.subject for effect in desk.effects()].count(f"return {row.id}") == 1
    assert desk.line(order).units_returning == held(desk, order) == 1


def ask_for_one(desk: Desk, order: Order) -> ReturnRequest:
    return request(Choice(desk.line_ids(order)[0], 1, "changed_mind"), begun=order)


def same_form(desk: Desk, order: Order) -> list[str]:
    """Everybody sends the same form; gives the public ids that they were told."""
    asked, key = ask_for_one(desk, order), offer(desk.deps, desk.shop, order.public_id).form_key
    told: list[str] = []
    assert at_once(lambda _n: told.append(submit(desk.deps, desk.shop, asked, key))) == []
    return told


def own_forms(desk: Desk, order: Order) -> list[BaseException]:
    """Everybody sends a form of their own; gives what was refused."""
    asked = ask_for_one(desk, order)
    return at_once(lambda n: submit(desk.deps, desk.shop, asked, f"{order.public_id} form {n}"))


def test_one_form_that_many_send_makes_one_return_and_all_are_led_to_it(desk: Desk) -> None:
    def round_(_n: int) -> None:
        order = desk.order({"quantity": THREADS})
        told = same_form(desk, order)
        assert len(told) == THREADS
        assert set(told) == {row.public_id for row in of_order(desk, order)}
        one_return(desk, order)

    again(round_)


def test_one_unit_that_many_want_to_send_back_is_in_one_return(desk: Desk) -> None:
    def round_(_n: int) -> None:
        order = desk.order({"quantity": 1})
        refused = own_forms(desk, order)
        assert len(refused) == THREADS - 1
        assert kinds(refused) == {Conflict}
        one_return(desk, order)

    again(round_)


FORGET_FORMS = {
    "sqlite": """CREATE TRIGGER forget AFTER INSERT ON idempotency_keys BEGIN
        UPDATE idempotency_keys SET key = NEW.key || NEW.id WHERE id = NEW.id; END""",
    "postgresql": """CREATE FUNCTION forget() RETURNS trigger AS $$ BEGIN NEW.key = NEW.key || NEW.id; RETURN NEW; END $$
        LANGUAGE plpgsql;
        CREATE TRIGGER forget BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION forget()""",
}
FORGET_UNITS = {
    "sqlite": """CREATE TRIGGER forget AFTER UPDATE OF units_returning ON order_lines BEGIN
        UPDATE order_lines SET units_returning = 0 WHERE id = NEW.id; END""",
    "postgresql": """CREATE FUNCTION forget() RETURNS trigger AS $$ BEGIN NEW.units_returning = 0; RETURN NEW; END $$
        LANGUAGE plpgsql;
        CREATE TRIGGER forget BEFORE UPDATE ON order_lines FOR EACH ROW EXECUTE FUNCTION forget()""",
}


def take_away(deps: Deps, script: Mapping[str, str]) -> None:
    """A guard of the database does not hold any more: no form is known again, or no unit is counted."""
    with deps.sessions.engine.begin() as connection:
        connection.execute(text(script[deps.sessions.engine.dialect.name]))


def test_without_the_memory_of_forms_the_race_of_one_form_would_be_lost(deps: Deps, desk: Desk) -> None:
    policy(desk, limits={"per_order": 0})
    order = placed_now(desk, {"quantity": THREADS})
    take_away(deps, FORGET_FORMS)
    same_form(desk, order)
    with pytest.raises((AssertionError, ValueError)):
        one_return(desk, order)


def test_without_the_count_of_units_the_race_for_one_unit_would_be_lost(deps: Deps, desk: Desk) -> None:
    policy(desk, limits={"per_order": 0})
    order = placed_now(desk, {"quantity": 1})
    take_away(deps, FORGET_UNITS)
    own_forms(desk, order)
    with pytest.raises((AssertionError, ValueError)):
        one_return(desk, order)


def test_many_who_take_items_of_two_orders_from_either_end_wait_for_each_other_in_one_direction(desk: Desk) -> None:
    def round_(n: int) -> None:
        ada = desk.make.customer()
        orders = [desk.order({"quantity": 4}, customer=ada) for _ in range(2)]
        choices = tuple(Choice(desk.line_ids(order)[0], 1, "changed_mind") for order in orders)

        def send(thread: int) -> object:
            begun = orders[thread % 2]
            asked = ReturnRequest(begun.public_id, choices if thread % 2 else choices[::-1], "refund")
            return submit(desk.deps, desk.shop, asked, f"round {n} form {thread}")

        refused = at_once(send)
        assert len(refused) == THREADS - 4
        assert kinds(refused) == {Conflict}
        assert [desk.line(order).units_returning for order in orders] == [4, 4]

    again(round_)


def test_returns_of_many_orders_at_once_stay_within_the_limit_of_their_customer(desk: Desk) -> None:
    policy(desk, limits={"per_customer": 2})

    def round_(n: int) -> None:
        ada = desk.make.customer()
        asked = [ask_for_one(desk, placed_now(desk, {"quantity": 9}, customer=ada)) for _ in range(8)]
        refused = at_once(lambda t: submit(desk.deps, desk.shop, asked[t % 8], f"round {n} form {t}"))
        assert len(refused) == THREADS - 2
        assert kinds(refused) == {Conflict}

    again(round_)


def test_one_form_with_which_many_change_a_return_changes_it_once(desk: Desk) -> None:
    def round_(_n: int) -> None:
        order = desk.order({"quantity": 3})
        public_id = desk.submit(order, 1)
        line = desk.line_ids(order)[0]
        key = offer(desk.deps, desk.shop, order.public_id, editing=public_id).form_key
        now = draft_of(desk.deps, desk.shop, public_id).request()

        def change(n: int) -> object:
            asked = replace(now, choices=(Choice(line, 1 + n % 3, "size_too_small"),), resolution="store_credit")
            return edit(desk.deps, desk.shop, public_id, asked, key)

        assert kinds(at_once(change)) == {OtherContent}
        row = desk.returned(public_id)
        assert len(row.decision_record["history"]) == 1
        assert desk.line(order).units_returning == held(desk, order)

    again(round_)


def test_of_changes_callings_off_and_a_scan_at_once_each_unit_stays_where_the_return_says(desk: Desk) -> None:
    def round_(_n: int) -> None:
        order = desk.order({"quantity": 3})
        public_id = desk.with_label(order, 2)
        line = desk.line_ids(order)[0]
        key = offer(desk.deps, desk.shop, order.public_id, editing=public_id).form_key
        now = draft_of(desk.deps, desk.shop, public_id).request()

        def act(n: int) -> None:
            if n == 7:
                scan(desk, public_id)
                return
            if n % 8 == 0:
                cancel(desk.deps, desk.shop, public_id)
                return
            asked = replace(
                now, choices=(Choice(line, 1 + n % 3, "changed_mind"),), method=("label", "own_parcel")[n % 2]
            )
            edit(desk.deps, desk.shop, public_id, asked, key, actor=f"staff {n}")

        assert kinds(at_once(act)) <= {Conflict}
        row = desk.returned(public_id)
        assert len(row.decision_record["history"]) <= 1
        assert desk.line(order).units_returning == held(desk, order)
        mine = {item.id for item in desk.all(ReturnItem) if item.return_id == row.id}
        entries = [entry for entry in desk.all(ReturnItemEntry) if entry.return_item_id in mine]
        signs = {"requested": 1, "removed": -1}
        assert sum(signs[entry.kind] * entry.quantity for entry in entries) == held(desk, order)
        live = [label for label in desk.labels() if label.return_id == row.id and label.voided_at is None]
        assert len(live) <= 1

    again(round_)


def scan(desk: Desk, public_id: str) -> None:
    """As the poller does: the parcel locked, then the return that it moves."""
    (parcel,) = [one for one in desk.all(Shipment) if one.return_id == desk.returned(public_id).id]
    with desk.deps.sessions.write(desk.shop.id) as session:
        shipment, _order = locked(session, parcel.id)
        shipment.status = "in_transit"
        follow_parcel(session, desk.deps, desk.shop, shipment, desk.deps.clock())


def test_the_last_one_in_stock_that_many_want_instead_is_kept_for_one(desk: Desk) -> None:
    policy(desk, resolutions=["refund", "exchange"])

    def round_(n: int) -> None:
        sku = f"SKU-1-{n}"
        desk.make.variant(sku, stock=1)
        orders = [placed_now(desk, {"quantity": 1, "product_ref": "SKU-1"}) for _ in range(8)]
        asked = [
            request(
                Choice(desk.line_ids(order)[0], 1, "changed_mind", exchange_sku=sku),
                begun=order,
                resolution="exchange",
                fallback="refund",
            )
            for order in orders
        ]
        refused = at_once(lambda t: submit(desk.deps, desk.shop, asked[t % 8], f"round {n} form {t}"))
        assert len(refused) == THREADS - 1
        assert all(isinstance(error, Conflict) for error in refused)
        (variant,) = [one for one in desk.all(Variant) if one.sku == sku]
        mine = [one for one in desk.all(Reservation) if one.variant_id == variant.id]
        assert (variant.reserved, [one.state for one in mine]) == (1, ["held"])
        assert sum(desk.line(order).units_returning for order in orders) == 1

    again(round_)
