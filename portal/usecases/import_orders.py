"""Import orders from files. The same again changes nothing; a corrected row updates; nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.errors import CarrierError
from portal.db.tables.shops import Shop
from portal.platforms.mapping import OrderMapping
from portal.platforms.model import ImportedOrder, Issue
from portal.platforms.orders import OrderReader, ShopFacts
from portal.platforms.reading import Reading
from portal.platforms.source import open_source
from portal.platforms.spool import Spool
from portal.usecases.customer_values import recompute_values
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.importing.changes import update_orders
from portal.usecases.importing.customers import keep_customers
from portal.usecases.importing.inserts import Context, insert_orders
from portal.usecases.importing.tables import orders
from portal.usecases.importing.tally import ImportReport, Tally

Progress = Callable[[int, int], None]
_FEW = 2_000  # up to this many customers are judged one by one after an import; above, all of the shop's


def import_orders(
    deps: Deps,
    shop: ShopRef,
    path: Path,
    mapping: OrderMapping,
    *,
    dry_run: bool = False,
    on_issue: Callable[[Issue], None] | None = None,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Read a file or folder by `mapping` and store its orders, some hundreds in a transaction.

    `on_issue` gets every rejected, repaired or noted row as it is met; `on_progress` gets orders done and in all.
    Raises InvalidInput, with nothing stored, when the input itself cannot be read.
    """
    source = open_source(path, mapping)
    tally = Tally(on_issue)
    context = Context(deps, shop, mapping.name, deps.clock())
    reader = OrderReader(mapping, _facts(deps, shop), context.now)
    touched: set[int] | None = set()
    with Spool() as spool:
        reading = Reading(source, spool, tally.take)
        done = 0
        for batch in reading.batches():
            built = [reader.read(raw) for raw in batch]
            for one in built:
                tally.take_order(one.issues)
            good = [one.order for one in built if one.order is not None]
            tally.orders["rejected"] += len(built) - len(good)
            ids = _store(context, good, tally, dry_run)
            touched = None if touched is None or len(touched) + len(ids) > _FEW else touched | ids
            done += len(batch)
            if on_progress is not None:
                on_progress(done, reading.orders)
    if not dry_run and (touched is None or touched):
        recompute_values(deps, shop, touched, now=context.now)
    return _report(shop, mapping, dry_run, reading, tally)


def _facts(deps: Deps, shop: ShopRef) -> ShopFacts:
    @lru_cache(maxsize=256)
    def known(code: str) -> bool:
        try:
            deps.carriers.info(code)
        except CarrierError:
            return False
        return True

    config = shop.config
    return ShopFacts(config.currency, config.country, config.warehouse.country, config.timezone, known)


def _store(context: Context, found: Sequence[ImportedOrder], tally: Tally, dry_run: bool) -> set[int]:
    """One transaction. Returns the customers whose orders changed."""
    sessions = context.deps.sessions
    if dry_run:
        with sessions.read_system() as session:
            known = dict(_known(session, context, found))
        new, changed = _sort(found, known, tally)
        tally.parcels += sum(len(order.parcels) for order in new)
        return set()
    with sessions.write_system() as session:
        # One import a shop at a time: two that meet the same new order would both want to make it.
        session.execute(select(Shop.id).where(Shop.id == context.shop.id).with_for_update())
        known = dict(_known(session, context, found))
        new, changed = _sort(found, known, tally)
        if not new and not changed:
            return set()
        people = keep_customers(session, context.shop.id, [*new, *(order for _, order in changed)])
        created = insert_orders(session, context, new, people.ids)
        more, issues = update_orders(session, context, changed, people.ids) if changed else (0, [])
    tally.parcels += created + more
    tally.customers["created"] += people.created
    tally.customers["updated"] += people.updated
    for issue in issues:
        tally.take(issue)
    return set(people.ids.values())


def _known(session: Session, context: Context, found: Sequence[ImportedOrder]) -> Iterator[tuple[str, tuple[int, str]]]:
    numbers = [order.number for order in found]
    for row in session.execute(
        select(orders.c.number, orders.c.id, orders.c.row_hash).where(
            orders.c.shop_id == context.shop.id, orders.c.number.in_(numbers)
        )
    ):
        yield row.number, (row.id, row.row_hash)


def _sort(
    found: Sequence[ImportedOrder], known: Mapping[str, tuple[int, str]], tally: Tally
) -> tuple[list[ImportedOrder], list[tuple[int, ImportedOrder]]]:
    """New orders, and changed ones with their ids. Those that are as they were need nothing."""
    new = [order for order in found if order.number not in known]
    changed = [
        (known[order.number][0], order)
        for order in found
        if order.number in known and known[order.number][1] != order.row_hash
    ]
    tally.orders["created"] += len(new)
    tally.orders["updated"] += len(changed)
    tally.orders["unchanged"] += len(found) - len(new) - len(changed)
    return new, changed


def _report(shop: ShopRef, mapping: OrderMapping, dry_run: bool, reading: Reading, tally: Tally) -> ImportReport:
    return ImportReport(
        shop=shop.slug,
        mapping=mapping.name,
        dry_run=dry_run,
        files=reading.rows,
        orders={
            "read": reading.orders,
            **{name: tally.orders[name] for name in ("created", "updated", "unchanged", "rejected")},
        },
        customers={name: tally.customers[name] for name in ("created", "updated")},
        parcels_created=tally.parcels,
        reasons=tally.counts(),
        listing=tuple(tally.listing),
        listing_left_out=tally.left_out,
        notices=tuple(reading.source.notices),
    )
