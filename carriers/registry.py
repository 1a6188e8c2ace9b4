"""Finds adapters: every module of `carriers.adapters`, and installed packages' entry points `doorstep.carriers`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType

from carriers import adapters
from carriers.base import Adapter, AdapterFactory
from carriers.discretion import discreet
from carriers.errors import CarrierError, ErrorKind

GROUP = "doorstep.carriers"
CALLS = ("track", "track_for", "subscribe", "create_label", "find_label", "fetch_label", "void_label")
log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def all_adapters() -> Mapping[str, Adapter]:
    """Every adapter by its code, sorted. An installed package cannot replace a code that is here already."""
    found: dict[str, Adapter] = {}
    for factory in (*_own(), *_installed()):
        adapter = _discreet(factory())
        if found.setdefault(adapter.info.code, adapter) is not adapter:
            log.warning("A second adapter for %s was left out.", adapter.info.code)
    return MappingProxyType(dict(sorted(found.items())))


def get(code: str) -> Adapter:
    """The adapter of a carrier. Raises CarrierError(unknown_carrier)."""
    adapter = all_adapters().get(code)
    if adapter is None:
        raise CarrierError(ErrorKind.UNKNOWN_CARRIER, f"No adapter has the code {code[:40]}.", sent=False)
    return adapter


def _discreet(adapter: Adapter) -> Adapter:
    """The adapter, whose calls name nobody when they fail: whoever wrote it need not think of it."""
    for name in CALLS:
        if hasattr(adapter, name):
            setattr(adapter, name, discreet(getattr(adapter, name)))
    return adapter


def _own() -> Iterator[AdapterFactory]:
    for module in iter_modules(adapters.__path__, "carriers.adapters."):
        yield import_module(module.name).adapter


def _installed() -> Iterator[AdapterFactory]:
    """A package that cannot be imported is reported and left out: the other carriers go on."""
    for entry in entry_points(group=GROUP):
        try:
            yield entry.load()
        except Exception:
            log.exception("The carrier package %s could not be loaded.", entry.name)
