"""The manners of UPS's interfaces: headers, access tokens, errors (OAuthClientCredentials.yaml)."""

from __future__ import annotations

import re
from hashlib import blake2b
from itertools import count
from typing import Any

from carriers import parsing as read
from carriers.answers import granted, read_json, refusal
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind

_NOT_FOUND = {"TW0001", "151044", "151062"}
_INVALID = {"TV1002", "151018"}
_EXPIRED = ("251004", "250003")
_NOT_FOUND_WORDS = re.compile(r"no tracking information|tracking information not found", re.IGNORECASE)
_INVALID_WORDS = re.compile(r"invalid (?:inquiry|tracking) number", re.IGNORECASE)
_requests = count(1)


def headers(subject: str) -> dict[str, str]:
    """What UPS wants with every call: an id unique to it, and who calls."""
    unique = blake2b(f"{next(_requests)} {subject}".encode(), digest_size=16).hexdigest()
    return {"transId": unique, "transactionSrc": "doorstep"}


def token(http: Http, account: Account) -> Token:
    """An access token for the account. Raises CarrierError."""
    basic = (account.credential("client_id"), account.credential("client_secret"))
    call = Call("POST", account.url("/security/v1/oauth/token"), form={"grant_type": "client_credentials"}, basic=basic)
    answer = http.send(account, call)
    tree = read_json(answer)
    if found := granted(answer, tree):
        return found
    raise refused(answer, tree)


def token_refused(answer: RawAnswer) -> bool:
    """401, or a refusal with the code of an old token. A number of that kind in its words is none: a call that bought
    something must not be repeated."""
    if answer.status == 401 or not answer.surely_refused:
        return answer.status == 401
    try:
        tree = read.load_json(answer.body)
    except ValueError:
        return False
    return read.text(read.record(read.dig(tree, "response", "errors")).get("code")) in _EXPIRED


def refused(answer: RawAnswer, tree: Any) -> CarrierError:
    """`{"response": {"errors": [{"code", "message"}]}}`; codes 104xx and 105xx repeat an HTTP status."""
    first = read.record(read.dig(tree, "response", "errors"))
    code, message = read.text(first.get("code")), read.text(first.get("message"))
    status = int(code[2:]) if code and re.fullmatch(r"10[45]\d\d", code, re.ASCII) else answer.status
    error = refusal(RawAnswer(status, answer.content_type, b"", answer.headers), message, code)
    if code in _NOT_FOUND or (status < 500 and _NOT_FOUND_WORDS.search(message or "")):
        error.kind = ErrorKind.NOT_FOUND
    elif code in _INVALID or (message and _INVALID_WORDS.search(message)):
        error.kind = ErrorKind.INVALID_NUMBER
    elif code and code.startswith(("2500", "2510")):
        error.kind = ErrorKind.AUTH
    return error
