"""A real SMTP server on loopback that behaves as told: takes mail, refuses it, hangs up at a chosen moment, or drips."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    """aiosmtpd's controller cannot be given port 0, so one is chosen for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Script:
    """What the server answers. `drop_at` is a command at which it hangs up: "EHLO", "MAIL", "RCPT" or "DATA" (then
    after the whole text has come in). `drip` answers the text with lines that never end, a byte at a time, so many seconds apart."""

    rcpt: str = "250 OK"
    mail: str = "250 OK"
    data: str = "250 taken"
    drop_at: str = ""
    drip: float = 0.0
    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


class _Handler:
    def __init__(self, script: Script) -> None:
        self.script = script

    def _hang_up(self, server: Any, at: str) -> None:
        if self.script.drop_at == at:
            server.transport.abort()

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        session.host_name = hostname
        self._hang_up(server, "EHLO")
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self._hang_up(server, "MAIL")
        envelope.mail_from = address
        return self.script.mail

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self._hang_up(server, "RCPT")
        if self.script.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.script.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.script.data.startswith("2"):
            self.script.taken.append(envelope.content)
            self.script.recipients.extend(envelope.rcpt_tos)
        self._hang_up(server, "DATA")
        for byte in b"250-still busy\r\n" * 50 if self.script.drip else b"":
            server.transport.write(bytes([byte]))
            await asyncio.sleep(self.script.drip)
        return self.script.data


@contextmanager
def smtp_peer(script: Script, **options: Any) -> Iterator[int]:
    """Yields the port. `options` go to aiosmtpd (`tls_context`, `auth_required`, …)."""
    controller = Controller(_Handler(script), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()
