"""Counts and lists what an import noticed: counts by reason, the first rows on screen, all of them in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.platforms.model import NOTED, REJECTED, REPAIRED, Issue

SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with `dry_run` would have done. Reasons count orders (or rows without one) once a code."""

    shop: str
    mapping: str
    dry_run: bool
    files: dict[str, int]
    orders: dict[str, int]
    customers: dict[str, int]
    parcels_created: int
    reasons: dict[str, dict[str, int]]
    listing: tuple[Issue, ...]
    listing_left_out: int
    notices: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as the command line prints it; keys are stable."""
        listing = [
            {
                "severity": issue.severity,
                "file": issue.place.file,
                "line": issue.place.line,
                "order": issue.order,
                "column": issue.column,
                "code": issue.code,
                "reason": issue.reason,
            }
            for issue in self.listing
        ]
        return {**asdict(self), "listing": listing, "notices": list(self.notices)}


@dataclass(slots=True)
class Tally:
    """Grows with the kinds of trouble, not with the rows. `sink` gets every issue as it comes."""

    sink: Callable[[Issue], None] | None = None
    reasons: dict[str, Counter[str]] = field(
        default_factory=lambda: {severity: Counter() for severity in (REJECTED, REPAIRED, NOTED)}
    )
    listing: list[Issue] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)  # of each severity, so that notes crowd out no reject
    left_out: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    customers: Counter[str] = field(default_factory=Counter)
    parcels: int = 0

    def take(self, issue: Issue) -> None:
        """An issue by itself: a row that belongs to no order."""
        self.reasons[issue.severity][issue.code] += 1
        self._keep(issue)

    def take_order(self, issues: Iterable[Issue]) -> None:
        """The issues of one order: each code counts once."""
        seen = set()
        for issue in issues:
            if (issue.severity, issue.code) not in seen:
                seen.add((issue.severity, issue.code))
                self.reasons[issue.severity][issue.code] += 1
            self._keep(issue)

    def _keep(self, issue: Issue) -> None:
        if self.shown[issue.severity] < SHOWN:
            self.shown[issue.severity] += 1
            self.listing.append(issue)
        else:
            self.left_out += 1
        if self.sink is not None:
            self.sink(issue)

    def counts(self) -> dict[str, dict[str, int]]:
        return {severity: dict(sorted(codes.items())) for severity, codes in self.reasons.items()}
