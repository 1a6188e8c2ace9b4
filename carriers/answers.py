"""What adapters share in reading an answer: is it JSON or XML, is it a refusal, whom does the refusal concern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from carriers.base import RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from carriers.parsing import dig, load_json, load_xml, text

_KINDS = {
    401: ErrorKind.AUTH,
    403: ErrorKind.AUTH,
    404: ErrorKind.NOT_FOUND,
    408: ErrorKind.SERVER_ERROR,
    429: ErrorKind.RATE_LIMITED,
}
# Codes that gateways put into a body, by which it is known even under a status that says nothing.
_GATEWAYS = (
    (
        ErrorKind.AUTH,
        re.compile(
            r"(?:invalid|expired|missing).{0,12}(?:api_?key|token|client|credential)|token_?expired|unauthori[sz]ed"
            r"|unauthenticated|forbidden|access_?denied",
            re.IGNORECASE,
        ),
    ),
    (ErrorKind.RATE_LIMITED, re.compile(r"too_?many_?requests|rate_?limit|quota_?\w*viol|throttl", re.IGNORECASE)),
)


def refusal(answer: RawAnswer, message: str | None = None, code: str | None = None) -> CarrierError:
    """The error an HTTP status stands for, with the carrier's own code and words where it gave them."""
    kind = _KINDS.get(answer.status)
    if kind is None:
        kind = ErrorKind.BAD_REQUEST if 400 <= answer.status < 500 else ErrorKind.SERVER_ERROR
    if 200 <= answer.status < 400:
        kind = next((one for one, pattern in _GATEWAYS if pattern.search(code or "")), ErrorKind.MALFORMED)
    words = message or f"The carrier answered with HTTP status {answer.status}."
    return CarrierError(kind, words, carrier_code=code or str(answer.status), retry_after=answer.retry_after)


def as_stated(answer: RawAnswer, *statuses: Any) -> RawAnswer:
    """The answer under the HTTP status that its own body names as an error's, where it came with 200 all the same."""
    said = next((word for word in map(text, statuses) if word and re.fullmatch(r"[45]\d\d", word, re.ASCII)), None)
    return replace(answer, status=int(said)) if said and answer.status == 200 else answer


def read_json(answer: RawAnswer) -> Any:
    """The JSON of an answer. Raises CarrierError for a body that is not JSON: a gateway's page, nothing, half of it.

    The HTTP status decides the kind where it says enough by itself; everything else is malformed and may be retried.
    """
    return _read(answer, load_json, "no JSON")


def read_xml(answer: RawAnswer) -> Any:
    """The XML of an answer in the shapes of JSON (`carriers.parsing.xml`). Raises CarrierError as `read_json` does."""
    return _read(answer, load_xml, "no XML")


def _read(answer: RawAnswer, load: Callable[[bytes], Any], otherwise: str) -> Any:
    try:
        return load(answer.body)
    except ValueError:
        if answer.status >= 500 or answer.status in (401, 403, 408, 429):
            raise refusal(answer) from None
        what = otherwise if answer.body.strip() else "an empty body"
        message = f"The carrier answered with {what} and HTTP status {answer.status}."
        raise CarrierError(ErrorKind.MALFORMED, message, retry_after=answer.retry_after) from None


def concerning(error: CarrierError, number: str | None) -> TrackingResult:
    """The result for an error that concerns one number alone: pending. Every other error is raised."""
    if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER):
        raise error
    return TrackingResult(number, Status.PENDING, error=error)


def granted(answer: RawAnswer, tree: Any) -> Token | None:
    """The token of an OAuth answer (RFC 6749, 5.1), whose lifetime carriers send as a number or a text."""
    token, seconds = text(dig(tree, "access_token")), text(dig(tree, "expires_in")) or ""
    if answer.status != 200 or token is None:
        return None
    return Token(token, float(seconds) if seconds.isascii() and seconds.isdigit() else 3600.0)


def missing(carrier: str, number: str) -> TrackingResult:
    """The result for a number that a batch answer passes over."""
    error = CarrierError(ErrorKind.MALFORMED, f"{carrier} left this number out of its answer.")
    return TrackingResult(number, Status.PENDING, error=error)


def asked_first(results: Iterable[TrackingResult], numbers: Sequence[str]) -> list[TrackingResult]:
    """The results of an answer that may tell of more than was asked: those asked for stand first."""
    return sorted(results, key=lambda one: one.tracking_number not in numbers)


def redacted(words: str | None, secrets: Iterable[str]) -> str | None:
    """A carrier's message without the given values: it may repeat what we sent."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        words = re.sub(re.escape(secret), "…", words, flags=re.IGNORECASE) if words else words
    return words


def not_supported(code: str, what: str) -> CarrierError:
    """The error for something this carrier's adapter does not do."""
    return CarrierError(ErrorKind.NOT_SUPPORTED, f"The adapter {code} does not support {what}.", sent=False)
