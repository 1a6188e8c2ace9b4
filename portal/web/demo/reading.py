"""A received message as the viewer shows it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from portal.notify.sink import parse

_SHOWN = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language")


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Mail:
    """`html` has its pictures inside and opens links in a new tab; it is for a sandboxed frame alone."""

    subject: str
    sender: str
    recipient: str
    date: datetime | None
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str | None
    attachments: tuple[Attachment, ...]


def read(raw: bytes) -> Mail:
    """Anything can be read: what a part lacks is left empty."""
    message = parse(raw)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    date = message["Date"]
    return Mail(
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        recipient=str(message["To"] or ""),
        date=date.datetime if date is not None else None,
        headers=tuple((name, str(message[name])) for name in _SHOWN if message[name] is not None),
        text=_content(text),
        html=_framed(_content(html), message) if html is not None else None,
        attachments=tuple(_attachment(part, n) for n, part in enumerate(message.iter_attachments(), start=1)),
    )


def _content(part: object) -> str:
    if not isinstance(part, EmailMessage):
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeError):  # a character set that nobody knows
        return ""


def _attachment(part: EmailMessage, number: int) -> Attachment:
    content = part.get_payload(decode=True)
    return Attachment(
        filename=part.get_filename() or f"part-{number}",
        content_type=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
    )


def _framed(html: str, message: EmailMessage) -> str:
    for part in message.walk():
        name = str(part["Content-ID"] or "").strip("<>")
        content = part.get_payload(decode=True) if name else None
        if isinstance(content, bytes):
            picture = f"data:{part.get_content_type()};base64,{base64.b64encode(content).decode()}"
            html = html.replace(f"cid:{name}", picture)
    return html.replace("<head>", '<head><base target="_blank">', 1)
