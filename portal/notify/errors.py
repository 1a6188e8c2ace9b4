"""How sending can fail, told apart by what may be done next. No message of these carries personal data."""

from __future__ import annotations


class MailError(Exception):
    """Base. `code` is the server's reply code where there was one (RFC 5321), `detail` a word for staff."""

    def __init__(self, detail: str, code: int | None = None) -> None:
        super().__init__(f"{code} {detail}" if code else detail)
        self.detail = detail
        self.code = code


class MailRefused(MailError):
    """The server will never take this message for this address (5xx). Repeating it changes nothing."""


class MailDown(MailError):
    """Surely not sent: no connection, no login, or a temporary refusal (4xx). Worth another try later."""


class MailUnsure(MailError):
    """The connection was lost after the message had begun to leave: it may have been sent."""
