"""Return labels of the lab's carriers over real HTTP: bought once though an answer is lost, printed, given back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from carriers.base import Account, LabelAdapter, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.world import World
from carriers.model import Address, BoughtLabel, CustomsItem, Label, LabelDocument, LabelFormat, LabelRequest
from carriers.registry import get

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SHOPPER = Address(
    "Ida Beispiel", "Lange Gasse 12", "Lübeck", "23552", "DE", phone="+49451123456", email="ida@example.com"
)
SHOP = Address("Retouren", "Holtenauer Straße 1", "Kiel", "24103", "DE", company="Nordlicht", phone="+49431123456")
GOODS = (CustomsItem("Wool scarf", 1, 900, 4900),)
REQUEST = LabelRequest(
    "rl-abc_DEF-1", SHOPPER, SHOP, 900, rma="RMA-1", ship_on=START.date(), items=GOODS, currency="EUR"
)
FORMATS = {
    "gls": (LabelFormat.PDF, LabelFormat.PNG, LabelFormat.ZPL),
    "dhl_parcel_de": (LabelFormat.PDF,),
    "dhl_express": (LabelFormat.PDF, LabelFormat.ZPL),
    "hermes_de": (LabelFormat.PDF, LabelFormat.ZPL),
    "cdek": (LabelFormat.PDF,),
}
QR = ("dhl_parcel_de",)


class Counter:
    """One carrier of a running lab that sells return labels."""

    def __init__(self, lab: Lab, code: str) -> None:
        self.code, self.lab = code, lab
        self.adapter = cast("LabelAdapter", get(code))
        self.door = (
            CarrierHttp(code, calls_per_second=1000, total_deadline=5),
            Account(lab.base_url(code), LAB_CREDENTIALS[code]),
        )
        self.request = REQUEST
        if code == "cdek":
            outbound = lab.world.add(code, "on_time", promised_on=START.date()).number
            lab.clock.jump(timedelta(days=9))
            self.request = replace(REQUEST, outbound_number=outbound, service="137")

    def buy(self, **more: object) -> Label:
        return self.adapter.create_label(*self.door, replace(self.request, **more), key="k")  # type: ignore[arg-type]

    def find(self) -> Label | None:
        return self.adapter.find_label(*self.door, self.request, key="k")

    def fetch(self, label: Label) -> LabelDocument:
        return self.adapter.fetch_label(*self.door, self.kept(label))

    def void(self, label: Label) -> None:
        self.adapter.void_label(*self.door, self.kept(label))

    def kept(self, label: Label) -> BoughtLabel:
        return BoughtLabel(label.tracking_number, label.handle, label.format, self.request.reference)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(World(7, START), VirtualClock(lambda: START, START)) as running:
        yield running


@pytest.mark.parametrize(("code", "wished"), [(code, one) for code, formats in FORMATS.items() for one in formats])
def test_a_label_comes_in_the_format_that_was_asked_for(lab: Lab, code: str, wished: LabelFormat) -> None:
    label = Counter(lab, code).buy(format=wished)
    (sold,) = lab.purchases
    assert (label.carrier, label.format) == (code, wished)
    assert label.tracking_number.startswith(sold.number)  # GLS adds a check digit
    assert label.document
    assert (label.qr_png is not None) == (code in QR)


@pytest.mark.parametrize("code", FORMATS)
def test_a_lost_answer_never_buys_twice(lab: Lab, code: str) -> None:
    counter = Counter(lab, code)
    recovery = counter.adapter.info.label_recovery
    if recovery is Recovery.FIND_BY_REFERENCE:
        assert counter.find() is None
    lab.faults.set(code, "answer_lost", None, "label")
    error = _refused(counter.buy)
    assert (error.kind, error.sent) == (ErrorKind.SERVER_ERROR, True)
    lab.faults.set(code, "none")
    if recovery is Recovery.NONE:
        assert _refused(counter.find).kind is ErrorKind.NOT_SUPPORTED
        return
    found = _patiently(counter.find)
    assert found is not None
    (sold,) = lab.purchases
    assert found.tracking_number.startswith(sold.number)
    assert found.document.startswith(b"%PDF-")
    assert counter.fetch(found).content.startswith(b"%PDF-")


@pytest.mark.parametrize("code", [code for code in FORMATS if get(code).info.void])
def test_an_unused_label_is_given_back_and_a_used_one_is_not(lab: Lab, code: str) -> None:
    counter = Counter(lab, code)
    unused = counter.buy()
    counter.void(unused)
    counter.void(unused)
    lab.clock.jump(timedelta(minutes=1))
    if counter.adapter.info.label_recovery is Recovery.FIND_BY_REFERENCE:
        assert counter.find() is None
    used = counter.buy()
    lab.clock.jump(timedelta(days=9))
    assert _refused(lambda: counter.void(used)).kind is ErrorKind.BAD_REQUEST


@pytest.mark.parametrize("fault", ["429", "500", "request_lost", "html"])
@pytest.mark.parametrize("code", FORMATS)
def test_a_fault_sells_nothing_unseen(lab: Lab, code: str, fault: str) -> None:
    lab.faults.set(code, fault, 1, "label")
    error = _refused(Counter(lab, code).buy)
    assert error.sent or not lab.purchases


def _refused(call: Callable[[], object]) -> CarrierError:
    with pytest.raises(CarrierError) as caught:
        call()
    return caught.value


def _patiently(find: Callable[[], Label | None]) -> Label | None:
    """What is found, of a carrier that may still be at work when it is asked for the first time."""
    try:
        return find()
    except CarrierError:
        return find()
