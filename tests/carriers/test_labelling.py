"""What all label adapters lean on: files by their first bytes, money in minor units, words without people in them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from carriers import labelling
from carriers.base import Account
from carriers.errors import CarrierError, ErrorKind
from carriers.labelling import street_and_number
from carriers.model import Address, LabelFormat, LabelRequest
from carriers.parsing import alpha_3, country

SHOPPER = Address("Ada Example", "12 Oak Street", "AUSTIN", "78704", "US", email="ada@example.com", phone="5125550100")
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", company="Juniper")
REQUEST = LabelRequest("ref-1", SHOPPER, SHOP, 1000)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", LabelFormat.PDF),
        (b"\xef\xbb\xbf\n%PDF-1.4", LabelFormat.PDF),
        (b"\x89PNG\r\n\x1a\n....", LabelFormat.PNG),
        (b"GIF89a....", LabelFormat.GIF),
        (b"GIF87a....", LabelFormat.GIF),
        (b"\x10CT~~CD,~CC^~CT~^XA~TA000", LabelFormat.ZPL),
        (b"^XA^FO50,50^FS^XZ", LabelFormat.ZPL),
        (b"<html>no label</html>", None),
        (b"", None),
        (None, None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(content: bytes | None, kind: LabelFormat | None) -> None:
    assert labelling.sniff(content) is kind


@pytest.mark.parametrize(
    "value",
    [
        base64.b64encode(b"%PDF-1.7").decode(),
        "JVBE\r\nRi0x\nLjc=",
        "data:application/pdf;base64,JVBERi0xLjc=",
    ],
)
def test_base64_is_read_in_the_ways_that_carriers_write_it(value: str) -> None:
    assert labelling.decode(value) == b"%PDF-1.7"
    assert labelling.printable(value) == (b"%PDF-1.7", LabelFormat.PDF)


@pytest.mark.parametrize("value", [None, "", 7, [], {}, "not base64!", "JVBERi0xLjc", "é"])
def test_what_is_no_base64_is_no_file(value: Any) -> None:
    assert labelling.decode(value) is None
    assert labelling.printable(value) is None


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("8.45", "USD", 845),
        (8.45, "USD", 845),
        (8, "usd", 800),
        ("1,008.45", "USD", 100845),
        ("0.005", "EUR", 1),
        ("-2.50", "EUR", -250),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        (0, "EUR", 0),
        ("8,45", "EUR", None),
        ("1.234,56", "EUR", None),
        ("12.00", "", None),
        ("12.00", None, None),
        ("12.00", "XYZ", None),
        ("free", "USD", None),
        ("", "USD", None),
        (True, "USD", None),
        (None, "USD", None),
        (float("nan"), "USD", None),
        ("9" * 40, "USD", None),
    ],
)
def test_money_is_counted_in_the_minor_units_of_its_currency(amount: Any, currency: Any, minor: int | None) -> None:
    assert labelling.minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [(845, "USD", "8.45"), (5, "EUR", "0.05"), (1200, "JPY", "1200"), (1234, "KWD", "1.234"), (845, "", "8.45")],
)
def test_money_is_written_as_carriers_want_it(minor: int, currency: str, words: str) -> None:
    assert labelling.whole_units(minor, currency) == words


def test_weights_and_sizes_never_come_to_nothing() -> None:
    assert (labelling.pounds(1000), labelling.pounds(1), labelling.pounds(0)) == (2.2, 0.01, 0.01)
    assert (labelling.kilograms(1250), labelling.kilograms(1)) == (1.25, 0.01)
    assert (labelling.inches(30), labelling.inches(1), labelling.inches(0)) == (12, 1, 1)


def test_a_name_is_split_before_its_last_word() -> None:
    assert labelling.split_name("Ada  May Example") == ("Ada May", "Example")
    assert labelling.split_name(" Example ") == ("", "Example")


@pytest.mark.parametrize(
    ("kind", "became", "sent"),
    [
        (ErrorKind.BAD_REQUEST, ErrorKind.BAD_REQUEST, False),
        (ErrorKind.AUTH, ErrorKind.AUTH, False),
        (ErrorKind.RATE_LIMITED, ErrorKind.RATE_LIMITED, False),
        (ErrorKind.NOT_FOUND, ErrorKind.BAD_REQUEST, False),
        (ErrorKind.SERVER_ERROR, ErrorKind.SERVER_ERROR, True),
        (ErrorKind.MALFORMED, ErrorKind.MALFORMED, True),
    ],
)
def test_only_a_failed_server_or_a_strange_answer_may_hide_a_purchase(
    kind: ErrorKind, became: ErrorKind, sent: bool
) -> None:
    error = labelling.unsold(CarrierError(kind, "no", carrier_code="17", retry_after=9))
    assert (error.kind, error.sent, error.carrier_code, error.retry_after) == (became, sent, "17", 9)


def test_what_was_never_sent_stays_unsent() -> None:
    assert labelling.unsold(CarrierError(ErrorKind.SERVER_ERROR, sent=False)).sent is False
    assert (labelling.unfit("No ZIP code.").kind, labelling.unfit("No ZIP code.").sent) == (
        ErrorKind.BAD_REQUEST,
        False,
    )


def test_a_refusal_repeats_nobody_and_no_secret() -> None:
    words = "12 OAK STREET, Austin: ada@example.com, 512 is 5125550100, for Ada Example; key hunter2 is wrong"
    account = Account("https://x.invalid", {"api_key": "hunter2", "country": "US"})
    error = labelling.unsold(CarrierError(ErrorKind.BAD_REQUEST, words), labelling.personal(account, REQUEST))
    for hidden in ("oak", "austin", "ada", "example", "5125550100", "hunter2"):
        assert hidden not in error.message.lower()
    assert "is wrong" in error.message


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Hauptstra\u00dfe 5", ("Hauptstra\u00dfe", "5")),
        ("Stra\u00dfe des 17. Juni 135", ("Stra\u00dfe des 17. Juni", "135")),
        ("Lange Gasse 12 - 14 b", ("Lange Gasse", "12-14b")),
        ("Rue de la Paix, 7", ("Rue de la Paix", "7")),
        ("221B  Baker Street", ("Baker Street", "221B")),
        ("Am Markt", ("Am Markt", "")),
        ("10", ("10", "")),
        ("", ("", "")),
    ],
)
def test_a_house_number_stands_last_or_first(line: str, parts: tuple[str, str]) -> None:
    assert street_and_number(line) == parts


@pytest.mark.parametrize(
    ("two", "three"), [("FR", "FRA"), ("us", "USA"), ("DE", "DEU"), ("GB", "GBR"), ("XX", None), ("", None)]
)
def test_countries_are_written_with_three_letters(two: str, three: str | None) -> None:
    assert alpha_3(two) == three


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Deutschland", "DE"),
        ("Polska", "PL"),
        ("Россия", "RU"),
        ("Georgia", "GE"),
        ("Bremen", None),
    ],
)
def test_a_country_is_known_in_the_languages_of_the_carriers(words: str, code: str | None) -> None:
    assert country(words) == code
