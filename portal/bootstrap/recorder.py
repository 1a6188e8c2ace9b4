"""Listens to an adapter's calls: how many it made, and the answer it stumbled over. Tokens are fetched unheard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from carriers.base import Account, Call, Http, RawAnswer, Token, token_refused


@dataclass(slots=True)
class Recorder:
    """The way out for one `track`, used by one thread. `last` is the newest answer that was no token's."""

    http: Http
    calls: int = 0
    last: RawAnswer | None = field(default=None, repr=False)
    _fetching: bool = False

    def send(self, account: Account, call: Call) -> RawAnswer:
        if self._fetching:
            return self.http.send(account, call)
        self._count()
        return self._heard(self.http.send(account, call))

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        def unheard() -> Token:
            self._fetching = True
            try:
                return fetch()
            finally:
                self._fetching = False

        self._count()
        return self._heard(self.http.send_with_token(account, call, unheard, refused))

    def keepable(self, account: Account) -> RawAnswer | None:
        """The newest answer, unless it repeats one of our credentials."""
        if self.last is None:
            return None
        secrets = [value.encode() for value in account.credentials.values() if len(value) >= 6]
        return None if any(secret in self.last.body for secret in secrets) else self.last

    def _count(self) -> None:
        self.calls += 1
        self.last = None

    def _heard(self, answer: RawAnswer) -> RawAnswer:
        self.last = answer
        return answer
