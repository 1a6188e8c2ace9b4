"""The carriers that only track: each in its own words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from carriers.lab.parcels import Parcel
from carriers.lab.places import CH_TOWN, DE_TOWNS, HAMBURG, Place
from carriers.lab.server import Lab
from carriers.lab.wire import xml
from tests.carriers.lab import posts
from tests.carriers.lab.published import xml_schema

KEW = Place("Kew", "VIC", "3101", "AU", "Australia/Melbourne")
LYON = Place("Lyon", "ARA", "69002", "FR", "Europe/Paris")
MOSCOW = Place("Москва", "MOW", "101000", "RU", "Europe/Moscow")


def delivered(lab: Lab, carrier: str, story: str = "on_time", to: Place = DE_TOWNS[0], days: int = 9) -> Parcel:
    parcel = lab.world.add(carrier, story, created_at=lab.world.start, origin=HAMBURG, destination=to)
    lab.clock.jump(timedelta(days=days))
    return parcel


def wall(parcel: Parcel) -> str:
    """The last scan's local time with its offset."""
    scan = parcel.scans[-1]
    return scan.place.local(scan.at).isoformat(timespec="seconds")


def test_royal_mail_gives_one_object_for_events_and_a_list_for_summaries(lab: Lab, caller: Any) -> None:
    parcel = delivered(lab, "royal_mail")
    piece = caller.track("royal_mail", parcel.number).get_json()["mailPieces"]
    assert (piece["mailPieceId"], piece["carrierShortName"]) == (parcel.number, "RM")
    first, last = piece["events"][0], piece["events"][-1]
    assert (first["eventCode"], first["eventDateTime"]) == ("EVKSP", wall(parcel))
    assert (last["eventCode"], last["locationName"]) == ("EVAIP", "")
    assert piece["summary"]["statusCategory"] == "DELIVERED"
    assert re.fullmatch(r"08:00:00\+0[12]:00", piece["estimatedDelivery"]["startOfEstimatedWindow"])
    query = {"mailPieceId": f"{parcel.number}, TT000000005GB"}
    headers = posts.auth("royal_mail")
    known, unknown = caller.http.get(
        "/royal_mail/mailpieces/v2/summary", query_string=query, headers=headers
    ).get_json()["mailPieces"]
    assert (known["summary"], "events" in known) == (piece["summary"], False)
    assert (unknown["mailPieceId"], unknown["error"]["errorCode"]) == ("TT000000005GB", "E1142")


def test_royal_mail_shows_who_signed_and_says_when_nobody_did(lab: Lab, caller: Any) -> None:
    parcel = delivered(lab, "royal_mail")
    path, headers = f"/royal_mail/mailpieces/v2/{parcel.number}/signature", posts.auth("royal_mail")
    now = lab.clock.now()
    answer = caller.http.get(path, headers=headers)
    if parcel.signed_by(now):
        proof = answer.get_json()["mailPieces"]["signature"]
        assert (proof["recipientName"], proof["imageFormat"]) == (parcel.signed_by(now), "image/svg+xml")
    young = lab.world.add("royal_mail", "on_time", created_at=now)
    lab.clock.jump(timedelta(hours=1))
    missing = caller.http.get(f"/royal_mail/mailpieces/v2/{young.number}/signature", headers=headers)
    assert (missing.status_code, missing.get_json()["errors"][0]["errorCode"]) == (404, "E1308")


def test_royal_mail_takes_thirty_numbers_at_most(caller: Any) -> None:
    query = {"mailPieceId": ",".join(["TT000000005GB"] * 31)}
    path, headers = "/royal_mail/mailpieces/v2/summary", posts.auth("royal_mail")
    for asked in (query, {}):
        refused = caller.http.get(path, query_string=asked, headers=headers)
        assert (refused.status_code, refused.get_json()["errors"][0]["errorCode"]) == (400, "E0013")


def test_australia_post_has_articles_at_home_and_consignments_abroad(lab: Lab, caller: Any) -> None:
    home, abroad = delivered(lab, "australia_post", to=KEW), delivered(lab, "australia_post", to=CH_TOWN)
    query = {"tracking_ids": f"{home.number},{abroad.number},33LAB000000000"}
    headers = posts.auth("australia_post")
    answer = caller.http.get("/australia_post/shipping/v1/track", query_string=query, headers=headers)
    one, two, none = answer.get_json()["tracking_results"]
    (article,) = one["trackable_items"]
    assert (one["status"], article["article_id"], article["status"]) == ("Delivered", home.number, "Delivered")
    event = article["events"][0]
    assert (event["location"], event["date"], event["date"][-6:]) == ("KEW VIC", wall(home), "+11:00")
    assert "location" not in article["events"][-1]
    (consignment,) = two["trackable_items"]
    assert (consignment["number_of_items"], "status" in two) == (1, False)
    assert consignment["items"][0]["events"][0]["location"] == "ZÜRICH (CH)"
    assert none["errors"] == [{"code": "ESB-10001", "name": "Invalid tracking ID"}]


def test_australia_post_takes_ten_numbers_at_most(caller: Any) -> None:
    headers, query = posts.auth("australia_post"), {"tracking_ids": ",".join("0123456789A")}
    refused = caller.http.get("/australia_post/test/shipping/v1/track", query_string=query, headers=headers)
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (400, "51101")


def test_la_poste_answers_one_number_with_an_object_and_several_with_a_list(lab: Lab, caller: Any) -> None:
    parcel, headers = delivered(lab, "la_poste", to=LYON), posts.auth("la_poste")
    shipment = caller.track("la_poste", parcel.number).get_json()["shipment"]
    first, last = shipment["event"][0], shipment["event"][-1]
    assert (first["code"], first["date"], first["label"]) == ("DI1", wall(parcel), "Your parcel has been delivered.")
    assert (last["code"], shipment["isFinal"], shipment["deliveryDate"]) == ("DR1", True, wall(parcel))
    assert [stage["status"] for stage in shipment["timeline"]] == [True] * 5
    several = caller.http.get(f"/la_poste/suivi/v2/idships/{parcel.number},LB000000005FR", headers=headers)
    assert several.status_code == 207
    known, unknown = several.get_json()
    assert known["shipment"]["event"][0]["label"] == "Votre colis est livré."
    assert (unknown["returnCode"], unknown["idShip"]) == (104, "LB000000005FR")
    both = caller.http.get(f"/la_poste/suivi/v2/idships/{parcel.number},{parcel.number}", headers=headers)
    assert both.status_code == 200


@pytest.mark.parametrize(("number", "status", "code"), [("LB000000005FR", 404, 104), ("7", 400, 101), (",", 400, 101)])
def test_la_poste_says_whether_a_number_is_unknown_or_none(number: str, status: int, code: int, caller: Any) -> None:
    answer = caller.http.get(f"/la_poste/suivi/v2/idships/{number}", headers=posts.auth("la_poste"))
    assert (answer.status_code, answer.get_json()["returnCode"]) == (status, code)


def test_postnl_gives_the_time_of_the_netherlands_without_an_offset(lab: Lab, caller: Any) -> None:
    parcel = delivered(lab, "postnl", to=LYON)
    shipment = caller.track("postnl", parcel.number).get_json()["CompleteStatus"]["Shipment"]
    moment = LYON.local(parcel.scans[-1].at)  # the same clock as in Amsterdam
    assert shipment["Status"]["StatusCode"] == "11"
    assert shipment["Status"]["TimeStamp"] == f"{moment:%d-%m-%Y %H:%M:%S}" == shipment["DeliveryDate"]
    assert [event["Code"] for event in (shipment["Event"][0], shipment["Event"][-1])] == ["01I", "01A"]
    assert len(shipment["Event"]) == len(shipment["OldStatus"]) > 1
    path, headers = f"/postnl/shipment/v2/status/barcode/{parcel.number}", posts.auth("postnl")
    short = caller.http.get(path, headers=headers).get_json()["CurrentStatus"]["Shipment"]
    assert (short["Status"]["StatusDescription"], "Event" in short) == ("Zending afgeleverd", False)


def test_postnl_gives_one_event_as_an_object_and_nothing_as_an_empty_one(lab: Lab, caller: Any) -> None:
    parcel = delivered(lab, "postnl", "label_only", days=1)
    shipment = caller.track("postnl", parcel.number).get_json()["CompleteStatus"]["Shipment"]
    assert (shipment["Event"]["Code"], shipment["Event"]["LocationCode"]) == ("01A", {})
    assert shipment["OldStatus"]["StatusCode"] == "1"
    unknown = caller.track("postnl", "3SLABS000000000")
    assert (unknown.status_code, unknown.get_json()["CompleteStatus"]) == (200, {})
    assert unknown.get_json()["Warnings"][0]["Code"] == "2"


def test_postnl_knows_that_something_was_signed(lab: Lab, caller: Any) -> None:
    headers = posts.auth("postnl")
    parcel = delivered(lab, "postnl")
    path = "/postnl/shipment/v2/status/signature/{}"
    signed = caller.http.get(path.format(parcel.number), headers=headers).get_json()["Signature"]
    assert bool(signed) == bool(parcel.signed_by(lab.clock.now()))
    assert caller.http.get(path.format("3S"), headers=headers).get_json()["Signature"] == {}


def _inner(answer: Any) -> Element:
    """What stands inside the envelope."""
    root = xml.read(answer.data)
    body = xml.find(root, "Body")
    assert body is not None
    return body[0]


def test_dpd_shows_stages_that_were_not_reached_yet(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add("dpd", "on_time", created_at=lab.world.start, origin=HAMBURG, destination=CH_TOWN)
    lab.clock.jump(timedelta(hours=20))
    result = xml.find(_inner(caller.track("dpd", parcel.number)), "trackingresult")
    stages = list(xml.find_all(result, "statusInfo"))
    reached = [xml.text(stage, "statusHasBeenReached") for stage in stages]
    scans = parcel.events(lab.clock.now())
    assert reached == ["true"] * len(scans) + ["false", "false"]
    assert [xml.text(stage, "isCurrentStatus") for stage in stages].index("true") == len(scans) - 1
    local = scans[-1].place.local(scans[-1].at)
    told = xml.text(stages[len(scans) - 1], "date", "content")
    assert re.fullmatch(rf"{local.month}/{local.day}/2026 \d{{1,2}}:{local:%M:%S} [AP]M", told)
    assert xml.text(stages[-1], "status") == "Delivered"


def test_what_came_back_from_a_tour_is_labelled_as_if_it_were_on_it(lab: Lab, caller: Any) -> None:
    parcel = delivered(lab, "dpd", "failed_attempts", days=30)
    stages = list(xml.find_all(xml.find(_inner(caller.track("dpd", parcel.number)), "trackingresult"), "statusInfo"))
    failed = [stage for stage in stages if xml.text(stage, "status") == "ReturningFromDelivery"]
    assert {xml.text(stage, "label", "content") for stage in failed} == {"Parcel out for delivery"}
    assert all(xml.text(stage, "statusHasBeenReached") == "true" for stage in stages)


def test_dpd_refuses_whom_it_does_not_know(caller: Any) -> None:
    for answer in (posts.dpd_login(caller.http, password="x"), posts.dpd_track(caller.http, "0998", "old")):
        assert answer.status_code == 500
        assert "DELICOM_ERR_AUTHENTICATION" in answer.get_data(as_text=True)
    assert "DELICOM_ERR_PARCELNOTFOUND" in caller.track("dpd", "09980000000000").get_data(as_text=True)


def test_russian_post_tells_operations_oldest_first(lab: Lab, caller: Any) -> None:
    parcel = delivered(lab, "russian_post", to=MOSCOW)
    answer = caller.track("russian_post", parcel.number)
    assert answer.mimetype == "application/soap+xml"
    records = list(xml.find_all(xml.find(_inner(answer), "OperationHistoryData"), "historyRecord"))
    kinds = [xml.text(one, "OperationParameters", "OperType", "Id") for one in records]
    assert (kinds[0], kinds[-1]) == ("28", "2")
    last = records[-1]
    assert xml.text(last, "OperationParameters", "OperAttr", "Id") == "1"
    assert xml.text(last, "OperationParameters", "OperDate").endswith("+03:00")
    assert xml.text(last, "AddressParameters", "CountryOper", "Code2A") == "RU"
    assert xml.text(last, "OperationParameters", "OperType", "Name") == "Вручение"
    english = posts.russian_post(caller.http, parcel.number, "ENG").get_data(as_text=True)
    assert "Delivered to the addressee" in english


def test_russian_post_has_faults_for_strangers_and_for_unknown_numbers(caller: Any) -> None:
    stranger = posts.russian_post(caller.http, "80000000000000", password="x")
    unknown = posts.russian_post(caller.http, "80000000000000")
    for answer, reason in ((stranger, "AuthorizationFaultReason"), (unknown, "OperationHistoryFaultReason")):
        assert answer.status_code == 500
        fault = _inner(answer)
        assert (xml.local(fault), len(list(xml.find_all(xml.find(fault, "Detail"), reason)))) == ("Fault", 1)


@pytest.mark.parametrize(
    ("carrier", "wrong", "path", "status"),
    [
        ("royal_mail", "client_secret", "/mailpieces/v2/TT000000005GB/events", 401),
        ("australia_post", "password", "/shipping/v1/track?tracking_ids=1", 401),
        ("australia_post", "account_number", "/shipping/v1/track?tracking_ids=1", 403),
        ("la_poste", "api_key", "/suivi/v2/idships/LB000000005FR", 401),
        ("postnl", "api_key", "/shipment/v2/status/barcode/3S", 401),
    ],
)
def test_a_wrong_key_is_refused(carrier: str, wrong: str, path: str, status: int, caller: Any) -> None:
    answer = caller.http.get(f"/{carrier}{path}", headers=posts.auth(carrier, **{wrong: "x"}))
    assert answer.status_code == status
    assert answer.get_json()


@pytest.mark.parametrize("carrier", ["royal_mail", "australia_post", "la_poste", "postnl", "dpd", "russian_post"])
def test_a_refusal_is_in_the_carriers_own_format(carrier: str, lab: Lab, caller: Any) -> None:
    lab.faults.set(carrier, "429")
    answer = caller.http.get(f"/{carrier}/anything", headers={})
    missing = caller.http.get(f"/{carrier}/nowhere")
    assert {answer.status_code, missing.status_code} <= {404, 405, 429}
    if carrier in ("dpd", "russian_post"):
        assert xml.local(_inner(missing)) == "Fault"
    else:
        assert missing.get_json()


@pytest.mark.parametrize("story", ["label_only", "on_time", "failed_attempts"])
def test_dpds_answers_are_as_its_interface_has_them(story: str, lab: Lab, caller: Any) -> None:
    login, cycle = xml_schema("dpd", "LoginServiceV21.xsd"), xml_schema("dpd", "ParcelLifecycleServiceV20.xsd")
    login.validate(_inner(posts.dpd_login(caller.http)))
    parcel = delivered(lab, "dpd", story)
    cycle.validate(_inner(caller.track("dpd", parcel.number)))
    fault = xml.find(_inner(caller.track("dpd", "0998")), "detail", "faults")
    cycle.validate(fault)
