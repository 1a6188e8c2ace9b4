"""People and secrets are taken out of a carrier's words in all the letters in which they are sent, and nothing else is."""

from __future__ import annotations

import pytest

from carriers.base import Account
from carriers.discretion import discreet, personal, spoken
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, LabelRequest

SHOPPER = Address(
    "Zoë O'Brien-Müller",
    "12 Quastenflosser Street",
    "Bad Königshofen",
    "97631-1234",
    "DE",
    line2="Hinterhaus",
    phone="+49 (9761) 555-0199",
    email="zoe@quasten.example",
)
SHOP = Address("Returns", "2100 NE Broadway", "PORTLAND", "97232", "US", company="Juniper & Co.")
ACCOUNT = Account("https://x.invalid", {"api_key": "hunter2-secret", "qr": "yes", "language": "en-CA"})
VALUES = personal(ACCOUNT, LabelRequest("ref-1", SHOPPER, SHOP, 1000))


@pytest.mark.parametrize(
    "words",
    [
        "ZOË O'BRIEN-MÜLLER",
        "Zoe O&#39;Brien-Muller",
        "O'Brien-Mueller",
        "Quastenflosser Street",
        "12 Quastenflo",
        "BAD KOENIGSHOFEN",
        "Bad K%C3%B6nigshofen",
        "976311234",
        "97631",
        "4997615550199",
        "9761 is 5550199",
        "zoe%40quasten.example",
        "Juniper &amp; Co.",
        "hunter2-secret",
        "Bearer abc.def-0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    ],
)
def test_whoever_is_named_is_named_no_more(words: str) -> None:
    said = spoken(f"Value <{words}> is not valid", VALUES)
    assert said.startswith("Value <")
    assert said.endswith("> is not valid")
    for piece in ("zo", "brien", "ller", "quasten", "nigshofen", "97631", "5550199", "juniper", "hunter", "ab", "eyj"):
        assert piece not in said[7:-14].lower()


@pytest.mark.parametrize(
    "words",
    [
        "The street is missing, and the postal code is not one of Canada's.",
        "Yesterday's ship date. Returns are not allowed for this account.",
        "Service FEDEX_GROUND is not available from 10115 to 94103.",
        "",
    ],
)
def test_what_names_nobody_stays_as_it_is(words: str) -> None:
    assert spoken(words, VALUES) == words


def test_an_error_keeps_everything_else() -> None:
    @discreet
    def fails(account: Account) -> None:
        raise CarrierError(
            ErrorKind.RATE_LIMITED, "hunter2-secret waits", carrier_code="hunter2-secret", retry_after=7.0, sent=False
        )

    with pytest.raises(CarrierError) as caught:
        fails(ACCOUNT)
    error = caught.value
    assert (error.kind, error.retry_after, error.sent) == (ErrorKind.RATE_LIMITED, 7.0, False)
    assert (error.message, error.carrier_code, error.args) == ("… waits", "…", ("… waits",))
    assert error.__context__ is None
