"""The address for pushes as a carrier meets it: over HTTP, with no browser around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.db.tables.messages import InboxDelivery
from portal.settings import Settings
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import create_shop
from tests.support.factory import shop_document
from tests.support.pushes import SECRET, Hook, PushCarriers, body_of, hook_for, ups_event
from tests.web.conftest import BASE

BODY = body_of(ups_event("1Z999AA10123456784"))


@pytest.fixture
def carriers() -> PushCarriers:
    return PushCarriers()


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


def bodies(deps: Deps) -> list[bytes]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(InboxDelivery.body).order_by(InboxDelivery.id)))


def post(
    client: FlaskClient,
    path: str,
    body: bytes = BODY,
    headers: dict[str, str] | None = None,
    base_url: str = BASE,
) -> TestResponse:
    proven = {"credential": SECRET, "Content-Type": "application/json"} | (headers or {})
    return client.post(path, data=body, headers=proven, base_url=base_url)


def test_a_push_is_taken_without_form_token_session_or_cookie(client: FlaskClient, hook: Hook, deps: Deps) -> None:
    answer = post(client, hook.path)
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert post(client, hook.path).status_code == 200
    assert bodies(deps) == [BODY]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\x00\xff\xfe" * 10, "application/octet-stream"),
        (b"a=%00&b=\xff", "application/x-www-form-urlencoded"),
        (b"--x\r\nnot a part", "multipart/form-data; boundary=x"),
        (b"", "application/json"),
        ('{"Stra\u00dfe": "'.encode("latin-1"), "text/plain; charset=nonsense"),
    ],
)
def test_bytes_are_stored_as_sent_whatever_they_claim_to_be(
    client: FlaskClient, hook: Hook, deps: Deps, body: bytes, kind: str
) -> None:
    assert post(client, hook.path, body, headers={"Content-Type": kind}).status_code == 200
    assert bodies(deps) == [body]


def test_a_wrong_proof_gets_401_and_leaves_nothing(client: FlaskClient, hook: Hook, deps: Deps) -> None:
    assert post(client, hook.path, headers={"credential": "wrong"}).status_code == 401
    assert bodies(deps) == []


def test_an_unknown_address_looks_like_a_wrong_carriers(client: FlaskClient, hook: Hook) -> None:
    answers = [
        post(client, path)
        for path in (
            f"/hooks/ups/{'x' * 24}",
            f"/hooks/dhl_unified/{hook.token}",
            f"/hooks/nosuch/{hook.token}",
            "/hooks/ups/x",
        )
    ]
    assert {(a.status_code, a.text) for a in answers} == {(404, "not found\n")}
    assert len({str(sorted(a.headers.items())) for a in answers}) == 1


def test_a_body_that_is_too_large_is_not_taken(client: FlaskClient, hook: Hook, deps: Deps) -> None:
    assert post(client, hook.path, b"x" * 512_001).status_code == 413
    assert bodies(deps) == []
    assert post(client, hook.path, b"x" * 512_000).status_code == 200


def test_nobody_looks_at_an_address(client: FlaskClient, hook: Hook) -> None:
    for path in (hook.path, "/hooks/ups/" + "x" * 24):
        assert client.get(path).status_code == 405
        assert client.head(path).status_code == 405


def test_an_origin_of_somewhere_else_is_no_reason_to_refuse(client: FlaskClient, hook: Hook) -> None:
    assert post(client, hook.path, headers={"Origin": "https://carrier.example"}).status_code == 200
    assert post(client, hook.path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_the_address_works_on_the_installations_host_and_on_a_shops_own(
    client: FlaskClient, hook: Hook, deps: Deps
) -> None:
    create_shop(deps, "own", shop_document(host="track.own.example"))
    assert post(client, hook.path, base_url="https://track.own.example").status_code == 200
    assert post(client, hook.path, b"2", base_url=BASE).status_code == 200
    assert post(client, hook.path, b"3", base_url="https://elsewhere.example").status_code == 421
    assert bodies(deps) == [BODY, b"2"]


def test_no_shop_can_be_called_hooks(deps: Deps) -> None:
    with pytest.raises(Exception, match="hooks"):
        create_shop(deps, "hooks", shop_document())


def test_a_shops_pages_are_where_they_were(client: FlaskClient, shop: ShopRef) -> None:
    assert client.get(f"/{shop.slug}/track").status_code == 200
    assert client.get("/hooks/track").status_code == 404


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    body=st.binary(max_size=300),
    kind=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40),
    proof=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40),
    tail=st.text(max_size=30),
)
def test_whatever_is_sent_there_is_an_answer_and_nothing_unproven_is_stored(
    client: FlaskClient, hook: Hook, deps: Deps, body: bytes, kind: str, proof: str, tail: str
) -> None:
    answers = [
        post(client, path, body, headers={"credential": proof, "Content-Type": kind})
        for path in (hook.path, "/hooks/ups/" + quote(tail), "/hooks/" + quote(tail))
    ]
    assert {answer.status_code for answer in answers} <= {400, 401, 404, 405, 308}
    assert answers[0].status_code == 401
    assert bodies(deps) == []


@pytest.fixture
def locked(deps: Deps) -> Iterator[Connection]:
    """Somebody holds the database's only write lock."""
    with deps.sessions.engine.connect() as connection, connection.begin():
        yield connection


def test_a_busy_database_says_later_and_never_500(
    app: Flask, client: FlaskClient, hook: Hook, deps: Deps, locked: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.db.engine.BUSY_TIMEOUT_MS", 10)
    deps.sessions.engine.pool.dispose()  # new connections wait for a moment only
    answer = post(client, hook.path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_no_answer_says_yes_before_the_push_is_stored(deps: Deps, hook: Hook, settings: Settings) -> None:
    def die(point: str) -> None:
        if point == "push.before_commit":
            raise SystemExit

    app = create_app(replace(deps, crash=die), settings)
    with pytest.raises(SystemExit):
        post(app.test_client(), hook.path)
    assert bodies(deps) == []
