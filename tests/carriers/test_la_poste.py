"""La Poste: an object for one id, a list for several, a mixed list with errors among its entries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from carriers.adapters.la_poste import adapter
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from tests.carriers.answers import answer, only, refusal
from tests.carriers.door import Door

la_poste = adapter()
NUMBER = "6A12345678901"


def one(*events: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"lang": "fr_FR", "returnCode": 200, "shipment": {"idShip": NUMBER, "event": list(events), **parts}}


def event(code: str, label: str = "", date: str = "2026-03-03T09:10:00+01:00") -> dict[str, Any]:
    return {"code": code, "label": label, "date": date}


def test_ten_numbers_go_into_one_call() -> None:
    numbers = [f"6A1234567{n:04}" for n in range(11)]
    door = Door([one(event("DR1"))], one(event("DR1")))
    answers = la_poste.track(door, door.account(api_key="hidden"), numbers)
    first, second = door.calls
    assert first.url == f"https://carrier.invalid/suivi/v2/idships/{','.join(numbers[:10])}"
    assert second.url == f"https://carrier.invalid/suivi/v2/idships/{numbers[10]}"
    assert first.headers == {"X-Okapi-Key": "hidden", "Accept": "application/json"}
    assert first.params == {"lang": "fr_FR"}
    assert [len(results) for _, results in answers] == [11, 1]  # ten left out are told of, beside the one not asked for


@pytest.mark.parametrize(
    ("code", "label", "wanted"),
    [
        ("DR1", "Votre colis va bientôt nous être confié.", (Status.INFO_RECEIVED, "InfoReceived_001")),
        ("EP1", "En attente de présentation", (Status.IN_TRANSIT, None)),
        ("ET3", "En cours de traitement dans le pays de destination", (Status.IN_TRANSIT, None)),
        ("ET3", "Your parcel has arrived in the destination country.", (Status.IN_TRANSIT, "InTransit_004")),
        ("MD2", "Nous le préparons pour le mettre en livraison.", (Status.IN_TRANSIT, None)),
        ("MD2", "Votre colis est en cours de distribution", (Status.OUT_FOR_DELIVERY, "OutForDelivery_001")),
        ("MD1", "", (Status.OUT_FOR_DELIVERY, "OutForDelivery_001")),
        ("ND1", "", (Status.ATTEMPT_FAIL, "AttemptFail_001")),
        ("ND1", "Votre colis a été refusé par le destinataire", (Status.EXCEPTION, "Exception_003")),
        ("ND1", "L'adresse de votre colis est incomplète", (Status.EXCEPTION, "Exception_007")),
        ("AG1", "", (Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001")),
        ("DI1", "Votre colis a été retiré.", (Status.DELIVERED, "Delivered_002")),
        ("DI1", "Votre colis est livré.", (Status.DELIVERED, "Delivered_001")),
        ("DI2", "Votre colis a été remis à son expéditeur.", (Status.EXCEPTION, "Exception_011")),
        ("DI3", "Votre colis est retardé.", (Status.EXCEPTION, "Exception_005")),
        ("DO3", "", (Status.EXCEPTION, "Exception_004")),
        ("PB1", "Problème en cours", (Status.EXCEPTION, "Exception_001")),
        ("PB2", "", (Status.IN_TRANSIT, "InTransit_008")),
        ("RE1", "", (Status.EXCEPTION, "Exception_010")),
        ("XY9", "Votre colis est en cours de livraison.", (Status.OUT_FOR_DELIVERY, "OutForDelivery_001")),
        ("XY9", "Qwertz", (Status.PENDING, None)),
    ],
)
def test_an_event_means_what_its_code_says_within_its_words(code: str, label: str, wanted: Any) -> None:
    result = only(la_poste, one(event(code, label)))
    assert (result.status, result.substatus) == wanted


def test_a_delivery_after_the_return_began_is_the_return() -> None:
    result = only(la_poste, one(event("DI1", "Distribué", "2026-03-05T09:10:00+01:00"), event("RE1")))
    assert (result.status, result.substatus, result.delivered_at) == (Status.EXCEPTION, "Exception_011", None)


def test_a_final_item_without_events_is_delivered() -> None:
    result = only(la_poste, one(isFinal=True, deliveryDate="2026-03-05T09:10:00+01:00"))
    assert result.status is Status.DELIVERED
    assert result.delivered_at is not None
    assert only(la_poste, one(isFinal=False)).status is Status.PENDING


def test_one_event_may_come_as_an_object() -> None:
    body = one()
    body["shipment"]["event"] = event("DI1")
    assert only(la_poste, body).status is Status.DELIVERED


def test_a_list_says_which_numbers_it_passes_over() -> None:
    found = la_poste.parse(answer([one(event("DI1"))], 207), [NUMBER, "6A12345678902"])
    assert [(result.tracking_number, result.status) for result in found] == [
        (NUMBER, Status.DELIVERED),
        ("6A12345678902", Status.PENDING),
    ]
    assert found[1].error is not None
    assert found[1].error.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ({"returnCode": 104, "returnMessage": "Votre suivi n'est pas encore disponible."}, 404, ErrorKind.NOT_FOUND),
        ({"returnCode": 104, "returnMessage": "Votre suivi n'est pas encore disponible."}, 200, ErrorKind.NOT_FOUND),
        ({"returnCode": 101, "returnMessage": "Inconnu"}, 404, ErrorKind.NOT_FOUND),
        ({"returnCode": "105", "returnMessage": "Ce numéro est invalide."}, 404, ErrorKind.INVALID_NUMBER),
        ({"returnCode": 400, "returnMessage": "Le numéro n’est pas valide."}, 400, ErrorKind.INVALID_NUMBER),
        ({"code": "RESOURCE_NOT_FOUND", "message": "?"}, 404, ErrorKind.NOT_FOUND),
        ([], 200, ErrorKind.NOT_FOUND),
    ],
)
def test_what_concerns_the_number_is_in_its_result(said: Any, status: int, kind: ErrorKind) -> None:
    result = only(la_poste, said, NUMBER, status)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, kind)


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ({"code": "UNAUTHORIZED", "message": "unknown or missing key"}, 401, ErrorKind.AUTH),
        ({"code": "BAD_REQUEST", "message": "no key"}, 400, ErrorKind.BAD_REQUEST),
        ({"returnCode": 504, "returnMessage": "Service indisponible"}, 200, ErrorKind.SERVER_ERROR),
        ({"returnCode": 200}, 200, ErrorKind.MALFORMED),
        ({}, 200, ErrorKind.MALFORMED),
        ({"code": "UNAUTHORIZED", "message": "unknown or missing key"}, 200, ErrorKind.AUTH),
        ({"code": "TOO_MANY_REQUESTS", "message": "?"}, 200, ErrorKind.RATE_LIMITED),
        ("<html>Not Found</html>", 404, ErrorKind.MALFORMED),
    ],
)
def test_what_concerns_the_whole_call_is_raised(said: Any, status: int, kind: ErrorKind) -> None:
    assert refusal(la_poste, answer(said, status), NUMBER).kind is kind


def test_accents_in_windows_1252_are_read() -> None:
    body = json.dumps(one(event("DI1", "Distribué à votre voisin")), ensure_ascii=False).encode("cp1252")
    result = only(la_poste, body)
    assert (result.substatus, result.checkpoints[0].raw_text) == ("Delivered_005", "Distribué à votre voisin")


def test_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        la_poste.parse_push(answer({}))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED


def test_several_entries_keep_their_own_names() -> None:
    other = one(event("DI1"))
    other["shipment"] = {**other["shipment"], "idShip": "6A12345678902"}
    found = la_poste.parse(answer([one(event("DI1")), other]), [NUMBER])
    assert [result.tracking_number for result in found] == [NUMBER, "6A12345678902"]
