"""`POST /hooks/<carrier>/<secret>`: a carrier tells something. Stored first; the answer is all that it gets to see."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from carriers.base import RawAnswer
from portal.usecases.pushes.receive import Outcome, receive
from portal.web.audience import declare
from portal.web.state import deps

blueprint = declare(Blueprint("webhooks", __name__), "carrier")

MAX_BODY_BYTES = 512_000
RETRY_AFTER = "300"  # seconds
# An address that is wrong, closed, or another carrier's: one answer for all of them.
_ANSWERS = {
    Outcome.TAKEN: ("ok\n", 200),
    Outcome.KNOWN: ("ok\n", 200),
    Outcome.REFUSED: ("not proven\n", 401),
    Outcome.NOWHERE: ("not found\n", 404),
    Outcome.NOT_NOW: ("not now\n", 503),
}


@blueprint.post("/hooks/<carrier>/<token>")
def take(carrier: str, token: str) -> Response:
    """No session, no form, no token: what proves a push is in its headers, over the bytes as they were sent."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _plain("too large\n", 413)
    push = RawAnswer(200, request.content_type or "", body, dict(request.headers))
    return _plain(*_ANSWERS[receive(deps(), carrier, token, push)])


def _plain(words: str, status: int) -> Response:
    later = {"Retry-After": RETRY_AFTER} if status == 503 else None
    return Response(words, status, later, content_type="text/plain; charset=utf-8")
