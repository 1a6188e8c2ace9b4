"""Every word that a person sees is there in every language, with the same values in it."""

from __future__ import annotations

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message

from portal.i18n import SOURCE, languages
from portal.settings import ROOT
from portal.web.staff.labels import LABELS
from tests.support.words import faults, forms, main, po_file, template, wrong

REQUIRED = {"de", "ar"}


@cache
def found() -> Catalog:
    return template()


def test_the_words_are_found_in_code_templates_and_settings() -> None:
    places = {place for message in found() for place, _line in message.locations}
    assert any(place.startswith("portal/domain/") for place in places)
    assert any(place.startswith("portal/web/templates/shopper/") for place in places)
    assert any(place.startswith("portal/notify/templates/") for place in places)
    assert any(place.startswith("config/shops/") for place in places)


def test_the_languages_that_were_promised_are_there() -> None:
    assert set(languages()) >= REQUIRED


@pytest.mark.parametrize("language", sorted({*languages(), *REQUIRED} - {SOURCE}))
def test_a_language_is_complete(language: str) -> None:
    assert faults(language, found()) == []


def test_values_in_a_sentence_have_names() -> None:
    # A language may turn the sentence round; what has no name cannot be turned.
    nameless = [form for message in found() for form in forms(message.id) if re.search(r"(?<!%)%(?![(%])\w", form)]
    assert nameless == []


def test_nobody_translates_a_sentence_in_pieces() -> None:
    # A blank at an end is a sentence put together from parts, which works in English alone.
    pieces = [form for message in found() for form in forms(message.id) if form != form.strip()]
    assert pieces == []


def test_what_the_audit_log_says_of_returns_and_push_addresses_is_said_in_words() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "portal" / "usecases").rglob("*.py"))
    written = set(re.findall(r'"(return\.[a-z_]+|push_(?:address|secret)_[a-z]+)"', code))
    assert {"return.label_buy", "push_address_made"} <= written
    assert written - set(LABELS["audit"]) == set()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "not translated"),
        ("Zugestellt", "placeholders"),
        ("Zugestellt %(tag)s", "placeholders"),
        ("Zu 100% zugestellt %(day)s", "lone %"),
        ("Zugestellt %(day)s", ""),
    ],
)
def test_a_wrong_translation_is_noticed(said: str, why: str) -> None:
    problem = wrong(Message("Delivered %(day)s"), Message("Delivered %(day)s", said), 2)
    assert why in problem
    assert bool(problem) == bool(why)


def test_a_form_may_leave_the_count_out_but_nothing_else() -> None:
    source = Message(("%(num)s order of %(name)s", "%(num)s orders of %(name)s"))
    good = Message(source.id, ("eine Bestellung von %(name)s", "%(num)s Bestellungen von %(name)s"))
    bad = Message(source.id, ("eine Bestellung", "%(num)s Bestellungen von %(name)s"))
    few = Message(source.id, ("%(num)s Bestellungen von %(name)s",))
    assert wrong(source, good, 2) == ""
    assert "placeholders" in wrong(source, bad, 2)
    assert "forms" in wrong(source, few, 2)


def test_a_fuzzy_or_missing_message_counts_as_none() -> None:
    assert wrong(Message("Yes"), Message("Yes", "Ja", flags=["fuzzy"]), 2) == "fuzzy"
    assert wrong(Message("Yes"), None, 2) == "missing"


def test_a_new_language_is_begun_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("tests.support.words.FOLDER", tmp_path)
    monkeypatch.setattr("tests.support.words.languages", lambda: (SOURCE,))
    assert main(["fr"]) == 0
    first = po_file("fr").read_text(encoding="utf-8")
    assert 'msgid "Delivered"' in first
    done = first.replace('msgid "Delivered"\nmsgstr ""', 'msgid "Delivered"\nmsgstr "Livré"')
    po_file("fr").write_text(done, encoding="utf-8")
    assert main(["fr"]) == 0
    assert po_file("fr").read_text(encoding="utf-8") == done
    assert main(["fr", "--check"]) == 1
