"""Pushes are stored before anything reads them; what is not proven is refused, what is sent twice is there once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import func, select

from carriers.base import PushProof, RawAnswer
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint
from portal.errors import ConfigError, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.keyring import Keyring
from portal.usecases.pushes import receive as receiving
from portal.usecases.pushes.endpoints import change_secret, close_endpoint, create_endpoint
from portal.usecases.pushes.overview import list_endpoints
from portal.usecases.pushes.receive import Outcome, receive
from tests.support.doubles import Clock
from tests.support.pushes import SECRET, Hook, PushCarriers, body_of, hook_for, ups_event

BODY = body_of(ups_event("1Z999AA10123456784"))


def stored(deps: Deps) -> list[InboxDelivery]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(InboxDelivery).order_by(InboxDelivery.id)))


def send(deps: Deps, hook: Hook, push: RawAnswer) -> Outcome:
    return receive(deps, hook.endpoint.carrier, hook.token, push)


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


def test_a_proven_push_is_stored_byte_for_byte(deps: Deps, hook: Hook, clock: Clock) -> None:
    assert send(deps, hook, hook.push(BODY)) is Outcome.TAKEN
    (row,) = stored(deps)
    assert (row.body, row.trusted, row.state) == (BODY, True, "received")
    assert (row.endpoint_id, row.received_at) == (hook.endpoint.id, clock.business())
    assert row.headers == {"Content-Type": "application/json"}
    assert SECRET not in repr((row.headers, row.content_type))


@pytest.mark.parametrize("body", [b"", b"\x00\x01\xff\xfe", "Grüße".encode("cp1252"), b"<html>", b"{" * 5000])
def test_a_body_that_no_parser_likes_is_stored_as_it_is(deps: Deps, hook: Hook, body: bytes) -> None:
    assert send(deps, hook, hook.push(body)) is Outcome.TAKEN
    assert [row.body for row in stored(deps)] == [body]


def test_headers_that_no_database_likes_do_no_harm(deps: Deps, hook: Hook) -> None:
    headers = {"credential": SECRET, "Content-Type": "a\x00b" * 500, "User-Agent": "\ud800x\x7f"}
    assert send(deps, hook, RawAnswer(200, "a\x00b" * 500, BODY, headers)) is Outcome.TAKEN
    (row,) = stored(deps)
    assert row.content_type == ("ab" * 500)[:200]
    assert row.headers["User-Agent"] == "x"


def test_the_same_push_again_is_good_news_and_one_row(deps: Deps, hook: Hook) -> None:
    outcomes = [send(deps, hook, hook.push(BODY)) for _ in range(3)]
    assert outcomes == [Outcome.TAKEN, Outcome.KNOWN, Outcome.KNOWN]
    assert len(stored(deps)) == 1


def test_fifty_copies_at_once_are_one_row(deps: Deps, hook: Hook) -> None:
    with ThreadPoolExecutor(max_workers=10) as pool:
        outcomes = list(pool.map(lambda _: send(deps, hook, hook.push(BODY)), range(50)))
    assert sorted(outcomes) == [Outcome.KNOWN] * 49 + [Outcome.TAKEN]
    assert len(stored(deps)) == 1


def test_two_shops_may_be_sent_the_same_bytes(deps: Deps, shop: ShopRef, other_shop: ShopRef) -> None:
    for mine in (shop, other_shop):
        hook = hook_for(deps, "ups", mine)
        assert send(deps, hook, hook.push(BODY)) is Outcome.TAKEN
    assert len({row.endpoint_id for row in stored(deps)}) == 2


def test_a_wrong_proof_is_refused_counted_and_not_stored(deps: Deps, hook: Hook, clock: Clock) -> None:
    for headers in ({}, {"credential": SECRET + "x"}, {"credential": ""}):
        assert send(deps, hook, hook.push(BODY, headers=headers)) is Outcome.REFUSED
    assert stored(deps) == []
    (view,) = list_endpoints(deps)
    assert (view.refused, view.refused_today, view.last_refused_at) == (3, 3, clock.business())
    clock.advance(days=1)
    send(deps, hook, hook.push(BODY, headers={}))
    (view,) = list_endpoints(deps)
    assert (view.refused, view.refused_today) == (4, 1)


def test_an_address_that_is_not_there_is_nobodys(deps: Deps, hook: Hook) -> None:
    push = hook.push(BODY)
    assert receive(deps, "ups", "x" * 24, push) is Outcome.NOWHERE
    assert receive(deps, "ups", "short", push) is Outcome.NOWHERE
    assert receive(deps, "dhl_unified", hook.token, push) is Outcome.NOWHERE
    assert receive(deps, "nosuch", hook.token, push) is Outcome.NOWHERE
    close_endpoint(deps, hook.endpoint.id)
    assert send(deps, hook, push) is Outcome.NOWHERE
    assert stored(deps) == []
    with pytest.raises(NotFound):
        close_endpoint(deps, hook.endpoint.id)


def test_a_carrier_that_signs_nothing_gives_hints(deps: Deps) -> None:
    hook = hook_for(deps, "dhl_unified", secret="")
    assert hook.endpoint.proof is PushProof.PATH
    assert send(deps, hook, hook.push(b'{"shipments": []}')) is Outcome.TAKEN
    assert [row.trusted for row in stored(deps)] == [False]


def test_a_new_secret_counts_at_once_and_the_former_one_for_a_day(deps: Deps, hook: Hook, clock: Clock) -> None:
    change_secret(deps, hook.endpoint.id, "another secret")
    new = Hook(hook.endpoint, "another secret")
    assert send(deps, new, new.push(b"1")) is Outcome.TAKEN
    clock.advance(hours=23, minutes=59)
    assert send(deps, hook, hook.push(b"2")) is Outcome.TAKEN
    clock.advance(minutes=1)
    assert send(deps, hook, hook.push(b"3")) is Outcome.REFUSED
    assert send(deps, new, new.push(b"4")) is Outcome.TAKEN


def test_without_its_key_a_push_is_put_off_and_not_lost(deps: Deps, hook: Hook) -> None:
    object.__setattr__(deps, "keyring", Keyring([b"some other secret, long enough for a key"]))
    assert send(deps, hook, hook.push(BODY)) is Outcome.NOT_NOW
    assert stored(deps) == []


def test_a_fault_in_the_check_of_a_proof_makes_the_push_a_hint(
    deps: Deps, hook: Hook, carriers: PushCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(code: str, push: RawAnswer, secret: str, now: datetime) -> bool:
        raise RuntimeError

    monkeypatch.setattr(carriers, "verify_push", stumble)
    assert send(deps, hook, hook.push(BODY)) is Outcome.TAKEN
    assert [row.trusted for row in stored(deps)] == [False]


def test_a_storm_of_refusals_leaves_a_few_lines(deps: Deps, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[int] = []
    monkeypatch.setattr(receiving.log, "warning", lambda event, **words: lines.append(words["today"]), raising=False)
    for _ in range(20):
        send(deps, hook, hook.push(BODY, headers={}))
    assert lines == [1, 2, 4, 8, 16]


def test_secrets_and_addresses_are_kept_sealed_and_are_never_shown(deps: Deps, hook: Hook) -> None:
    with deps.sessions.read_system() as session:
        row = session.scalars(select(PushEndpoint)).one()
    assert hook.token not in repr(vars(row))
    assert SECRET not in repr(vars(row))
    assert SECRET.encode() not in row.sealed
    assert hook.token.encode() not in row.sealed
    assert hook.token not in repr(hook.endpoint)
    assert len(hook.token) >= 22  # 128 bits or more


def test_only_carriers_that_push_get_an_address(deps: Deps) -> None:
    with pytest.raises(ConfigError, match="no pushes"):
        create_endpoint(deps, "fedex")
    with pytest.raises(ConfigError, match="code 'nosuch'"):
        create_endpoint(deps, "nosuch")


def test_a_secret_that_is_ours_to_choose_is_made_and_shown_once(deps: Deps) -> None:
    made = create_endpoint(deps, "ups")
    assert made.ours
    assert len(made.secret) >= 22
    given = create_endpoint(deps, "ups", secret="theirs")
    assert (given.ours, given.secret) == (False, "")
    assert create_endpoint(deps, "dhl_unified").secret == ""


def test_what_waits_is_counted(deps: Deps, hook: Hook) -> None:
    send(deps, hook, hook.push(b"1"))
    send(deps, hook, hook.push(b"2"))
    (view,) = list_endpoints(deps)
    assert (view.carrier, view.shop, view.backlog, view.failed) == ("ups", None, 2, 0)
    with deps.sessions.read_system() as session:
        assert session.scalar(select(func.count()).select_from(InboxDelivery)) == 2
