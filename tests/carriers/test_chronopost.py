"""Chronopost: the traps of its tracking service."""

from __future__ import annotations

from datetime import datetime

import pytest

from carriers.adapters.chronopost import adapter
from carriers.base import Account, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import only, refusal
from tests.carriers.doors import Door
from tests.carriers.xsd import valid

chronopost = adapter()
NUMBER = "XY123456785FR"
AROUND = (
    "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body>{}</soap:Body></soap:Envelope>"
)


def event(code: str, words: str, day: int = 1, *infos: tuple[str, str]) -> str:
    more = "".join(f"<infoCompList><name>{n}</name><value>{v}</value></infoCompList>" for n, v in infos)
    return (
        f"<events><code>{code}</code><eventDate>2024-03-{day:02}T12:00:00+01:00</eventDate><eventLabel>{words}"
        f"</eventLabel><NPC>37</NPC><officeLabel>TOURS CHRONOPOST</officeLabel><zipCode>37000</zipCode>{more}</events>"
    )


def returned(inner: str, call: str = "trackSkybillV2", code: str = "0") -> str:
    said = f"<return><errorCode>{code}</errorCode>{inner}</return>"
    return AROUND.format(
        f"<n:{call}Response xmlns:n='http://cxf.tracking.soap.chronopost.fr/'>{said}</n:{call}Response>"
    )


def events(*some: str, name: str = "listEventInfoComp", number: str = NUMBER) -> str:
    return f"<{name}>{''.join(some)}<skybillNumber>{number}</skybillNumber></{name}>"


def last(code: str, words: str) -> TrackingResult:
    return only(
        chronopost, returned(events(event("SC", "Tri effectué dans l'agence de départ"), event(code, words, 2)))
    )


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("DC", "Colis en cours de préparation chez l'expéditeur", "InfoReceived_001"),
        ("DB ", "Colis déposé par l'expéditeur", "InTransit_002"),
        ("EI", "Colis entré dans le pays de destination", "InTransit_004"),
        ("TA ", "Colis en cours de livraison", "OutForDelivery_001"),
        ("ta", "", "OutForDelivery_001"),
        ("AB", "Colis mis à disposition au point de retrait", "AvailableForPickup_001"),
        ("P", "Echec de livraison suite à l'absence du destinataire.", "AttemptFail_002"),
        ("NA", "Echec de livraison, en attente d'instructions pour nouvelle livraison", "AttemptFail_001"),
        ("D", "Livraison effectuée", "Delivered_001"),
        ("D", "Delivered", "Delivered_001"),
        ("DI1", "Livré", "Delivered_001"),
        ("SK", "Colis en attente d'informations complémentaires de votre part", "Exception_001"),
        ("A2", "Colis retardé à l'agence de distribution", "Exception_005"),
        ("EC", "Tri effectué dans l'agence de départ", "InTransit_003"),
        ("SJ", "Problème douanier résolu, colis en cours d'acheminement", "InTransit_008"),
        ("R", "Colis en retour expéditeur", "Exception_010"),
    ],
)
def test_codes_say_what_happened_with_or_without_blanks(code: str, words: str, expected: str) -> None:
    assert only(chronopost, returned(events(event(code, words)))).checkpoints[-1].substatus == expected


@pytest.mark.parametrize(
    ("code", "words", "status", "substatus"),
    [
        ("SD", "Sorted at delivery location", Status.IN_TRANSIT, None),
        ("SD", "Livraison reportée de 24h", Status.EXCEPTION, "Exception_005"),
        ("DC", "Livraison effectuée", Status.DELIVERED, "Delivered_001"),
        ("D", "Livraison effectuée au point relais", Status.AVAILABLE_FOR_PICKUP, "AvailableForPickup_001"),
        ("D", "Colis retourné à l'expéditeur", Status.EXCEPTION, "Exception_011"),
        ("D", "Colis livré au voisin", Status.DELIVERED, "Delivered_005"),
        ("RB", "Colis en cours de livraison au point de retrait", Status.IN_TRANSIT, None),
    ],
)
def test_partners_reuse_codes_so_plain_words_count(
    code: str, words: str, status: Status, substatus: str | None
) -> None:
    assert (last(code, words).status, last(code, words).substatus) == (status, substatus)


def test_an_unknown_code_is_read_by_its_words_or_stays_unknown() -> None:
    assert last("ZZ", "Colis refusé par le destinataire").substatus == "Exception_003"
    assert last("ZZ", "Frobnication").checkpoints[-1].status is None
    assert last("ZZ", "Frobnication").status is Status.IN_TRANSIT


@pytest.mark.parametrize(
    ("code", "words"), [("SM", "Destinataire informé par SMS ou mail"), ("CL", "Instruction de livraison reçue")]
)
def test_a_notice_to_the_recipient_and_their_instructions_move_nothing(code: str, words: str) -> None:
    some = [event("D", "Livraison effectuée", 1), event(code, words, 2)]
    result = only(chronopost, returned(events(*some)))
    assert (result.status, result.checkpoints[-1].notice) == (Status.DELIVERED, True)
    assert result.delivered_at == datetime.fromisoformat("2024-03-01T12:00:00+01:00")


def test_the_couriers_late_scan_does_not_take_a_parcel_from_the_shop() -> None:
    some = [
        event("AB", "Colis mis à disposition", 1),
        event("RB", "Colis en cours de livraison au point de retrait", 2),
    ]
    assert only(chronopost, returned(events(*some))).status is Status.AVAILABLE_FOR_PICKUP


def test_a_delivery_after_the_parcel_turned_back_is_its_return() -> None:
    some = [event("RE1", "Retour à l'expéditeur", 1), event("D", "Livraison effectuée", 2)]
    assert only(chronopost, returned(events(*some))).substatus == "Exception_011"


def test_events_are_put_in_order_by_their_instants() -> None:
    some = [event("D", "Delivered", 3), event("DC", "", 1), event("TS", "", 2)]
    result = only(chronopost, returned(events(*some)))
    assert [scan.raw_code for scan in result.checkpoints] == ["DC", "TS", "D"]
    assert all(scan.offset_known for scan in result.checkpoints)


def test_an_event_has_its_office_and_its_postcode_and_no_invented_country() -> None:
    (scan,) = only(chronopost, returned(events(event("TS", "Shipment in transit")))).checkpoints
    assert (scan.city, scan.postal_code, scan.country) == ("TOURS CHRONOPOST", "37000", None)


def test_the_consignees_name_is_no_signature_and_is_not_kept_in_the_scan() -> None:
    named = returned(events(event("D", "Delivered", 1, ("Consignee's name", "ADA EXAMPLE"))))
    result = only(chronopost, named)
    assert (result.signed_by, "ADA" in str(result.checkpoints[0].raw)) == (None, False)
    signed = returned(events(event("D", "Delivered", 1, ("Nom du signataire", "ADA EXAMPLE"))))
    assert only(chronopost, signed).signed_by == "ADA EXAMPLE"


@pytest.mark.parametrize(
    ("call", "name"),
    [("trackSkybill", "listEvents"), ("trackESD", "listEventInfoComp"), ("trackWithSenderRef", "listParcel")],
)
def test_the_older_calls_are_read_as_well(call: str, name: str) -> None:
    result = only(chronopost, returned(events(event("TA", ""), name=name), call))
    assert (result.tracking_number, result.status) == (NUMBER, Status.OUT_FOR_DELIVERY)


def test_several_parcels_of_one_reference_are_several_results() -> None:
    two = events(event("TA", ""), name="listParcel") + events(event("D", ""), name="listParcel", number="XY2")
    body = returned(two, "trackWithSenderRef").encode()
    results = chronopost.parse(RawAnswer(200, "text/xml", body), ["ref"])
    assert [(one.tracking_number, one.status) for one in results] == [
        (NUMBER, Status.OUT_FOR_DELIVERY),
        ("XY2", Status.DELIVERED),
    ]


@pytest.mark.parametrize(
    "inner", ["", "<listEventInfoComp/>", events(), "<listEventInfoComp><events/></listEventInfoComp>"]
)
def test_a_number_without_events_is_not_found(inner: str) -> None:
    result = only(chronopost, returned(inner), NUMBER)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("2", "Le numéro de colis ne respecte pas le format", ErrorKind.INVALID_NUMBER),
        ("3", "Colis introuvable", ErrorKind.NOT_FOUND),
    ],
)
def test_an_error_about_the_number_is_the_numbers_own(code: str, words: str, kind: ErrorKind) -> None:
    result = only(chronopost, returned(f"<errorMessage>{words}</errorMessage>", code=code), NUMBER)
    assert result.error is not None
    assert (result.status, result.error.kind, result.error.carrier_code) == (Status.PENDING, kind, code)


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("1", "System Error", ErrorKind.SERVER_ERROR),
        ("1", "", ErrorKind.SERVER_ERROR),
        ("33", "Mot de passe incorrect", ErrorKind.AUTH),
        ("9", "Frobnication", ErrorKind.BAD_REQUEST),
    ],
)
def test_an_error_of_the_whole_call_is_raised(code: str, words: str, kind: ErrorKind) -> None:
    body = returned(f"<errorMessage>{words}</errorMessage>", code=code).encode()
    assert refusal(chronopost, RawAnswer(200, "text/xml", body), NUMBER).kind is kind


def test_a_fault_is_raised_by_whose_mistake_it_is() -> None:
    said = "<soap:Fault><faultcode>soap:{}</faultcode><faultstring>No</faultstring></soap:Fault>"
    for code, kind in (("Server", ErrorKind.SERVER_ERROR), ("Client", ErrorKind.BAD_REQUEST)):
        body = AROUND.format(said.format(code)).encode()
        assert refusal(chronopost, RawAnswer(500, "text/xml", body), NUMBER).kind is kind


def test_the_question_fits_the_carriers_schema() -> None:
    door = Door(TrackingServiceWS=returned(events(event("TA", ""))))
    ((_, (result,)),) = chronopost.track(door, Account("https://lab.invalid", {"language": "fr_FR"}), [NUMBER])
    assert result.status is Status.OUT_FOR_DELIVERY
    (call,) = door.calls
    assert (call.method, call.url) == ("POST", "https://lab.invalid/tracking-cxf/TrackingServiceWS")
    assert b"<language>fr_FR</language><skybillNumber>XY123456785FR</skybillNumber>" in (call.body or b"")
    valid(call.body, "chronopost/TrackingServiceWS.xsd", "trackSkybillV2")


def test_there_are_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        chronopost.parse_push(RawAnswer(200, "", b""))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
