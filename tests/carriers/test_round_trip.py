"""The adapters against the lab, over real HTTP: two readings of the same specifications meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from carriers.base import Account
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.places import CH_TOWN, US_TOWNS
from carriers.lab.server import Lab
from carriers.lab.world import World
from carriers.model import Address, BoughtLabel, LabelFormat, LabelRequest, Status, TrackingResult
from carriers.registry import get

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
CARRIERS = ("ups", "fedex", "usps", "dhl_unified", "dhl_express", "dhl_parcel_de", "gls", "hermes_de", "cdek")
# What the scans of a story must have shown when it is over: a sub-status, or a status where none is sure.
STORIES = {
    "neighbour": "Delivered_005",
    "lost": "Exception_013",
    "damaged": "Exception_012",
    "address_problem": "Exception_007",
    "customs": "InTransit_005",
    "customs_hold": "Exception_004",
    "refused": "Exception_003",
    "failed_attempts": "AttemptFail_002",
    "closed": "AttemptFail_003",
    "pickup_point": "AvailableForPickup_001",
    "returned_to_sender": "Exception_011",
    "label_only": "InfoReceived_001",
}
# Where a carrier has no word as exact as the story.
OTHERWISE = {
    ("fedex", "failed_attempts"): ("AttemptFail_001",),
    ("fedex", "closed"): ("AttemptFail_001",),
    ("fedex", "neighbour"): ("Delivered_001",),
    ("ups", "customs_hold"): ("Exception_018",),
    ("dhl_parcel_de", "customs_hold"): ("Exception_018",),
    ("gls", "customs_hold"): ("Exception_018",),
    ("hermes_de", "closed"): ("AttemptFail_002",),
    ("cdek", "neighbour"): ("Delivered_001",),
    ("cdek", "address_problem"): ("AttemptFail_001",),
    ("cdek", "customs_hold"): ("InTransit_006",),
    ("cdek", "failed_attempts"): ("AttemptFail_001",),
    ("cdek", "closed"): ("AttemptFail_001",),
}


class Client:
    """One carrier of a running lab."""

    def __init__(self, lab: Lab, code: str, **credentials: str) -> None:
        self.adapter = get(code)
        self.account = Account(lab.base_url(code), LAB_CREDENTIALS[code] | credentials)
        self.http = CarrierHttp(code, calls_per_second=1000, total_deadline=5)

    def track(self, *numbers: str) -> list[TrackingResult]:
        return [one for _, found in self.adapter.track(self.http, self.account, numbers) for one in found]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(World(7, START), VirtualClock(lambda: START, START)) as running:
        yield running


@pytest.mark.parametrize("code", CARRIERS)
def test_a_parcel_on_time_is_followed_from_label_to_delivery(lab: Lab, code: str) -> None:
    parcel = lab.world.add(code, "on_time", promised_on=START.date() + timedelta(days=3))
    client = Client(lab, code)
    seen: list[Status] = []
    for _ in range(24 * 6):
        lab.clock.jump(timedelta(hours=1))
        (result,) = client.track(parcel.number)
        if not seen or seen[-1] is not result.status:
            seen.append(result.status)
    assert result.tracking_number == parcel.number
    assert seen[-1] is Status.DELIVERED
    order = [Status.PENDING, Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED]
    assert seen == [status for status in order if status in seen]
    assert {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY} <= set(seen)
    assert all(scan.status for scan in result.checkpoints)
    assert result.delivered_at is not None


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("code", CARRIERS)
def test_every_story_is_understood(lab: Lab, code: str, story: str) -> None:
    destination = CH_TOWN if story.startswith("customs") else US_TOWNS[0]
    parcel = lab.world.add(code, story, promised_on=START.date(), destination=destination)
    lab.clock.jump(timedelta(days=60))
    (result,) = Client(lab, code).track(parcel.number)
    shown = {result.substatus, *(scan.substatus for scan in result.checkpoints)}
    accepted = {STORIES[story], *OTHERWISE.get((code, story), ())}
    assert shown & accepted, [
        (scan.raw_code, scan.raw_text, scan.status, scan.substatus) for scan in result.checkpoints
    ]
    assert None not in {scan.status for scan in result.checkpoints}
    if story == "returned_to_sender":
        assert (result.status, result.substatus) == (Status.EXCEPTION, "Exception_011")


@pytest.mark.parametrize("code", CARRIERS)
def test_unknown_numbers_stand_beside_known_ones(lab: Lab, code: str) -> None:
    parcel = lab.world.add(code, "on_time", promised_on=START.date())
    lab.clock.jump(timedelta(days=10))
    stranger = World(8, START).add(code, "on_time", promised_on=START.date()).number
    known, unknown = Client(lab, code).track(parcel.number, stranger)
    assert known.status is Status.DELIVERED
    assert unknown.error is not None
    assert (unknown.status, unknown.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


def test_both_generations_of_usps_say_the_same(lab: Lab) -> None:
    parcel = lab.world.add("usps", "on_time", promised_on=START.date())
    lab.clock.jump(timedelta(days=10))
    (older,), (newer,) = (Client(lab, "usps", generation=name).track(parcel.number) for name in ("v3", "v3r2"))
    assert [scan.time for scan in older.checkpoints] == [scan.time for scan in newer.checkpoints]
    assert older.status is newer.status


@pytest.mark.parametrize("code", CARRIERS)
def test_wrong_credentials_are_an_auth_error(lab: Lab, code: str) -> None:
    client = Client(lab, code, client_secret="wrong", api_key="wrong", password="wrong")
    with pytest.raises(CarrierError) as caught:
        client.track("1")
    assert caught.value.kind is ErrorKind.AUTH


@pytest.mark.parametrize("code", ["ups", "fedex", "usps"])
def test_a_token_that_expired_early_is_replaced_without_notice(lab: Lab, code: str) -> None:
    parcel = lab.world.add(code, "on_time", promised_on=START.date())
    lab.clock.jump(timedelta(days=10))
    client = Client(lab, code)
    client.track(parcel.number)
    lab.tokens.expire_all()
    (result,) = client.track(parcel.number)
    assert result.status is Status.DELIVERED


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429", ErrorKind.RATE_LIMITED),
        ("500", ErrorKind.SERVER_ERROR),
        ("truncated", ErrorKind.MALFORMED),
        ("html", ErrorKind.MALFORMED),
        ("garbage", ErrorKind.MALFORMED),
    ],
)
@pytest.mark.parametrize("code", CARRIERS)
def test_a_fault_of_the_carrier_has_its_kind_and_passes(lab: Lab, code: str, fault: str, kind: ErrorKind) -> None:
    parcel = lab.world.add(code, "on_time", promised_on=START.date())
    lab.clock.jump(timedelta(days=10))
    client = Client(lab, code)
    client.track(parcel.number)
    lab.faults.set(code, fault, 1)
    with pytest.raises(CarrierError) as caught:
        client.track(parcel.number)
    assert caught.value.kind is kind
    assert client.track(parcel.number)[0].status is Status.DELIVERED


def test_a_return_label_is_bought_once_found_again_and_cancelled(lab: Lab) -> None:
    client, usps = Client(lab, "usps"), get("usps")
    shopper = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX")
    shop = Address("Juniper Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR")
    request = LabelRequest("ref-1", shopper, shop, 900, rma="RMA-1")
    arguments = (client.http, client.account, request)
    assert usps.find_label(*arguments, key="k1") is None  # type: ignore[attr-defined]
    lab.faults.set("usps", "answer_lost", None)
    with pytest.raises(CarrierError):
        usps.create_label(*arguments, key="k1")  # type: ignore[attr-defined]
    lab.faults.set("usps", "none")
    first = usps.create_label(*arguments, key="k1")  # type: ignore[attr-defined]
    again = usps.create_label(*arguments, key="k1")  # type: ignore[attr-defined]
    found = usps.find_label(*arguments, key="k1")  # type: ignore[attr-defined]
    assert first.tracking_number == again.tracking_number == found.tracking_number
    assert (len(lab.purchases), first.document[:5], first.qr_png is not None) == (1, b"%PDF-", True)
    for _ in range(2):  # what is cancelled already is no error
        usps.void_label(client.http, client.account, BoughtLabel(first.tracking_number))  # type: ignore[attr-defined]
    assert lab.book.voided(first.tracking_number)


def test_a_ups_return_label_whose_answer_was_lost_is_found_by_its_reference(lab: Lab) -> None:
    client, ups = Client(lab, "ups"), get("ups")
    shopper = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", phone="5125550100")
    shop = Address("Juniper Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", phone="5035550100")
    request = LabelRequest("rl-abc_DEF-1", shopper, shop, 900, rma="RMA-1")
    arguments = (client.http, client.account, request)
    assert ups.find_label(*arguments, key="k1") is None  # type: ignore[attr-defined]
    lab.faults.set("ups", "answer_lost", None)
    with pytest.raises(CarrierError) as caught:
        ups.create_label(*arguments, key="k1")  # type: ignore[attr-defined]
    assert caught.value.sent
    lab.faults.set("ups", "none")
    found = ups.find_label(*arguments, key="k1")  # type: ignore[attr-defined]
    kept = BoughtLabel(found.tracking_number, found.handle, LabelFormat.PDF, request.reference)
    assert ups.fetch_label(client.http, client.account, kept).content.startswith(b"%PDF-")  # type: ignore[attr-defined]
    assert len(lab.purchases) == 1
    ups.void_label(client.http, client.account, kept)  # type: ignore[attr-defined]
    bought = ups.create_label(client.http, client.account, replace(request, reference="rl-2"), key="k2")  # type: ignore[attr-defined]
    assert (bought.format, bought.currency, bool(bought.cost_minor)) == (LabelFormat.GIF, "USD", True)


def test_a_fedex_return_label_is_bought_and_cancelled(lab: Lab) -> None:
    client, fedex = Client(lab, "fedex"), get("fedex")
    shopper = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", phone="5125550100")
    shop = Address("Juniper Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", phone="5035550100")
    request = LabelRequest("rl-abc_DEF-1", shopper, shop, 900, rma="RMA-1")
    label = fedex.create_label(client.http, client.account, request, key="k1")  # type: ignore[attr-defined]
    assert (label.document[:5], label.currency, bool(label.cost_minor)) == (b"%PDF-", "USD", True)
    fedex.void_label(client.http, client.account, BoughtLabel(label.tracking_number, label.handle))  # type: ignore[attr-defined]
    zpl = replace(request, reference="rl-2", format=LabelFormat.ZPL)
    assert fedex.create_label(client.http, client.account, zpl, key="k2").format is LabelFormat.ZPL  # type: ignore[attr-defined]
