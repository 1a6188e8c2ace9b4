"""Canada Post: the traps of its details, summaries and messages."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from carriers.adapters.canada_post import adapter
from carriers.base import Account, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import only, refusal
from tests.carriers.doors import Door

post = adapter()
PIN = "1000000000000013"


def event(
    code: str,
    words: str = "",
    day: str = "2024-02-03",
    at: str = "11:59:59",
    zone: str = "EST",
    place: tuple[str, str] = ("QUEBEC", "QC"),
    signer: str = "",
) -> str:
    named = {
        "event-identifier": code,
        "event-date": day,
        "event-time": at,
        "event-time-zone": zone,
        "event-description": words,
        "signatory-name": signer,
        "event-site": place[0],
        "event-province": place[1],
    }
    return "<occurrence>" + "".join(f"<{name}>{value}</{name}>" for name, value in named.items()) + "</occurrence>"


def detail(*events: str, more: str = "") -> str:
    """Events newest first, as Canada Post sends them."""
    inner = f"<pin>{PIN}</pin>{more}<significant-events>{''.join(events)}</significant-events>"
    return f'<?xml version="1.0"?><tracking-detail xmlns="http://www.canadapost.ca/ws/track">{inner}</tracking-detail>'


def summary(**fields: str) -> str:
    inner = "".join(f"<{name.replace('_', '-')}>{value}</{name.replace('_', '-')}>" for name, value in fields.items())
    return f"<pin-summary><pin>{PIN}</pin>{inner}</pin-summary>"


def summaries(*some: str) -> str:
    return f'<tracking-summary xmlns="http://www.canadapost.ca/ws/track">{"".join(some)}</tracking-summary>'


def messages(code: str, words: str, status: int = 404) -> RawAnswer:
    said = f"<message><code>{code}</code><description>{words}</description></message>"
    body = f'<messages xmlns="http://www.canadapost.ca/ws/messages">{said}</messages>'
    return RawAnswer(status, "application/vnd.cpc.track-v2+xml", body.encode())


def last(code: str, words: str = "") -> TrackingResult:
    return only(post, detail(event(code, words), event("0100", "Item processed", "2024-02-01")))


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("3000", "", "InfoReceived_001"),
        ("3001", "", "InfoReceived_001"),
        ("2300", "", "InTransit_002"),
        ("0174", "", "OutForDelivery_001"),
        ("174", "", "OutForDelivery_001"),
        ("500", "", "OutForDelivery_001"),
        ("0118", "", "AvailableForPickup_001"),
        (
            "0156",
            "Final Notice; Item will be returned to sender if not collected within 10 days",
            "AvailableForPickup_001",
        ),
        ("1701", "", "AvailableForPickup_001"),
        (
            "1479",
            "Attempted delivery. Notice card left indicating where item can be picked up.",
            "AttemptFail_001",
        ),
        ("1415", "", "Exception_003"),
        (
            "0173",
            "Customer addressing error found; attempting to correct. Possible delay",
            "Exception_007",
        ),
        ("0161", "", "Exception_005"),
        ("0161", "Delay due to a snow storm", "Exception_017"),
        ("1443", "Item held by customs", "Exception_004"),
        ("2600", "", "Exception_010"),
        ("1496", "Item successfully delivered", "Delivered_001"),
        ("1496", "Article livré avec succès", "Delivered_001"),
        ("20", "Signature image recorded for Online viewing", "Delivered_001"),
        ("1408", "Item delivered to the sender", "Exception_011"),
        ("1417", "", "AttemptFail_001"),
        ("1417", "Refused. Parcel being returned to the sender.", "Exception_010"),
        ("1419", "Colis non réclamé, retourné à l'expéditeur", "Exception_010"),
        ("3001", "Parcel being returned to sender", "Exception_010"),
        ("0174", "Le colis renvoyé à l'expéditeur part en livraison", "Exception_010"),
        ("1496", "Colis renvoyé avec succès à l'expéditeur", "Exception_011"),
        ("0150", "Hold period over; the item was disposed of", "Exception_021"),
        ("1405", "Delivered to automated parcel locker", "AvailableForPickup_001"),
        ("1406", "", "Delivered_002"),
        ("1461", "", "Delivered_001"),
        ("1487", "Item being returned to customs", "Exception_004"),
        ("2411", "", "AttemptFail_003"),
        ("0910", "", "InTransit_005"),
    ],
)
def test_identifiers_with_or_without_zeros_and_their_words(code: str, words: str, expected: str) -> None:
    event_of = only(post, detail(event(code, words)))
    assert event_of.checkpoints[0].substatus == expected


def test_processed_at_a_facility_is_transit() -> None:
    assert (last("0100").status, last("0100").substatus) == (Status.IN_TRANSIT, None)


def test_an_unknown_identifier_is_read_by_its_words_or_stays_unknown() -> None:
    assert last("9999", "Item out for delivery").status is Status.OUT_FOR_DELIVERY
    result = last("9999", "Frobnicated")
    assert (result.status, result.checkpoints[-1].status) == (Status.IN_TRANSIT, None)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("EST", "-05:00"),
        ("EDT", "-04:00"),
        ("NST", "-03:30"),
        ("PDT", "-07:00"),
        ("HNE", "-05:00"),
        ("HAP", "-07:00"),
        ("", ""),
        ("XYZ", ""),
    ],
)
def test_zone_names_become_offsets_and_none_is_invented(zone: str, expected: str) -> None:
    (scan,) = only(post, detail(event("0100", zone=zone))).checkpoints
    assert scan.time == datetime.fromisoformat(f"2024-02-03T11:59:59{expected}")


@pytest.mark.parametrize(
    ("code", "words"), [("1203", "Expected delivery date updated"), ("1234", "Redirection cancelled"), ("2001", "")]
)
def test_a_date_a_wish_or_a_photo_moves_nothing(code: str, words: str) -> None:
    result = only(post, detail(event(code, words), event("1496", day="2024-02-02")))
    assert (result.substatus, result.checkpoints[-1].notice) == ("Delivered_001", True)
    assert result.delivered_at == datetime.fromisoformat("2024-02-02T11:59:59-05:00")
    assert only(post, detail(event(code, words))).status is Status.IN_TRANSIT


def test_events_stand_newest_first_in_the_answer_and_oldest_first_here() -> None:
    result = only(
        post, detail(event("0500", day="2024-02-03"), event("0100", day="2024-02-02"), event("3000", day="2024-02-01"))
    )
    assert [scan.raw_code for scan in result.checkpoints] == ["3000", "0100", "0500"]
    assert result.status is Status.OUT_FOR_DELIVERY


def test_a_changed_date_beats_the_expected_one() -> None:
    both = (
        "<expected-delivery-date>2024-02-01</expected-delivery-date><changed-expected-date>{}</changed-expected-date>"
    )
    for changed, expected in (("2024-02-11", date(2024, 2, 11)), ("", date(2024, 2, 1))):
        estimate = only(post, detail(event("0100"), more=both.format(changed))).estimated_delivery
        assert estimate is not None
        assert estimate.date == expected
    nothing = "<expected-delivery-date/><changed-expected-date/>"
    assert only(post, detail(event("0100"), more=nothing)).estimated_delivery is None


def test_the_newest_signatory_signed_and_is_not_kept_in_the_scan() -> None:
    result = only(
        post, detail(event("1496"), event("20", signer="A EXAMPLE"), event("20", day="2024-02-01", signer="B"))
    )
    assert (result.signed_by, any("EXAMPLE" in str(scan.raw) for scan in result.checkpoints)) == ("A EXAMPLE", False)


def test_a_parcel_delivered_twice_was_delivered_the_second_time() -> None:
    first = [event("20", day="2024-02-01", at="09:00:00"), event("1496", day="2024-02-01", at="08:00:00")]
    again = [event("20", at="10:00:00"), event("1496", at="09:30:00"), event("0173", day="2024-02-02")]
    result = only(post, detail(*again, *first))
    assert result.delivered_at == datetime.fromisoformat("2024-02-03T09:30:00-05:00")


def test_a_signature_without_its_delivery_event_is_a_delivery() -> None:
    result = only(post, detail(event("20", signer="A"), event("0174", at="08:00:00")))
    assert (result.status, result.delivered_at) == (
        Status.DELIVERED,
        datetime.fromisoformat("2024-02-03T11:59:59-05:00"),
    )


def test_a_parcel_wrongly_delivered_and_on_its_round_again_is_out_for_delivery() -> None:
    events = [
        event("0174", day="2024-02-03"),
        event("0173", "Customer addressing error found", "2024-02-02"),
        event("20", "Signature image recorded", "2024-02-01"),
    ]
    assert only(post, detail(*events)).status is Status.OUT_FOR_DELIVERY


def test_a_delivery_after_the_parcel_turned_back_is_its_return() -> None:
    assert only(post, detail(event("1496"), event("2600", day="2024-02-01"))).substatus == "Exception_011"


@pytest.mark.parametrize(
    ("place", "country"),
    [
        (("QUEBEC", "QC"), "CA"),
        (("ST JOHN'S", "nl"), "CA"),
        (("France", ""), "FR"),
        (("PARIS", ""), None),
        (("", ""), None),
    ],
)
def test_a_province_is_in_canada_and_a_place_abroad_is_not(place: tuple[str, str], country: str | None) -> None:
    (scan,) = only(post, detail(event("0100", place=place))).checkpoints
    assert (scan.city, scan.state, scan.country) == (place[0] or None, place[1] or None, country)


def test_a_wrapped_answer_is_read() -> None:
    assert only(post, f"<wrapper>{detail(event('0500')).partition('?>')[2]}</wrapper>").tracking_number == PIN


def test_an_item_without_events_is_pending() -> None:
    result = only(post, detail())
    assert (result.status, result.checkpoints, result.error) == (Status.PENDING, (), None)


def test_a_summary_tells_of_the_last_event() -> None:
    said = {"event_date_time": "20240203:115959", "event_location": "SAINTE-FOY, QC", "event_type": "DELIVERED"}
    delivered = only(post, summaries(summary(**said, actual_delivery_date="2024-02-03", signatory_name="A EXAMPLE")))
    assert (delivered.status, delivered.signed_by) == (Status.DELIVERED, "A EXAMPLE")
    assert delivered.delivered_at == datetime.fromisoformat("2024-02-03T11:59:59")
    (scan,) = delivered.checkpoints
    assert (scan.city, scan.state, scan.country, scan.raw_code) == ("SAINTE-FOY", "QC", "CA", "DELIVERED")
    waiting = only(post, summaries(summary(event_description="Item available for pickup at Post Office")))
    assert waiting.status is Status.AVAILABLE_FOR_PICKUP
    assert only(post, summaries(summary(attempted_date="2024-02-03"))).status is Status.ATTEMPT_FAIL
    back = summary(event_description="Item delivered to the sender", actual_delivery_date="2024-02-03")
    assert only(post, summaries(back)).substatus == "Exception_011"
    assert only(post, summaries(summary())).status is Status.PENDING


def test_several_summaries_are_several_results() -> None:
    some = summaries(summary(), summary().replace(PIN, "2"))
    results = post.parse(RawAnswer(200, "", some.encode()), ["asked"])
    assert [one.tracking_number for one in results] == [PIN, "2"]


@pytest.mark.parametrize("status", [200, 404, 500])
def test_no_history_is_pending_whatever_the_http_status(status: int) -> None:
    (result,) = post.parse(messages("004", "No Pin History", status), [PIN])
    assert result.error is not None
    assert (result.tracking_number, result.status, result.error.kind, result.error.carrier_code) == (
        PIN,
        Status.PENDING,
        ErrorKind.NOT_FOUND,
        "004",
    )


def test_a_pin_that_can_be_none_is_invalid() -> None:
    (result,) = post.parse(messages("Server", "The PIN is not valid", 400), [PIN])
    assert result.error is not None
    assert result.error.kind is ErrorKind.INVALID_NUMBER


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (messages("E002", "AAA Authentication Failure", 500), ErrorKind.AUTH),
        (messages("AA004", "Not yours", 403), ErrorKind.AUTH),
        (messages("Server", "Rejected by SLM Monitor", 500), ErrorKind.RATE_LIMITED),
        (messages("Server", "Rejected by SLM Monitor", 200), ErrorKind.RATE_LIMITED),
        (messages("9174", "The limit has been reached", 403), ErrorKind.RATE_LIMITED),
        (messages("Server", "Failed to establish a backside connection", 500), ErrorKind.SERVER_ERROR),
        (messages("1234", "Wrong", 400), ErrorKind.BAD_REQUEST),
        (messages("1234", "Wrong", 200), ErrorKind.BAD_REQUEST),
        (RawAnswer(200, "", b"<something/>"), ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call_are_raised(answer: RawAnswer, kind: ErrorKind) -> None:
    assert refusal(post, answer, PIN).kind is kind


def test_a_throttled_key_waits_a_minute_unless_told_otherwise() -> None:
    assert refusal(post, messages("Server", "Rejected by SLM Monitor", 500), PIN).retry_after == 60
    busy = messages("Server", "Rejected by SLM Monitor", 429)
    assert refusal(post, RawAnswer(429, "", busy.body, {"Retry-After": "5"}), PIN).retry_after == 5


def test_the_call_names_the_pin_and_the_version_and_signs_in() -> None:
    door = Door(vis=detail(event("0500")))
    account = Account("https://lab.invalid/cp", {"username": "me", "password": "secret", "language": "fr-CA"})
    ((_, (result,)),) = post.track(door, account, ["1/2"])
    assert result.status is Status.OUT_FOR_DELIVERY
    (call,) = door.calls
    assert (call.method, call.url) == ("GET", "https://lab.invalid/cp/vis/track/pin/1%2F2/detail")
    assert (call.basic, call.headers["Accept-language"]) == (("me", "secret"), "fr-CA")
    assert call.headers["Accept"] == "application/vnd.cpc.track-v2+xml"


def test_there_are_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        post.parse_push(RawAnswer(200, "", b""))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
