"""Claiming 500 parcels to poll, at ten thousand and at a million rows, beside an update of 500 rows by primary key."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from benchmarks.harness import Case, Figure, Rounds, take_turns
from benchmarks.scene import Scene, moment
from benchmarks.workshop import Workshop
from portal.usecases.tracking.claim import Claim, claim
from tests.support.doubles import NOON

BATCH = 500
LIMIT = "UPDATE of 500 random rows of the same table by primary key, bare driver, one transaction"


@dataclass
class _Claiming:
    """The subject and its limit on one scene. What was claimed is given back untimed, as finished polls do."""

    scene: Scene
    claimed: list[Claim] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # the same rows every run
    turn: Any = field(default_factory=count)

    def give_back(self) -> None:
        if not self.claimed:
            return
        later = moment(self.scene.kind, NOON - timedelta(seconds=next(self.turn)))
        ids = ", ".join(str(c.shipment_id) for c in self.claimed)
        with self.scene.database.raw() as driver:
            driver.execute(
                f"UPDATE poll_queue SET lease_until = NULL, claims = 0, next_poll_at = {later} "
                f"WHERE shipment_id IN ({ids})"
            )

    def claim(self) -> int:
        self.claimed = claim(self.scene.deps, "ups", limit=BATCH)
        assert len(self.claimed) == BATCH, len(self.claimed)
        return BATCH

    def limit(self, driver: Any) -> Case:
        lease = moment(self.scene.kind, NOON + timedelta(seconds=120))
        mark = "?" if self.scene.kind == "sqlite" else "%s"
        ids: list[int] = []
        statement = (
            f"UPDATE poll_queue SET lease_until = {lease}, fence = fence + 1, claims = claims + 1 "
            f"WHERE shipment_id IN ({', '.join([mark] * BATCH)})"
        )

        def work() -> int:
            driver.execute(statement, ids)
            return BATCH

        def prepare() -> None:
            self.give_back_limit(driver, ids)
            ids[:] = self.chance.sample(range(1, self.scene.parcels + 1), BATCH)

        return Case(work, prepare)

    def give_back_limit(self, driver: Any, ids: list[int]) -> None:
        if ids:
            wanted = ", ".join(map(str, ids))
            driver.execute(f"UPDATE poll_queue SET lease_until = NULL, claims = 0 WHERE shipment_id IN ({wanted})")


def run(workshop: Workshop) -> Iterator[Figure]:
    """Two figures a kind of database, and how flat their ratio is between the sizes."""
    for kind in workshop.kinds:
        yield from _measure(workshop, kind)


def _measure(workshop: Workshop, kind: str) -> Iterator[Figure]:
    sizes = {"10k": workshop.small, "1m": workshop.large}
    scenes = {label: workshop.scene(kind, size) for label, size in sizes.items()}
    cases: dict[str, Case] = {}
    with scenes["10k"].database.raw() as first, scenes["1m"].database.raw() as second:
        for (label, scene), driver in zip(scenes.items(), (first, second), strict=True):
            claiming = _Claiming(scene)
            cases[f"claim {label}"] = Case(claiming.claim, claiming.give_back)
            cases[f"limit {label}"] = claiming.limit(driver)
        rounds = take_turns(cases, rounds=workshop.rounds(9), meter=scenes["1m"].database.meter)
    for label, size in sizes.items():
        yield _figure(kind, label, size, rounds)
    pairs = zip(rounds.ratios("claim 1m", "limit 1m"), rounds.ratios("claim 10k", "limit 10k"), strict=True)
    yield workshop.ratio_figure(
        f"claim.{kind}.flatness",
        [large / small for large, small in pairs],
        limit_name="the same at 10 k rows",
        goal="ratio <= 1.20",
        note=f"(claim / limit) at {sizes['1m']:,} rows over (claim / limit) at {sizes['10k']:,}",
    )


def _figure(kind: str, label: str, size: int, rounds: Rounds) -> Figure:
    return Figure(
        name=f"claim.{kind}.{label}",
        value=rounds.ms(f"claim {label}") * BATCH,
        unit="CPU ms a claim of 500",
        limit_name=LIMIT,
        limit_value=rounds.ms(f"limit {label}") * BATCH,
        ratio=rounds.ratio(f"claim {label}", f"limit {label}"),
        goal="ratio <= 1.5",
        n=rounds.n,
        note=rounds.note(f"{size:,} rows", f"wall {rounds.wall_ms(f'claim {label}') * BATCH:.1f} ms"),
    )
