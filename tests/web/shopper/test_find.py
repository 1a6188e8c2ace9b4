"""Find my order, as a visitor does."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.support.factory import Factory
from tests.web.support import send, without_nonce

TRACK = "/juniper/track"


def test_two_facts_lead_to_the_order(client: FlaskClient, make: Factory) -> None:
    order = make.order(number="J-1042", email="ada@mail.example")
    answer = send(client, TRACK, {"number": "j 1042", "email": "ADA@mail.example"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/juniper/orders/{order.public_id}"
    assert client.get(answer.headers["Location"]).status_code == 200


def test_wrong_and_unknown_are_the_same_bytes(visit: Callable[[], FlaskClient], make: Factory) -> None:
    make.order(number="J-1042", email="ada@mail.example")
    wrong = send(visit(), TRACK, {"number": "J-1042", "email": "eve@mail.example"})
    unknown = send(visit(), TRACK, {"number": "J-9999", "email": "eve@mail.example"})
    assert wrong.status_code == unknown.status_code == 422
    assert without_nonce(wrong.text).replace("J-1042", "#") == without_nonce(unknown.text).replace("J-9999", "#")
    assert [k for k, _ in wrong.headers] == [k for k, _ in unknown.headers]


def test_after_too_many_wrong_answers_both_are_told_to_wait(visit: Callable[[], FlaskClient], make: Factory) -> None:
    make.order(number="J-1042", email="ada@mail.example")
    answers = []
    for number in ("J-1042", "J-9999"):
        client = visit()
        for _ in range(5):
            send(client, TRACK, {"number": number, "email": "eve@mail.example"})
        answers.append(send(client, TRACK, {"number": number, "email": "ada@mail.example"}))
    assert [a.status_code for a in answers] == [429, 429]
    assert int(answers[0].headers["Retry-After"]) > 0
    assert answers[0].text == answers[1].text
    assert "help@juniper.example" in answers[0].text


def test_what_was_typed_is_still_there_when_something_is_missing(client: FlaskClient, make: Factory) -> None:
    answer = send(client, TRACK, {"number": "J-5", "phone": "0199"})
    assert answer.status_code == 422
    assert 'value="J-5"' in answer.text
    assert 'value="0199"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_prefilled_link_reveals_nothing(client: FlaskClient, make: Factory) -> None:
    order = make.order(number="J-1042", email="ada@mail.example")
    page = client.get(f"{TRACK}?order=J-1042&email=ada@mail.example").text
    assert 'value="J-1042"' in page
    assert order.public_id not in page


def test_a_visitor_without_a_proof_is_led_to_the_question_whether_or_not_the_order_exists(
    client: FlaskClient, make: Factory
) -> None:
    order = make.order()
    for public_id in (order.public_id, "does-not-exist"):
        answer = client.get(f"/juniper/orders/{public_id}")
        assert (answer.status_code, answer.headers["Location"]) == (302, TRACK)


def test_what_is_typed_is_never_markup(client: FlaskClient, make: Factory) -> None:
    answer = send(client, TRACK, {"number": '"><script>alert(1)</script>', "email": "<img src=x>"})
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
