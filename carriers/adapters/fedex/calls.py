"""The manners of FedEx's interfaces: access tokens and errors with dotted codes."""

from __future__ import annotations

import re
from typing import Any

from carriers import parsing as read
from carriers.answers import granted, read_json, refusal
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind

_KINDS: tuple[tuple[ErrorKind, str], ...] = (
    (ErrorKind.NOT_FOUND, r"NOT\.?FOUND"),
    (ErrorKind.AUTH, r"NOT\.AUTHORIZED|FORBIDDEN|UNAUTHORIZED"),
    (ErrorKind.RATE_LIMITED, r"RATE\.?LIMIT|TOO\.?MANY|QUOTA|THROTTL"),
    (ErrorKind.SERVER_ERROR, r"INTERNAL|UNAVAILABLE|SYSTEM|TIMEOUT"),
    (ErrorKind.INVALID_NUMBER, r"TRACKINGNUMBER"),
)


def token(http: Http, account: Account) -> Token:
    """An access token for the account. Raises CarrierError."""
    form = {
        "grant_type": "client_credentials",
        "client_id": account.credential("client_id"),
        "client_secret": account.credential("client_secret"),
    }
    answer = http.send(account, Call("POST", account.url("/oauth/token"), form=form))
    tree = read_json(answer)
    if (found := granted(answer, tree)) is None:
        raise failure(answer, read.record(read.dig(tree, "errors")))
    return found


def token_refused(answer: RawAnswer) -> bool:
    """401, or the bad request that an unreadable token gives."""
    if answer.status == 400:
        return b"BAD.REQUEST.ERROR" in answer.body[:500] and re.search(rb"(?i)token|jwt", answer.body[:500]) is not None
    return answer.status == 401


def failure(answer: RawAnswer, said: dict[str, Any]) -> CarrierError:
    """The error FedEx names by its dotted code; the HTTP status decides where the code says nothing."""
    code, message = read.text(said.get("code")), read.text(said.get("message"))
    error = refusal(answer, message, code)
    known = next((kind for kind, pattern in _KINDS if code and re.search(pattern, code)), None)
    if known is not None:
        error.kind = known
    elif answer.status == 200:
        error.kind = ErrorKind.BAD_REQUEST if code else ErrorKind.MALFORMED
    return error
