"""The days before today: orders come in, parcels are polled, one shopper sends something back. All through use cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

import structlog

from portal.cli.demo.controls import public_id_of
from portal.cli.demo.orders import DemoOrder, orders_of, write_history, write_orders
from portal.cli.demo.people import CASTS
from portal.cli.demo.shelves import OF, write_catalogue
from portal.cli.demo.stage import Stage
from portal.platforms.mapping import read_mapping
from portal.settings import read_toml
from portal.usecases.catalogue.import_catalogue import import_catalogue
from portal.usecases.deliver_outbox import deliver_outbox
from portal.usecases.deps import ShopRef
from portal.usecases.import_orders import import_orders
from portal.usecases.returns.desk import receive
from portal.usecases.returns.desk_read import list_returns
from portal.usecases.returns.desk_views import Receipt
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.exchange_offers import choices_of
from portal.usecases.returns.exchange_orders import send_due
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, ReturnRequest
from portal.usecases.returns.payout import pay
from portal.usecases.returns.submit import submit
from portal.usecases.shops import create_shop, list_shops
from portal.usecases.staff.accounts import create_staff, list_staff
from portal.usecases.tracking.poll import poll_due
from portal.usecases.tracking.sweep import sweep

log = structlog.get_logger()
DAY = timedelta(hours=24)
LATELY = timedelta(days=3)  # the last days pass half a day at a time, so that their news is fresh when it is learnt
SPEED = 30.0  # afterwards: two real minutes are an hour of the demo
NAMES = {"admin": "Robin Admin", "agent": "Kim Agent"}


def open_shops(stage: Stage) -> None:
    """Make both shops and the staff accounts."""
    for slug in CASTS:
        _shop(stage, slug)
    for email, password in stage.passwords.items():
        role = email.split("@")[0]
        create_staff(stage.deps, email, NAMES[role], role, password)


def let_days_pass(stage: Stage, say: Callable[[str], None], told: Event) -> None:
    """Bring in the orders of two weeks and let the days pass until today. Ends early when `told`; goes on next time."""
    shops = list_shops(stage.deps)
    orders = {shop.slug: orders_of(stage.lab.world, shop.slug) for shop in shops}
    folder = stage.folder / "orders"
    folder.mkdir(exist_ok=True)
    today = stage.lab.world.start
    for shop in shops:
        write_history(folder / f"{shop.slug}-history.csv", shop.slug, today)
        _import(stage, shop, folder / f"{shop.slug}-history.csv")
        write_catalogue(folder / f"{shop.slug}-catalogue.csv", shop.slug)
        import_catalogue(stage.deps, shop, folder / f"{shop.slug}-catalogue.csv")
    while stage.lab.clock.now() < today and not told.is_set():
        left = today - stage.lab.clock.now()
        stage.lab.clock.jump(min(DAY if left > LATELY else DAY / 2, left))
        now = stage.lab.clock.now()
        say(f"  {now:%A %-d %B, %H:%M}")
        for shop in shops:
            # The same order again changes nothing, so each file simply holds all that were placed by then.
            _bring_in(stage, shop, [o for o in orders[shop.slug] if o.placed_at <= now], folder)
        _half_a_day(stage, shops, orders)
        stage.lab.save()
    if stage.lab.clock.now() >= today:
        stage.lab.clock.set_speed(SPEED)
        stage.mark_ready()


def _shop(stage: Stage, slug: str) -> None:
    create_shop(stage.deps, slug, read_toml(stage.settings.config_dir / "shops" / f"{slug}.toml"), actor="demo")


def _import(stage: Stage, shop: ShopRef, path: Path) -> None:
    mapping = read_mapping(read_toml(stage.settings.config_dir / "imports" / "template.toml"), "template.toml")
    report = import_orders(stage.deps, shop, path, mapping)
    if report.orders.get("rejected"):
        log.error("demo.rejected_rows", shop=shop.slug, rejected=report.orders["rejected"])


def _bring_in(stage: Stage, shop: ShopRef, orders: list[DemoOrder], folder: Path) -> None:
    path = folder / f"{shop.slug}.csv"
    write_orders(path, orders)
    _import(stage, shop, path)


def _half_a_day(stage: Stage, shops: list[ShopRef], orders: dict[str, list[DemoOrder]]) -> None:
    poll_due(stage.deps)
    sweep(stage.deps)
    for shop in shops:
        for order in orders[shop.slug]:
            if "returned" in order.roles:
                _send_back(stage, shop, order)
        _exchange(stage, shop, orders[shop.slug])
    run_effects(stage.deps)
    send_due(stage.deps)
    _at_the_desk(stage)
    deliver_outbox(stage.deps, limit=200)


def _send_back(stage: Stage, shop: ShopRef, order: DemoOrder) -> None:
    """The shopper sends the first thing back that may go back, once it has come."""
    public_id = public_id_of(stage, shop, order.number)
    if public_id is None:
        return
    given = offer(stage.deps, shop, public_id)
    if given.earlier or not given.eligible:
        return
    choice = Choice(given.eligible[0].line_id, 1, "changed_mind")
    submit(stage.deps, shop, ReturnRequest(public_id, (choice,), "refund"), given.form_key)


def _exchange(stage: Stage, shop: ShopRef, orders: list[DemoOrder]) -> None:
    """A shopper of the shop wants another size of the first thing that comes in several."""
    order = next((o for o in orders if _comes_in_sizes(o)), None)
    public_id = public_id_of(stage, shop, order.number) if order else None
    if public_id is None:
        return
    given = offer(stage.deps, shop, public_id)
    for line in given.eligible if not given.earlier else ():
        for reason in ("size_too_small", "size_too_large"):
            found = choices_of(stage.deps, shop, public_id, line.line_id, 1, reason=reason).variants
            wanted = next((choice for choice in found if choice.suggested and choice.enough), None)
            if wanted is not None:
                choice = Choice(line.line_id, 1, reason, exchange_sku=wanted.sku)
                asked = ReturnRequest(public_id, (choice,), "exchange", fallback="refund")
                submit(stage.deps, shop, asked, given.form_key)
                return


def _comes_in_sizes(order: DemoOrder) -> bool:
    sized = any(OF.get(article.sku, ("", None))[1] is not None for article, _ in order.articles)
    return sized and all(p.plan.role in (None, "delivered") and p.plan.story == "on_time" for p in order.parcels)


def _at_the_desk(stage: Stage) -> None:
    """Support checks in what has arrived, and pays."""
    staff = next(user.id for user in list_staff(stage.deps) if user.role == "agent")
    for row in list_returns(stage.deps).returns:
        if row.parcel != "delivered_to_us" or row.resolution == "exchange":  # those wait for whoever looks at the demo
            continue
        if row.can_receive:
            found = {item.id: Receipt(received=item.open_units) for item in row.items}
            row = receive(stage.deps, row.id, staff, found, f"demo-receive-{row.id}")
        if row.can_pay:
            pay(stage.deps, row.id, staff, f"demo-pay-{row.id}")
