"""Return labels of every carrier that sells them: bought, lost, found, printed again and given back, over real HTTP.

The lab's counters and the adapters were written apart, each from the carriers' documents: where they agree, both have
probably read them right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from carriers.base import Account, Adapter, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.wire import CARRIERS
from carriers.lab.world import World
from carriers.labelling import sniff
from carriers.model import Address, BoughtLabel, CustomsItem, Label, LabelFormat, LabelRequest, Status
from carriers.registry import all_adapters

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
US = (
    Address(
        "Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", region="TX", phone="5125550100", email="a@x.example"
    ),
    Address("Juniper Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", region="OR", phone="5035550100"),
)
CA = (
    Address(
        "Ada Example", "12 Oak Street", "OTTAWA", "K1A0B1", "CA", region="ON", phone="6135550100", email="a@x.example"
    ),
    Address("Juniper Returns", "2100 Rue Peel", "MONTREAL", "H3A1S7", "CA", region="QC", phone="5145550100"),
)
DE = (
    Address("Ada Beispiel", "Lindenweg 12", "Köln", "50667", "DE", phone="+4922155501", email="a@x.example"),
    Address("Nordlicht Retouren", "Hafenstraße 3", "Kiel", "24103", "DE", phone="+4943155501", email="r@x.example"),
)
RU = (
    Address("Анна Пример", "ул. Ленина, 12", "Новосибирск", "630099", "RU", phone="+79135550100", email="a@x.example"),
    Address("Склад возвратов", "ул. Мира, 3", "Москва", "129090", "RU", phone="+74955550100", email="r@x.example"),
)
PLACES = {"dhl_parcel_de": DE, "gls": DE, "hermes_de": DE, "canada_post": CA, "cdek": RU}
SELLERS = sorted(code for code, adapter in all_adapters().items() if adapter.info.labels and code in CARRIERS)


@dataclass
class Counter:
    """One carrier's label calls, at the lab."""

    lab: Lab
    code: str
    adapter: Any
    http: CarrierHttp
    account: Account

    @property
    def sold(self) -> list[Any]:
        return [purchase for purchase in self.lab.purchases if purchase.carrier == self.code]

    def request(self, **changes: Any) -> LabelRequest:
        sender, recipient = PLACES.get(self.code, US)
        currency = {"CA": "CAD", "DE": "EUR", "RU": "RUB"}.get(sender.country, "USD")
        goods = (CustomsItem("Linen shirt", 1, 400, 4_900),)
        services = {"cdek": "123"}  # only CDEK has no usual one
        request = LabelRequest(
            "rl-Ab3_xYz-0123456789",
            sender,
            recipient,
            900,
            description="Return RMA-1",
            rma="RMA-1",
            ship_on=date(2026, 11, 3),
            value_minor=4_900,
            currency=currency,
            items=goods,
            outbound_number=self.outbound,
            service=services.get(self.code, ""),
        )
        return replace(request, **changes)

    @property
    def outbound(self) -> str:
        """The parcel that came: some carriers make a return of it."""
        return self.lab.world.add(self.code, "on_time", created_at=START - timedelta(days=9)).number

    def buy(self, request: LabelRequest, key: str = "key-1") -> Label:
        label: Label = self.adapter.create_label(self.http, self.account, request, key=key)
        return label

    def same(self, label: Label) -> bool:
        """Whether this is the last label sold. GLS says its number with a check digit."""
        number = self.sold[-1].number
        return bool(label.tracking_number[: len(number)] == number)

    def kept(self, label: Label, request: LabelRequest) -> BoughtLabel:
        return BoughtLabel(label.tracking_number, label.handle, label.format, request.reference)


@pytest.fixture
def lab() -> Iterator[Lab]:
    running = Lab(World(11, START - timedelta(days=10)), VirtualClock(lambda: START, START, 0)).start()
    yield running
    running.stop()


@pytest.fixture(params=SELLERS)
def counter(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Counter]:
    code: str = request.param
    adapter: Adapter = all_adapters()[code]
    http = CarrierHttp(code, calls_per_second=1000)
    yield Counter(lab, code, adapter, http, Account(lab.base_url(code), LAB_CREDENTIALS[code]))
    http.close()


def test_a_label_comes_in_every_format_that_is_promised_with_what_it_costs(counter: Counter) -> None:
    for form in counter.adapter.info.label_formats:
        request = counter.request(reference=f"rl-{form.value}-0123456789", format=form)
        label = counter.buy(request, f"key-{form.value}")
        document = label.document
        if not document:  # bought, and not printed yet
            counter.lab.clock.jump(timedelta(minutes=5))
            document = counter.adapter.fetch_label(counter.http, counter.account, counter.kept(label, request)).content
        assert sniff(document) is label.format is form
        assert counter.same(label)
        assert (label.cost_minor is None) == (label.currency is None)
        if label.cost_minor is not None:
            assert (label.cost_minor, label.currency) == (counter.sold[-1].cost_minor, counter.sold[-1].currency)
    assert len(counter.sold) == len(counter.adapter.info.label_formats)


def test_a_code_for_the_counter_comes_where_it_is_promised(counter: Counter) -> None:
    if not counter.adapter.info.qr:
        pytest.skip("this carrier has no code for the counter")
    bought = (
        counter.buy(counter.request(reference=f"rl-{form.value}-0123456789", format=form), f"key-{form.value}")
        for form in counter.adapter.info.label_formats
    )
    assert LabelFormat.PNG in [sniff(label.qr_png) for label in bought]  # some give it beside the label, some instead


def test_after_a_lost_answer_it_goes_as_the_adapter_says(counter: Counter) -> None:
    request, recovery = counter.request(), counter.adapter.info.label_recovery
    counter.lab.faults.set(counter.code, "answer_lost", None, on="label")
    with pytest.raises(CarrierError) as caught:
        counter.buy(request)
    assert caught.value.sent
    assert caught.value.kind in (ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED)
    counter.lab.faults.set(counter.code, "none")
    counter.lab.clock.jump(timedelta(minutes=5))  # some take their time to say what became of it
    assert len(counter.sold) == 1
    if recovery is Recovery.NONE:
        with pytest.raises(CarrierError) as caught:
            counter.adapter.find_label(counter.http, counter.account, request, key="key-1")
        assert caught.value.kind is ErrorKind.NOT_SUPPORTED
        return
    if recovery in (Recovery.NATIVE_KEY, Recovery.UNIQUE_REFERENCE):
        assert counter.same(counter.buy(request))
    assert counter.same(looked_up(counter, request))
    assert len(counter.sold) == 1


def looked_up(counter: Counter, request: LabelRequest) -> Label:
    """Asked again where the carrier cannot say yet, as the ledger does."""
    for _ in range(2):
        try:
            return found_at(counter, request)
        except CarrierError as error:
            if not error.retryable:
                raise
    return found_at(counter, request)


def found_at(counter: Counter, request: LabelRequest) -> Label:
    found: Label = counter.adapter.find_label(counter.http, counter.account, request, key="key-1")
    return found


def test_what_was_never_bought_is_surely_not_found(counter: Counter) -> None:
    if counter.adapter.info.label_recovery is Recovery.NONE:
        pytest.skip("this carrier cannot be asked")
    other = counter.request(reference="rl-somebody-else-01234")
    counter.buy(other, "key-2")
    assert counter.adapter.find_label(counter.http, counter.account, counter.request(), key="key-1") is None


def test_a_label_is_printed_again_or_the_adapter_says_that_it_is_not(counter: Counter) -> None:
    request = counter.request()
    label = counter.buy(request)
    counter.lab.clock.jump(timedelta(minutes=5))
    again = refused = None
    try:
        again = counter.adapter.fetch_label(counter.http, counter.account, counter.kept(label, request))
    except CarrierError as error:
        refused = error
    if again is not None:
        assert sniff(again.content) is again.format
    elif refused is not None:
        assert refused.kind is ErrorKind.NOT_SUPPORTED
        assert label.document, "a label that comes without its file must be printable later"


def test_an_unused_label_is_given_back_once_and_for_all(counter: Counter) -> None:
    request = counter.request()
    label = counter.buy(request)
    kept = counter.kept(label, request)
    if not counter.adapter.info.void:
        with pytest.raises(CarrierError) as caught:
            counter.adapter.void_label(counter.http, counter.account, kept)
        assert caught.value.kind is ErrorKind.NOT_SUPPORTED
        return
    counter.adapter.void_label(counter.http, counter.account, kept)
    assert counter.lab.book.voided(counter.sold[0].number)
    counter.adapter.void_label(counter.http, counter.account, kept)  # it is gone already: no error


def test_a_used_label_is_not_given_back(counter: Counter) -> None:
    if not counter.adapter.info.void:
        pytest.skip("this carrier takes no labels back")
    request = counter.request()
    used = counter.kept(counter.buy(request), request)
    counter.lab.clock.jump(timedelta(days=12))
    with pytest.raises(CarrierError) as caught:
        counter.adapter.void_label(counter.http, counter.account, used)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert not counter.lab.book.voided(counter.sold[0].number)


def test_a_label_that_nobody_knows_is_not_said_to_be_given_back(counter: Counter) -> None:
    if not counter.adapter.info.void:
        pytest.skip("this carrier takes no labels back")
    counter.buy(counter.request())
    for number, handle in (("1Z1A2B3C9099999999", "no-such-handle"), ("00340434299999999999", "")):
        with pytest.raises(CarrierError) as caught:
            counter.adapter.void_label(
                counter.http, counter.account, BoughtLabel(number, handle, LabelFormat.PDF, "rl-nobody")
            )
        assert caught.value.kind in (ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST)
    assert not counter.lab.book.voided(counter.sold[0].number)


def test_a_label_that_was_given_back_is_not_found_as_a_label(counter: Counter) -> None:
    recovery = counter.adapter.info.label_recovery
    if recovery is Recovery.NONE or not counter.adapter.info.void:
        pytest.skip("this carrier cannot be asked, or takes no labels back")
    request = counter.request()
    counter.adapter.void_label(counter.http, counter.account, counter.kept(counter.buy(request), request))
    found = refused = None
    try:
        found = found_at(counter, request)
    except CarrierError as error:
        refused = error
    assert found is None
    assert refused is None or refused.kind is ErrorKind.BAD_REQUEST  # a person says whether another is bought


@pytest.mark.parametrize("fault", ["429", "500", "request_lost", "html"])
def test_a_fault_sells_nothing_unseen(counter: Counter, fault: str) -> None:
    counter.lab.faults.set(counter.code, fault, 1, on="label")
    with pytest.raises(CarrierError) as caught:
        counter.buy(counter.request())
    assert caught.value.sent or not counter.sold


def test_the_parcel_of_a_label_is_tracked_by_its_number(counter: Counter) -> None:
    label = counter.buy(counter.request())
    counter.lab.clock.jump(timedelta(days=12))
    answers = counter.adapter.track(counter.http, counter.account, [label.tracking_number])
    results = [result for _, results in answers for result in results]
    assert [result.status for result in results] == [Status.DELIVERED]


def test_wrong_credentials_buy_nothing_and_are_said_to_be_wrong(counter: Counter) -> None:
    secrets = ("client_secret", "password", "api_key", "api_secret", "api_token", "token")
    given = LAB_CREDENTIALS[counter.code]
    wrong = {name: f"{value}x" if name in secrets else value for name, value in given.items()}
    with pytest.raises(CarrierError) as caught:
        counter.adapter.create_label(
            counter.http, Account(counter.account.base_url, wrong), counter.request(), key="key-1"
        )
    assert caught.value.kind is ErrorKind.AUTH
    assert counter.sold == []
    assert not any(wrong[name] in caught.value.message for name in secrets if name in wrong)


def test_an_error_repeats_nothing_of_the_address(counter: Counter) -> None:
    if counter.code == "cdek":
        pytest.skip("this carrier takes the addresses from the parcel that came")
    if counter.code == "cdek":
        pytest.skip("a client return goes by the order that went out: no address is sent")
    sender = replace(counter.request().sender, postal_code="0", city="")
    with pytest.raises(CarrierError) as caught:
        counter.buy(counter.request(sender=sender))
    assert not caught.value.sent or caught.value.kind is ErrorKind.BAD_REQUEST
    assert counter.sold == []
    for secret in (sender.name, sender.line1, sender.email):
        assert secret not in caught.value.message
