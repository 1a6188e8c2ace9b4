"""Pushes as carriers send them, with the proof each of them gives, and carriers whose pushes are read for real."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from carriers.base import AdapterInfo, PushAdapter, RawAnswer
from carriers.registry import all_adapters, get
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.pushes.endpoints import NewEndpoint, create_endpoint
from tests.support.doubles import NOON, FakeCarriers

SECRET = "a secret that was agreed on"


@dataclass
class PushCarriers(FakeCarriers):
    """Carriers whose pushes are proven and read by the real adapters; whatever makes a call is the double's."""

    infos: dict[str, AdapterInfo] = field(default_factory=dict)  # instead of the adapter's own

    def info(self, code: str) -> AdapterInfo:
        if code in self.infos:
            return self.infos[code]
        return get(code).info

    def verify_push(self, code: str, push: RawAnswer, secret: str, now: datetime) -> bool:
        return cast(PushAdapter, all_adapters()[code]).verify_push(push, secret, now)


def ups_event(number: str, **changes: Any) -> dict[str, Any]:
    """A Track Alert event: out for delivery in Albany at nine in the morning of the tests' day."""
    event: dict[str, Any] = {
        "trackingNumber": number,
        "localActivityDate": "20261118",
        "localActivityTime": "060000",
        "gmtActivityDate": "20261118",
        "gmtActivityTime": "110000",
        "gmtOffset": "-05.00",
        "activityLocation": {"city": "ALBANY", "stateProvince": "NY", "postalCode": "", "country": "US"},
        "activityStatus": {"type": "I", "code": "OT", "description": "Out For Delivery", "descriptionCode": "021"},
        "scheduledDeliveryDate": "20261118",
        "actualDeliveryDate": "",
        "actualDeliveryTime": "",
    }
    return event | changes


def body_of(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode()


def proof_of(carrier: str, body: bytes, secret: str = SECRET, now: datetime = NOON) -> dict[str, str]:
    """The headers with which a carrier proves a body; written from its own description, not from the adapter."""
    prove = _PROOFS.get(carrier)
    return prove(body, secret, now) if prove else {}


_PROOFS: dict[str, Callable[[bytes, str, datetime], dict[str, str]]] = {
    "ups": lambda body, secret, now: {"credential": secret},
}


@dataclass(frozen=True)
class Hook:
    """An endpoint and what is sent to it."""

    endpoint: NewEndpoint
    secret: str

    @property
    def path(self) -> str:
        return self.endpoint.url.removeprefix("https://portal.example")

    @property
    def token(self) -> str:
        return self.endpoint.url.rpartition("/")[2]

    def push(self, body: bytes, *, now: datetime = NOON, headers: Mapping[str, str] | None = None) -> RawAnswer:
        """A push with the carrier's proof, or with these headers instead."""
        proof = proof_of(self.endpoint.carrier, body, self.secret, now) if headers is None else headers
        return RawAnswer(200, "application/json", body, {"Content-Type": "application/json", **proof})


def hook_for(deps: Deps, carrier: str, shop: ShopRef | None = None, *, secret: str = SECRET) -> Hook:
    """A new endpoint whose secret was agreed on."""
    return Hook(create_endpoint(deps, carrier, shop, secret=secret), secret)
