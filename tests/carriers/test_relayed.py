"""What aggregators share: the text behind a vague status, and places that are one text."""

from __future__ import annotations

import re

import pytest

from carriers import relayed
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.door import Door


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (None, None),
        ("On the way", None),
        ("Picked up", "InTransit_002"),
        ("Moved through the facility", None),
        ("Loaded on a trailer", None),
        ("Arrived at SNOW HILL", None),
        ("Delayed by snow", "Exception_017"),
        ("Out for delivery", "OutForDelivery_001"),
        ("In Zustellung", "OutForDelivery_001"),
        ("Your parcel is delivered", None),
        ("Tendered to an authorized agent for final delivery", None),
        ("Le destinataire a refus\u00e9 le colis", "Exception_003"),
        ("Returned to sender", "Exception_011"),
        ("Returning to sender", "Exception_010"),
    ],
)
def test_a_parcel_in_transit_is_where_its_text_says(words: str | None, expected: str | None) -> None:
    assert relayed.on_the_way(words)[1] == expected


def test_a_text_alone_says_less_than_nothing_where_it_speaks_of_what_is_to_come() -> None:
    assert relayed.by_text("Tendered to an authorized agent for final delivery") is None
    assert relayed.by_text("Arrived at SNOW HILL") is None
    assert relayed.by_text("Qwertz") is None
    assert relayed.by_text("Delivered, front door") == (Status.DELIVERED, "Delivered_001")


@pytest.mark.parametrize(
    ("location", "country", "expected"),
    [
        ("DONGGUAN CN", "CN", ("DONGGUAN", None, "CN")),
        ("Bruchsal, Germany", "DE", ("Bruchsal", None, "DE")),
        ("Oakland, CA, US", None, ("Oakland", "CA", "US")),
        ("BROOKLYN, NY", None, ("BROOKLYN", "NY", None)),
        ("Dover, DE", "US", ("Dover", "DE", "US")),
        ("Dover, DE", None, ("Dover", "DE", None)),
        ("Atlanta, Georgia", None, ("Atlanta", None, None)),
        ("Germany", "DE", (None, None, "DE")),
        ("Germany", None, (None, None, "DE")),
        ("US", None, (None, None, "US")),
        ("Singapore", None, ("Singapore", None, None)),
        ("Bonn", None, ("Bonn", None, None)),
        ("New York", "US", ("New York", None, "US")),
        ("1000 Testfield St, Lakewood, Colorado, 11111", None, (None, None, None)),
        ("Quakertown, PA, 18951, US", None, ("Quakertown", "PA", "US")),
        ("Quakertown, PA 18951-1234, US", None, ("Quakertown", "PA", "US")),
        ("CANTON, 30114, GA", None, ("CANTON", "GA", None)),
        ("Bonn, 53113, DE", None, ("Bonn", None, "DE")),
        ("LEEDS, LS1 4AP, GB", None, ("LEEDS", None, "GB")),
        ("53113, DE", "DE", (None, None, "DE")),
        ("56003, US", None, (None, None, "US")),
        ("30114, GA", "US", (None, None, "US")),
        (None, "US", (None, None, "US")),
        ("", None, (None, None, None)),
        (",,", None, (None, None, None)),
    ],
)
def test_a_place_in_one_text_is_taken_apart_as_far_as_it_is_clear(
    location: str | None, country: str | None, expected: tuple[str | None, str | None, str | None]
) -> None:
    assert relayed.place(location, country) == expected


def test_a_number_comes_back_as_it_was_asked_for() -> None:
    assert relayed.spelt("RR123456785DE", ["rr 123 456 785 de"]) == "rr 123 456 785 de"
    assert relayed.spelt("RR999", ["rr 123"]) == "RR999"
    assert relayed.spelt(None, ["1"]) is None


HOSTS = re.compile(r"files\.example", re.ASCII)


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("https://files.example/a.pdf?x=1", True),
        ("https://files.example:443/a.pdf", True),
        ("https://carrier.invalid/a.pdf", True),
        ("http://files.example/a.pdf", False),
        ("https://files.example:8443/a.pdf", False),
        ("https://files.example:port/a.pdf", False),
        ("https://user@files.example/a.pdf", False),
        ("https://files.example@evil.example/a.pdf", False),
        ("https://evil.example/files.example", False),
        ("https://carrier.invalid.evil.example/", False),
        ("http://carrier.invalid/a.pdf", False),
        ("https://[::1", False),
        ("file:///etc/passwd", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_a_file_is_fetched_from_the_aggregators_own_hosts_alone_and_without_the_key(url: object, fetched: bool) -> None:
    door = Door(b"file")
    account = Door.account(api_key="hidden")
    assert relayed.download(door, account, url, HOSTS) == (b"file" if fetched else None)
    assert len(door.calls) == fetched
    for call in door.calls:
        assert (call.basic, dict(call.headers)) == (None, {"Accept": "*/*"})


@pytest.mark.parametrize("answer", [(404, b"x"), (302, b"x"), b"", CarrierError(ErrorKind.SERVER_ERROR, "late")])
def test_a_file_that_does_not_come_is_none(answer: object) -> None:
    assert relayed.download(Door(answer), Door.account(), "https://files.example/a", HOSTS) is None
