"""An application with demo controls: a real mail sink, and a lab that is only remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.app import create_app
from portal.notify.sink import MailSink
from portal.settings import Settings
from portal.usecases.deps import Deps, ShopRef
from portal.web.demo.controls import DemoControls, Login, Sample
from tests.support.doubles import Clock


@dataclass
class FakeLab:
    """Remembers what the pages asked of it."""

    clock: Clock
    pace: float = 30
    broken: dict[str, str | None] = field(default_factory=lambda: {"ups": None, "fedex": "429"})
    jumped: list[float] = field(default_factory=list)

    def set_speed(self, speed: float) -> None:
        self.pace = speed

    def jump(self, hours: float) -> None:
        self.jumped.append(hours)
        self.clock.now += timedelta(hours=hours)

    def set_fault(self, carrier: str, kind: str | None) -> None:
        self.broken[carrier] = kind

    def parcels(self) -> list[dict[str, Any]]:
        return [
            {
                "number": "1Z999AA10123456784",
                "carrier": "ups",
                "story": "express_late",
                "service_level": "express",
                "destination": "Brooklyn, US",
                "promised_on": "2026-11-17",
                "latest": "departed",
                "scans": 4,
                "known": True,
            },
            {"number": "9400100000000000000001", "carrier": "usps", "story": "label_only", "latest": None},
        ]


@pytest.fixture
def lab(clock: Clock) -> FakeLab:
    return FakeLab(clock)


@pytest.fixture
def sink(tmp_path: Path) -> MailSink:
    return MailSink(tmp_path / "mail")


@pytest.fixture
def controls(clock: Clock, lab: FakeLab, sink: MailSink, shop: ShopRef, other_shop: ShopRef) -> DemoControls:
    samples = [
        Sample("juniper", "Juniper", "J-1001", "ada@mail.example", "A VIP's express parcel, late", "/juniper/l/token"),
        Sample("juniper", "Juniper", "J-1002", "bo@mail.example", "A finished return", "/juniper/l/t2", "/label.pdf"),
        Sample("nordlicht", "Nordlicht", "N-2001", "cy@mail.example", "On its way", "/nordlicht/l/t3"),
    ]
    return DemoControls(
        now=clock.business,
        speed=lambda: lab.pace,
        set_speed=lab.set_speed,
        jump=lab.jump,
        faults=lambda: dict(lab.broken),
        set_fault=lab.set_fault,
        parcels=lab.parcels,
        samples=lambda: samples,
        staff_logins=lambda: [Login("vera@doorstep.example", "a demo's password", "admin")],
        messages=sink.messages,
        message=sink.get,
        open_parcel=lambda number: "/juniper/l/token" if number.startswith("1Z") else None,
        addresses=lambda: {"Carrier lab": "http://127.0.0.1:9999/_lab/"},
    )


@pytest.fixture
def app(deps: Deps, settings: Settings, controls: DemoControls) -> Flask:
    app = create_app(deps, settings, controls)
    app.config["TESTING"] = False
    return app


@pytest.fixture
def keep(sink: MailSink) -> Callable[[bytes], int]:
    """Put a message into the mail viewer as the mail server would."""
    return lambda raw: sink.keep_message(raw, ["ada@mail.example"]).id
