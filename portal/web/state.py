"""What a request needs from outside Flask: use cases' ports, settings, and the demo's controls where there are any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import current_app

from portal.usecases.deps import Deps

EXTENSION = "doorstep"


class WebSettings(Protocol):
    """The settings that pages look at (`portal.settings.Settings` has them)."""

    @property
    def base_url(self) -> str: ...
    @property
    def env(self) -> str: ...
    @property
    def is_production(self) -> bool: ...
    @property
    def trusted_proxies(self) -> int: ...


@dataclass(frozen=True, slots=True)
class AppState:
    """Kept in `app.extensions["doorstep"]`. `demo` is what the demo's pages steer, None outside the demo.

    `ready_jobs` maps each periodic job to the seconds after which its heartbeat is too old for `/readyz`;
    `migrated` says whether the database is at the newest migration.
    """

    deps: Deps
    settings: WebSettings
    demo: Any | None = None
    ready_jobs: Mapping[str, int] = field(default_factory=dict)
    migrated: Callable[[], bool] = lambda: True


def state() -> AppState:
    found: AppState = current_app.extensions[EXTENSION]
    return found


def deps() -> Deps:
    return state().deps


def settings() -> WebSettings:
    return state().settings
