"""What a carrier says no with may repeat what it was asked: nothing of a person or a secret is left in the words that are kept.

Any call that belongs to a label, from the first token to the last file, is refused with each value that was sent in it.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError
from carriers.http import CarrierHttp
from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.model import LabelRequest
from carriers.parsing import load_xml
from tests.carriers.test_label_doubt import SHAPES
from tests.carriers.test_label_round_trip import Counter
from tests.carriers.test_label_round_trip import counter as counter
from tests.carriers.test_label_round_trip import lab as lab

SENDER = {
    "name": "Zebulon Quastenflosser",
    "line1": "Kanarienweg 471",
    "line2": "Hinterhaus Papageno",
    "phone": "+49 8341 55 01 99",
    "email": "zebulon@quasten.example",
}
RECIPIENT = {
    "name": "Waldtraut Ypsilanti",
    "line1": "Wellensittichallee 12",
    "company": "Nymphensittich GmbH",
    "phone": "+49 8341 55 02 88",
    "email": "retouren@nymphen.example",
}
CANARIES = re.compile(
    "zebulon|quasten|flosser|kanarien|papageno|waldtraut|ypsilanti|wellensittich|nymphen|55.?01.?99|55.?02.?88|5501|5502",
    re.IGNORECASE,
)
SAID = [SHAPES[place] for place in (0, 2, 5, 7, 8, 9, 10, 11, 13)]  # one of each carrier's kind
SECRETS = ("client_secret", "password", "api_key", "api_secret", "api_token")


@dataclass
class Echo:
    """Lets so many calls pass, and refuses the next with the words that `say` makes of what it was sent."""

    http: CarrierHttp
    passing: int
    status: int
    say: Callable[[Call], Any]
    calls: int = 0

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls += 1
        if self.calls - 1 == self.passing:
            body = self.say(call)
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            return RawAnswer(self.status, "application/json", raw, {})
        return self.http.send(account, call)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        """A fresh token for each call, so that each of these can fail as well."""
        bearer = {**call.headers, "Authorization": f"Bearer {fetch().value}"}
        return self.send(account, replace(call, headers=bearer, basic=None))


def sent_in(call: Call) -> Iterator[str]:
    """Every value of a call, as it goes over the wire."""
    parts = urlsplit(call.url)
    yield from (parts.path, *(value for _, value in parse_qsl(parts.query)), *call.params.values())
    yield from (*call.headers.values(), *(call.basic or ()), *(call.form or {}).values())
    if call.json is not None:
        yield from leaves(call.json)
    if call.body:
        yield from leaves(load_xml(call.body))


def leaves(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value)
    elif isinstance(tree, str):
        yield tree


def asked(counter: Counter) -> LabelRequest:
    request = counter.request()
    sender, recipient = replace(request.sender, **SENDER), replace(request.recipient, **RECIPIENT)
    return replace(request, sender=sender, recipient=recipient)


def every_value(call: Call) -> str:
    return " / ".join(dict.fromkeys(sent_in(call)))


def telling(error: CarrierError) -> str:
    """Everything that a log, a page or a table could come to hold of an error."""
    told = "".join(traceback.format_exception_only(error))
    return f"{error.message} {error} {error!r} {error.carrier_code} {error.args} {told}"


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_error_of_a_label_tells_of_people_or_secrets(counter: Counter, status: int) -> None:
    request, adapter = asked(counter), counter.adapter
    secrets = [value for name, value in LAB_CREDENTIALS[counter.code].items() if name in SECRETS and len(value) > 2]
    kept = counter.kept(counter.buy(request), request)
    other = replace(request, reference="rl-other-0123456789")
    work: tuple[Callable[[Any], object], ...] = (
        lambda door: adapter.create_label(door, counter.account, other, key="key-2"),
        lambda door: adapter.find_label(door, counter.account, request, key="key-1"),
        lambda door: adapter.fetch_label(door, counter.account, kept),
        lambda door: adapter.void_label(door, counter.account, kept),
    )
    heard = 0
    for act in work:
        for shape in SAID:
            for passing in range(12):
                door = Echo(counter.http, passing, status, lambda call, shape=shape: shape(every_value(call)))  # type: ignore[misc]
                try:
                    act(door)
                except CarrierError as error:
                    heard += 1
                    words = telling(error)
                    assert not CANARIES.search(words), (passing, words)
                    assert not [secret for secret in secrets if secret in words], (passing, words)
                if door.calls <= passing:
                    break
    assert heard > 10
