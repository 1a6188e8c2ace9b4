"""Every message, in every language and both layouts, says the same in both its parts and lets nothing in."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from portal.domain.delivery_exceptions.assess import rules
from portal.domain.notifications import CATALOGUE
from portal.i18n import Speaker, languages
from portal.notify import wording
from portal.notify.letter import Item, Letter, Trouble
from portal.notify.render import events, render
from tests.notify.samples import LETTERS, LINK, NOTE, PARCEL, shop

LAYOUTS = ("letter", "ledger")


class Page(HTMLParser):
    """What a mail program would see: tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_every_event_of_the_catalogue_has_words_and_a_sample() -> None:
    assert set(events()) == set(CATALOGUE) == set(LETTERS)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("language", sorted({*languages(), "ar", "de"}))
@pytest.mark.parametrize("event", sorted(LETTERS))
def test_a_message_is_complete_in_every_language_and_layout(event: str, language: str, layout: str) -> None:
    letter = replace(LETTERS[event], language=language)
    done = render(letter, shop(layout, "warm" if layout == "letter" else "plain"))
    page = Page(done.html)
    html = next(attributes for tag, attributes in page.tags if tag == "html")
    assert html["lang"] == language
    assert html["dir"] == ("rtl" if language == "ar" else "ltr")
    assert done.subject
    assert "\n" not in done.subject
    assert letter.link in done.text
    assert [a["href"] for t, a in page.tags if t == "a"] == ([LINK] if letter.link else [])
    for words in (done.text, page.text, done.subject):
        assert not re.search(r"%\(|\{\{|\{%|\bNone\b", words)
    assert "help@juniper.example" in done.text
    assert "help@juniper.example" in page.text


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("event", sorted(LETTERS))
def test_nothing_from_an_order_becomes_markup(event: str, layout: str) -> None:
    bad = "<img src=x onerror=alert(1)>'\"&{{ 7*7 }}"
    parcel = replace(PARCEL, carrier=bad, number=bad, items=(Item(bad, 1, bad),))
    note = replace(NOTE, rma=bad, carrier=bad, number=bad, items=(Item(bad, 1),), credit_code=bad)
    letter = replace(LETTERS[event], order_number=bad, items=(Item(bad, 1),), code=bad)
    letter = replace(letter, parcel=letter.parcel and parcel, note=letter.note and note)
    done = render(letter, shop(layout))
    page = Page(done.html)
    images = [attributes.get("src") for tag, attributes in page.tags if tag == "img"]
    assert images == (["cid:qr"] if event == "return_label_ready" else [])
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "onerror=alert(1)>" in page.text, "the words themselves are shown as they are"
    assert "49" not in done.text.replace("$49.00", "")


@pytest.mark.parametrize("event", sorted(LETTERS))
def test_nothing_is_loaded_from_anywhere(event: str) -> None:
    done = render(LETTERS[event], shop())
    assert not re.search(r"url\(|@import|@font-face|<link|<script|src=\"(?!cid:)", done.html)


@pytest.mark.parametrize("event", sorted(LETTERS))
def test_both_parts_say_the_same(event: str) -> None:
    done = render(LETTERS[event], shop())
    page = Page(done.html)
    body = done.text.split("\n\n--\n")[0]
    for line in re.split(r"\n{2,}", body):
        sentence = " ".join(re.sub(r"(?m)^(?:- |\d\. )", "", line).split())
        for part in re.split(r"(?<=[.:?]) | \(|\) |: ", sentence):
            piece = part.strip(" ()").removesuffix(":")
            if len(piece) > 3 and piece != LINK and "×" not in piece:
                assert piece in page.text, piece


def test_the_two_layouts_are_two_different_letters() -> None:
    letter, ledger = (render(LETTERS["shipped"], shop(layout)) for layout in LAYOUTS)
    assert letter.text == ledger.text
    assert _skeleton(letter.html) != _skeleton(ledger.html)
    assert 'class="band"' in ledger.html
    assert 'class="band"' not in letter.html


def _skeleton(html: str) -> list[str]:
    return [f"{tag}.{attributes.get('class')}" for tag, attributes in Page(html).tags]


def test_a_shop_with_a_warm_voice_does_not_speak_like_a_plain_one() -> None:
    warm, plain = (render(LETTERS["delivered"], shop("letter", voice)) for voice in ("warm", "plain"))
    assert warm.text.splitlines()[0] != plain.text.splitlines()[0]
    assert warm.subject == plain.subject


def test_the_brands_colours_and_type_are_in_the_mail_itself() -> None:
    config = shop("letter")
    done = render(LETTERS["shipped"], config)
    assert f"background: {config.brand.light.accent}" in done.html
    assert config.brand.dark.background in done.html
    assert "var(--" not in done.html


def test_a_brand_cannot_smuggle_rules_into_the_style_sheet() -> None:
    config = shop()
    bad_ones: tuple[dict[str, Any], ...] = (
        {"font_body": "x; } body { background: url(https://evil.example)"},
        {"radius": "4px; position: fixed"},
        {"display_case": "</style><script>"},
    )
    with pytest.raises(ValueError, match="must be"):
        replace(config.brand.light, accent="red; } * { display: none")
    for bad in bad_ones:
        with pytest.raises(ValueError, match="must be"):
            replace(config.brand, **bad)


def test_a_font_with_quotes_reaches_the_style_sheet_whole() -> None:
    config = shop()
    brand = replace(config.brand, font_display='"Iowan Old Style", Georgia, serif')
    done = render(LETTERS["shipped"], replace(config, brand=brand))
    assert "Iowan Old Style" in done.html
    assert "&#34;" not in done.html.split("<body")[0]
    assert "&amp;#34;" not in done.html


def test_a_problem_says_what_happened_what_we_do_and_what_the_shopper_can_do() -> None:
    done = render(LETTERS["problem"], shop())
    assert "should have been with you on Monday, November 23" in " ".join(done.text.split())
    for title in ("What happened", "What we are doing", "What you can do"):
        assert title in done.text
        assert title in done.html


def test_every_rule_finds_words_for_the_shopper() -> None:
    speaker = Speaker("en", "America/New_York")
    days, moments = ("promised_on", "eta_on", "eta_first_on"), _moments()
    sample = dict.fromkeys(moments, "2026-11-20T08:00:00+00:00") | dict.fromkeys(days, "2026-11-20")
    for rule in rules().values():
        for words in (rule.words, *rule.variants.values()):
            if rule.subject == "feed" and not words.shopper:
                continue  # silent pushes: polls go on, and a shopper notices nothing
            told = wording.tell(speaker, Trouble(rule.id, words.shopper, sample), "UPS")
            assert told.happened not in {"", wording.UNEXPLAINED}, rule.id
            assert "2026-" not in told.happened, rule.id
            assert told.we_do
            assert told.you_can


def _moments() -> list[str]:
    return ["last_scan_at", "out_at", "last_attempt_at", "held_at", "waiting_at", "reported_at"]


def test_a_finding_without_the_inputs_its_words_need_is_told_in_general_words() -> None:
    told = wording.tell(Speaker("en"), Trouble("R08", "Expected on %(eta_on)s.", {"eta_on": None}), "UPS")
    assert told.happened == wording.UNEXPLAINED


def test_store_credit_comes_with_its_code_and_no_word_of_a_bank() -> None:
    note = replace(NOTE, resolution="store_credit", credit_code="JUN-4F7K")
    done = render(replace(LETTERS["refund"], note=note), shop())
    assert "JUN-4F7K" in done.text
    assert "JUN-4F7K" in done.html
    assert "bank" not in done.text
    assert "$49.00" in done.subject + done.text


def test_a_code_is_not_in_the_subject_where_a_locked_phone_shows_it() -> None:
    done = render(LETTERS["code"], shop())
    assert "123456" in done.text
    assert "123456" not in done.subject


def test_a_letter_does_not_show_its_secrets_in_a_traceback() -> None:
    letter: Letter = replace(LETTERS["code"], link=LINK)
    assert "123456" not in repr(letter)
    assert "secret-token" not in repr(letter)
