"""Pushes as carriers send them, with the proof each of them gives, and carriers whose pushes are read for real."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from carriers.base import AdapterInfo, PushAdapter, PushProof, PushTarget, RawAnswer, Subscription
from carriers.errors import CarrierError
from carriers.model import TrackingResult
from carriers.registry import get
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.deps import Deps, ShopRef, Subscribed
from portal.usecases.pushes.endpoints import NewEndpoint, create_endpoint
from tests.support.doubles import NOON, FakeCarriers

SECRET = "a secret that was agreed on"


@dataclass
class PushCarriers(FakeCarriers):
    """Carriers whose pushes are proven and read by the real adapters; whatever makes a call is the double's."""

    infos: dict[str, AdapterInfo] = field(default_factory=dict)  # instead of the adapter's own
    told: dict[str, Callable[[bytes], list[TrackingResult]]] = field(default_factory=dict)  # how made-up ones are read

    subscribed: list[tuple[str, tuple[str, ...], PushTarget]] = field(default_factory=list)
    not_pushed: set[str] = field(default_factory=set)  # numbers that a carrier will not push
    subscribe_error: CarrierError | None = None

    def subscribe(self, account: AccountRef, numbers: Sequence[str], target: PushTarget) -> Subscribed:
        self.subscribed.append((account.key, tuple(numbers), target))
        if self.subscribe_error is not None:
            return Subscribed(None, self.subscribe_error)
        return Subscribed(Subscription("hook-1", tuple(n for n in numbers if n in self.not_pushed)))

    def add_aggregator(self, code: str, read: Callable[[bytes], list[TrackingResult]]) -> None:
        """A made-up aggregator whose pushes are all believed."""
        self.told[code] = read
        self.infos[code] = AdapterInfo(
            code=code, name=code, country=None, aggregator=True, push=True, push_proof=PushProof.SIGNATURE
        )

    def info(self, code: str) -> AdapterInfo:
        return self.infos.get(code) or get(code).info

    def verify_push(self, code: str, push: RawAnswer, secret: str, now: datetime) -> bool:
        if code in self.told:
            return True
        return cast(PushAdapter, get(code)).verify_push(push, secret, now)

    def push_id(self, code: str, push: RawAnswer) -> str | None:
        if code in self.told:
            return None
        return cast(PushAdapter, get(code)).push_id(push)

    def parse(self, adapter: str, answer: RawAnswer, numbers: Sequence[str], *, push: bool) -> list[TrackingResult]:
        if not push:
            return super().parse(adapter, answer, numbers, push=push)
        return self.told[adapter](answer.body) if adapter in self.told else get(adapter).parse_push(answer)


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
    "easypost": lambda body, secret, now: {
        "X-Hmac-Signature": "hmac-sha256-hex=" + _hmac(unicodedata.normalize("NFKD", secret), body).hex()
    },
    "shippo": lambda body, secret, now: _shippo(body, secret, int(now.timestamp())),
    "aftership": lambda body, secret, now: {"aftership-hmac-sha256": base64.b64encode(_hmac(secret, body)).decode()},
    "17track": lambda body, secret, now: {"sign": hashlib.sha256(body + b"/" + secret.encode()).hexdigest()},
}
PROVEN = tuple(_PROOFS)
UNPROVEN = ("cdek", "dhl_unified", "karrio")


def _hmac(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def _shippo(body: bytes, secret: str, at: int) -> dict[str, str]:
    return {"Shippo-Auth-Signature": f"t={at},v1={_hmac(secret, f'{at}.'.encode() + body).hex()}"}


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
