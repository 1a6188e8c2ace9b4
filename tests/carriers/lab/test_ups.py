"""UPS in the lab: its door, and the habits of production that an adapter has to bear."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from carriers.lab.server import Lab


def package(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()["trackResponse"]["shipment"][0]["package"][0]
    return found


def test_a_token_is_bought_with_the_account_and_says_its_seconds_as_text(caller: Any) -> None:
    answer = caller.fresh_token("ups").get_json()
    assert answer["expires_in"] == "14399"
    assert answer["status"] == "approved"


def test_wrong_credentials_get_401_in_upss_shape(caller: Any) -> None:
    answer = caller.fresh_token("ups", client_secret="wrong")
    assert answer.status_code == 401
    assert answer.get_json()["response"]["errors"][0]["code"] == "10401"


def test_an_expired_token_gets_401_until_a_new_one_is_fetched(lab: Lab, caller: Any, hands: Any) -> None:
    parcel = lab.world.add("ups", "on_time", promised_on=lab.world.start.date())
    assert caller.track("ups", parcel.number).status_code == 200
    hands.move(seconds=14400)
    expired = caller.track("ups", parcel.number)
    assert (expired.status_code, expired.get_json()["response"]["errors"][0]["code"]) == (401, "250002")
    caller._tokens.clear()
    assert caller.track("ups", parcel.number).status_code == 200


def test_a_token_of_another_carrier_opens_nothing(caller: Any) -> None:
    headers = {"Authorization": f"Bearer {caller.token('fedex')}", "transId": "1", "transactionSrc": "t"}
    assert caller.http.get("/ups/api/track/v1/details/1Z5R89390357567127", headers=headers).status_code == 401


def test_a_call_without_its_headers_gets_400(caller: Any) -> None:
    answer = caller.http.get("/ups/api/track/v1/details/1Z5R89390357567127", headers=caller.bearer("ups", transId="1"))
    assert answer.status_code == 400
    assert "transactionSrc" in answer.get_json()["response"]["errors"][0]["message"]


def test_an_unknown_number_is_a_warning_inside_a_200(caller: Any) -> None:
    answer = caller.track("ups", "1Z5R89390357567127")
    shipment = answer.get_json()["trackResponse"]["shipment"][0]
    assert answer.status_code == 200
    assert shipment["warnings"][0]["code"] == "TW0001"
    assert "package" not in shipment


def test_an_impossible_number_gets_400(caller: Any) -> None:
    for number in ("1Z5R89390357567128", "1Z1", "ABC-12345"):
        answer = caller.track("ups", number)
        assert (answer.status_code, answer.get_json()["response"]["errors"][0]["code"]) == (400, "TV1002")


def test_the_label_stands_last_and_names_no_town(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("ups", "on_time", promised_on=lab.world.start.date())
    *others, label = package(caller.track("ups", parcel.number))["activity"]
    assert label["status"]["code"] == "MP"
    assert label["location"]["address"] == {"countryCode": "US", "country": "US"}
    moments = [activity["gmtDate"] + activity["gmtTime"] for activity in others]
    assert moments == sorted(moments, reverse=True)


def test_the_current_status_is_the_three_digit_code_without_a_type(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("ups", "on_time", promised_on=lab.world.start.date() - timedelta(days=4))
    found = package(caller.track("ups", parcel.number))
    assert found["currentStatus"] == {"description": "Delivered", "code": "011"}
    assert [date["type"] for date in found["deliveryDate"]] == ["DEL"]
    assert found["deliveryInformation"]["receivedBy"]


def test_local_time_and_greenwich_time_name_the_same_moment(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("ups", "on_time", promised_on=lab.world.start.date() - timedelta(days=4))
    newest = package(caller.track("ups", parcel.number))["activity"][0]
    scan = parcel.scans[-1]
    assert newest["date"] + newest["time"] == scan.place.local(scan.at).strftime("%Y%m%d%H%M%S")
    assert newest["gmtDate"] + newest["gmtTime"].replace(":", "") == scan.at.strftime("%Y%m%d%H%M%S")
    assert newest["gmtOffset"] in ("-05:00", "-06:00")


def test_a_late_parcel_is_rescheduled(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("ups", "late", promised_on=lab.world.start.date() - timedelta(days=1))
    found = package(caller.track("ups", parcel.number))
    assert [date["type"] for date in found["deliveryDate"]] == ["SDD", "RDD"]
    assert found["currentStatus"]["code"] in ("046", "052")


def test_the_second_fruitless_visit_has_its_own_code(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("ups", "failed_attempts", promised_on=lab.world.start.date() - timedelta(days=1))
    lab.clock.jump(timedelta(hours=12))
    codes = [activity["status"]["statusCode"] for activity in package(caller.track("ups", parcel.number))["activity"]]
    assert codes[0] == "023"
    assert "022" in codes


def test_other_paths_and_methods_are_refused_in_upss_shape(caller: Any) -> None:
    for answer, status in (
        (caller.http.get("/ups/nowhere"), 404),
        (caller.http.get("/ups/security/v1/oauth/token"), 405),
    ):
        assert answer.status_code == status
        assert answer.get_json()["response"]["errors"]
