"""Whose host was asked, decided before anything is routed (reliability: T26)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.errors import NotFound
from portal.usecases.deps import Deps
from portal.usecases.shops import find_shop
from portal.web.state import WebSettings

PLACE = "doorstep.place"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
# On a shop's own host these stay what they are; everything else is a page of the shop.
_SHARED = ("/static/", "/healthz", "/readyz", "/hooks/")


@dataclass(frozen=True, slots=True)
class Place:
    """`slug` is set on a shop's own host, where addresses carry no shop."""

    slug: str | None = None


def split_host(host: str) -> str:
    """A Host header without its port, lower case; "" for anything that is not a plain host."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[: name.find("]") + 1]
    name, _, port = name.partition(":")
    plain = name.replace("-", "").replace(".", "").isalnum() and name.isascii()
    return name if plain and (not port or port.isdigit()) else ""


def place_of(host: str, deps: Deps, settings: WebSettings) -> Place | None:
    """Where a request for `host` belongs, None when to nobody here."""
    name = split_host(host)
    if not name:
        return None
    own = urlsplit(settings.base_url).hostname or ""
    if name == own or (not settings.is_production and name in _LOOPBACK):
        return Place()
    try:
        return Place(find_shop(deps, host=name).slug)
    except NotFound:
        return None


def path_for(place: Place, path: str) -> str:
    """The path that is routed: on a shop's own host the shop is put in front."""
    if place.slug is None or path.startswith(_SHARED):
        return path
    return f"/{place.slug}{path}"


def public_path(place: Place | None, url: str) -> str:
    """The address as the visitor of this host sees it: the reverse of `path_for`."""
    if place is None or place.slug is None or not url.startswith(f"/{place.slug}/"):
        return url
    return url.removeprefix(f"/{place.slug}")
