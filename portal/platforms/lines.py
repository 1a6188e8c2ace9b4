"""The lines and parcels of an order: a row may be a line, or some units of a line in one of several parcels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from portal.platforms import values
from portal.platforms.mapping import OrderMapping
from portal.platforms.model import REJECTED, REPAIRED, ImportedLine, ImportedParcel, Place
from portal.platforms.reading import RawOrder, RawRow
from portal.platforms.values import BadValue

_LINE_CELLS = ("sku", "title", "quantity", "unit_price")
_READ = ("weight_grams", "final_sale", "shipped_at", "origin_country", "line_tags", "goods_origin")
_TEXT = ("sku", "title", "variant", "product_type", "product", "vendor", "line_id", "hs_code")


class Notes(Protocol):
    def add(self, severity: str, code: str, reason: str, column: str = "", place: Place | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """`shippings` holds the shipping told with each line, 0 where none is."""

    lines: tuple[ImportedLine, ...]
    parcels: tuple[ImportedParcel, ...]
    shippings: tuple[int, ...]


@dataclass(slots=True)
class _Parcel:
    carrier: str
    number: str
    shipped_at: datetime | None
    origin: str | None
    units: dict[int, int]


class LineReader:
    """Reads the lines of orders of one source."""

    def __init__(
        self,
        mapping: OrderMapping,
        origin_country: str,
        carrier_known: Callable[[str], bool],
        readers: Mapping[str, Callable[[str], Any]],
    ) -> None:
        self._mapping, self._origin, self._known, self._readers = mapping, origin_country, carrier_known, readers
        named = {*mapping.lines.columns, *(name for join in mapping.lines.join for name in join.columns)}
        self._texts = tuple(name for name in _TEXT if name in named)
        self._others = tuple(name for name in _READ if name in named)
        self._ships = "tracking_number" in named
        self._counts = "quantity" in named

    def read(self, raw: RawOrder, currency: str, notes: Notes) -> Parts:
        """All that can be read; what cannot is in `notes`, and when that rejects the order the result is worthless."""
        lines: dict[int, ImportedLine] = {}
        shippings: dict[int, int] = {}
        parcels: dict[tuple[str, str], _Parcel] = {}
        seen: dict[int, list[dict[str, str]]] = {}
        for row in raw.lines:
            if not any(row.values.get(name, "").strip() for name in _LINE_CELLS):
                self._parcel(row, None, {}, parcels, notes)
                continue
            try:
                line, shipping, others = self._line(row, currency, len(lines) + 1, notes)
            except BadValue as bad:
                notes.add(REJECTED, bad.code, str(bad), place=row.place)
                continue
            if line.position in lines and row.values in seen[line.position]:
                notes.add(REPAIRED, "duplicate_row", "the same row again; left out", place=row.place)
                continue
            seen.setdefault(line.position, []).append(row.values)
            self._merge(line, shipping, lines, shippings, notes, row)
            self._parcel(row, line, others, parcels, notes)
        return Parts(
            tuple(lines.values()),
            tuple(ImportedParcel(p.carrier, p.number, p.shipped_at, p.origin, p.units) for p in parcels.values()),
            tuple(shippings.values()),
        )

    def _merge(
        self,
        line: ImportedLine,
        shipping: int,
        lines: dict[int, ImportedLine],
        shippings: dict[int, int],
        notes: Notes,
        row: RawRow,
    ) -> None:
        """Rows of the same position are units of one line in several parcels, as long as they are the same goods."""
        before = lines.get(line.position)
        if before is None:
            lines[line.position], shippings[line.position] = line, shipping
        elif (before.sku, before.unit_price_minor) != (line.sku, line.unit_price_minor):
            reason = f"position {line.position} stands twice in this order, with other goods or another price"
            notes.add(REJECTED, "position_twice", reason, "line_position", row.place)
        else:
            lines[line.position] = replace(
                before,
                quantity=before.quantity + line.quantity,
                discount_minor=_together(before.discount_minor, line.discount_minor),
                tax_minor=_together(before.tax_minor, line.tax_minor),
            )
            shippings[line.position] += shipping

    def _line(self, row: RawRow, currency: str, next_position: int, notes: Notes) -> tuple[ImportedLine, int, Any]:
        """Raises BadValue for what a line cannot do without."""
        cells = row.values
        position = self._must("line_position", cells) or next_position
        quantity = (self._must("quantity", cells) if self._counts else 1) or 0
        if not quantity:
            raise BadValue("no_quantity", "quantity is missing")
        price = self._amount("unit_price", cells, currency)
        if price is None:
            raise BadValue("no_price", "unit_price is missing; write 0 for a gift")
        texts = {name: self._text(name, row, notes) for name in self._texts}
        if not texts.get("sku"):
            raise BadValue("no_sku", "sku is missing")
        others = {name: self._other(name, row, notes) for name in self._others}
        line = ImportedLine(
            position=position,
            sku=texts["sku"],
            title=texts.get("title") or "",
            quantity=quantity,
            unit_price_minor=price,
            variant=texts.get("variant") or None,
            product_type=texts.get("product_type") or None,
            final_sale=bool(others.get("final_sale")),
            weight_grams=others.get("weight_grams"),
            product_ref=texts.get("product") or None,
            vendor=texts.get("vendor") or None,
            tags=others.get("line_tags") or (),
            discount_minor=self._amount("line_discount", cells, currency),
            tax_minor=self._amount("line_tax", cells, currency),
            external_id=texts.get("line_id") or None,
            hs_code=texts.get("hs_code") or None,
            origin_country=others.get("goods_origin"),
        )
        return line, self._amount("line_shipping", cells, currency) or 0, others

    def _must(self, name: str, cells: Mapping[str, str]) -> Any:
        cell = cells.get(name, "").strip()
        try:
            return self._readers[name](cell) if cell else None
        except BadValue as bad:
            raise BadValue(bad.code, f"{name}: {bad}") from None

    def _amount(self, name: str, cells: Mapping[str, str], currency: str) -> int | None:
        cell = cells.get(name, "").strip()
        if not cell:
            return None
        try:
            minor = values.money(cell, currency, self._mapping.decimal)
        except BadValue as bad:
            raise BadValue(bad.code, f"{name}: {bad}") from None
        if minor < 0:
            raise BadValue("negative_money", f"{name}: cannot be negative; refunds are not imported as lines")
        return minor

    def _text(self, name: str, row: RawRow, notes: Notes) -> str:
        cell = row.values[name].strip()
        cleaned = values.tidy(cell)
        if cleaned is None:
            return cell
        notes.add(REPAIRED, "text_cut", "control characters or excess length were taken out", name, row.place)
        return cleaned

    def _other(self, name: str, row: RawRow, notes: Notes) -> Any:
        cell = row.values[name].strip()
        try:
            return self._readers[name](cell) if cell else None
        except BadValue as bad:
            notes.add(REPAIRED, bad.code, str(bad), name, row.place)
            return None

    def _parcel(
        self,
        row: RawRow,
        line: ImportedLine | None,
        others: Mapping[str, Any],
        parcels: dict[tuple[str, str], _Parcel],
        notes: Notes,
    ) -> None:
        if not self._ships:
            return
        number = "".join(row.values["tracking_number"].split()).upper()
        word = row.values.get("carrier", "").strip().lower()
        if not number:
            return
        code = self._mapping.carriers.get(word, word.replace(" ", "_").replace("-", "_"))
        if not code or not self._known(code):
            what = (
                f"no carrier is called {code!r}" if code and code.isascii() and len(code) < 40 else "no known carrier"
            )
            reason = f"{what}; the parcel is left out. `portal carriers list` names them"
            notes.add(REPAIRED, "unknown_carrier", reason, "carrier", row.place)
            return
        shipped, origin = others.get("shipped_at"), others.get("origin_country")
        parcel = parcels.setdefault((code, number), _Parcel(code, number, shipped, origin or self._origin, {}))
        parcel.shipped_at = parcel.shipped_at or shipped
        if line is not None:
            parcel.units[line.position] = parcel.units.get(line.position, 0) + line.quantity


def _together(one: int | None, other: int | None) -> int | None:
    """What rows of one line tell of it, each of its own units; None when none of them does."""
    return None if one is None and other is None else (one or 0) + (other or 0)
