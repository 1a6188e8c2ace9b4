"""Every route says whom it is for. A route that does not keeps the application from starting."""

from __future__ import annotations

from typing import Literal, get_args

from flask import Blueprint, Flask

Audience = Literal["shopper", "staff", "public", "demo", "carrier"]
_DECLARED: dict[str, Audience] = {}
# Flask's own route for files that anybody may read.
_OWN: dict[str, Audience] = {"static": "public"}


class UndeclaredRoute(RuntimeError):
    """A programming error: a route without an audience."""


def declare(blueprint: Blueprint, audience: Audience) -> Blueprint:
    """Say whom all routes of `blueprint` are for."""
    if audience not in get_args(Audience):
        raise UndeclaredRoute(f"{audience!r} is no audience; there are {', '.join(get_args(Audience))}")
    _DECLARED[blueprint.name] = audience
    return blueprint


def audience_of(endpoint: str | None) -> Audience | None:
    """The audience of an endpoint, None when nothing is declared."""
    if endpoint is None:
        return None
    return _OWN.get(endpoint) or _DECLARED.get(endpoint.rpartition(".")[0])


def check(app: Flask) -> None:
    """Raises UndeclaredRoute that names each route without an audience."""
    silent = sorted(rule.endpoint for rule in app.url_map.iter_rules() if audience_of(rule.endpoint) is None)
    if silent:
        raise UndeclaredRoute(f"these routes do not say whom they are for: {', '.join(silent)}")
