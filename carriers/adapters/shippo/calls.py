"""One call to Shippo, and what it says no with."""

from __future__ import annotations

from typing import Any

from carriers import relayed
from carriers.adapters.shippo.tracking import refused
from carriers.answers import read_json
from carriers.base import Account, Call, Http, RawAnswer

API_VERSION = "2018-02-08"


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
    """One call with the account's token."""
    headers = {"Authorization": f"ShippoToken {account.credential('api_token')}", "SHIPPO-API-VERSION": API_VERSION}
    return http.send(account, Call(method, account.url(path), headers, params or {}, json=body, repeatable=repeatable))


def checked(answer: RawAnswer) -> Any:
    """The JSON of an answer that says yes. Raises CarrierError for one that says no."""
    tree = read_json(answer)
    if not relayed.succeeded(answer):
        raise refused(answer, tree)
    return tree
