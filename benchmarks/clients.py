"""The least that asking a carrier can cost: a tuned `requests` client, and the standard library's, each with JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

from requests import Request, Session
from requests.adapters import HTTPAdapter

from benchmarks.harness import Case
from portal.usecases.tracking.ask import SLOTS

_HEADERS = {
    "User-Agent": "Doorstep",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Authorization": "Bearer t",
    "transId": "bench",
    "transactionSrc": "doorstep",
}
_PATH = "/api/track/v1/details/"
_QUERY = "?locale=en_US&returnSignature=false"


def requests_client(base: str, numbers: Sequence[str]) -> Case:
    """One session, nothing from the environment, a prepared request copied for each number."""
    session = Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=SLOTS))
    prepared = session.prepare_request(Request("GET", base + _PATH, headers=_HEADERS))

    def ask(number: str) -> None:
        request = prepared.copy()
        request.url = f"{base}{_PATH}{number}{_QUERY}"
        json.loads(session.send(request, allow_redirects=False, timeout=20).content)

    return _side_by_side(ask, numbers)


def http_client(base: str, numbers: Sequence[str]) -> Case:
    """`http.client` with one kept connection a thread."""
    ask = _kept_connection(base)
    return _side_by_side(lambda number: json.loads(ask(number)), numbers)


def http_client_alone(base: str, numbers: Sequence[str]) -> Case:
    """The same in one thread, and nothing is done with the bytes."""
    ask = _kept_connection(base)
    return Case(lambda: sum(1 for number in numbers if ask(number)))


def _kept_connection(base: str) -> Callable[[str], bytes]:
    kept = threading.local()
    where = urlsplit(base)

    def ask(number: str) -> bytes:
        if not hasattr(kept, "connection"):
            kept.connection = HTTPConnection(str(where.hostname), where.port, timeout=20)
        kept.connection.request("GET", _PATH + number + _QUERY, headers=_HEADERS)
        body: bytes = kept.connection.getresponse().read()
        return body

    return ask


def _side_by_side(ask: Callable[[str], object], numbers: Sequence[str]) -> Case:
    """In as many threads as a carrier's polls have."""

    def work() -> int:
        with ThreadPoolExecutor(max_workers=SLOTS) as pool:
            return sum(1 for _ in pool.map(ask, numbers))

    return Case(work)
