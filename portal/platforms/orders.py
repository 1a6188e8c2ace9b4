"""Raw rows into an ImportedOrder. An order is taken whole or not at all; what can be left out is left out and said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from portal.domain.zones import zone_for
from portal.platforms import checks, values
from portal.platforms.lines import LineReader, Parts
from portal.platforms.mapping import ORDER_FIELDS, OrderMapping
from portal.platforms.model import NOTED, REJECTED, REPAIRED, Built, ImportedCustomer, ImportedOrder, Issue, Place
from portal.platforms.reading import RawOrder, RawRow
from portal.platforms.values import BadValue

_FATAL = frozenset({"placed_at", "currency"})  # without these there is no order
_ADDRESS = tuple(name for name in ORDER_FIELDS if name.startswith("ship_"))
_SUMS = ("total", "shipping", "discount", "tax")
_WORDS = frozenset({"status", "service_level", "order_number", *_SUMS})
_LONGEST_NUMBER = 100
_FORMAT = "2"  # goes into every hash: raise it when the same rows come to mean something else


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What reading needs to know of the shop. `carrier_known` says whether an adapter has this code."""

    currency: str
    country: str
    origin_country: str
    timezone: str
    carrier_known: Callable[[str], bool]


class OrderSums(NamedTuple):
    """Of a whole order, in minor units."""

    total: int
    shipping: int
    discount: int
    tax: int


@dataclass(slots=True)
class Notebook:
    """Collects the issues of one order."""

    number: str
    place: Place
    issues: list[Issue] = field(default_factory=list)

    def add(self, severity: str, code: str, reason: str, column: str = "", place: Place | None = None) -> None:
        self.issues.append(Issue(severity, code, reason, place or self.place, self.number, column))

    def rejected(self) -> bool:
        return any(issue.severity == REJECTED for issue in self.issues)


class OrderReader:
    """Turns RawOrders of one source into orders of one shop."""

    def __init__(self, mapping: OrderMapping, shop: ShopFacts, now: datetime) -> None:
        self.mapping, self.shop, self.now = mapping, shop, now
        self.zone = ZoneInfo(mapping.zone or shop.timezone)
        self._readers = values.readers(self.zone, mapping.date_formats)
        self._joined = {name for join in mapping.orders.join for name in join.columns}
        self._fields = tuple(dict.fromkeys([*mapping.orders.columns, *sorted(self._joined)]))
        self._plain = tuple(f for f in self._fields if f not in _WORDS)
        self._express = {word.lower() for word in mapping.express}
        self._standard = {word.lower() for word in mapping.standard}
        self._lines = LineReader(mapping, shop.origin_country, shop.carrier_known, self._readers)
        salt = f"{_FORMAT} {mapping!r} {shop.currency} {shop.timezone}"
        self._digest = hashlib.blake2b(salt.encode(), digest_size=16)

    def read(self, raw: RawOrder) -> Built:
        """The order, unless it was rejected, and what was noticed."""
        notes = Notebook(raw.number, raw.rows[0].place)
        found = self._values(raw, notes)
        if not raw.number.isprintable() or len(raw.number) > _LONGEST_NUMBER:
            notes.add(REJECTED, "bad_number", f"an order number has at most {_LONGEST_NUMBER} printable characters")
        if not raw.rows[0].values["placed_at"].strip():
            notes.add(REJECTED, "no_date", "the day it was placed is missing", "placed_at")
        currency = self._currency(found, notes)
        parts = self._lines.read(raw, currency, notes)
        if notes.rejected():
            self._blame_the_rest(raw, notes)
            return Built(raw.number, None, tuple(notes.issues))
        paid = self._paid(raw, currency, notes)
        money = self._money(raw.rows[0], currency, notes, parts, paid)
        if not notes.rejected():
            self._look_over(found, parts, paid, currency, notes)
        if notes.rejected():
            return Built(raw.number, None, tuple(notes.issues))
        return Built(raw.number, self._order(raw, found, currency, money, parts, notes), tuple(notes.issues))

    def _values(self, raw: RawOrder, notes: Notebook) -> dict[str, Any]:
        first = raw.rows[0]
        self._compare_rows(raw, notes)
        for file in first.missing:
            notes.add(NOTED, "no_match", f"{file} has no row for it")
        found: dict[str, Any] = {}
        for name in self._plain:
            cell = first.values[name].strip()
            if cell:
                self._value(name, cell, found, notes)
        self._status(first.values.get("status", ""), found, notes)
        self._service(first.values.get("service_level", ""), found, notes)
        return found

    def _value(self, name: str, cell: str, found: dict[str, Any], notes: Notebook) -> None:
        reader = self._readers.get(name)
        try:
            if reader is not None:
                found[name] = reader(cell)
                return
        except BadValue as bad:
            severity = REJECTED if name in _FATAL else REPAIRED
            notes.add(severity, bad.code, str(bad), self._column(name))
            return
        cleaned = values.tidy(cell)
        if cleaned is not None:
            notes.add(REPAIRED, "text_cut", "control characters or excess length were taken out", self._column(name))
        found[name] = cell if cleaned is None else cleaned

    def _column(self, name: str) -> str:
        return self.mapping.orders.columns.get(name, name)

    def _compare_rows(self, raw: RawOrder, notes: Notebook) -> None:
        """All rows of an order tell the same of the order; where they do not, the first one counts."""
        first = raw.rows[0].values
        for row in raw.rows[1:]:
            for name in self._fields:
                if row.values[name] != first[name]:
                    reason = "another value than in the order's first row, which counts"
                    notes.add(REPAIRED, "rows_disagree", reason, self._column(name), row.place)

    def _status(self, word: str, found: dict[str, Any], notes: Notebook) -> None:
        said = word.strip().lower()
        found["status"] = self.mapping.status.get(said) or values.tidy(said) or said or "open"
        if said and said not in self.mapping.status:
            notes.add(NOTED, "unknown_status", "this word for a status is not known; kept as it is", "status")

    def _service(self, word: str, found: dict[str, Any], notes: Notebook) -> None:
        said = word.strip().lower()
        found["service_level"] = "express" if said in self._express else "standard"
        if said and said not in self._express | self._standard:
            notes.add(REPAIRED, "unknown_service", "neither standard nor express; taken as standard", "service_level")

    def _currency(self, found: dict[str, Any], notes: Notebook) -> str:
        currency = found.get("currency") or self.mapping.currency or self.shop.currency
        if currency != self.shop.currency:
            reason = f"in {currency}, while the shop sells in {self.shop.currency}"
            notes.add(REJECTED, "other_currency", reason, self._column("currency"))
        return str(currency)

    def _blame_the_rest(self, raw: RawOrder, notes: Notebook) -> None:
        """Rows that are themselves in order went with the one that was not; none is dropped in silence."""
        blamed = {issue.place for issue in notes.issues if issue.severity == REJECTED}
        for row in raw.lines if raw.lines is not raw.rows else raw.rows:
            if row.place not in blamed:
                reason = "another row of this order was rejected, and an order is taken whole"
                notes.add(REJECTED, "with_rejected_row", reason, place=row.place)
                blamed.add(row.place)

    def _paid(self, raw: RawOrder, currency: str, notes: Notebook) -> list[int] | None:
        if raw.paid is None:
            return None
        try:
            return [values.money(cell.strip() or "0", currency, self.mapping.decimal) for cell in raw.paid]
        except BadValue as bad:
            notes.add(REJECTED, bad.code, f"a payment: {bad}", "amount")
            return []

    def _money(self, row: RawRow, currency: str, notes: Notebook, parts: Parts, paid: list[int] | None) -> OrderSums:
        """As told; a total that is not: the sum paid, else what the lines, their discounts, tax and shipping add up to."""
        amounts: dict[str, int] = {}
        for name in _SUMS:
            cell = row.values.get(name, "").strip()
            try:
                if cell:
                    amounts[name] = values.money(cell, currency, self.mapping.decimal)
            except BadValue as bad:
                notes.add(REJECTED, bad.code, str(bad), self._column(name))
        if any(amount < 0 for amount in amounts.values()):
            notes.add(REJECTED, "negative_money", "no sum of an order can be negative", "total")
        shipping = amounts.get("shipping", sum(parts.shippings))
        discount = amounts.get("discount", sum(line.discount_minor or 0 for line in parts.lines))
        tax = amounts.get("tax", sum(line.tax_minor or 0 for line in parts.lines))
        goods = max(0, sum(line.unit_price_minor * line.quantity for line in parts.lines) - discount)
        added = 0 if self._tax_included(row) else tax
        return OrderSums(amounts.get("total", sum(paid) if paid else goods + shipping + added), shipping, discount, tax)

    def _tax_included(self, row: RawRow) -> bool:
        """Prices hold their tax, unless the source says no."""
        try:
            return values.yes_no(row.values.get("tax_included", "").strip() or "yes")
        except BadValue:  # told with the other fields
            return True

    def _look_over(
        self, found: dict[str, Any], parts: Parts, paid: list[int] | None, currency: str, notes: Notebook
    ) -> None:
        for code, reason, column in checks.story(found, "delivered_at" in self._fields, self.now):
            notes.add(NOTED, code, reason, column and self._column(column))
        if not parts.lines:
            notes.add(NOTED, "no_items", "the order has no lines")
        if paid is not None and self.mapping.payments is not None:
            digits = values.currency_digits(currency)
            for code, reason, column in checks.payments(self.mapping.payments, paid, parts, digits):
                notes.add(NOTED, code, reason, column)

    def _order(
        self, raw: RawOrder, found: dict[str, Any], currency: str, money: OrderSums, parts: Parts, notes: Notebook
    ) -> ImportedOrder:
        get = found.get
        country = get("ship_country") or self.mapping.country or None
        promised_at = get("promised_at")
        promised_on = get("promised_on") or (promised_at.astimezone(self.zone).date() if promised_at else None)
        address = {name: get(name) for name in _ADDRESS} | {"ship_country": country}
        return ImportedOrder(
            number=raw.number,
            place=notes.place,
            row_hash=self._hash(raw, notes),
            customer=self._customer(raw.number, found),
            placed_at=found["placed_at"],
            status=found["status"],
            currency=currency,
            total_minor=money.total,
            shipping_minor=money.shipping,
            discount_minor=money.discount,
            discount_codes=get("discount_codes") or (),
            tax_minor=money.tax,
            tax_included=get("tax_included", True),
            tags=get("order_tags") or (),
            external_id=get("order_id"),
            timezone=self._recipient_zone(country, get("ship_region")),
            service_level=found["service_level"],
            lines=parts.lines,
            parcels=parts.parcels,
            approved_at=get("approved_at"),
            handed_over_at=get("handed_over_at"),
            delivered_at=get("delivered_at"),
            promised_at=promised_at,
            promised_on=promised_on,
            address=address,
        )

    def _customer(self, number: str, found: dict[str, Any]) -> ImportedCustomer:
        get = found.get
        known_by = get("customer_id") or get("customer_email") or f"order:{number}"
        return ImportedCustomer(
            external_id=known_by,
            email=get("customer_email"),
            name=get("customer_name"),
            phone=get("customer_phone"),
            locale=get("locale"),
            tags=get("customer_tags"),
            loyalty_tier=get("loyalty_tier"),
        )

    def _recipient_zone(self, country: str | None, region: str | None) -> str:
        if self.mapping.recipient_zone:
            return self.mapping.recipient_zone
        return (zone_for(country, region).key if country else "") or self.shop.timezone

    def _hash(self, raw: RawOrder, notes: Notebook) -> str:
        """Of all that was read and how: the same rows under the same mapping change nothing. What was noticed counts
        too, so that an order whose carrier was unknown is taken up again once the carrier is known."""
        digest = self._digest.copy()
        rows = raw.rows if raw.lines is raw.rows else [*raw.rows, *raw.lines]
        told = ["\x1f".join(row.values.values()) for row in rows]
        told += ["\x1f".join(raw.paid or ()), " ".join(issue.code for issue in notes.issues)]
        digest.update("\x1e".join(told).encode())
        return digest.hexdigest()
