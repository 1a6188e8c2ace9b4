"""What may be done after sending failed depends on the step at which it failed (reliability: F31)."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from portal.notify.channels.smtp import SmtpMailer
from portal.notify.errors import MailDown, MailError, MailRefused, MailUnsure
from tests.support.smtp_peer import Script, free_port, smtp_peer

SECRET_ADDRESS = "ada.secret@mail.example"


def letter(to: str = SECRET_ADDRESS, text: str = "Hello\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Juniper <orders@juniper.example>"
    message["To"] = to
    message["Subject"] = "Your order"
    message["Date"] = datetime(2026, 11, 18, 12, tzinfo=UTC)
    message["Message-ID"] = "<one@juniper.example>"
    message.set_content(text)
    return message


def send(script: Script, message: EmailMessage | None = None, timeout: float = 5.0) -> None:
    with smtp_peer(script) as port:
        SmtpMailer("127.0.0.1", port, tls="none", timeout=timeout).send(message or letter())


def test_a_message_arrives_as_it_was_written() -> None:
    script = Script()
    send(script, letter(text="First\n.hidden dot\n..two\nlast without end"))
    (raw,) = script.taken
    got = message_from_bytes(raw, policy=default)
    assert isinstance(got, EmailMessage)
    assert got.get_content().rstrip("\n").splitlines() == ["First", ".hidden dot", "..two", "last without end"]
    assert script.recipients == [SECRET_ADDRESS]
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (Script(rcpt="550 5.1.1 no such user ada.secret@mail.example"), MailRefused),
        (Script(data="554 5.7.1 looks like spam, ada.secret@mail.example"), MailRefused),
        (Script(rcpt="451 4.7.1 greylisted ada.secret@mail.example"), MailDown),
        (Script(data="452 4.3.1 disk full"), MailDown),
        (Script(mail="550 5.7.1 sender unknown"), MailDown),
        (Script(drop_at="EHLO"), MailDown),
        (Script(drop_at="MAIL"), MailDown),
        (Script(drop_at="RCPT"), MailDown),
        (Script(drop_at="DATA"), MailUnsure),
        (Script(data="what?"), MailUnsure),
        (Script(drip=0.05), MailUnsure),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_each_failure_says_what_may_be_done_next(script: Script, kind: type[MailError]) -> None:
    with pytest.raises(MailError) as caught:
        send(script, timeout=1.0)
    assert type(caught.value) is kind
    assert "ada" not in str(caught.value)
    assert caught.value.__cause__ is None or "ada" not in str(caught.value.__cause__)


def test_nobody_listening_means_surely_not_sent() -> None:
    with pytest.raises(MailDown, match="no connection") as caught:
        SmtpMailer("127.0.0.1", free_port(), tls="none").send(letter())
    assert caught.value.code is None


def test_a_reply_code_tells_a_busy_server_from_one_that_is_away() -> None:
    with pytest.raises(MailDown) as caught:
        send(Script(rcpt="451 4.7.1 later"))
    assert caught.value.code == 451
    assert str(caught.value) == "451 recipient refused (4.7.1)"


def test_a_dripping_server_cannot_hold_a_worker_longer_than_the_timeout() -> None:
    began = time.monotonic()
    with pytest.raises(MailUnsure):
        send(Script(drip=0.05), timeout=0.5)
    assert time.monotonic() - began < 5


def test_a_server_that_says_nothing_at_all_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(MailDown):
            SmtpMailer("127.0.0.1", silent.getsockname()[1], tls="none", timeout=0.3).send(letter())


def test_no_plain_text_is_sent_where_encryption_was_asked_for() -> None:
    script = Script()
    with smtp_peer(script) as port, pytest.raises(MailDown, match="STARTTLS"):
        SmtpMailer("127.0.0.1", port, tls="starttls").send(letter())
    assert script.taken == []


def test_an_address_outside_ascii_goes_to_a_server_that_takes_it() -> None:
    script = Script()
    with smtp_peer(script, enable_SMTPUTF8=True) as port:
        SmtpMailer("127.0.0.1", port, tls="none").send(letter("jörg@mail.example"))
    assert script.recipients == ["jörg@mail.example"]


def test_an_address_outside_ascii_is_refused_where_the_server_does_not_take_it() -> None:
    with smtp_peer(Script(), enable_SMTPUTF8=False) as port, pytest.raises(MailRefused):
        SmtpMailer("127.0.0.1", port, tls="none").send(letter("jörg@mail.example"))


def test_a_check_signs_in_and_sends_nothing() -> None:
    script = Script()
    with smtp_peer(script) as port:
        SmtpMailer("127.0.0.1", port, tls="none").check()
        with pytest.raises(MailDown):
            SmtpMailer("127.0.0.1", port, "user", "password", tls="none").check()
    assert script.taken == []


def test_the_password_is_not_in_its_representation() -> None:
    assert "hunter2" not in repr(SmtpMailer("mail.example", 587, "shop", "hunter2"))
