"""The demo's mail server: a real SMTP server on loopback that keeps what it received in a folder, for the mail viewer.

One file a message, exactly the bytes that came over the wire, and an index beside them. It takes mail for anybody and
passes none on, so it must never listen anywhere but on loopback.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import threading
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

KEEP = 500
INDEX = "index.json"
_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the list shows it. `id` counts up and names the file; `recipient` is the envelope's."""

    id: int
    recipient: str
    sender: str
    subject: str
    date: str
    size: int
    message_id: str
    attachments: int


class MailSink:
    """`start()` listens, `stop()` ends it; what was received stays in `folder` and is there after a restart."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, keep: int = KEEP) -> None:
        """`port` 0 picks a free one; `self.port` says which. Raises ValueError for a host that is not loopback."""
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the demo's mail server listens on loopback only")
        self.folder, self.host, self.keep = folder, host, keep
        self.port = port or _free_port(host)
        self._lock = threading.Lock()
        self._controller: Any = None
        folder.mkdir(parents=True, exist_ok=True)
        self._index = self._load()

    def start(self) -> None:
        """Raises OSError when the port is taken."""
        from aiosmtpd.controller import Controller  # only the demo needs it

        self._controller = Controller(_Handler(self), hostname=self.host, port=self.port, ready_timeout=_WAIT)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def messages(self) -> list[Received]:
        """Newest first."""
        with self._lock:
            return sorted(self._index.values(), key=lambda message: -message.id)

    def get(self, message_id: int) -> bytes | None:
        """A message as it came over the wire, or None."""
        try:
            return self._path(message_id).read_bytes()
        except FileNotFoundError:
            return None

    def keep_message(self, raw: bytes, recipients: list[str]) -> Received:
        """Store a message; the oldest goes when there are more than `keep`."""
        with self._lock:
            number = max(self._index, default=0) + 1
            received = _summary(number, raw, recipients[0] if recipients else "")
            _write(self._path(number), raw)
            self._index[number] = received
            for old in sorted(self._index)[: -self.keep]:
                del self._index[old]
                self._path(old).unlink(missing_ok=True)
            _write(self.folder / INDEX, json.dumps([asdict(m) for m in self._index.values()]).encode())
        return received

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.eml"

    def _load(self) -> dict[int, Received]:
        """The index as it was left; what it does not know (a crash between two writes) is read from the messages."""
        try:
            rows = json.loads((self.folder / INDEX).read_bytes())
            known = {row["id"]: Received(**row) for row in rows}
        except (OSError, ValueError, TypeError, KeyError):
            known = {}
        found = {int(path.stem): path for path in self.folder.glob("*.eml") if path.stem.isdigit()}
        return {
            number: known.get(number) or _summary(number, path.read_bytes(), "")
            for number, path in sorted(found.items())
        }


class _Handler:
    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Answers 250 only once the message is on disk."""
        self._sink.keep_message(envelope.content, list(envelope.rcpt_tos))
        return "250 2.0.0 kept"


def parse(raw: bytes) -> EmailMessage:
    """A stored message, readable."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _summary(number: int, raw: bytes, recipient: str) -> Received:
    message = parse(raw)
    return Received(
        id=number,
        recipient=recipient or str(message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        date=message["Date"].datetime.isoformat() if message["Date"] and message["Date"].datetime else "",
        size=len(raw),
        message_id=str(message["Message-ID"] or ""),
        attachments=sum(1 for _ in message.iter_attachments()),
    )


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, and on disk before it counts."""
    temporary = path.with_suffix(path.suffix + ".part")
    with temporary.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def _free_port(host: str) -> int:
    """aiosmtpd's controller cannot be given port 0."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
