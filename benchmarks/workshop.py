"""What every benchmark is given: databases, sizes for a whole or a quick run, and scenes that are made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.databases import Database, Databases
from benchmarks.harness import Figure
from benchmarks.orders import Shown, shown_orders
from benchmarks.scene import Scene, make_scene


@dataclass
class Workshop:
    """`quick` shrinks every size and the number of rounds: to see that a benchmark works, not to learn from it."""

    databases: Databases
    quick: bool = False
    _scenes: dict[tuple[str, int], Scene] = field(default_factory=dict)
    _shown: dict[str, tuple[Database, Shown]] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.databases.kinds

    @property
    def small(self) -> int:
        """Rows of a small installation."""
        return 1_000 if self.quick else 10_000

    @property
    def large(self) -> int:
        """Rows of a large one."""
        return 5_000 if self.quick else 1_000_000

    def size(self, whole: int, quick: int) -> int:
        return quick if self.quick else whole

    def rounds(self, whole: int) -> int:
        return 2 if self.quick else whole

    def scene(self, kind: str, parcels: int) -> Scene:
        """A shop with so many parcels, made once and left by each benchmark as it was found."""
        key = (kind, parcels)
        if key not in self._scenes:
            self._scenes[key] = make_scene(self.databases.new(kind), parcels)
        return self._scenes[key]

    def shown(self, kind: str) -> tuple[Database, Shown]:
        """Polled orders for tracking pages, made once."""
        if kind not in self._shown:
            database = self.databases.new(kind)
            self._shown[kind] = database, shown_orders(database, self.size(10, 3))
        return self._shown[kind]

    def ratio_figure(self, name: str, ratios: Sequence[float], *, limit_name: str, goal: str, note: str) -> Figure:
        """A figure that is nothing but the median of ratios."""
        found = median(ratios)
        return Figure(name, found, "ratio", limit_name, 1.0, found, goal, len(ratios), note)
