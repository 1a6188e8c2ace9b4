"""bpost: the traps of its item tracking."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from carriers.adapters.bpost import adapter
from carriers.base import Account, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status, TrackingResult
from tests.carriers.answers import only, refusal
from tests.carriers.doors import Door

bpost = adapter()
ITEM = "323299901059900000000017"


def state(code: str, words: str, at: str = "2024-03-01T12:00:00.5+01:00", place: str = "") -> str:
    where = f"<location>{place}</location>" if place else ""
    said = f"<stateCode>{code}</stateCode><stateDescription>{words}</stateDescription>"
    return f"<stateInfo><time>{at}</time>{where}{said}</stateInfo>"


def item(*states: str, more: str = "") -> str:
    inner = f"<itemCode>{ITEM}</itemCode>{more}{''.join(states)}<trackingId>x</trackingId>"
    return f'<?xml version="1.0"?><itemTracking xmlns="http://schema.post.be/tracking/v1/">{inner}</itemTracking>'


def exception(kind: str, inner: str) -> str:
    return f'<{kind} xmlns:ns2="u" xmlns="v">{inner}</{kind}>'


def last(code: str, words: str) -> TrackingResult:
    return only(bpost, item(state("T00", "Sorted - sorted_out", "2024-02-29T12:00:00+01:00"), state(code, words)))


@pytest.mark.parametrize(
    ("code", "words", "status"),
    [
        ("L00", "BoundToRound - out_for_distribution", Status.OUT_FOR_DELIVERY),
        ("L00", "", Status.OUT_FOR_DELIVERY),
        ("U01", "DistributedNormally - regular", Status.DELIVERED),
        ("U99", "DistributedNormally - regular", Status.DELIVERED),
        ("X77", "AvailableForPickup - at_the_post_office", Status.AVAILABLE_FOR_PICKUP),
        ("X77", "Out for delivery", Status.OUT_FOR_DELIVERY),
    ],
)
def test_three_codes_are_known_and_the_others_are_read_by_their_words(code: str, words: str, status: Status) -> None:
    assert last(code, words).status is status


def test_a_state_that_neither_code_nor_words_explain_stays_unknown() -> None:
    result = last("N74", "Frobnicated - qux")
    assert (result.status, result.checkpoints[-1].status) == (Status.IN_TRANSIT, None)
    assert (result.checkpoints[-1].raw_code, result.checkpoints[-1].raw_text) == ("N74", "Frobnicated - qux")


def test_states_stand_oldest_first_whatever_the_answer_does_and_keep_their_offset() -> None:
    result = only(bpost, item(state("U01", "", "2024-03-02T09:00:00+01:00"), state("L00", "", "2024-03-02T07:00:00Z")))
    assert [(scan.raw_code, scan.offset_known) for scan in result.checkpoints] == [("L00", True), ("U01", True)]
    assert result.checkpoints[1].time == datetime.fromisoformat("2024-03-02T09:00:00+01:00")


def test_delivery_time_is_when_it_was_delivered_and_no_estimate() -> None:
    result = only(bpost, item(state("U01", ""), more="<deliveryTime>2024-03-01T11:59:58+01:00</deliveryTime>"))
    assert result.delivered_at == datetime.fromisoformat("2024-03-01T11:59:58+01:00")
    assert result.estimated_delivery is None
    under_way = only(bpost, item(state("T00", ""), more="<deliveryTime>2024-03-01T11:59:58+01:00</deliveryTime>"))
    assert under_way.delivered_at is None


def test_the_planned_window_is_the_estimate() -> None:
    window = (
        "<deliveryTimeWindow><plannedDeliveryDateWindowStart>2024-03-02T10:00:00+01:00</plannedDeliveryDateWindowStart>"
        "<plannedDeliveryDateWindowEnd>2024-03-02T12:00:00+01:00</plannedDeliveryDateWindowEnd></deliveryTimeWindow>"
    )
    estimate = only(bpost, item(state("T00", ""), more=window)).estimated_delivery
    assert estimate is not None
    assert (estimate.date, estimate.latest) == (date(2024, 3, 2), datetime.fromisoformat("2024-03-02T12:00:00+01:00"))


def test_an_item_has_its_own_number_and_the_place_of_each_state() -> None:
    result = only(bpost, item(state("T00", "", place="BRUSSELS X")))
    assert (result.tracking_number, result.checkpoints[0].city) == (ITEM, "BRUSSELS X")
    assert only(bpost, item(state("T00", "")), "asked").tracking_number == "asked"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, exception("systemException", "<ns2:message>Please try\n  again</ns2:message>"), ErrorKind.SERVER_ERROR),
        (200, exception("systemException", "<message>Please try again</message>"), ErrorKind.SERVER_ERROR),
        (401, exception("businessException", "<code>1</code><message>no</message>"), ErrorKind.AUTH),
        (429, exception("systemException", "<message>slow down</message>"), ErrorKind.RATE_LIMITED),
        (400, exception("businessException", "<code>7</code><message>Not authorized</message>"), ErrorKind.AUTH),
        (400, exception("businessException", "<code>7</code><message>Wrong</message>"), ErrorKind.BAD_REQUEST),
        (200, exception("somethingElse", "<a/>"), ErrorKind.MALFORMED),
    ],
)
def test_errors_of_the_whole_call_are_raised(status: int, body: str, kind: ErrorKind) -> None:
    error = refusal(bpost, RawAnswer(status, "application/xml", body.encode()), ITEM)
    assert error.kind is kind
    assert "\n" not in error.message


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (404, "whatever", ErrorKind.NOT_FOUND),
        (400, "The item was not found", ErrorKind.NOT_FOUND),
        (500, "Unknown item", ErrorKind.NOT_FOUND),
        (400, "The item code has an invalid format", ErrorKind.INVALID_NUMBER),
    ],
)
def test_an_unknown_item_is_pending(status: int, words: str, kind: ErrorKind) -> None:
    body = exception("businessException", f"<code>12</code><message>{words}</message>")
    result = only(bpost, body, ITEM, status)
    assert result.error is not None
    assert (result.status, result.error.kind, result.error.carrier_code) == (Status.PENDING, kind, "12")


def test_the_call_names_the_item_and_signs_in() -> None:
    door = Door(trackedmail=item(state("T00", "")))
    account = Account("https://lab.invalid/b", {"account_id": "107", "passphrase": "secret"})
    ((_, (result,)),) = bpost.track(door, account, ["CD 1/2"])
    assert result.tracking_number == "CD 1/2"
    (call,) = door.calls
    assert (call.method, call.url) == (
        "GET",
        "https://lab.invalid/b/services/trackedmail/item/CD%201%2F2/trackingInfo",
    )
    assert call.basic == ("107", "secret")


def test_there_are_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        bpost.parse_push(RawAnswer(200, "", b""))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
