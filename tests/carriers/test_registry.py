"""Adapters are found by being there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from carriers import adapters, registry
from carriers.base import Account
from carriers.errors import CarrierError, ErrorKind

FILE = """
from carriers.adapters.ups import Ups
from dataclasses import replace

class Acme(Ups):
    info = replace(Ups.info, code="acme")

def adapter():
    return Acme()
"""


def test_the_four_carriers_are_there() -> None:
    assert {"ups", "fedex", "usps", "dhl_unified"} <= set(registry.all_adapters())
    for code, adapter in registry.all_adapters().items():
        assert adapter.info.code == code
        assert registry.get(code) is adapter


def test_an_unknown_code_is_an_error_of_its_own() -> None:
    with pytest.raises(CarrierError) as caught:
        registry.get("nobody")
    assert caught.value.kind is ErrorKind.UNKNOWN_CARRIER


def test_a_file_among_the_adapters_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme.py").write_text(FILE)
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    registry.all_adapters.cache_clear()
    try:
        assert registry.get("acme").info.code == "acme"
    finally:
        registry.all_adapters.cache_clear()
        sys.modules.pop("carriers.adapters.acme", None)


def test_a_label_adapter_has_every_label_call() -> None:
    for adapter in registry.all_adapters().values():
        calls = [hasattr(adapter, name) for name in ("create_label", "find_label", "fetch_label", "void_label")]
        assert all(calls) if adapter.info.labels else not any(calls)


def test_an_adapter_that_takes_pushes_can_tell_a_true_one() -> None:
    for adapter in registry.all_adapters().values():
        calls = [hasattr(adapter, name) for name in ("verify_push", "push_id")]
        assert all(calls) if adapter.info.push else not any(calls), adapter.info.code
        assert hasattr(adapter, "subscribe") == (adapter.info.subscribes is not None), adapter.info.code


def test_an_aggregator_can_be_asked_for_one_carrier() -> None:
    for adapter in registry.all_adapters().values():
        assert hasattr(adapter, "track_for") == adapter.info.aggregator, adapter.info.code


SECRETIVE = """
from carriers.base import AdapterInfo
from carriers.errors import CarrierError, ErrorKind

class Teller:
    info = AdapterInfo(code="teller", name="Teller", country=None)

    def track(self, http, account, numbers):
        raise CarrierError(ErrorKind.AUTH, f"{account.credentials['key']} is wrong")

    def parse(self, answer, numbers=()):
        return []

    def parse_push(self, answer):
        return []

def adapter():
    return Teller()
"""


def test_no_adapters_call_tells_a_secret_whoever_wrote_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "teller.py").write_text(SECRETIVE)
    monkeypatch.setattr(adapters, "__path__", [*adapters.__path__, str(tmp_path)])
    registry.all_adapters.cache_clear()
    try:
        with pytest.raises(CarrierError) as caught:
            registry.get("teller").track(None, Account("https://x.invalid", {"key": "hunter2-secret"}), ["1"])  # type: ignore[arg-type]
        assert caught.value.kind is ErrorKind.AUTH
        assert "hunter2" not in f"{caught.value} {caught.value.message}"
    finally:
        registry.all_adapters.cache_clear()
        sys.modules.pop("carriers.adapters.teller", None)
