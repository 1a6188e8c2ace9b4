"""E-mail over SMTP (RFC 5321), speaking each step itself: at which step it breaks decides what may be done next."""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Literal

from portal.notify.errors import MailDown, MailError, MailRefused, MailUnsure

Tls = Literal["none", "starttls", "tls"]
_ENHANCED = re.compile(rb"^[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463; all of a reply that is safe to keep
_BROKEN = (OSError, smtplib.SMTPException, EOFError, ValueError)


class SmtpMailer:
    """Sends one message a connection, within `timeout` seconds in all.

    Raises MailDown when it was surely not sent, MailRefused when it never will be, and MailUnsure when the connection
    was lost after the text had begun to leave.
    """

    def __init__(
        self, host: str, port: int, user: str = "", password: str = "", tls: Tls = "starttls", timeout: float = 30.0
    ) -> None:
        self.host, self.port, self.tls, self.timeout = host, port, tls, timeout
        self._user, self._password = user, password

    def __repr__(self) -> str:
        return f"SmtpMailer({self.host}:{self.port}, {self.tls})"

    def send(self, message: EmailMessage) -> None:
        sender, recipient = _envelope(message)
        body = _wire(message)
        try:
            client = self._connect()
        except _BROKEN as error:
            raise MailDown(f"no connection ({type(error).__name__})") from None
        with _closing(client, self.timeout):
            try:
                self._greet(client)
                self._address(client, sender, recipient)
            except _BROKEN as error:
                raise MailDown(f"connection lost before the text ({type(error).__name__})") from None
            _deliver(client, body)

    def check(self) -> None:
        """Connect, secure and sign in, and send nothing. Raises MailDown with what is wrong (`portal doctor`)."""
        try:
            client = self._connect()
        except _BROKEN as error:
            raise MailDown(f"no connection ({type(error).__name__})") from None
        with _closing(client, self.timeout):
            try:
                self._greet(client)
            except _BROKEN as error:
                raise MailDown(f"connection lost ({type(error).__name__})") from None

    def _connect(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)

    def _greet(self, client: smtplib.SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        if self.tls == "starttls":
            try:
                client.starttls(context=ssl.create_default_context())
            except smtplib.SMTPNotSupportedError:
                raise MailDown("the server offers no STARTTLS; set PORTAL_SMTP_TLS") from None
            client.ehlo_or_helo_if_needed()
        if self._user:
            try:
                client.login(self._user, self._password)
            except smtplib.SMTPAuthenticationError as error:
                raise MailDown("the server refuses the login", error.smtp_code) from None

    def _address(self, client: smtplib.SMTP, sender: str, recipient: str) -> None:
        options: list[str] = []
        if not recipient.isascii():
            if not client.has_extn("smtputf8"):
                raise MailRefused("the server takes no address outside ASCII")
            options = ["SMTPUTF8"]
        code, reply = client.mail(sender, options)
        if code != 250:
            # The sender is the shop's own: a setting to correct, not a reason to give up this message.
            raise _down(code, reply, "sender refused")
        code, reply = client.rcpt(recipient)
        if code not in {250, 251}:
            raise _verdict(code, reply, "recipient refused")
        code, reply = client.docmd("DATA")
        if code != 354:
            raise _verdict(code, reply, "text refused")


def _deliver(client: smtplib.SMTP, body: bytes) -> None:
    """From the first byte of the text on, only the server's answer can tell whether the message was taken."""
    try:
        client.send(body)
        code, reply = client.getreply()
    except _BROKEN as error:
        raise MailUnsure(f"connection lost after the text had begun ({type(error).__name__})") from None
    if not 200 <= code < 600 or 300 <= code < 400:
        raise MailUnsure("the server's answer to the text makes no sense")
    if code >= 400:
        raise _verdict(code, reply, "text refused")


def _verdict(code: int, reply: bytes, what: str) -> MailError:
    if 500 <= code < 600:
        return MailRefused(_detail(reply, what), code)
    return _down(code, reply, what)


def _down(code: int, reply: bytes, what: str) -> MailDown:
    return MailDown(_detail(reply, what), code)


def _detail(reply: bytes, what: str) -> str:
    """The server's own sentence often repeats the address, so only its enhanced status code is kept."""
    enhanced = _ENHANCED.match(reply)
    return f"{what} ({enhanced.group().decode()})" if enhanced else what


def _envelope(message: EmailMessage) -> tuple[str, str]:
    sender, recipient = message["From"].addresses[0], message["To"].addresses[0]
    return sender.addr_spec, recipient.addr_spec


def _wire(message: EmailMessage) -> bytes:
    """The text as it goes over the wire: CRLF, leading dots doubled, and the dot that ends it."""
    policy = SMTP if message["To"].addresses[0].addr_spec.isascii() else SMTPUTF8
    text = re.sub(rb"(?:\r\n|\n|\r(?!\n))", b"\r\n", message.as_bytes(policy=policy))
    text = re.sub(rb"(?m)^\.", b"..", text)
    return text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n"


@contextmanager
def _closing(client: smtplib.SMTP, timeout: float) -> Iterator[None]:
    """Close at the end, and break the connection after `timeout` seconds however slowly the server drips.

    A socket's own timeout starts again with every byte. The second handle on the connection stays usable while
    STARTTLS replaces the first one.
    """
    assert client.sock is not None
    handle = socket.socket(fileno=os.dup(client.sock.fileno()))
    timer = threading.Timer(timeout, _break, (handle,))
    timer.daemon = True
    timer.start()
    try:
        yield
        with suppress(*_BROKEN):  # the message is taken; what comes after does not matter
            client.quit()
    finally:
        timer.cancel()
        timer.join()
        client.close()
        handle.close()


def _break(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)
