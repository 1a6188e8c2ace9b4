"""Carriers without an adapter are linked, and every aggregator is given its own name for them."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.directory import AGGREGATORS, entries, entry, from_slug, link, slug
from carriers.numbers import detect
from carriers.numbers.formats import all_formats, couriers
from carriers.numbers.posts import POSTS, S10
from carriers.registry import all_adapters

ALL = list(entries().values())
LINKED = [one for one in ALL if one.link]


@pytest.mark.parametrize(
    ("aggregator", "code", "name"),
    [
        ("easypost", "ups", "UPS"),
        ("shippo", "ups", "ups"),
        ("aftership", "ups", "ups"),
        ("17track", "ups", "100002"),
        ("karrio", "ups", "ups"),
        ("17track", "fedex", "100003"),
        ("17track", "usps", "21051"),
        ("17track", "dhl_express", "100001"),
        ("aftership", "dhl_express", "dhl"),
        ("aftership", "dhl_parcel_de", "dhl-germany"),
        ("aftership", "evri_uk", "myhermes-uk"),
        ("shippo", "evri_uk", "hermes_uk"),
        ("easypost", "japan_post", "JPPost"),
        ("karrio", "la_poste", "laposte"),
    ],
)
def test_an_aggregator_is_given_its_own_name_for_a_carrier(aggregator: str, code: str, name: str) -> None:
    assert slug(aggregator, code) == name
    assert from_slug(aggregator, name) == code


def test_a_name_that_is_not_known_is_not_guessed() -> None:
    assert slug("shippo", "japan_post") is None
    assert slug("aftership", "nobody") is None
    assert slug("nobody", "ups") is None
    assert from_slug("aftership", "nobody") is None
    assert from_slug("nobody", "ups") is None
    assert from_slug("shippo", "100002") is None


def test_an_aggregator_s_other_names_for_a_carrier_are_understood() -> None:
    assert from_slug("easypost", "FedexSmartPost") == "fedex"
    assert from_slug("aftership", " Postnl-3s ") == "postnl"
    assert from_slug("easypost", "ups") == "ups"
    assert from_slug("17track", "100018") == "evri_uk"


def test_no_two_carriers_share_a_name_at_an_aggregator() -> None:
    for aggregator in AGGREGATORS:
        names = [name.lower() for one in ALL for name in one.slugs.get(aggregator, ())]
        assert len(names) == len(set(names)), aggregator
        for one in ALL:
            assert all(from_slug(aggregator, name) == one.code for name in one.slugs.get(aggregator, ()))


def test_17track_s_names_are_its_keys() -> None:
    assert all(name.isdecimal() for one in ALL for name in one.slugs.get("17track", ()))


def test_the_directory_holds_nothing_that_is_not_read() -> None:
    data = tomllib.loads((files("carriers.directory") / "carriers.toml").read_text("utf-8"))
    for code, table in data.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", code)
        assert set(table) <= {"name", "country", "link", "drop_off", *AGGREGATORS}, code
        assert table.get("drop_off", "https://").startswith("https://"), code
        assert re.fullmatch(r"[A-Z]{2}", table["country"]), code


def test_every_carrier_can_be_linked_or_tracked_through_somebody() -> None:
    assert [one.code for one in ALL if not one.link and not one.slugs] == []
    assert len(LINKED) > 60


def test_a_carrier_with_an_adapter_has_its_link_there_and_not_here() -> None:
    assert [code for code in all_adapters() if code in entries() and entries()[code].link] == []


def test_every_carrier_that_a_number_can_be_of_is_known() -> None:
    known = {*entries(), *all_adapters()}
    named = {code for form in all_formats() if form.id != S10 for code in form.carriers}
    assert (named | {code for codes in POSTS.values() for code in codes}) - known == set()
    valid = [form["test_numbers"]["valid"] for courier in couriers() for form in courier["tracking_numbers"]]
    found = {candidate.carrier for numbers in valid for number in numbers for candidate in detect(number)}
    assert {code for code in found - known if not code.startswith("post_")} == set()


@pytest.mark.parametrize("code", [one.code for one in LINKED])
def test_a_link_leads_to_the_carrier_by_https_whatever_the_number(code: str) -> None:
    template = entries()[code].link
    host = urlsplit(template).netloc
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host)
    assert "{number}" in template.partition(host)[2]
    assert link(code, "AB 123-45") == template.replace("{number}", "AB12345")
    address = urlsplit(link(code, "x@evil.example/../?a=b&c#d\\%"))
    assert (address.scheme, address.netloc) == ("https", host)


@given(st.sampled_from([one.code for one in LINKED]), st.text(max_size=80) | st.just("\ud800"))
def test_a_number_cannot_change_where_a_link_leads(code: str, number: str) -> None:
    fixed = entries()[code].link.split("{number}")
    made = link(code, number)
    assert made == "" or re.fullmatch("[A-Za-z0-9_~%]+".join(re.escape(part) for part in fixed), made)


def test_without_a_number_or_a_page_there_is_no_link() -> None:
    assert link("evri_uk", "") == ""
    assert link("evri_uk", "9" * 1000) == ""
    assert link("nobody", "1") == ""
    assert link("ups", "1Z5R89390357567127") == ""


def test_an_entry_knows_its_formats() -> None:
    assert entry("nobody") is None
    assert entry("evri_uk") == entries()["evri_uk"]
    assert entries()["japan_post"].formats == ("s10", "japan_post_12", "japan_post_11")
    assert "evri_16" in entries()["evri_uk"].formats
    assert entries()["mondial_relay"].formats == ()
