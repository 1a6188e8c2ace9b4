"""The world: the same seed gives the same one, and each story comes out as it is called."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from carriers.lab.parcels import Kind, Parcel
from carriers.lab.places import CH_TOWN, DE_TOWNS, HAMBURG, US_TOWNS
from carriers.lab.stories import STORIES
from carriers.lab.world import World

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
FAR = START + timedelta(days=90)


def everything(world: World) -> str:
    return json.dumps([[repr(parcel), parcel.to_dict(START)] for parcel in world])


def kinds(parcel: Parcel, now: datetime = FAR) -> list[Kind]:
    return [scan.kind for scan in sorted(parcel.events(now), key=lambda scan: scan.at)]


def told(story: str, carrier: str = "ups", **options: object) -> Parcel:
    return World(7, START).add(carrier, story, promised_on=START.date(), **options)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_world_to_the_byte() -> None:
    assert everything(World.demo(7, START)) == everything(World.demo(7, START))


def test_another_seed_gives_another_world() -> None:
    assert everything(World.demo(7, START)) != everything(World.demo(8, START))


def test_the_demo_shows_every_story_but_the_return_that_a_label_starts() -> None:
    world = World.demo(7, START)
    assert {parcel.story for parcel in world} == set(STORIES) - {"return"}
    assert 44 <= len(world) <= 56
    assert Counter(parcel.shop for parcel in world) == {"juniper": 28, "nordlicht": 23}


def test_the_demos_shops_use_their_own_carriers() -> None:
    used: dict[str | None, set[str]] = {}
    for parcel in World.demo(7, START):
        used.setdefault(parcel.shop, set()).add(parcel.carrier)
    assert used == {"juniper": {"ups", "fedex", "usps"}, "nordlicht": {"dhl_unified", "ups"}}


def test_a_split_order_is_two_parcels_of_one_group() -> None:
    groups = Counter(parcel.order_group for parcel in World.demo(7, START) if parcel.order_group)
    assert groups == {"juniper-split": 2, "nordlicht-split": 2}


@pytest.mark.parametrize("day", range(14))
@pytest.mark.parametrize("hour", [1, 8, 15, 22])
def test_the_vips_express_parcel_is_late_whenever_the_demo_starts(day: int, hour: int) -> None:
    start = datetime(2026, 3, 2, hour, 30, tzinfo=UTC) + timedelta(days=day)
    parcel = World.demo(7, start).by_role("vip_express_late")
    local_day = parcel.destination.local(start).date()
    shown = [scan.kind for scan in parcel.events(start)]
    assert parcel.service_level == "express"
    assert parcel.promised_on < local_day
    assert shown
    assert Kind.DELIVERED not in shown


@pytest.mark.parametrize("day", range(7))
def test_labels_of_the_demo_are_made_before_it_starts(day: int) -> None:
    start = START + timedelta(days=day)
    assert all(parcel.created_at <= start for parcel in World.demo(7, start))


def test_at_the_demos_start_parcels_are_in_all_states() -> None:
    latest = {parcel.to_dict(START)["latest"] for parcel in World.demo(7, START)}
    assert {"label", "delivered", "weather", "damaged", "refused", "customs_hold", "ready_for_pickup", None} <= latest


@pytest.mark.parametrize("hours", range(0, 24 * 7, 11))
def test_the_demo_moves_within_the_first_hour_at_any_time_of_the_week(hours: int) -> None:
    start = START + timedelta(hours=hours)
    world = World.demo(7, start)
    moved = [parcel for parcel in world if parcel.events(start + timedelta(hours=1)) != parcel.events(start)]
    assert len(moved) >= 2


def test_the_demo_moves_for_days() -> None:
    world = World.demo(7, START)
    later = sum(len(parcel.events(START + timedelta(days=2))) - len(parcel.events(START)) for parcel in world)
    assert later >= 60


@pytest.mark.parametrize("story", sorted(STORIES))
def test_a_story_only_ever_adds_scans(story: str) -> None:
    parcel = told(story)
    before: tuple[object, ...] = ()
    for hour in range(0, 24 * 40, 5):
        shown = parcel.events(parcel.created_at + timedelta(hours=hour))
        assert shown[: len(before)] == before
        before = shown
    assert before == parcel.scans


@pytest.mark.parametrize("story", sorted(STORIES))
def test_no_scan_is_shown_before_it_happens(story: str) -> None:
    assert all(scan.published_at >= scan.at for scan in told(story).scans)


@pytest.mark.parametrize(
    ("story", "last"),
    [
        ("on_time", Kind.DELIVERED),
        ("late", Kind.DELIVERED),
        ("express_late", Kind.DELIVERED),
        ("stalled", Kind.ARRIVED),
        ("lost", Kind.LOST),
        ("damaged", Kind.DAMAGED),
        ("refused", Kind.RETURNED),
        ("returned_to_sender", Kind.RETURNED),
        ("failed_attempts", Kind.COLLECTED),
        ("pickup_point", Kind.COLLECTED),
        ("neighbour", Kind.NEIGHBOUR),
        ("label_only", Kind.LABEL),
        ("address_problem", Kind.DELIVERED),
    ],
)
def test_a_story_ends_as_it_is_called(story: str, last: Kind) -> None:
    assert kinds(told(story))[-1] is last


def test_on_time_means_delivered_on_the_promised_day() -> None:
    parcel = told("on_time")
    delivered = parcel.scans[-1]
    assert parcel.destination.local(delivered.at).date() == parcel.promised_on


def test_a_late_parcel_announces_its_new_date_and_keeps_it() -> None:
    parcel = told("late")
    delivered = parcel.destination.local(parcel.scans[-1].at).date()
    assert parcel.estimate(parcel.created_at) == parcel.promised_on
    assert delivered > parcel.promised_on
    assert parcel.estimate(FAR) == delivered


def test_the_unknown_number_is_unknown_until_the_parcel_is_collected() -> None:
    parcel = told("unknown_at_first")
    assert parcel.events(parcel.created_at + timedelta(hours=1)) == ()
    assert kinds(parcel)[:2] == [Kind.LABEL, Kind.PICKED_UP]


def test_duplicates_come_again_with_the_same_time_and_once_in_other_words() -> None:
    parcel = told("duplicate_scans")
    seen = Counter((scan.kind, scan.at, scan.place) for scan in parcel.scans)
    assert sorted(seen.values())[-2:] == [2, 2]
    assert sum(scan.reworded for scan in parcel.scans) == 1


def test_out_of_order_scans_are_shown_after_later_ones() -> None:
    times = [scan.at for scan in told("out_of_order").scans]
    assert times != sorted(times)


def test_a_hold_at_customs_lasts_days_and_is_released() -> None:
    parcel = told("customs_hold", "dhl_unified", origin=HAMBURG, destination=CH_TOWN)
    by_kind = {scan.kind: scan.at for scan in parcel.scans}
    assert by_kind[Kind.CUSTOMS_OUT] - by_kind[Kind.CUSTOMS_HOLD] > timedelta(days=3)


def test_parcels_within_the_union_see_no_customs_and_parcels_across_the_ocean_do() -> None:
    inside = told("on_time", "dhl_unified", origin=HAMBURG, destination=DE_TOWNS[0])
    across = told("customs", "ups", origin=HAMBURG, destination=US_TOWNS[0])
    assert Kind.CUSTOMS_IN not in kinds(inside)
    assert kinds(across).index(Kind.CUSTOMS_IN) < kinds(across).index(Kind.CUSTOMS_OUT)


def test_a_promise_follows_from_the_label_and_skips_sunday() -> None:
    saturday_evening = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)
    parcel = World(1, START).add("ups", "on_time", created_at=saturday_evening, service_level="express")
    assert parcel.promised_on.isoformat() == "2026-03-17"


def test_a_number_is_only_given_once() -> None:
    world = World(7, START)
    world.add("ups", "on_time", number="1Z12345E0205271688")
    with pytest.raises(ValueError, match="taken"):
        world.add("ups", "late", number="1Z12345E0205271688")


def test_a_parcel_is_found_only_at_its_own_carrier() -> None:
    world = World(7, START)
    parcel = world.add("fedex", "on_time")
    assert world.find("fedex", f" {parcel.number[:4]} {parcel.number[4:]}") == parcel
    assert world.find("ups", parcel.number) is None
