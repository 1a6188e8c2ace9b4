"""What comes back from a call that buys, and what may be concluded from it: only a plain refusal says that nothing was sold.

Each carrier sells one label at the lab; then the answer to that purchase is replaced on its way back, as servers, gateways
and load balancers do it, and the adapter has to say what it makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError
from carriers.http import CarrierHttp
from carriers.model import Label
from portal.domain.returns.labels import Outcome, outcome_of
from tests.carriers.test_label_round_trip import Counter
from tests.carriers.test_label_round_trip import counter as counter
from tests.carriers.test_label_round_trip import lab as lab

Change = Callable[[RawAnswer], RawAnswer]


@dataclass
class Tape:
    """Hands calls on and keeps the answers; played again, the one to the call that buys is changed."""

    http: CarrierHttp
    kept: list[RawAnswer] = field(default_factory=list)
    purchase: int = -1  # the last call that may not be repeated: the one that buys
    change: Change | None = None
    at: int = 0
    bought: int = 0

    @property
    def sold_with(self) -> RawAnswer:
        return self.kept[self.purchase]

    def send(self, account: Account, call: Call) -> RawAnswer:
        if self.change is None:
            return self._recorded(account, call)
        self.at += 1
        if self.at - 1 < self.purchase:
            return self.kept[self.at - 1]
        if call.repeatable:
            return self.http.send(account, call)
        self.bought += 1
        return self.change(self.sold_with)

    def _recorded(self, account: Account, call: Call) -> RawAnswer:
        answer = self.http.send(account, call)
        self.purchase = self.purchase if call.repeatable else len(self.kept)
        self.kept.append(answer)
        return answer

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        """Without the client's own care: a call that buys is sent again if the adapter says that its token was refused."""
        token = fetch()
        call = replace(call, headers={**call.headers, "Authorization": f"Bearer {token.value}"}, basic=None)
        answer = self.send(account, call)
        return self.send(account, call) if refused(answer) else answer


@dataclass
class Sale:
    """One label sold at the lab, whose answer can be changed as often as wanted."""

    counter: Counter
    tape: Tape
    label: Label

    def again(self, change: Change) -> Label | CarrierError:
        """What the adapter makes of a changed answer. It asks for the label once, whatever it makes of it."""
        self.tape.change, self.tape.at, self.tape.bought = change, 0, 0
        door: Any = self.tape
        try:
            found: Label | CarrierError = self.counter.adapter.create_label(
                door, self.counter.account, self.counter.request(), key="key-1"
            )
        except CarrierError as error:
            found = error
        assert self.tape.bought == 1
        return found


@pytest.fixture
def sale(counter: Counter) -> Iterator[Sale]:
    tape = Tape(counter.http)
    door: Any = tape
    label = counter.adapter.create_label(door, counter.account, counter.request(), key="key-1")
    assert len(counter.sold) == 1
    yield Sale(counter, tape, label)
    assert len(counter.sold) == 1


def in_doubt(found: Label | CarrierError) -> bool:
    return isinstance(found, CarrierError) and outcome_of(found) is Outcome.UNKNOWN


def said(status: int, body: Any) -> Change:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda answer: replace(answer, status=status, body=raw, content_type="application/json", headers={})


# Words as carriers and their gateways put them: they are about some part of the machinery, not about the label.
WORDS = ("Not authorized to call the label store", "Tracking number not found: invalid tracking number", "TIMEOUT", "")
SHAPES: tuple[Callable[[str], Any], ...] = (
    lambda words: {"error": {"code": words, "message": words, "errors": [{"code": words, "message": words}]}},
    lambda words: {"error": "invalid_client", "error_description": words},
    lambda words: {"errors": [{"code": words, "message": words}]},
    lambda words: {"errors": [{"code": "ACCOUNT.NOT.AUTHORIZED", "message": words}]},
    lambda words: {"errors": [{"code": "SHIPMENT.NOTFOUND", "message": words}]},
    lambda words: {"response": {"errors": [{"code": "250003", "message": words}]}},
    lambda words: {"response": {"errors": [{"code": "10401", "message": words}]}},
    lambda words: {"title": words, "detail": words, "status": "400"},
    lambda words: {"listOfResultCodes": [{"code": "e041", "message": words}]},
    lambda words: {"requests": [{"state": "INVALID", "errors": [{"code": "v2_entity_not_found", "message": words}]}]},
    lambda words: {"messages": [{"code": "authentication_failed", "message": words}]},
    lambda words: {"detail": words},
    lambda words: f"<html><body>{words}</body></html>".encode(),
    lambda words: (
        f"<messages><message><code>E002</code><description>{words} AAA Authentication</description></message></messages>"
    ).encode(),
    lambda words: b"",
)


UNSURE = (408, 409, 425, 499, 500, 502, 503, 504, 520)
ASKED_ABOUT = ("easypost", "karrio")  # a conflict is another purchase of the same shipment, which can be asked for


def test_a_server_that_failed_may_have_sold_it_whatever_its_words_are(sale: Sale) -> None:
    for status in UNSURE:
        for body in (shape(words) for shape in SHAPES for words in WORDS):
            if status == 409 and sale.counter.code in ASKED_ABOUT:
                continue
            found = sale.again(said(status, body))
            assert in_doubt(found), (status, body, repr(found))


def test_an_answer_with_a_number_in_it_is_a_sale_whichever_success_it_is_called(sale: Sale) -> None:
    for status in (200, 201, 202, 203, 206):
        found = sale.again(lambda answer, status=status: replace(answer, status=status))  # type: ignore[misc]
        assert isinstance(found, Label), (status, found)
        assert found.tracking_number == sale.label.tracking_number


def test_an_answer_that_says_neither_yes_nor_no_may_hide_a_sale(sale: Sale) -> None:
    for status in (200, 201, 202, 204, 206, 301, 302, 303, 307, 308):
        for body in (b"", b"{}", b"[]", b"null", b"<html></html>", b'{"message": "moved"}', b"<a/>"):
            found = sale.again(said(status, body))
            assert in_doubt(found), (status, body, repr(found))


def test_an_answer_that_was_cut_off_anywhere_may_hide_a_sale(sale: Sale) -> None:
    whole = sale.tape.sold_with
    for end in (1, 10, 100, len(whole.body) // 2, len(whole.body) - 1):
        found = sale.again(lambda answer, end=end: replace(answer, body=answer.body[:end]))  # type: ignore[misc]
        assert in_doubt(found), (end, repr(found))
