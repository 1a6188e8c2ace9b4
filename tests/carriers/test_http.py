"""The only door out: deadlines, sizes, repeats, tokens, pace, and silence about secrets."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from carriers.base import Account, Call, RawAnswer, Token
from carriers.errors import CarrierError, ErrorKind
from carriers.http import CarrierHttp
from tests.carriers.peers import OK, Peer, answering, dripping, hanging_up, heard, peer

SECRET, NUMBER = "s3cr3t-value", "1Z5R89390357567127"


@pytest.fixture
def http() -> Iterator[CarrierHttp]:
    client = CarrierHttp("acme", calls_per_second=10_000, total_deadline=0.5)
    yield client
    client.close()


def account(url: str) -> Account:
    return Account(url, {"client_secret": SECRET})


def get(at: Account, **more: str) -> Call:
    return Call("GET", at.url(f"/track/{NUMBER}"), {"Authorization": f"Bearer {SECRET}", **more})


def buy(at: Account) -> Call:
    return Call("POST", at.url("/labels"), json={"name": "Ada Example"}, repeatable=False)


def failure(http: CarrierHttp, at: Account, call: Call | None = None) -> CarrierError:
    with pytest.raises(CarrierError) as caught:
        http.send(at, call or get(at))
    return caught.value


def test_an_answer_comes_back_whole_with_its_headers(http: CarrierHttp) -> None:
    busy = b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nwait"
    with peer(answering(busy)) as there:
        answer = http.send(account(there.url), get(account(there.url)))
    assert (answer.status, answer.content_type, answer.body, answer.retry_after) == (429, "text/html", b"wait", 7.0)


def test_connections_are_kept_between_calls(http: CarrierHttp) -> None:
    with peer(answering(OK)) as there:
        for _ in range(5):
            http.send(account(there.url), get(account(there.url)))
        assert (there.connections, len(there.requests)) == (1, 5)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"",
    ],
    ids=["body", "chunk size", "header", "status line"],
)
def test_an_answer_that_drips_ends_at_the_deadline(http: CarrierHttp, head: bytes) -> None:
    with peer(dripping(head)) as there:
        began = time.monotonic()
        error = failure(http, account(there.url))
    assert 0.4 < time.monotonic() - began < 2.0
    assert (error.kind, error.sent) == (ErrorKind.SERVER_ERROR, True)


def test_no_answer_at_all_ends_at_the_deadline(http: CarrierHttp) -> None:
    def silent(connection: socket.socket, there: Peer) -> None:
        heard(connection, there)
        there.stopping.wait()

    with peer(silent) as there:
        error = failure(http, account(there.url))
        assert (error.kind, error.sent, len(there.requests)) == (ErrorKind.SERVER_ERROR, True, 1)


def test_a_refused_connection_and_an_unknown_host_have_sent_nothing(http: CarrierHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    for url in (f"http://127.0.0.1:{free}", "http://carrier.invalid"):
        error = failure(http, account(url), buy(account(url)))
        assert (error.kind, error.sent) == (ErrorKind.SERVER_ERROR, False)


def test_an_address_that_is_none_has_sent_nothing(http: CarrierHttp) -> None:
    error = failure(http, account("nowhere"))
    assert (error.kind, error.sent) == (ErrorKind.BAD_REQUEST, False)


def test_a_read_on_a_connection_that_was_closed_meanwhile_is_asked_once_more(http: CarrierHttp) -> None:
    with peer(hanging_up(after=0)) as there:
        error = failure(http, account(there.url))
        assert (error.kind, error.sent, len(there.requests)) == (ErrorKind.SERVER_ERROR, True, 2)


def test_a_purchase_is_never_sent_twice(http: CarrierHttp) -> None:
    with peer(hanging_up(after=0)) as there:
        error = failure(http, account(there.url), buy(account(there.url)))
        assert (error.kind, error.sent, len(there.requests)) == (ErrorKind.SERVER_ERROR, True, 1)


def test_redirects_are_not_followed(http: CarrierHttp) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with peer(answering(moved)) as there:
        assert http.send(account(there.url), get(account(there.url))).status == 302


def test_cookies_and_the_environment_change_nothing(http: CarrierHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    with peer(answering(cookie)) as there:
        for _ in range(2):
            http.send(account(there.url), get(account(there.url)))
        assert b"cookie" not in there.requests[1].lower()


def test_an_answer_above_the_size_cap_is_malformed() -> None:
    client = CarrierHttp("acme", max_bytes=1000)
    body = b"x" * 5000
    big = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + body
    with peer(answering(big)) as there:
        assert failure(client, account(there.url)).kind is ErrorKind.MALFORMED
    client.close()


def test_a_small_answer_that_swells_when_unpacked_is_malformed() -> None:
    import gzip

    client = CarrierHttp("acme", max_bytes=100_000)
    packed = gzip.compress(b"0" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    with peer(answering(head + packed)) as there:
        assert failure(client, account(there.url)).kind is ErrorKind.MALFORMED
    client.close()


def test_an_answer_cut_off_in_its_body_is_malformed_and_may_be_retried(http: CarrierHttp) -> None:
    def cut(connection: socket.socket, there: Peer) -> None:
        heard(connection, there)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":')

    with peer(cut) as there:
        error = failure(http, account(there.url))
    assert (error.kind, error.retryable) == (ErrorKind.MALFORMED, True)


def test_no_secret_stands_in_errors_logs_or_representations(
    http: CarrierHttp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with peer(hanging_up(after=1)) as there:
        at = account(there.url)
        shown.append(repr((http.send(at, get(at)), at, get(at), buy(at), Token(SECRET, 1), http)))
        for call in (get(at), buy(at)):
            try:
                http.send(at, call)
            except CarrierError as error:
                shown.append("".join(traceback.format_exception(error)) + repr(error))
    told = "".join(shown) + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("carriers")
    )
    for hidden in (SECRET, NUMBER, "Ada", "Bearer"):
        assert hidden not in told


def test_the_pace_of_one_account_does_not_slow_another() -> None:
    client = CarrierHttp("acme", calls_per_second=1, total_deadline=0.8)
    with peer(answering(OK)) as there:
        first, second = Account(there.url, {"key": "1"}), Account(there.url, {"key": "2"})
        client.send(first, get(first))
        client.send(second, get(second))
        error = failure(client, first)
        assert (error.kind, error.sent, error.retry_after) == (ErrorKind.RATE_LIMITED, False, 1.0)
        assert len(there.requests) == 2
    client.close()


class Counter:
    """Hands out tokens and counts them."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.count, self.lifetime = 0, lifetime
        self.began = threading.Event()

    def __call__(self) -> Token:
        self.count += 1
        self.began.set()
        return Token(f"token-{self.count}", self.lifetime)


def test_many_threads_share_one_token_call(http: CarrierHttp) -> None:
    """The first fetch does not end before all threads have come to ask."""
    tokens, arrived = Counter(), threading.Barrier(16)

    def fetch() -> Token:
        token = tokens()
        arrived.wait(timeout=5)
        return token

    def ask(worker: int) -> None:
        if worker:
            threading.Thread(target=arrived.wait, args=(5,), daemon=True).start()
        http.send_with_token(at, get(at), fetch)

    with peer(answering(OK)) as there:
        at = account(there.url)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(ask, range(16)))
        assert (tokens.count, len(there.requests)) == (1, 16)
        assert all(b"Authorization: Bearer token-1" in request for request in there.requests)


def test_a_token_is_renewed_before_it_expires() -> None:
    now = [1000.0]
    client, tokens = CarrierHttp("acme", clock=lambda: now[0]), Counter(lifetime=3600)
    with peer(answering(OK)) as there:
        at = account(there.url)
        for move in (0.0, 3530.0, 20.0):
            now[0] += move
            client.send_with_token(at, get(at), tokens)
        assert tokens.count == 2
    client.close()


REFUSED = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"


def test_a_refused_token_is_replaced_once(http: CarrierHttp) -> None:
    tokens = Counter()
    with peer(answering(REFUSED, OK)) as there:
        at = account(there.url)
        answer = http.send_with_token(at, get(at), tokens)
    assert (answer.status, tokens.count) == (200, 2)


def test_a_second_refusal_is_given_back(http: CarrierHttp) -> None:
    tokens = Counter()
    with peer(answering(REFUSED)) as there:
        at = account(there.url)
        answer = http.send_with_token(at, get(at), tokens)
        assert (answer.status, tokens.count, len(there.requests)) == (401, 2, 2)


@pytest.mark.parametrize("status", [b"200 OK", b"408 Timeout", b"409 Conflict", b"500 Oops"])
def test_a_call_that_buys_is_not_sent_again_for_a_token_where_it_may_have_bought(
    http: CarrierHttp, status: bytes
) -> None:
    strange = b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n\r\nstale"
    with peer(answering(strange, OK)) as there:
        at = account(there.url)
        answer = http.send_with_token(at, buy(at), Counter(), lambda answer: b"stale" in answer.body)
        assert (answer.body, len(there.requests)) == (b"stale", 1)


def test_who_slept_in_the_midst_of_a_purchase_sends_nothing_more() -> None:
    """The first call went well; by now somebody else may be at the same work."""
    now = [0.0]
    client = CarrierHttp("acme", calls_per_second=10_000, clock=lambda: now[0])
    with peer(answering(OK, OK)) as there:
        at, tokens = account(there.url), Counter()
        door = client.within(45)
        assert door.send(at, get(at)).status == 200
        now[0] = 45.0
        with pytest.raises(CarrierError) as caught:
            door.send(at, buy(at))
        with pytest.raises(CarrierError) as with_token:
            door.send_with_token(at, buy(at), tokens)
        for error in (caught.value, with_token.value):
            assert (error.kind, error.sent) == (ErrorKind.SERVER_ERROR, False)
        assert len(there.requests) == 1
    client.close()


def test_the_last_call_of_a_purchase_ends_when_the_time_for_all_of_it_is_over() -> None:
    client = CarrierHttp("acme", calls_per_second=10_000, total_deadline=20)
    began = time.monotonic()
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with peer(dripping(endless)) as there, pytest.raises(CarrierError) as caught:
        client.within(0.3).send(account(there.url), buy(account(there.url)))
    assert time.monotonic() - began < 5
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.SERVER_ERROR, True)
    client.close()


def test_a_failed_token_call_is_told_to_every_caller_and_forgotten(http: CarrierHttp) -> None:
    def broken() -> Token:
        raise CarrierError(ErrorKind.AUTH, "no")

    with peer(answering(OK)) as there:
        at = account(there.url)
        with pytest.raises(CarrierError):
            http.send_with_token(at, get(at), broken)
        assert http.send_with_token(at, get(at), Counter()).status == 200


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:27:00 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "9" * 400}, 86400.0),
        ({}, None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert RawAnswer(429, "", b"", headers).retry_after == seconds


def test_a_token_can_go_into_the_body_and_a_fault_can_refuse_it(http: CarrierHttp) -> None:
    """DPD: the token stands in the SOAP header, and an old one is HTTP 500 with a fault."""
    tokens = Counter()
    stale = b"HTTP/1.1 500 Fault\r\nContent-Length: 5\r\n\r\nstale"
    with peer(answering(stale, OK)) as there:
        at = account(there.url)
        call = Call("POST", at.url("/track"), token_body=lambda token: f"<token>{token}</token>".encode())
        answer = http.send_with_token(at, call, tokens, lambda answer: b"stale" in answer.body)
        assert (answer.status, tokens.count) == (200, 2)
        assert [request.rpartition(b"\r\n\r\n")[2] for request in there.requests] == [
            b"<token>token-1</token>",
            b"<token>token-2</token>",
        ]
        assert not any(b"Authorization" in request for request in there.requests)
