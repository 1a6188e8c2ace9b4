"""The demo's mail server keeps what it really received."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.notify.channels.smtp import SmtpMailer
from portal.notify.message import build
from portal.notify.render import render
from portal.notify.sink import MailSink, parse
from tests.notify.samples import LETTERS, shop

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def send(sink: MailSink, event: str = "shipped", n: int = 1, to: str = "ada@mail.example") -> None:
    config, letter = shop(), replace(LETTERS[event], order_number=f"J-{n}")
    message = build(letter, render(letter, config), config, recipient=to, message_id=f"<{n}@j.example>", now=NOON)
    SmtpMailer(sink.host, sink.port, tls="none").send(message)


def test_a_message_is_kept_as_it_came_over_the_wire(tmp_path: Path) -> None:
    sink = MailSink(tmp_path)
    sink.start()
    try:
        send(sink, "return_label_ready")
    finally:
        sink.stop()
    (kept,) = sink.messages()
    assert (kept.recipient, kept.message_id, kept.attachments) == ("ada@mail.example", "<1@j.example>", 1)
    assert kept.date == NOON.isoformat()
    raw = sink.get(kept.id)
    assert raw is not None
    assert parse(raw)["Subject"] == kept.subject == "Your return label for order J-1"
    assert sink.get(999) is None


def test_what_was_received_is_there_after_a_restart_and_numbers_go_on(tmp_path: Path) -> None:
    MailSink(tmp_path).keep_message(b"Subject: one\r\n\r\nHello\r\n", ["ada@mail.example"])
    again = MailSink(tmp_path)
    assert [m.subject for m in again.messages()] == ["one"]
    again.keep_message(b"Subject: two\r\n\r\nHello\r\n", ["bo@mail.example"])
    assert [(m.id, m.subject, m.recipient) for m in again.messages()] == [
        (2, "two", "bo@mail.example"),
        (1, "one", "ada@mail.example"),
    ]


@pytest.mark.parametrize("damage", ["", "[", '[{"id": 1}]', "{}", '[{"odd": 1}]'])
def test_a_damaged_index_is_made_again_from_the_messages(tmp_path: Path, damage: str) -> None:
    MailSink(tmp_path).keep_message(b"To: ada@mail.example\r\nSubject: one\r\n\r\nHello\r\n", ["ada@mail.example"])
    (tmp_path / "index.json").write_text(damage)
    assert [(m.id, m.subject, m.recipient) for m in MailSink(tmp_path).messages()] == [(1, "one", "ada@mail.example")]


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    sink = MailSink(tmp_path, keep=3)
    for n in range(5):
        sink.keep_message(f"Subject: {n}\r\n\r\n".encode(), [])
    assert [m.subject for m in sink.messages()] == ["4", "3", "2"]
    assert len(list(tmp_path.glob("*.eml"))) == 3
    assert sink.get(1) is None


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="loopback"):
        MailSink(tmp_path, host="0.0.0.0")


def test_a_message_that_is_no_message_is_kept_and_shown_too(tmp_path: Path) -> None:
    sink = MailSink(tmp_path)
    kept = sink.keep_message(b"\xff\xfe not a header\r\nDate: never\r\n\r\n\x00", [])
    assert sink.get(kept.id) is not None
    assert [m.id for m in MailSink(tmp_path).messages()] == [1]
