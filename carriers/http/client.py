"""The only door out to carriers: deadlines, size cap, pacing, safe repeats, one token for all threads.

Messages, logs and representations name the carrier and what happened, never an address, a header or a body.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import requests
from pyrate_limiter import GCRA, Limiter, Rate, StateBucket
from requests import PreparedRequest, Session
from requests.auth import HTTPBasicAuth
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from carriers.base import Account, Call, Http, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from carriers.http.sockets import DeadlineAdapter, Watch
from carriers.http.tokens import TokenStore

log = logging.getLogger(__name__)

TOTAL_DEADLINE = 20.0  # seconds, from the first attempt to the last byte, repeats and waiting for the pace included
CONNECT_TIMEOUT = 5.0  # seconds for one address
MAX_BYTES = 2_000_000  # of a decoded body
CHUNK = 65_536
_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def awake_or_not() -> float:
    """Seconds that never go back, and that count while the machine is suspended, where the system tells them (Linux)."""
    return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()


class CarrierHttp:
    """The way to one carrier. Safe for many threads; one instance a carrier, closed with `close`.

    `calls_per_second` holds for each account; waiting for it counts against `total_deadline` (seconds).
    `clock` is monotonic, in seconds, and goes on while the machine sleeps.
    """

    def __init__(
        self,
        name: str = "carrier",
        *,
        calls_per_second: float = 5.0,
        total_deadline: float = TOTAL_DEADLINE,
        connect_timeout: float = CONNECT_TIMEOUT,
        max_bytes: int = MAX_BYTES,
        connections: int = 32,
        clock: Callable[[], float] = awake_or_not,
    ) -> None:
        self.name = name
        self._deadline, self._connect, self._max_bytes = total_deadline, connect_timeout, max_bytes
        self._clock = clock
        self._rate = Rate(1, max(1, round(1000 / calls_per_second)), burst=max(1, int(calls_per_second)))
        self._limiters: dict[tuple[str, int], Limiter] = {}
        self._lock = threading.Lock()
        self._tokens = TokenStore(clock)
        self._watch = Watch(clock)
        self._session = _session(connections, self._watch)

    def __repr__(self) -> str:
        return f"CarrierHttp({self.name!r})"

    def close(self) -> None:
        """Close every kept connection."""
        self._session.close()

    def within(self, seconds: float) -> Http:
        """The same way for one piece of work of several calls, which may last so long: no call begins after it, and the
        one that runs ends by then. So a process that slept in the midst of it sends nothing more."""
        return _Within(self, self._clock() + seconds)

    def send(self, account: Account, call: Call, *, until: float = math.inf) -> RawAnswer:
        """Send one call and read the whole answer, whatever its HTTP status.

        A repeatable call is sent once more when the connection breaks before an answer came (a kept connection
        that the carrier had closed). Raises CarrierError: server_error for no answer in time or no connection, with
        `sent` False only when surely no byte left; rate_limited when our own pace leaves no room before the
        deadline; malformed for an answer that is too large or cut off. `until` is a moment of the clock at which the
        deadline is at the latest.
        """
        ends = min(self._clock() + self._deadline, until)
        if ends <= self._clock():
            raise self._failed("The time for this was over before the call.", sent=False)
        self._wait_for_turn(account, ends)
        prepared = _prepare(call)
        for attempt in (1, 2):
            try:
                return self._exchange(prepared, ends)
            except _BrokenConnection:
                if not call.repeatable or attempt == 2:
                    raise self._failed("The connection broke before an answer came.", sent=self._watch.sent) from None
        raise AssertionError("unreachable")

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
        *,
        until: float = math.inf,
    ) -> RawAnswer:
        """Send one call with `Authorization: Bearer`, or with the token in the body where `call.token_body` puts it.

        `fetch` asks the carrier for a token; it runs once however many threads wait, and its token is kept until
        shortly before it expires. A refused token is replaced once and the call repeated: the carrier did nothing
        when it refused. A call that buys is repeated only where HTTP says so as well. The second refusal is returned
        for the adapter to read.
        """
        token = self._tokens.get(account, fetch)
        answer = self.send(account, _bearing(call, token), until=until)
        if not refused(answer) or not (call.repeatable or answer.surely_refused):
            return answer
        self._tokens.forget(account, token)
        return self.send(account, _bearing(call, self._tokens.get(account, fetch)), until=until)

    def _wait_for_turn(self, account: Account, ends: float) -> None:
        key = (account.base_url, hash(frozenset(account.credentials.items())))
        limiter = self._limiters.get(key)
        if limiter is None:
            with self._lock:
                limiter = self._limiters.setdefault(key, Limiter(StateBucket([self._rate], GCRA())))
        if not limiter.try_acquire(blocking=False) and not limiter.try_acquire(
            timeout=max(0.0, ends - self._clock() - 0.5)
        ):
            wait = float(self._rate.interval) / 1000
            raise CarrierError(
                ErrorKind.RATE_LIMITED, f"{self.name}: our own pace is used up.", retry_after=wait, sent=False
            )

    def _exchange(self, prepared: PreparedRequest, ends: float) -> RawAnswer:
        left = ends - self._clock()
        self._watch.start(ends)
        began = self._clock()
        try:
            response = self._session.send(
                prepared,
                stream=True,
                allow_redirects=False,
                timeout=(max(0.001, min(self._connect, left)), max(0.001, left)),
                proxies={},
                verify=True,
            )
        except requests.RequestException as error:
            raise self._translated(error) from None
        try:
            body = self._read(response)
        finally:
            response.close()
        log.debug("%s answered %d in %.3f s", self.name, response.status_code, self._clock() - began)
        headers = dict(response.headers)
        return RawAnswer(response.status_code, headers.get("Content-Type", ""), body, headers)

    def _read(self, response: requests.Response) -> bytes:
        """The body up to the size cap; the socket itself keeps the deadline."""
        parts, size = [], 0
        try:
            while part := response.raw.read(CHUNK, decode_content=True):
                size += len(part)
                if size > self._max_bytes:
                    raise CarrierError(ErrorKind.MALFORMED, f"{self.name}: the answer is too large.")
                parts.append(part)
        except (HTTPError, OSError):
            if self._watch.expired:
                raise self._late() from None
            raise CarrierError(ErrorKind.MALFORMED, f"{self.name}: the answer was cut off.") from None
        return b"".join(parts)

    def _translated(self, error: requests.RequestException) -> Exception:
        if self._watch.expired:
            return self._late()
        if isinstance(error, requests.Timeout):
            return self._late() if self._watch.sent else self._failed("No connection in time.", sent=False)
        if isinstance(error, requests.ConnectionError) and self._watch.sent:
            return _BrokenConnection()
        return self._failed("No connection could be made.", sent=self._watch.sent)

    def _late(self) -> CarrierError:
        return self._failed("No whole answer before the deadline.", sent=self._watch.sent)

    def _failed(self, words: str, *, sent: bool) -> CarrierError:
        log.info("%s: %s", self.name, words)
        return CarrierError(ErrorKind.SERVER_ERROR, f"{self.name}: {words}", sent=sent)


@dataclass(frozen=True, slots=True)
class _Within:
    """See `CarrierHttp.within`."""

    http: CarrierHttp
    until: float

    def send(self, account: Account, call: Call) -> RawAnswer:
        return self.http.send(account, call, until=self.until)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        return self.http.send_with_token(account, call, fetch, refused, until=self.until)


class _BrokenConnection(Exception):
    """The connection ended after bytes had left and before an answer came."""


class _NoCookies(RequestsCookieJar):
    """Forgets every cookie: an answer must not change the next call."""

    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
        return None


def _session(connections: int, watch: Watch) -> Session:
    session = Session()
    session.trust_env = False  # no proxy, netrc or certificate bundle from the environment
    session.cookies = _NoCookies()
    adapter = DeadlineAdapter(watch, connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _prepare(call: Call) -> PreparedRequest:
    prepared = PreparedRequest()
    headers = {"User-Agent": "Doorstep", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
    body: bytes | dict[str, str] | None = dict(call.form) if call.form is not None else call.body
    if call.json is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(call.json, separators=(",", ":")).encode()
    try:
        prepared.prepare(
            method=call.method,
            url=call.url,
            headers=headers | dict(call.headers),
            params=dict(call.params) or None,
            data=body,
            auth=HTTPBasicAuth(*call.basic) if call.basic else None,
        )
    except (requests.RequestException, ValueError, UnicodeError):
        raise CarrierError(
            ErrorKind.BAD_REQUEST, "The carrier's address or a header is not valid.", sent=False
        ) from None
    return prepared


def _bearing(call: Call, token: Token) -> Call:
    if call.token_body is not None:
        return replace(call, body=call.token_body(token.value))
    headers = {**call.headers, "Authorization": f"Bearer {token.value}"}
    return replace(call, headers=headers, basic=None)
