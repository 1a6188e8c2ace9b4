"""DPD: the traps of its parcel life cycle and of its login."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from carriers.adapters.dpd import adapter
from carriers.base import Account, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from carriers.parsing import find_element, load_xml
from tests.carriers.answers import only, refusal
from tests.carriers.doors import Door
from tests.carriers.xsd import valid

dpd = adapter()
NUMBER = "05308801410058"
AROUND = (
    "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body>{}</soap:Body></soap:Envelope>"
)
ACCOUNT = Account("https://lab.invalid/dpd", {"delis_id": "KD1", "password": "a<b"})


def line(name: str, words: str) -> str:
    return f"<{name}><content>{words}</content><bold>false</bold><paragraph>false</paragraph></{name}>"


def step(
    status: str,
    words: str = "",
    date: str = "8/19/2021 5:11:26 PM",
    *,
    reached: str | None = "true",
    current: str = "false",
    place: str = "Mechelen (BE)",
    label: str = "Parcel out for delivery",
) -> str:
    was = "" if reached is None else f"<statusHasBeenReached>{reached}</statusHasBeenReached>"
    when = line("date", date) if date else ""
    where = line("location", place) if place else ""
    said = f"<description>{line('content', words)}</description>" if words else ""
    return (
        f"<statusInfo><status>{status}</status>{line('label', label)}{said}{was}"
        f"<isCurrentStatus>{current}</isCurrentStatus>{where}{when}</statusInfo>"
    )


def told(*steps: str) -> str:
    inner = f"<trackingresult>{''.join(steps)}</trackingresult>"
    return AROUND.format(f"<getTrackingDataResponse xmlns='urn:life'>{inner}</getTrackingDataResponse>")


def login(token: str = "T1") -> str:
    inner = f"<delisId>KD1</delisId><authToken>{token}</authToken><authTokenExpires>2021-08-20T08:07:00.00</authTokenExpires>"
    return AROUND.format(f"<getAuthResponse xmlns='urn:login'><return>{inner}</return></getAuthResponse>")


def fault(code: str, words: str = "Fault", kind: str = "faults", soap: str = "Server") -> RawAnswer:
    names = ("errorCode", "errorMessage") if kind == "authenticationFault" else ("faultCode", "message")
    detail = f"<detail><ns:{kind} xmlns:ns='u'><{names[0]}>{code}</{names[0]}><{names[1]}>{words}</{names[1]}></ns:{kind}></detail>"
    said = (
        f"<soap:Fault><faultcode>soap:{soap}</faultcode><faultstring>Fault occured</faultstring>{detail}</soap:Fault>"
    )
    return RawAnswer(500, "text/xml", AROUND.format(said).encode())


def last(status: str, words: str = "") -> TrackingResult:
    return only(dpd, told(step("ACCEPTED", date="8/18/2021 1:00:00 AM"), step(status, words)))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SHIPMENT", "InfoReceived_001"),
        ("ACCEPTED", "InTransit_002"),
        ("PickedUp", "InTransit_002"),
        ("AtSendingDepot", "InTransit_003"),
        ("AT_DELIVERY_DEPOT", "InTransit_003"),
        ("Depot", "InTransit_003"),
        ("Courier", "OutForDelivery_001"),
        ("ParcelOutForDelivery", "OutForDelivery_001"),
        ("ReturningFromDelivery", "AttemptFail_001"),
        ("DeliveryFailure", "AttemptFail_001"),
        ("ParcelShop", "AvailableForPickup_001"),
        ("PickupPoint", "AvailableForPickup_001"),
        ("Delivered", "Delivered_001"),
        ("Return", "Exception_010"),
        ("ReturnToSenderDepot", "Exception_010"),
    ],
)
def test_the_status_decides_whatever_the_label_says(status: str, expected: str) -> None:
    assert only(dpd, told(step(status))).substatus == expected


@pytest.mark.parametrize("status", ["OnTheRoad", "BetweenDepots", "ON_THE_ROAD"])
def test_between_depots_is_transit(status: str) -> None:
    assert (last(status).status, last(status).substatus) == (Status.IN_TRANSIT, None)


def test_a_parcel_back_from_a_failed_attempt_is_not_out_for_delivery() -> None:
    words = "After an unsuccessful delivery attempt the parcel is back at the recipient depot."
    assert last("ReturningFromDelivery", words).status is Status.ATTEMPT_FAIL


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        ("DeliveryFailure", "The recipient refused the parcel", "Exception_003"),
        ("DeliveryFailure", "Nobody was home", "AttemptFail_002"),
        ("Delivered", "Delivered to a neighbour", "Delivered_005"),
        ("Delivered", "Returned to sender", "Exception_011"),
    ],
)
def test_the_description_makes_the_status_exact(status: str, words: str, expected: str) -> None:
    assert last(status, words).substatus == expected


def test_an_unknown_status_is_read_by_its_words_or_stays_unknown() -> None:
    assert last("Whatever", "Your parcel is out for delivery").status is Status.OUT_FOR_DELIVERY
    assert only(dpd, told(step("Whatever", label="Frob"))).checkpoints[0].status is None


def test_only_what_has_been_reached_has_happened() -> None:
    planned = [step("ParcelOutForDelivery", reached="false", date=""), step("Delivered", reached="false", date="")]
    result = only(dpd, told(step("Depot"), *planned))
    assert (result.status, len(result.checkpoints)) == (Status.IN_TRANSIT, 1)
    nothing = only(dpd, told(*planned))
    assert (nothing.status, nothing.error, nothing.checkpoints) == (Status.PENDING, None, ())


def test_an_answer_that_only_marks_the_current_step_is_read() -> None:
    steps = [
        step("Depot", reached=None, date="8/19/2021 6:00:00 AM"),
        step("Courier", reached=None, current="true", date=""),
        step("Delivered", reached=None, date=""),
    ]
    result = only(dpd, told(*steps))
    assert (result.status, {scan.raw_code for scan in result.checkpoints}) == (
        Status.OUT_FOR_DELIVERY,
        {"Depot", "Courier"},
    )


def test_the_current_step_counts_before_the_last_in_time() -> None:
    steps = [
        step("ParcelShop", current="true", date="8/19/2021 5:00:00 PM"),
        step("Depot", date="8/19/2021 6:00:00 PM"),
    ]
    assert only(dpd, told(*steps)).status is Status.AVAILABLE_FOR_PICKUP


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("8/19/2021 5:11:26 PM", "2021-08-19T17:11:26"),
        ("8/9/2021 12:05:00 AM", "2021-08-09T00:05:00"),
        ("19/08/2021 17:11", "2021-08-19T17:11:00"),
        ("19.08.2021 17:11:26", "2021-08-19T17:11:26"),
        ("9.8.2021, 17:11", "2021-08-09T17:11:00"),
        ("19-08-2021 17:11", "2021-08-19T17:11:00"),
        ("2021-08-19T17:11:26", "2021-08-19T17:11:26"),
        ("19/08/2021", "2021-08-19T00:00:00"),
        ("31/31/2021 17:11", None),
        ("8/19/2021 25:61", None),
        ("yesterday", None),
    ],
)
def test_dates_are_local_and_american_unless_they_cannot_be(date: str, expected: str | None) -> None:
    (scan,) = only(dpd, told(step("Depot", date=date))).checkpoints
    assert scan.time == (datetime.fromisoformat(expected) if expected else None)
    assert not scan.offset_known


def test_a_scan_has_its_place_and_its_words() -> None:
    (scan,) = only(dpd, told(step("Depot", "At parcel delivery centre."))).checkpoints
    assert (scan.city, scan.country, scan.raw_code, scan.raw_text) == (
        "Mechelen",
        "BE",
        "Depot",
        "At parcel delivery centre.",
    )
    (bare,) = only(dpd, told(step("Depot", place="Puurs"))).checkpoints
    assert (bare.city, bare.country, bare.raw_text) == ("Puurs", None, "Parcel out for delivery")


def test_a_description_of_several_lines_is_one_text() -> None:
    two = f"<description>{line('content', 'One.')}{line('content', 'Two.')}</description>"
    body = told(step("Depot").replace("<statusHasBeenReached>", f"{two}<statusHasBeenReached>"))
    assert only(dpd, body).checkpoints[0].raw_text == "One. Two."


def test_scans_are_put_in_order_and_the_delivery_has_its_time() -> None:
    steps = [step("Delivered", current="true"), step("Depot", date="8/19/2021 6:00:00 AM")]
    result = only(dpd, told(*steps))
    assert [scan.raw_code for scan in result.checkpoints] == ["Depot", "Delivered"]
    assert result.delivered_at == datetime.fromisoformat("2021-08-19T17:11:26")


def test_a_delivery_after_the_parcel_turned_back_is_its_return() -> None:
    steps = [step("Return", date="8/18/2021 6:00:00 AM"), step("Delivered", current="true")]
    assert only(dpd, told(*steps)).substatus == "Exception_011"


def test_an_answer_without_steps_is_read_by_its_shipment_or_is_not_found() -> None:
    shipment = step("SHIPMENT", date="").replace("statusInfo", "shipmentInfo")
    assert only(dpd, told(shipment)).status is Status.INFO_RECEIVED
    assert only(dpd, told(shipment.replace("true", "false"))).error is None
    result = only(dpd, told(), NUMBER)
    assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (fault("DELICOM_ERR_AUTHENTICATION", kind="authenticationFault"), ErrorKind.AUTH),
        (fault("SOMETHING", kind="authenticationFault"), ErrorKind.AUTH),
        (fault("DELICOM_ERR_INTERNAL"), ErrorKind.SERVER_ERROR),
        (fault("LOGIN_8", "The maximum number of logins per day is reached"), ErrorKind.RATE_LIMITED),
        (fault("XYZ"), ErrorKind.SERVER_ERROR),
        (fault("XYZ", soap="Client"), ErrorKind.BAD_REQUEST),
    ],
)
def test_a_fault_of_the_whole_call_is_raised(answer: RawAnswer, kind: ErrorKind) -> None:
    assert refusal(dpd, answer, NUMBER).kind is kind


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("DELICOM_ERR_PARCELNOTFOUND", "x", ErrorKind.NOT_FOUND),
        ("DELICOM_ERR_PARCEL_NOT_FOUND", "x", ErrorKind.NOT_FOUND),
        ("XYZ", "The parcel was not found", ErrorKind.NOT_FOUND),
        ("DELICOM_ERR_INVALID_PARCEL", "x", ErrorKind.INVALID_NUMBER),
    ],
)
def test_a_fault_about_the_parcel_is_the_parcels_own(code: str, words: str, kind: ErrorKind) -> None:
    (result,) = dpd.parse(fault(code, words), [NUMBER])
    assert result.error is not None
    assert (result.tracking_number, result.status, result.error.kind, result.error.carrier_code) == (
        NUMBER,
        Status.PENDING,
        kind,
        code,
    )


def test_one_login_serves_many_calls() -> None:
    door = Door(LoginService=login(), ParcelLifeCycle=told(step("Depot")))
    answers = dpd.track(door, ACCOUNT, [NUMBER, NUMBER, NUMBER])
    assert [one[1][0].status for one in answers] == [Status.IN_TRANSIT] * 3
    assert [call.url.rpartition("/")[0].rpartition("/")[2] for call in door.calls] == [
        "LoginService",
        *["ParcelLifeCycleService"] * 3,
    ]


def test_a_refused_token_is_replaced_once() -> None:
    stale = fault("DELICOM_ERR_AUTHENTICATION", kind="authenticationFault")
    door = Door(LoginService=[login("T1"), login("T2")], ParcelLifeCycle=[stale, told(step("Depot"))])
    ((_, (result,)),) = dpd.track(door, ACCOUNT, [NUMBER])
    assert result.status is Status.IN_TRANSIT
    tokens = [find_element(load_xml(call.body or b""), "authToken") for call in door.calls if "LifeCycle" in call.url]
    assert tokens == ["T1", "T2"]


def test_a_token_that_is_refused_again_is_an_error_of_the_account() -> None:
    door = Door(LoginService=login(), ParcelLifeCycle=fault("DELICOM_ERR_AUTHENTICATION", kind="authenticationFault"))
    with pytest.raises(CarrierError) as caught:
        dpd.track(door, ACCOUNT, [NUMBER])
    assert (caught.value.kind, len(door.calls)) == (ErrorKind.AUTH, 4)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (fault("DELICOM_ERR_AUTHENTICATION", kind="authenticationFault"), ErrorKind.AUTH),
        (fault("LOGIN_8", "Daily login limit exceeded"), ErrorKind.RATE_LIMITED),
        (AROUND.format("<getAuthResponse/>"), ErrorKind.MALFORMED),
        (RawAnswer(503, "text/html", b"<html>"), ErrorKind.SERVER_ERROR),
    ],
)
def test_a_login_that_fails_is_told(answer: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        dpd.track(Door(LoginService=answer, ParcelLifeCycle=told(step("Depot"))), ACCOUNT, [NUMBER])
    assert caught.value.kind is kind


def test_what_is_asked_fits_the_carriers_schemas() -> None:
    door = Door(LoginService=login(), ParcelLifeCycle=told(step("Depot")))
    dpd.track(door, ACCOUNT, [NUMBER])
    signing_in, asking = door.calls
    assert signing_in.headers["SOAPAction"] == '"http://dpd.com/common/service/LoginService/2.1/getAuth"'
    assert asking.headers["SOAPAction"] == '"http://dpd.com/common/service/ParcelLifeCycleService/2.0/getTrackingData"'
    assert find_element(load_xml(signing_in.body or b""), "password") == "a<b"
    assert find_element(load_xml(asking.body or b""), "authentication") == {
        "delisId": "KD1",
        "authToken": "T1",
        "messageLanguage": "en_EN",
    }
    valid(signing_in.body, "dpd/LoginServiceV21.xsd", "getAuth")
    valid(asking.body, "dpd/Authentication20.xsd", "authentication")
    valid(asking.body, "dpd/ParcelLifecycleServiceV20.xsd", "getTrackingData")


def test_there_are_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        dpd.parse_push(RawAnswer(200, "", b""))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
