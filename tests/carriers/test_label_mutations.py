"""Spoilt answers to every call around a label: an error of the library, or a label, and never anything else.

Whatever an answer to a purchase looks like, a label that was sold is never said to be surely unsold, unless HTTP or the
carrier says so.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError
from carriers.http import CarrierHttp
from carriers.model import BoughtLabel, Label, LabelDocument
from tests.carriers.test_label_round_trip import Counter
from tests.carriers.test_label_round_trip import counter as counter
from tests.carriers.test_label_round_trip import lab as lab

EACH = 4_000 if os.environ.get("DOORSTEP_LONG") else 60  # of each kind of call
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 10**30, "", " ", "x", "\x00", "é" * 5_000, [], {}, [[]], [None], {"a": None}),
    *("https://[", "http://127.0.0.1:99999/x", "//", "data:,", "NaN", "2026-13-45", "9" * 400, "\ud800", "JVBERi0="),
)


@dataclass
class Record:
    """Keeps what was answered, call by call; played again, one of the answers is spoilt."""

    http: CarrierHttp
    kept: list[RawAnswer] = field(default_factory=list)
    spoil: Callable[[int, RawAnswer], RawAnswer] | None = None
    at: int = 0

    def send(self, account: Account, call: Call) -> RawAnswer:
        if self.spoil is None:
            self.kept.append(self.http.send(account, call))
            return self.kept[-1]
        place = min(self.at, len(self.kept) - 1)
        self.at += 1
        return self.spoil(place, self.kept[place])

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        token = fetch()
        answer = self.send(account, replace(call, headers={**call.headers, "Authorization": token.value}, basic=None))
        return self.send(account, call) if refused(answer) else answer


def spoilt(answer: RawAnswer, chance: random.Random) -> RawAnswer:
    """The same answer with one thing wrong: in its structure where it has one, else in its bytes."""
    try:
        tree = json.loads(answer.body)
    except ValueError:
        tree = None
    if isinstance(tree, dict | list) and tree and chance.random() < 0.8:
        _spoil(tree, chance)
        return replace(answer, body=json.dumps(tree).encode())
    body = bytearray(answer.body or b"{}")
    for _ in range(chance.randint(1, 4)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    cut = chance.randrange(len(body)) if chance.random() < 0.3 else len(body)
    return replace(answer, body=bytes(body[:cut]), status=chance.choice([answer.status, 200, 201, 400, 500]))


def _spoil(tree: Any, chance: random.Random) -> None:
    """Go down to somewhere and put something odd there, or take it away."""
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = chance.choice(keys)
        if isinstance(tree[key], dict | list) and tree[key] and chance.random() < 0.8:
            tree = tree[key]
            continue
        if chance.random() < 0.2:
            del tree[key]
        else:
            tree[key] = chance.choice(ODD) if chance.random() < 0.9 else [tree[key], tree[key]]
        return


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", ["create", "find", "fetch", "void"])
def test_a_spoilt_answer_is_an_error_of_the_library_or_a_label(counter: Counter, what: str) -> None:
    request, adapter = counter.request(), counter.adapter
    bought = counter.buy(request) if what != "create" else None
    kept = counter.kept(bought, request) if bought else BoughtLabel("")
    record: Any = Record(counter.http)
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: adapter.create_label(record, counter.account, request, key="key-1"),
        "find": lambda: adapter.find_label(record, counter.account, request, key="key-1"),
        "fetch": lambda: adapter.fetch_label(record, counter.account, kept),
        "void": lambda: adapter.void_label(record, counter.account, kept),
    }
    try:
        calls[what]()
    except CarrierError as error:
        assert record.kept or not error.sent  # the adapter cannot do it  # noqa: PT017
    if not record.kept:
        return
    chance = random.Random(f"{counter.code} {what}")
    for _ in range(EACH):
        place = chance.randrange(len(record.kept))
        record.at = 0
        record.spoil = lambda at, answer, place=place: spoilt(answer, chance) if at == place else answer
        try:
            found = calls[what]()
        except CarrierError:
            continue
        assert found is None or isinstance(found, Label | LabelDocument)
        if isinstance(found, Label):
            assert found.tracking_number
            assert isinstance(found.document, bytes)
