"""One call to Karrio, and what it says no with."""

from __future__ import annotations

from typing import Any

from carriers import parsing as read
from carriers import relayed
from carriers.adapters.karrio.tracking import refused
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
    """One call with the account's key."""
    key = {"Authorization": f"Token {account.credential('api_key')}"}
    return http.send(account, Call(method, account.url(path), key, params or {}, json=body, repeatable=repeatable))


def checked(answer: RawAnswer) -> Any:
    """The JSON of an answer that says yes. Raises CarrierError for one that says no."""
    tree = read_json(answer)
    if not relayed.succeeded(answer) or read.dig(tree, "errors"):
        raise refused(answer, tree)
    return tree
