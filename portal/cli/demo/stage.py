"""Puts the demo together: the lab, a mail server, a database, the portal between them; and takes it apart again."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from carriers.base import Account
from carriers.lab.accounts import DEMO, LAB_CREDENTIALS
from carriers.lab.clock import VirtualClock
from carriers.lab.server import Lab
from carriers.lab.state import read_state
from carriers.lab.world import World
from portal.bootstrap.build import build
from portal.bootstrap.carriers import EnvironmentAccounts
from portal.bootstrap.clock import wall_clock
from portal.db import schema
from portal.errors import ConfigError
from portal.notify.sink import MailSink
from portal.settings import Settings, load
from portal.usecases.deps import Deps

BEFORE_TODAY = timedelta(days=16)  # the demo's story begins this long before the moment of its first start
PORTS_TO_TRY = 50
_LETTERS = "bcdfghjkmnpqrstvwxyz"  # no vowels, so no words; none that looks like another


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything of a running demo but the web server and the worker."""

    folder: Path
    settings: Settings
    deps: Deps
    lab: Lab
    sink: MailSink
    passwords: dict[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether the days before today have passed."""
        return (self.folder / "ready").exists()

    def mark_ready(self) -> None:
        (self.folder / "ready").touch()


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next free one after it. Raises ConfigError when all of them are taken."""
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise ConfigError(f"No free port from {wanted} to {wanted + PORTS_TO_TRY - 1}; choose another with --port.")


@contextmanager
def open_stage(folder: Path, *, host: str, port: int, seed: int) -> Iterator[Stage]:
    """Start the lab and the mail server, open the database and bring it to the newest migration."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = _kept(folder)
    sink = MailSink(folder / "mail")
    lab = _lab(folder / "lab.json", seed)
    lab.start()
    sink.start()
    try:
        settings = load(
            env="demo",
            database_url=f"sqlite:///{folder / 'portal.sqlite3'}",
            secret_key=kept["secret"],
            host=host,
            port=port,
            public_url=f"http://{host}:{port}",
            smtp_host=sink.host,
            smtp_port=sink.port,
            smtp_user="",
            smtp_tls="none",
            log_level="WARNING",
        )
        accounts = {code: Account(lab.base_url(code), LAB_CREDENTIALS[code]) for code in DEMO}
        # The lab has no contract to keep to, and its days can be jumped over, which ends many parcels at once.
        paces = dict.fromkeys(accounts, 200.0)
        deps = build(settings, clock=lab.clock.now, accounts=EnvironmentAccounts(accounts, paces, guarded=False))
        schema.upgrade(deps.sessions.engine)
        yield Stage(folder, settings, deps, lab, sink, kept["staff"])
        deps.sessions.engine.dispose()
    finally:
        lab.stop()
        sink.stop()


def _lab(path: Path, seed: int) -> Lab:
    """The lab as it was left, its clock standing still since; or a new one whose clock begins before its world."""
    if read_state(path) is not None:
        return Lab.open(real=wall_clock, seed=seed, start=wall_clock(), state_path=path)
    today = wall_clock().replace(microsecond=0)
    return Lab(World.demo(seed, today), VirtualClock(wall_clock, today - BEFORE_TODAY, 1.0), state_path=path)


def password() -> str:
    """One that is read off the console and typed in: 65 bits, and nothing in it that a check of passwords could take for
    a word of the person (digits alone after a name are that)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))


def _kept(folder: Path) -> dict[str, Any]:
    """Secrets of this demo, made once and kept beside its data."""
    path = folder / "secrets.json"
    if not path.exists():
        staff = {f"{who}@doorstep.example": password() for who in ("admin", "agent")}
        path.touch(mode=0o600)
        path.write_text(json.dumps({"secret": secrets.token_urlsafe(48), "staff": staff}))
    kept: dict[str, Any] = json.loads(path.read_text())
    return kept
