"""An adapter's calls are listened to: counted, and the answer it stumbled over kept, but never one that holds a secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from portal.bootstrap.recorder import Recorder

ACCOUNT = Account("https://carrier.example", {"client_secret": "hush-hush", "generation": "v3"})
CALL = Call("GET", "https://carrier.example/track")
TOKEN_ANSWER = RawAnswer(200, "application/json", b'{"access_token": "secret-token"}')


class Door:
    """Answers from a list; fetches a token before each call that wants one."""

    def __init__(self, *answers: RawAnswer) -> None:
        self.answers = list(answers)

    def send(self, account: Account, call: Call) -> RawAnswer:
        if not self.answers:
            raise CarrierError(ErrorKind.SERVER_ERROR, "nobody there")
        return self.answers.pop(0)

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        fetch()
        return self.send(account, call)


def answer(body: bytes) -> RawAnswer:
    return RawAnswer(200, "text/html", body)


def test_calls_are_counted_and_the_newest_answer_is_kept() -> None:
    recorder = Recorder(Door(answer(b"one"), answer(b"two")))
    recorder.send(ACCOUNT, CALL)
    recorder.send(ACCOUNT, CALL)
    kept = recorder.keepable(ACCOUNT)
    assert (recorder.calls, kept.body if kept else None) == (2, b"two")


def test_a_token_is_fetched_unheard() -> None:
    recorder = Recorder(Door(TOKEN_ANSWER))

    def fetch() -> Token:
        recorder.send(ACCOUNT, CALL)
        return Token("secret-token", 3600)

    with pytest.raises(CarrierError):
        recorder.send_with_token(ACCOUNT, CALL, fetch)
    assert (recorder.calls, recorder.keepable(ACCOUNT)) == (1, None)


def test_an_answer_that_repeats_a_credential_is_not_kept() -> None:
    recorder = Recorder(Door(answer(b"<h1>hush-hush is wrong</h1>"), answer(b"<h1>v3</h1>")))
    recorder.send(ACCOUNT, CALL)
    assert recorder.keepable(ACCOUNT) is None
    recorder.send(ACCOUNT, CALL)
    assert recorder.keepable(ACCOUNT) is not None  # a short setting is no secret


def test_a_call_that_got_no_answer_leaves_none_of_the_one_before() -> None:
    recorder = Recorder(Door(answer(b"one")))
    recorder.send(ACCOUNT, CALL)
    with pytest.raises(CarrierError):
        recorder.send(ACCOUNT, CALL)
    assert (recorder.calls, recorder.keepable(ACCOUNT)) == (2, None)


def test_the_recorder_shows_no_answers() -> None:
    recorder = Recorder(Door(answer(b"somebody's parcel")))
    recorder.send(ACCOUNT, CALL)
    assert "parcel" not in repr(recorder)
