"""Import what a shop sells, and how much of it there is. The same file again changes nothing.

Stock that falls below what is promised to somebody takes it from the newest promises first: those returns fall back to
what their shoppers chose in advance, and nothing ever goes below zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session

from portal.db.tables.catalogue import Variant
from portal.db.tables.shops import Shop
from portal.platforms.catalogue import CatalogueReader, ImportedVariant
from portal.platforms.csv_file import open_csv
from portal.platforms.model import REJECTED, Issue
from portal.usecases.catalogue.lower_stock import lower_stock
from portal.usecases.deps import Deps, ShopRef

BATCH = 500
SHOWN = 200
_NEW = {"product_ref": None, "variant": None, "size_rank": None, "stock": 0, "active": True, "weight_grams": None}
_NEW |= {"product_type": None, "vendor": None}


@dataclass(frozen=True, slots=True)
class CatalogueReport:
    """What an import did, or with `dry_run` would have done. `fell_back` counts reservations that lost their units."""

    shop: str
    file: str
    dry_run: bool
    variants: dict[str, int]  # read, created, updated, unchanged, rejected
    fell_back: int
    reasons: dict[str, int]
    listing: tuple[Issue, ...]
    listing_left_out: int
    notices: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As the command line prints it; keys are stable."""
        listing = [
            {"severity": i.severity, "line": i.place.line, "sku": i.order, "column": i.column, "code": i.code}
            | {"reason": i.reason}
            for i in self.listing
        ]
        return {**asdict(self), "listing": listing, "notices": list(self.notices)}


@dataclass(slots=True)
class _Tally:
    sink: Callable[[Issue], None] | None
    variants: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    listing: list[Issue] = field(default_factory=list)
    left_out: int = 0

    def take(self, issue: Issue) -> None:
        self.reasons[issue.code] += 1
        if len(self.listing) < SHOWN:
            self.listing.append(issue)
        else:
            self.left_out += 1
        if self.sink is not None:
            self.sink(issue)


def import_catalogue(
    deps: Deps,
    shop: ShopRef,
    path: Path,
    *,
    dry_run: bool = False,
    on_issue: Callable[[Issue], None] | None = None,
) -> CatalogueReport:
    """Read a CSV file of variants and store them, some hundreds in a transaction. Columns that the file does not have stay
    as they are; a variant that the file does not name stays too.

    Raises InvalidInput, with nothing stored, when the file itself cannot be read.
    """
    file = open_csv(path)
    reader = CatalogueReader(file, shop.config.currency)
    tally = _Tally(on_issue)
    fell_back = 0
    for batch in _batches(_good(reader, tally)):
        short = _store(deps, shop, batch, tally, dry_run)
        deps.crash("catalogue.after_stored")
        fell_back += sum(lower_stock(deps, shop, variant_id, told) for variant_id, told in short)
    counts = {name: tally.variants[name] for name in ("created", "updated", "unchanged", "rejected")}
    unread = (f"not read: {', '.join(reader.unread)}",) if reader.unread else ()
    return CatalogueReport(
        shop=shop.slug,
        file=file.name,
        dry_run=dry_run,
        variants={"read": sum(counts.values()), **counts},
        fell_back=fell_back,
        reasons=dict(sorted(tally.reasons.items())),
        listing=tuple(tally.listing),
        listing_left_out=tally.left_out,
        notices=(*((file.notice,) if file.notice else ()), *unread),
    )


def _good(reader: CatalogueReader, tally: _Tally) -> Iterator[ImportedVariant]:
    rejected = 0
    for one in reader.read():
        if isinstance(one, ImportedVariant):
            yield one
            continue
        tally.take(one)
        if one.severity == REJECTED and one.place.line != rejected:  # a row may be wrong in several columns
            rejected = one.place.line
            tally.variants["rejected"] += 1


def _batches(rows: Iterable[ImportedVariant]) -> Iterator[list[ImportedVariant]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _store(
    deps: Deps, shop: ShopRef, batch: list[ImportedVariant], tally: _Tally, dry_run: bool
) -> list[tuple[int, int]]:
    """One transaction. Returns the variants of which more is promised than there is, with what there is."""
    now = deps.clock()
    with deps.sessions.read(shop.id) if dry_run else deps.sessions.write(shop.id) as session:
        if not dry_run:  # one import a shop at a time: two that meet the same new SKU would both want to make it
            session.execute(select(Shop.id).where(Shop.id == shop.id).with_for_update())
        skus = [one.sku for one in batch]
        known = {row.sku: row for row in session.scalars(select(Variant).where(Variant.sku.in_(skus)))}
        new = [row for one in batch if one.sku not in known and (row := _new_row(shop, one, now, tally)) is not None]
        if new and not dry_run:
            session.execute(insert(Variant), new)
        tally.variants["created"] += len(new)
        short = []
        for one in batch:
            stored = known.get(one.sku)
            if stored is not None and (told := _change(session, stored, one, now, tally, dry_run)) is not None:
                short.append((stored.id, told))
    return short


def _new_row(shop: ShopRef, one: ImportedVariant, now: datetime, tally: _Tally) -> dict[str, Any] | None:
    if one.lacks:
        reason = f"a new variant needs {' and '.join(one.lacks)}"
        tally.take(Issue(REJECTED, "new_variant_lacks", reason, one.place, one.sku))
        tally.variants["rejected"] += 1
        return None
    row = {"shop_id": shop.id, "sku": one.sku, "reserved": 0, "tags": [], "changed_at": now} | _NEW | dict(one.values)
    return row | {"product_ref": row["product_ref"] or one.sku}


def _change(
    session: Session, row: Variant, one: ImportedVariant, now: datetime, tally: _Tally, dry_run: bool
) -> int | None:
    """What there is, where more than that is promised; the promises are taken back after this transaction, one by one, and
    until then nothing more can be promised."""
    change = {name: value for name, value in one.values.items() if getattr(row, name) != value}
    tally.variants["updated" if change else "unchanged"] += 1
    if not change or dry_run:
        return None
    told = change.pop("stock", None)
    values: dict[str, Any] = {**change, "changed_at": now}
    if told is not None:
        values["stock"] = case((Variant.reserved > told, Variant.reserved), else_=told)
    session.execute(
        update(Variant).where(Variant.id == row.id).values(values).execution_options(synchronize_session=False)
    )
    if told is None:
        return None
    reserved = session.scalar(select(Variant.reserved).where(Variant.id == row.id)) or 0
    return int(told) if reserved > told else None
