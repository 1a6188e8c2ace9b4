"""DHL Parcel Germany: events by ICE and RIC, pieces that went back, the many faces of its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import wire
from carriers.adapters.dhl_parcel_de import adapter
from carriers.base import Account, Call, RawAnswer, Token, token_refused
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import answer, only, refusal

dhl = adapter()
NUMBER = "00340434161094015902"


def tag(name: str, inner: str = "", **attributes: Any) -> str:
    given_ = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f'<data name="{name}"{given_}>{inner}</data>'


def event(codes: str, words: str = "", at: str = "18.03.2016 10:02", **more: Any) -> str:
    ice, ric, group = codes.split("/")
    facts = {"ice": ice, "ric": ric, "standard_event_code": group, "event_status": words, "event_timestamp": at}
    return tag("piece-event", **facts, **more)


def piece(*events: str, codes: str = "//", number: str = NUMBER, **more: Any) -> str:
    ice, ric, group = codes.split("/")
    inner = tag("piece-event-list", "".join(events))
    return tag("piece-shipment", inner, piece_code=number, ice=ice, ric=ric, standard_event_code=group, **more)


def listed(*pieces: str) -> str:
    return tag("piece-shipment-list", "".join(pieces), code="0")


def one(*events: str, **more: Any) -> TrackingResult:
    return only(dhl, listed(piece(*events, **more)), NUMBER)


@pytest.mark.parametrize(
    ("codes", "words", "expected"),
    [
        ("PARCV/NRQRD/VA", "", "InfoReceived_001"),
        ("NTPUP/NHOME/AN", "", "InfoReceived_001"),
        ("SHRCU/PCKST/ES", "", "InTransit_002"),
        ("LDTMV/MVMTV/AA", "", "InTransit_007"),
        ("ULFMV/UNLDD/EE", "Processed in the parcel center", "InTransit_003"),
        ("ULFMV/UNLDD/PO", "", "OutForDelivery_001"),
        ("SRTED/NRQRD/PO", "", "OutForDelivery_001"),
        ("INFCL/DLVDT/LA", "", "InTransit"),
        ("INFCL/SERPT/LA", "", "AvailableForPickup_001"),
        ("HLDCC/LDPCK/LA", "", "AvailableForPickup_001"),
        ("CNRFC/PCKST/ZF", "", "AvailableForPickup_001"),
        ("OFWRD/RDRCR/PO", "", "InTransit_009"),
        ("OFWRD/RTSCR/AA", "", "Exception_010"),
        ("NTDEL/CNCNR/ZN", "", "AttemptFail_002"),
        ("NTDEL/CLOSD/ZN", "", "AttemptFail_003"),
        ("NTDEL/OTHRE/ZN", "", "AttemptFail_001"),
        ("NTDEL/MOVED/ZN", "", "Exception_002"),
        ("NTDEL/NTCCN/ZN", "", "Exception_008"),
        ("DLVRF/OTHER/ZN", "", "Exception_003"),
        ("DLVRF/DMGED/ZN", "", "Exception_012"),
        ("RETRN/NHOME/ZN", "", "Exception_010"),
        ("EXPHD/WRGRI/BV", "", "Exception_007"),
        ("EXPHD/STPRB/BV", "", "Exception_016"),
        ("DMGDS/LDMGD/AA", "", "Exception_012"),
        ("CANCL/NRQRD/BV", "", "Exception_020"),
        ("DSPSD/NTORD/ZU", "", "Exception_021"),
        ("ITBAR/OARRV/ZO", "", "InTransit_006"),
        ("ICPRC/NRQRD/ZO", "The customs clearance is completed.", "InTransit_005"),
        ("ULFMV/OARRV/EE", "Die Verzollung wurde abgeschlossen.", "InTransit_005"),
        ("HLDCU/NORSN/ZO", "", "Exception_004"),
        ("RSDCP/OARRV/ZO", "", "InTransit_005"),
        ("DLVRD/NGHBR/ZU", "", "Delivered_005"),
        ("DLVRD/ACCPK/ZU", "", "Delivered_002"),
        ("DLVRD/OTHER/ZU", "Die Sendung wurde erfolgreich zugestellt.", "Delivered_001"),
        ("//ZF", "", "AvailableForPickup_001"),
        ("//ZN", "Die Annahme wurde verweigert: Annahme verweigert", "Exception_003"),
        ("//", "Die Sendung wurde in das Zustellfahrzeug geladen.", "OutForDelivery_001"),
    ],
)
def test_the_pair_of_codes_says_more_than_the_group(codes: str, words: str, expected: str) -> None:
    (scan,) = one(event(codes, words)).checkpoints
    assert (scan.substatus or "InTransit") == expected
    if words:  # without a text, the codes at the top decide as those of a scan do
        assert one(codes=codes, status=words).substatus == scan.substatus


def test_codes_nobody_knows_stay_unknown() -> None:
    result = one(event("XXXXX/YYYYY/QQ", "Something nobody listed"))
    assert (result.status, result.checkpoints[0].status) == (Status.PENDING, None)
    assert result.checkpoints[0].raw_code == "XXXXX/YYYYY"


def test_a_message_moves_nothing() -> None:
    waiting = event("HLDCC/SERPT/ZF", at="18.03.2016 10:02")
    told = event("ADVIS/MSGST/DD", "A message was sent.", at="18.03.2016 11:00")
    result = one(waiting, told, codes="ADVIS/MSGST/DD")
    assert result.status is Status.AVAILABLE_FOR_PICKUP
    assert [scan.notice for scan in result.checkpoints] == [False, True]


def test_a_delivery_that_the_driver_took_back_is_none() -> None:
    result = one(
        event("SRTED/NRQRD/PO", at="18.03.2016 09:02"),
        event("DLVRD/OTHER/ZU", at="18.03.2016 10:02"),
        event("STORN/NRQRD/DD", at="18.03.2016 10:04"),
    )
    assert (result.status, result.delivered_at) == (Status.OUT_FOR_DELIVERY, None)


def test_the_flag_of_delivery_counts_even_where_the_newest_event_is_a_message() -> None:
    delivered = event("DLVRD/OTHER/ZU")
    result = one(delivered, event("DLVRD/CODAR/GT", at="19.03.2016 08:00"), codes="//", delivery_event_flag=1)
    assert (result.status, str(result.delivered_at)) == (Status.DELIVERED, "2016-03-18 10:02:00")
    assert one(codes="LDTMV/MVMTV/AA", delivery_event_flag=1).status is Status.DELIVERED
    assert one(codes="DSPSD/NTORD/ZU", delivery_event_flag=1).substatus == "Exception_021"


def test_a_piece_that_goes_back_is_never_delivered() -> None:
    back = one(codes="DLVRD/OTHER/ZU", delivery_event_flag=1, ruecksendung="true", recipient_name="Kiel")
    assert (back.substatus, back.delivered_at, back.signed_by) == ("Exception_011", None, None)
    assert one(codes="ULFMV/UNLDD/EE", ruecksendung="true").substatus == "Exception_010"
    events = (event("RETRN/NHOME/ZN"), event("DLVRD/OTHER/ZU", at="20.03.2016 09:00"))
    assert one(*events, codes="DLVRD/OTHER/ZU", delivery_event_flag=1).substatus == "Exception_011"


def test_the_name_is_that_of_who_took_it_and_only_then() -> None:
    assert one(codes="DLVRD/OTHER/ZU", recipient_name="Ida Beispiel").signed_by == "Ida Beispiel"
    assert one(codes="LDTMV/MVMTV/AA", recipient_name="Ida Beispiel").signed_by is None


def test_times_are_local_and_put_in_order() -> None:
    result = one(event("DLVRD/OTHER/ZU", at="18.03.2016 10:02"), event("SRTED/NRQRD/PO", at="18.03.2016 09:02:30"))
    assert [str(scan.time) for scan in result.checkpoints] == ["2016-03-18 09:02:30", "2016-03-18 10:02:00"]
    assert one(event("SRTED/NRQRD/PO", at="yesterday")).checkpoints[0].time is None


def test_a_batch_has_a_result_for_every_number_asked() -> None:
    other, gone = "00340434161094022115", "00340434161094027318"
    body = listed(piece(codes="DLVRD/OTHER/ZU", number=NUMBER[2:]), piece(codes="LDTMV/MVMTV/AA", number=other))
    results = {result.tracking_number: result for result in dhl.parse(answer(body), [other, NUMBER, gone])}
    assert {number: result.status for number, result in results.items()} == {
        NUMBER: Status.DELIVERED,
        other: Status.IN_TRANSIT,
        gone: Status.PENDING,
    }
    assert (error := results[gone].error) is not None
    assert error.kind is ErrorKind.NOT_FOUND
    nothing = tag("piece-shipment-list", code=100, error="No data found")
    assert [one_.tracking_number for one_ in dhl.parse(answer(nothing), [other, gone])] == [other, gone]


def test_of_two_pieces_with_one_number_the_one_heard_of_last_counts() -> None:
    old = piece(codes="DLVRD/OTHER/ZU", status_timestamp="01.12.2019 10:00", delivery_event_flag=1)
    new = piece(codes="SRTED/NRQRD/PO", status_timestamp="02.01.2024 08:00")
    for body in (listed(old, new), listed(new, old)):
        assert only(dhl, body, NUMBER).status is Status.OUT_FOR_DELIVERY
        assert only(dhl, body).tracking_number == NUMBER


def test_a_piece_may_be_unknown_by_itself() -> None:
    body = listed(tag("piece-shipment", searched_piece_code=NUMBER, piece_status=100, piece_status_desc="Keine Daten"))
    assert (error := only(dhl, body).error) is not None
    assert (error.kind, error.carrier_code) == (ErrorKind.NOT_FOUND, "100")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (tag("piece-shipment-list", code=5, error="Login failed"), 200, ErrorKind.AUTH),
        (tag("piece-shipment-list", code=6, error="Anmeldung fehlgeschlagen"), 200, ErrorKind.AUTH),
        (tag("piece-shipment-list", code=-1), 200, ErrorKind.SERVER_ERROR),
        (tag("piece-shipment-list", code=9, error="Interner Fehler: System"), 200, ErrorKind.SERVER_ERROR),
        (tag("piece-shipment-list", code=12, error="zip code"), 200, ErrorKind.BAD_REQUEST),
        (tag("piece-shipment-list", code=0), 200, ErrorKind.MALFORMED),
        ("<data/>", 200, ErrorKind.MALFORMED),
        ("<h1>Bad gateway</h1>", 502, ErrorKind.SERVER_ERROR),
        ("<!doctype html><h1>Wartung</h1>", 200, ErrorKind.MALFORMED),
        ('{"title": "Unauthorized", "status": 401}', 401, ErrorKind.AUTH),
        ('{"title": "Too many requests"}', 429, ErrorKind.RATE_LIMITED),
        ('{"title": "Bad request"}', 400, ErrorKind.BAD_REQUEST),
        ("{", 200, ErrorKind.MALFORMED),
        ("", 200, ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call(body: str, status: int, kind: ErrorKind) -> None:
    assert refusal(dhl, answer(body, status), NUMBER, "2").kind is kind


def test_latin_letters_are_read_in_either_encoding() -> None:
    body = listed(piece(event("SRTED/NRQRD/PO", event_location="Köln")))
    for raw in (body.encode(), body.encode("cp1252")):
        assert only(dhl, raw, NUMBER).checkpoints[0].city == "Köln"


SAMPLE = listed(
    piece(event("SRTED/NRQRD/PO", "x"), event("DLVRD/OTHER/ZU", "y"), codes="DLVRD/OTHER/ZU", recipient_name="z")
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_spoilt_answer_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SAMPLE)))
    words = data.draw(st.text(max_size=6))
    until = data.draw(st.integers(at, len(SAMPLE)))
    raw = RawAnswer(data.draw(st.sampled_from([200, 404])), "", (SAMPLE[:at] + words + SAMPLE[until:]).encode())
    try:
        found = dhl.parse(raw, [NUMBER])
    except CarrierError:
        return
    assert len(found) == 1
    wire.answer_object("dhl_parcel_de", found)


class Door:
    """An HTTP door that remembers what was asked and knows nothing."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def send(self, account: Account, call: Call) -> RawAnswer:
        self.calls.append(call)
        return answer(tag("piece-shipment-list", code=100, error="No data found"))

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        raise AssertionError("no token is needed")


def test_twenty_numbers_are_asked_for_in_one_call_and_nothing_breaks_the_xml() -> None:
    secrets = {"api_key": "k", "api_secret": "s", "username": "zt<&>", "password": 'pa"ss'}
    door = Door()
    dhl.track(door, Account("https://lab.invalid/", secrets), [str(number) for number in range(21)])
    assert [call.basic for call in door.calls] == [("k", "s")] * 2
    asked = [ElementTree.fromstring(call.params["xml"]).attrib for call in door.calls]
    assert (asked[0]["appname"], asked[0]["password"], asked[0]["request"]) == ("zt<&>", 'pa"ss', "d-get-piece-detail")
    assert [len(one_["piece-code"].split(";")) for one_ in asked] == [20, 1]
    own = Account("https://lab.invalid", {**secrets, "tracking_user": "zt12345", "tracking_password": "geheim"})
    dhl.track(door, own, ["1"])
    assert 'appname="zt12345"' in door.calls[-1].params["xml"]
    assert 'password="geheim"' in door.calls[-1].params["xml"]


def test_a_missing_credential_sends_nothing() -> None:
    door = Door()
    with pytest.raises(CarrierError) as caught:
        dhl.track(door, Account("https://lab.invalid", {"api_key": "k", "api_secret": "s"}), [NUMBER])
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.AUTH, False, [])


def test_a_failed_login_is_told_although_the_numbers_stand_there_as_pieces() -> None:
    repeated = tag("piece-shipment", "", searched_piece_code=NUMBER, piece_code=NUMBER, piece_status="5")
    body = tag("piece-shipment-list", repeated, code="5", error="Log-in failed")
    assert refusal(dhl, answer(body), NUMBER).kind is ErrorKind.AUTH
    told = tag("piece-shipment-list", piece(event("SHRCU/PCKST/ES")), code="5", error="Log-in failed")
    assert only(dhl, told, NUMBER).status is Status.IN_TRANSIT


def test_a_country_in_german_is_known_too() -> None:
    scan = one(event("SHRCU/PCKST/ES", event_country="Deutschland")).checkpoints[0]
    assert scan.country == "DE"
