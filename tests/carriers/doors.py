"""An HTTP door for adapters: answers by a table of parts of addresses, and remembers what was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError

Given = CarrierError | RawAnswer | bytes | str


class Door:
    """Each part of an address has an answer, or several that are given one after the other.

    A text is an answer with HTTP status 200. The token is kept, and one that is refused is replaced once, as
    `carriers.http` does.
    """

    def __init__(self, **answers: Given | list[Given]) -> None:
        self.answers = {name: given if isinstance(given, list) else [given] for name, given in answers.items()}
        self.calls: list[Call] = []
        self.token: Token | None = None

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        name = next(name for name in self.answers if name in call.url)
        waiting = self.answers[name]
        given = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(given, CarrierError):
            raise given
        if isinstance(given, RawAnswer):
            return given
        return RawAnswer(200, "text/xml", given.encode() if isinstance(given, str) else given)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        self.token = self.token or fetch()
        answer = self.send(account, self._bearing(call))
        if refused(answer):
            self.token = fetch()
            answer = self.send(account, self._bearing(call))
        return answer

    def _bearing(self, call: Call) -> Call:
        value = self.token.value if self.token else ""
        if call.token_body:
            return replace(call, body=call.token_body(value))
        return replace(call, headers={**call.headers, "Authorization": f"Bearer {value}"})
