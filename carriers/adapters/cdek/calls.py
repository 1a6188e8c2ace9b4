"""Asking CDEK: its token, and the questions that tracking and labels share."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from carriers.adapters.cdek import tracking
from carriers.answers import granted, read_json
from carriers.base import Account, Call, Http, RawAnswer, Token
from carriers.labelling import before_buying

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EXPIRED = (b"v2_token_expired", b"v2_authorization_incorrect")


def by_number(account: Account, number: str) -> Call:
    """The question about one order. CDEK's own number is digits; anything else is the shop's."""
    if _UUID.fullmatch(number):
        return Call("GET", account.url(f"/v2/orders/{quote(number, safe='')}"))
    name = "cdek_number" if number.isascii() and number.isdigit() else "im_number"
    return Call("GET", account.url("/v2/orders"), params={name: number})


def send(http: Http, account: Account, call: Call) -> RawAnswer:
    """The answer to a call under the account's token."""
    return http.send_with_token(account, call, before_buying(lambda: _token(http, account)), expired)


def asked(http: Http, account: Account, call: Call) -> Any:
    """What was answered. Raises CarrierError for errors of the call and of the requests that it tells of."""
    return said(send(http, account, call))


def said(answer: RawAnswer) -> Any:
    """What an answer says. Raises CarrierError as `asked` does."""
    tree = read_json(answer)
    if not answer.succeeded or tracking.errors(tree):
        raise tracking.refused(answer, tree, about_number=False)
    return tree


def _token(http: Http, account: Account) -> Token:
    """POST /v2/oauth/token: an hour."""
    form = {"grant_type": "client_credentials", "client_id": account.credential("client_id")}
    form["client_secret"] = account.credential("client_secret")
    answer = http.send(account, Call("POST", account.url("/v2/oauth/token"), form=form))
    tree = read_json(answer)
    if found := granted(answer, tree):
        return found
    raise tracking.refused(answer, tree, about_number=False)


def expired(answer: RawAnswer) -> bool:
    """401, or a bad request that names the token."""
    return answer.status == 401 or (answer.status == 400 and any(code in answer.body[:1000] for code in _EXPIRED))
