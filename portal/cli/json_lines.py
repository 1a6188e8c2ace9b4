"""Reading one JSON object a line from a file or from standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click


def lines(file: str) -> Iterator[bytes]:
    """The lines of a file, `-` is standard input; empty ones at its end are not lines. ClickException if unreadable."""
    try:
        if file == "-":
            yield from _inner(sys.stdin.buffer)
            return
        with Path(file).open("rb") as stream:
            yield from _inner(stream)
    except OSError as error:
        raise click.ClickException(unreadable(file, error)) from None


def unreadable(file: str, error: OSError) -> str:
    return _("The input %(file)s cannot be read: %(reason)s.") % {"file": file, "reason": error.strerror or error}


def json_object(line: bytes) -> dict[str, Any]:
    """What a line says. ValueError, with words for a person, when it is no JSON object."""
    try:
        asked = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError(_("The line is not JSON.")) from None
    if not isinstance(asked, dict):
        raise ValueError(_("The line is not a JSON object."))
    return asked


def _inner(stream: Iterable[bytes]) -> Iterator[bytes]:
    empty = 0
    for line in stream:
        if not line.strip():
            empty += 1
            continue
        yield from [b""] * empty
        empty = 0
        yield line
