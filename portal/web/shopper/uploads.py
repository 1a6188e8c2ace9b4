"""Pages that take pictures: their forms may be larger than others, for visitors who have proved to be the shopper."""

from __future__ import annotations

from typing import Any

from flask import request

from portal.web.shopper.access import tier_of
from portal.web.shopper.base import blueprint

MAX_BODY_BYTES = 25_000_000  # several pictures at once; each has a limit of its own
_PAGES: set[str] = set()


def takes_files(endpoint: str) -> str:
    """Let the form of this endpoint of the shopper's pages be as large as pictures are. Its address names the order."""
    _PAGES.add(f"{blueprint.name}.{endpoint}")
    return endpoint


@blueprint.url_value_preprocessor
def _larger(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Before anything reads the form. Whoever has proved nothing is not let through with so much."""
    if endpoint in _PAGES and request.method == "POST" and tier_of((values or {}).get("public_id", "")) == "full":
        request.max_content_length = MAX_BODY_BYTES
