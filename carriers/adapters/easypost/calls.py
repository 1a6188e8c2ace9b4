"""One call to EasyPost, and what it says no with."""

from __future__ import annotations

from typing import Any

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.easypost.tracking import refused
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer


def send(
    http: Http,
    account: Account,
    method: str,
    path: str,
    body: object | None = None,
    *,
    params: dict[str, str] | None = None,
    repeatable: bool = True,
) -> RawAnswer:
    """One call with the account's key as its name."""
    key = (account.credential("api_key"), "")
    call = Call(method, account.url(path), params=params or {}, json=body, basic=key, repeatable=repeatable)
    return http.send(account, call)


def checked(answer: RawAnswer) -> Any:
    """The JSON of an answer that says yes. Raises CarrierError for one that says no."""
    tree = read_json(answer)
    if not relayed.succeeded(answer) or read.dig(tree, "error"):
        raise refused(answer, tree)
    return tree
