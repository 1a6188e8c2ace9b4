"""Deciding on a return: an order of 50 lines under 100 conditions, and an order of a customer with a long past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks.databases import Database
from benchmarks.harness import Case, Figure, take_turns
from benchmarks.scene import defaults, fill, order_columns, settle
from benchmarks.workshop import Workshop
from portal.db.tables.orders import Order
from portal.db.tables.returns import Return
from portal.domain.returns.config import ReturnPolicyConfig, Rule
from portal.domain.returns.eligibility import judge
from portal.domain.returns.model import CustomerFacts, ItemAsked, LineFacts, OrderFacts, RequestFacts
from portal.usecases.returns.judged import judge_order
from portal.usecases.shops import create_shop
from tests.support.doubles import NOON, Clock, FakeCarriers, MailBin, make_deps
from tests.support.factory import Factory, shop_document

LINES, RULES = 50, 50  # with two conditions each
BARE = "a bare loop: the same conditions as functions, called for each line, nothing kept"
RETURNS = 5
AT_A_TIME = 20
Question = Callable[[LineFacts, ItemAsked], bool]


def run(workshop: Workshop) -> Iterator[Figure]:
    """One figure of the decision alone, and how flat it is in the past of a customer and a shop, a database each."""
    yield _alone(workshop)
    for kind in workshop.kinds:
        yield _flatness(workshop, kind)


def _alone(workshop: Workshop) -> Figure:
    order, asked, config = _order(), _asked(), ReturnPolicyConfig(rules=tuple(_rules()))
    bare = list(_bare(order))
    assert len(bare) == sum(len(rule.when) for rule in config.rules) == 2 * RULES

    def decide() -> int:
        verdicts = judge(order, config, NOON, asked, 1)
        assert len(verdicts) == LINES
        return 1

    def loop() -> int:
        items = {item.line_id: item for item in asked.items}
        for line in order.lines:
            item = items[line.line_id]
            for holds in bare:
                holds(line, item)
        return 1

    rounds = take_turns({"decide": Case(decide), "loop": Case(loop)}, rounds=workshop.rounds(15))
    return Figure(
        name="decide.lines",
        value=rounds.ms("decide"),
        unit=f"CPU ms a decision on {LINES} lines under {2 * RULES} conditions",
        limit_name=BARE,
        limit_value=rounds.ms("loop"),
        ratio=rounds.ratio("decide", "loop"),
        goal="ratio <= 20",
        n=rounds.n,
        note=rounds.note("every rule, every policy and every answer of each line, with its words"),
    )


def _order() -> OrderFacts:
    sent, came = NOON - timedelta(days=9), NOON - timedelta(days=4)
    line = LineFacts(0, 2, 0, "shirts", False, sent, came, vendor="Weaver", tags=("linen",), unit_price_minor=4_900)
    lines = tuple(replace(line, line_id=n, sku=f"S{n}", product_type=f"kind {n % 7}") for n in range(LINES))
    customer = CustomerFacts(tags=("loyal",), tier="gold", orders_placed=12, returns_placed=2)
    return OrderFacts("open", "DE", "Europe/Berlin", lines, placed_at=sent, total_minor=90_000, customer=customer)


def _asked() -> RequestFacts:
    return RequestFacts(tuple(ItemAsked(n, 1, "size_too_small", worth_minor=4_900) for n in range(LINES)), "refund")


def _rules() -> Iterator[Rule]:
    """A fifth about customers, a fifth about orders, the rest about products and reasons; most match some line."""
    for n in range(RULES):
        when: dict[str, Any] = (
            {"customer_tags": ["loyal", f"tag {n}"], "product_type": [f"kind {n % 7}"]},
            {"order_total_minor": {"min": n}, "product_price_minor": {"max": 4_000 + 20 * n}},
            {"return_reason": ["size_too_small"], "product_sku": [f"S{n}", f"S{n + 1}"]},
            {"product_vendor": ["Weaver"], "product_tags": [f"tag {n}", "linen"]},
            {"days_since_window_began": {"max": n}, "product_units_bought": {"min": 2}},
        )[n % 5]
        yield Rule(f"rule {n}", when=when, then={"window_days": 30 + n, "review": True}, priority=n)


def _bare(order: OrderFacts) -> Iterator[Question]:
    """The same questions as somebody would write them down for this one shop."""
    for n in range(RULES):
        yield from (_loyal, _large, _small, _woven, _recent)[n % 5](n, order)


def _loyal(n: int, order: OrderFacts) -> tuple[Question, Question]:
    tags, kind = {"loyal", f"tag {n}"}, f"kind {n % 7}"
    return (lambda _l, _i: not tags.isdisjoint(order.customer.tags), lambda line, _i: line.product_type == kind)


def _large(n: int, order: OrderFacts) -> tuple[Question, Question]:
    most = 4_000 + 20 * n
    return (lambda _l, _i: order.total_minor >= n, lambda line, _i: line.unit_price_minor <= most)


def _small(n: int, order: OrderFacts) -> tuple[Question, Question]:
    skus = {f"S{n}", f"S{n + 1}"}
    return (lambda _l, item: item.reason == "size_too_small", lambda line, _i: line.sku in skus)


def _woven(n: int, order: OrderFacts) -> tuple[Question, Question]:
    tags = {"linen", f"tag {n}"}
    return (lambda line, _i: line.vendor == "Weaver", lambda line, _i: not tags.isdisjoint(line.tags))


def _recent(n: int, order: OrderFacts) -> tuple[Question, Question]:
    days = timedelta(days=n)
    return (lambda line, _i: NOON - (line.delivered_at or NOON) <= days, lambda line, _i: line.quantity >= 2)


def _flatness(workshop: Workshop, kind: str) -> Figure:
    sizes = {"few": 10, "many": workshop.size(100_000, 500)}
    cases, meter = {}, None
    for label, orders in sizes.items():
        database = workshop.databases.new(kind)
        cases[label], meter = Case(_past(database, orders)), database.meter
    rounds = take_turns(cases, rounds=workshop.rounds(9), meter=meter)
    return workshop.ratio_figure(
        f"decide.{kind}.flatness",
        rounds.ratios("many", "few"),
        limit_name=f"the same with {sizes['few']} orders",
        goal="ratio <= 1.20",
        note=rounds.note(
            f"an order judged from the database, {sizes['many']:,} past orders of its customer and shop",
            f"{rounds.ms('many'):.2f} CPU ms",
        ),
    )


def _past(database: Database, orders: int) -> Callable[[], int]:
    """Judges one order of a customer who has `orders` others and a few returns."""
    deps = make_deps(database.sessions, Clock(), FakeCarriers(), MailBin())
    shop = create_shop(deps, "juniper", shop_document())
    make = Factory(deps, shop)
    customer = make.customer()
    days = {"handed_over_at": NOON - timedelta(days=8), "delivered_at": NOON - timedelta(days=4)}
    mine = make.order(customer, lines=[{"sku": f"S{n}"} for n in range(1, 6)], **days)
    columns = defaults("orders") | order_columns(database.kind) | {"shop_id": str(shop.id), "id": "i + 100"}
    columns |= {"customer_id": str(customer.id), "number": "'past-' || i", "number_key": "'PAST' || i"}
    with database.bulk() as driver:
        fill(driver, database.kind, "orders", orders, columns)
    with deps.sessions.write(shop.id) as session:
        session.add_all(_return(shop.id, n) for n in range(1, RETURNS + 1))
    settle(database)

    def judge_it() -> int:
        for _ in range(AT_A_TIME):
            with deps.sessions.read(shop.id) as session:
                judged = judge_order(session, shop, session.get_one(Order, mine.id), NOON)
                assert judged.facts.customer.returns_placed == RETURNS
        return AT_A_TIME

    return judge_it


def _return(shop_id: int, n: int) -> Return:
    return Return(
        shop_id=shop_id,
        public_id=f"return-{n}",
        rma=f"past-{n}-R1",
        order_id=100 + n,
        decision="approved",
        resolution="refund",
        currency="USD",
        goods_minor=1_000,
        due_minor=1_000,
        policy_version=1,
        decision_record={},
        send_back_by=NOON.date(),
        submitted_at=NOON - timedelta(days=30),
    )
