"""The headers of a message are ours alone, whatever stands in a shop's settings or an order (threat T14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.notify.errors import MailRefused
from portal.notify.letter import Attachment, Letter
from portal.notify.message import build
from portal.notify.render import Rendered, render
from tests.notify.samples import LETTERS, shop

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
PLAIN = Rendered("Your order", "Hello\n", "<p>Hello</p>")
HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language",
    "MIME-Version", "Content-Type",
}  # fmt: skip


def sent(
    letter: Letter, rendered: Rendered | None = None, to: str = "ada@mail.example", name: str = ""
) -> EmailMessage:
    """The message after its way over the wire."""
    config = shop()
    if name:
        config = replace(config, sender=replace(config.sender, name=name))
    message = build(
        letter, rendered or render(letter, config), config, recipient=to, message_id="<one@juniper.example>", now=NOON
    )
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize("event", sorted(LETTERS))
def test_a_message_has_the_shops_sender_both_parts_and_no_more_headers_than_it_should(event: str) -> None:
    message = sent(LETTERS[event])
    assert set(message.keys()) == HEADERS
    assert message["From"] == "Juniper <orders@juniper.example>"
    assert message["Reply-To"] == "Juniper <help@juniper.example>"
    assert message["To"] == "ada@mail.example"
    assert message["Date"].datetime == NOON
    assert message["Message-ID"] == "<one@juniper.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "help@juniper.example" in text.get_content()
    assert "<html" in html.get_content()


def test_a_return_label_comes_as_a_pdf_and_its_code_is_shown_inside_the_page() -> None:
    message = sent(LETTERS["return_label_ready"])
    (pdf,) = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
    assert pdf.get_filename() == "return-label-RMA-7K2M.pdf"
    assert pdf.get_content() == b"%PDF-1.4 label"
    (png,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert png["Content-ID"] == "<qr>"
    assert png.get_content_disposition() == "inline"
    html = message.get_body(("html",))
    assert html is not None
    assert 'src="cid:qr"' in html.get_content()


def test_other_messages_carry_nothing_besides_their_two_parts() -> None:
    message = sent(LETTERS["shipped"])
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_every_relay_takes_the_bytes() -> None:
    config = shop()
    letter = replace(LETTERS["shipped"], language="ar")
    message = build(
        letter, render(letter, config), config, recipient="a@b.example", message_id="<one@juniper.example>", now=NOON
    )
    raw = message.as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(st.text(max_size=120), st.text(max_size=120))
def test_no_name_or_subject_adds_a_header(name: str, subject: str) -> None:
    message = sent(LETTERS["code"], replace(PLAIN, subject=subject), name=name)
    assert set(message.keys()) == HEADERS
    assert [a.addr_spec for a in message["From"].addresses] == ["orders@juniper.example"]


@pytest.mark.parametrize(
    "attack",
    ["Sale\r\nBcc: everyone@mail.example", "Sale\nBcc: x@mail.example", "Sale\r\n\r\n<b>body</b>", "a\x00b\x1b[2J"],
)
def test_a_line_break_in_a_name_or_subject_stays_text(attack: str) -> None:
    message = sent(LETTERS["code"], replace(PLAIN, subject=attack), name=attack)
    assert set(message.keys()) == HEADERS
    assert message["Bcc"] is None
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().split() == ["Hello"]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c.example", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<a@b"]
)
def test_an_address_that_is_none_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(MailRefused) as caught:
        sent(LETTERS["code"], PLAIN, to=address)
    assert not address or address not in str(caught.value)


@given(st.text(max_size=60))
def test_any_address_is_one_recipient_or_refused(address: str) -> None:
    try:
        message = sent(LETTERS["code"], PLAIN, to=address)
    except MailRefused:
        return
    assert len(message["To"].addresses) == 1
    assert set(message.keys()) == HEADERS


def test_papers_come_along_as_what_they_are() -> None:
    papers = (
        Attachment("packing-slip-J-1.pdf", "application", "pdf", b"%PDF-1.7 slip"),
        Attachment("return-J-1.ics", "text", "calendar", b"BEGIN:VCALENDAR"),
    )
    message = sent(replace(LETTERS["return_instructions"], papers=papers))
    attached = [(part.get_filename(), part.get_content_type()) for part in message.iter_attachments()]
    assert attached == [("packing-slip-J-1.pdf", "application/pdf"), ("return-J-1.ics", "text/calendar")]
