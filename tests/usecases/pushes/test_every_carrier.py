"""Every carrier that pushes: its proof and nothing else opens the door, whoever knocks again changes nothing (T29)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from carriers.base import PushProof, RawAnswer
from carriers.registry import all_adapters
from portal.db.tables.messages import InboxDelivery
from portal.settings import ROOT
from portal.usecases.deps import Deps
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.receive import Outcome, receive
from tests.support.doubles import NOON, Clock
from tests.support.factory import Factory
from tests.support.pushes import PROVEN, UNPROVEN, Hook, body_of, hook_for, proof_of

DHL = {
    "shipments": [
        {"id": "00340434161094000001", "status": {"statusCode": "transit", "timestamp": "2026-11-18T09:00:00"}}
    ]
}
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sample(code: str) -> bytes:
    """A push of this carrier."""
    if code == "dhl_unified":
        return body_of(DHL)
    (path, *_) = sorted((ROOT / "tests" / "carriers" / "samples" / code).glob("push-*.json"))
    return json.dumps(json.loads(path.read_text(encoding="utf-8"))["body"]).encode()


def hook_of(deps: Deps, code: str) -> Hook:
    return hook_for(deps, code) if code in PROVEN else hook_for(deps, code, secret="")


def send(deps: Deps, hook: Hook, push: RawAnswer) -> Outcome:
    return receive(deps, hook.endpoint.carrier, hook.token, push)


def rows(deps: Deps) -> list[InboxDelivery]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(InboxDelivery)))


def flipped(push: RawAnswer, header: str) -> Iterator[RawAnswer]:
    """The push with a bit turned here and there: in its body where that is signed, everywhere in its proof."""
    value = push.headers[header]
    for at in range(0, len(value), 5):
        other = chr(ord(value[at]) ^ 1)
        yield RawAnswer(200, push.content_type, push.body, {header: value[:at] + other + value[at + 1 :]})
    yield RawAnswer(200, push.content_type, push.body, {})
    if header == "credential":
        return  # it comes along and signs nothing
    for at in range(0, len(push.body), max(1, len(push.body) // 25)):
        body = bytearray(push.body)
        body[at] ^= 1
        yield RawAnswer(200, push.content_type, bytes(body), push.headers)


def test_every_carrier_that_pushes_is_tried_here(database_url: str) -> None:
    assert {*PROVEN, *UNPROVEN} == {code for code, adapter in all_adapters().items() if adapter.info.push}


@pytest.mark.parametrize("code", [*PROVEN, *UNPROVEN])
def test_its_own_push_is_taken_read_and_believed_as_far_as_it_is_proven(deps: Deps, code: str) -> None:
    hook = hook_of(deps, code)
    assert send(deps, hook, hook.push(sample(code))) is Outcome.TAKEN
    assert [row.trusted for row in rows(deps)] == [code in PROVEN]
    assert (hook.endpoint.proof is PushProof.PATH) == (code in UNPROVEN)
    work_inbox(deps)
    (row,) = rows(deps)
    assert (row.state, row.error) == ("parked" if code in PROVEN else "processed", None)


@on_sqlite
@pytest.mark.parametrize("code", PROVEN)
def test_one_bit_of_proof_or_body_turned_is_refused(deps: Deps, code: str) -> None:
    hook = hook_of(deps, code)
    push = hook.push(sample(code))
    (header,) = proof_of(code, b"")
    tried = list(flipped(push, header))
    assert len(tried) > 4
    assert {send(deps, hook, one) for one in tried} == {Outcome.REFUSED}
    assert rows(deps) == []
    assert send(deps, hook, push) is Outcome.TAKEN


@on_sqlite
@pytest.mark.parametrize("code", PROVEN)
def test_a_proof_with_no_secret_at_all_is_refused(deps: Deps, code: str) -> None:
    hook = hook_of(deps, code)
    body = sample(code)
    for secret in ("", "None", "another secret"):
        assert send(deps, hook, hook.push(body, headers=proof_of(code, body, secret))) is Outcome.REFUSED


@on_sqlite
@pytest.mark.parametrize("code", ["shippo", "aftership", "17track"])
def test_without_an_agreed_secret_nothing_is_believed(deps: Deps, code: str) -> None:
    hook = hook_for(deps, code, secret="")
    body = sample(code)
    # Whoever signs with the empty secret proves nothing.
    assert send(deps, hook, hook.push(body, headers=proof_of(code, body, ""))) is Outcome.TAKEN
    assert [row.trusted for row in rows(deps)] == [False]


@on_sqlite
@pytest.mark.parametrize(("late", "outcome"), [(300, Outcome.TAKEN), (301, Outcome.REFUSED)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_signed_time_may_be_five_minutes_off(deps: Deps, late: int, outcome: Outcome, sign: int) -> None:
    hook = hook_of(deps, "shippo")
    assert send(deps, hook, hook.push(sample("shippo"), now=NOON + sign * timedelta(seconds=late))) is outcome


@pytest.mark.parametrize("code", PROVEN)
def test_a_push_played_again_a_month_later_changes_nothing(deps: Deps, make: Factory, clock: Clock, code: str) -> None:
    hook = hook_of(deps, code)
    push = hook.push(sample(code))
    send(deps, hook, push)
    work_inbox(deps)
    clock.advance(days=29)
    assert send(deps, hook, push) is (Outcome.REFUSED if code == "shippo" else Outcome.KNOWN)
    assert len(rows(deps)) == 1


@on_sqlite
def test_the_same_bytes_from_two_carriers_are_two_pushes(deps: Deps) -> None:
    for code in ("easypost", "aftership"):
        hook = hook_of(deps, code)
        send(deps, hook, hook.push(b"{}"))
    assert len({row.source for row in rows(deps)}) == 2
