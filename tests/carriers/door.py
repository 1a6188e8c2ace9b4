"""An HTTP door that gives scripted answers and remembers what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError


class Door:
    """Answers in the order given: a body, a pair of status and body, bytes, or an error to raise."""

    def __init__(self, *answers: Any) -> None:
        self.calls: list[Call] = []
        self.tokens: list[Token] = []
        self._answers = list(answers)

    @staticmethod
    def account(**credentials: str) -> Account:
        return Account("https://carrier.invalid", credentials)

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        given = self._answers.pop(0)
        if isinstance(given, CarrierError):
            raise given
        status, body = given if isinstance(given, tuple) else (200, given)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return RawAnswer(status, "application/json", raw)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        """One token for all calls, and one fresh one when it is refused, as `CarrierHttp` does."""
        if not self.tokens:
            self.tokens.append(fetch())
        answer = self.send(account, call)
        if not refused(answer):
            return answer
        self.tokens.append(fetch())
        return self.send(account, call)
