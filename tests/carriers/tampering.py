"""Pushes changed by one bit or one second: what every signature has to notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carriers.base import PushAdapter, RawAnswer
from carriers.errors import CarrierError, ErrorKind

NOW = datetime(2025, 5, 12, 12, 0, tzinfo=UTC)
SECRET = "a secret of the shop"


def signed(body: bytes, header: str, value: str) -> RawAnswer:
    """A push with one header."""
    return RawAnswer(200, "application/json", body, {header: value})


def spoilt(push: RawAnswer, header: str) -> Iterator[RawAnswer]:
    """The push with each byte of its body and each character of its signature changed, and without a signature."""
    for at in range(len(push.body)):
        body = bytearray(push.body)
        body[at] ^= 1
        yield replace(push, body=bytes(body))
    value = push.headers[header]
    for at, letter in enumerate(value):
        other = "0" if letter != "0" else "1"
        yield replace(push, headers={header: value[:at] + other + value[at + 1 :]})
    yield from (replace(push, headers={header: shorter}) for shorter in ("", value[:-1], "x", "é" * 8))
    yield replace(push, headers={})


def assert_refused(adapter: PushAdapter, push: RawAnswer, secret: str = SECRET, now: datetime = NOW) -> None:
    """The push is no push of this carrier."""
    with pytest.raises(CarrierError) as caught:
        adapter.verify_push(push, secret, now)
    assert caught.value.kind is ErrorKind.AUTH


def assert_only_the_true_one_passes(adapter: PushAdapter, push: RawAnswer, header: str, secret: str = SECRET) -> None:
    """The push passes as it is, and in no other form, nor under another secret."""
    assert adapter.verify_push(push, secret, NOW) is True
    for other in spoilt(push, header):
        assert_refused(adapter, other, secret)
    assert_refused(adapter, push, "another secret")
    assert_refused(adapter, push, "")
