"""A shop's variants from a CSV file: one row a variant, read and checked, not yet stored. Streams; memory stays flat but
for the SKUs that were seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.errors import InvalidInput
from portal.platforms import values
from portal.platforms.csv_file import CsvFile, CsvRow, read_rows
from portal.platforms.model import REJECTED, REPAIRED, Issue, Place
from portal.platforms.values import BadValue

# Our columns, as `portal catalogue template` prints them; in the table some have other names.
COLUMNS = (
    "sku",
    "product",
    "title",
    "variant",
    "size_rank",
    "price",
    "stock",
    "type",
    "vendor",
    "tags",
    "weight",
    "active",
)
FIELDS = {
    "sku": "sku",
    "product": "product_ref",
    "title": "title",
    "variant": "variant",
    "size_rank": "size_rank",
    "price": "price_minor",
    "stock": "stock",
    "type": "product_type",
    "vendor": "vendor",
    "tags": "tags",
    "weight": "weight_grams",
    "active": "active",
}
NEEDED = ("title", "price")  # of a variant that is new
_REPAIRED_TO: dict[str, Any] = {"weight": None, "size_rank": None}  # what cannot be read there is left empty


@dataclass(frozen=True, slots=True)
class ImportedVariant:
    """One variant. `values` holds the columns of the table that the file tells, and no others: a file of SKUs and stock
    changes nothing else."""

    place: Place
    sku: str
    values: Mapping[str, Any]

    @property
    def lacks(self) -> tuple[str, ...]:
        """Columns without which a new variant cannot be made."""
        return tuple(name for name in NEEDED if FIELDS[name] not in self.values)


class CatalogueReader:
    """Reads the rows of one file. Raises InvalidInput when it has no `sku`, or nothing else that is known."""

    def __init__(self, file: CsvFile, currency: str) -> None:
        self._file, self._currency = file, currency
        self._at = {name: file.header.index(name) for name in COLUMNS if name in file.header}
        if "sku" not in self._at or len(self._at) < 2:
            raise InvalidInput(
                f"{file.name} needs the column sku and at least one more; `portal catalogue template` prints them"
            )
        self.unread = tuple(sorted({name for name in file.header if name} - set(COLUMNS)))
        self._readers: dict[str, Callable[[str], Any]] = {
            "price": self._price,
            "stock": values.whole,
            "size_rank": values.whole,
            "weight": values.grams,
            "active": values.yes_no,
            "tags": lambda cell: list(values.tags(cell)),
        }

    def read(self) -> Iterator[ImportedVariant | Issue]:
        """Every variant, and what is wrong with a row. A row is taken whole or, when it is rejected, not at all."""
        seen: set[str] = set()
        for row in read_rows(self._file):
            place = Place(self._file.name, row.line)
            found, issues = self._row(row, place, seen)
            yield from issues
            if found is not None:
                yield found

    def _row(self, row: CsvRow, place: Place, seen: set[str]) -> tuple[ImportedVariant | None, list[Issue]]:
        if row.problem:
            return None, [Issue(REJECTED, "broken_row", row.problem, place)]
        sku = row.cells[self._at["sku"]].strip()
        wrong = _wrong_sku(sku, seen)
        if wrong is not None:
            return None, [Issue(REJECTED, *wrong, place, column="sku")]
        seen.add(sku)
        read: dict[str, Any] = {}
        issues = []
        for name, at in self._at.items():
            if name == "sku":
                continue
            try:
                read[FIELDS[name]] = self._cell(name, row.cells[at].strip(), sku)
            except BadValue as bad:
                severity = REPAIRED if name in _REPAIRED_TO else REJECTED
                issues.append(Issue(severity, bad.code, str(bad), place, sku, name))
                read[FIELDS[name]] = _REPAIRED_TO.get(name)
        if any(issue.severity == REJECTED for issue in issues):
            return None, issues
        return ImportedVariant(place, sku, read), issues

    def _cell(self, name: str, cell: str, sku: str) -> Any:
        reader = self._readers.get(name)
        if reader is None:
            return self._text(name, cell, sku)
        if cell:
            return reader(cell)
        if name in ("price", "stock"):
            raise BadValue(f"no_{name}", f"{name} is empty; write 0 if that is meant")
        return {"tags": [], "active": True}.get(name)

    def _text(self, name: str, cell: str, sku: str) -> str | None:
        cleaned = values.tidy(cell)
        text = cell if cleaned is None else cleaned
        if name == "title" and not text:
            raise BadValue("no_title", "title is empty")
        if name == "product":
            return text or sku  # a product of its own
        return text or None

    def _price(self, cell: str) -> int:
        minor = values.money(cell, self._currency)
        if minor < 0:
            raise BadValue("negative_money", "a price cannot be below 0")
        return minor


def _wrong_sku(sku: str, seen: set[str]) -> tuple[str, str] | None:
    if not sku:
        return "no_key", "sku is empty"
    if not sku.isprintable() or len(sku) > values.LONGEST_SKU:
        return "bad_sku", f"a SKU has at most {values.LONGEST_SKU} printable characters"
    if sku in seen:
        return "duplicate_row", "this SKU stood in the file before; the first row counts"
    return None
