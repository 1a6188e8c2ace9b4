"""Canada Post: tracking, and authorized returns whose label is ready a moment later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from carriers.lab.places import Place
from carriers.lab.server import Lab
from carriers.lab.wire import xml
from tests.carriers.lab.conftest import account, basic
from tests.carriers.lab.published import xml_schema

RETURNS = "/canada_post/rs/0002004381/0002004381/authorizedreturn"
TYPE = "application/vnd.cpc.authreturn-v2+xml"
TORONTO = Place("Toronto", "ON", "M5V 2T6", "CA", "America/Toronto")
CALGARY = Place("Calgary", "AB", "T2P 1J9", "CA", "America/Edmonton")
REQUEST = """<?xml version="1.0" encoding="UTF-8"?>
<authorized-return xmlns="http://www.canadapost.ca/ws/authreturn-v2">
  <service-code>DOM.EP</service-code>
  <returner>
    <name>Ada Example</name>
    <domestic-address>
      <address-line-1>12 Chêne Street</address-line-1><city>Toronto</city><province>ON</province>
      <postal-code>M5V2T6</postal-code>
    </domestic-address>
  </returner>
  <receiver>
    <name>Returns</name><company>Maple Goods</company>
    <domestic-address>
      <address-line-1>1 Dock Road</address-line-1><city>Calgary</city><province>AB</province>
      <postal-code>T2P1J9</postal-code>
    </domestic-address>
  </receiver>
  <parcel-characteristics><weight>1.200</weight></parcel-characteristics>
  <print-preferences><output-format>4x6</output-format><encoding>PDF</encoding></print-preferences>
  <references><customer-ref-1>R-1</customer-ref-1><customer-ref-2>RMA-7</customer-ref-2></references>
</authorized-return>
"""


@pytest.fixture
def headers() -> dict[str, str]:
    return basic(*account("canada_post", "username", "password"))


@pytest.fixture
def buy(caller: Any, headers: dict[str, str]) -> Any:
    def post(body: str = REQUEST, path: str = RETURNS, kind: str = TYPE) -> Any:
        return caller.http.post(path, data=body.encode(), headers=headers | {"Content-Type": kind})

    return post


def link(answer: Any) -> Any:
    return xml.find(xml.read(answer.data), "links", "link")


def code(answer: Any) -> str:
    return xml.text(xml.read(answer.data), "message", "code")


def test_a_label_is_bought_and_ready_a_moment_later(lab: Lab, caller: Any, buy: Any, headers: dict[str, str]) -> None:
    answer, (sold,) = buy(), lab.purchases
    assert xml.text(xml.read(answer.data), "tracking-pin") == sold.number
    found = link(answer)
    assert (found.get("rel"), found.get("media-type")) == ("returnLabel", "application/pdf")
    first, second = (caller.http.get(found.get("href"), headers=headers) for _ in range(2))
    assert (first.status_code, first.data, first.headers["Retry-After"]) == (202, b"", "1")
    assert (second.status_code, second.data[:5], second.mimetype) == (200, b"%PDF-", "application/pdf")
    assert caller.http.get(found.get("href")).status_code == 401
    assert (sold.reference, sold.order.weight_grams, sold.currency) == ("R-1", 1200, "CAD")


def test_a_label_printers_language_is_had_too(caller: Any, buy: Any, headers: dict[str, str]) -> None:
    found = link(buy(REQUEST.replace(">PDF<", ">ZPL<")))
    assert found.get("media-type") == "application/zpl"
    caller.http.get(found.get("href"), headers=headers)
    assert caller.http.get(found.get("href"), headers=headers).data.startswith(b"^XA")


def test_request_and_answers_are_as_the_schemas_say(lab: Lab, caller: Any, buy: Any, headers: dict[str, str]) -> None:
    returns, track = xml_schema("canada_post", "authreturn.xsd"), xml_schema("canada_post", "track.xsd")
    returns.validate(REQUEST)
    answer = buy()
    returns.validate(answer.get_data(as_text=True))
    xml_schema("canada_post", "messages.xsd").validate(buy("<x/>").get_data(as_text=True))
    number = xml.text(xml.read(answer.data), "tracking-pin")
    for days in (1, 3, 9):
        lab.clock.jump(timedelta(days=days))
        track.validate(caller.track("canada_post", number).get_data(as_text=True))
        summary = caller.http.get(f"/canada_post/vis/track/pin/{number}/summary", headers=headers)
        track.validate(summary.get_data(as_text=True))


def test_asking_twice_buys_twice_and_the_reference_shows_both(
    lab: Lab, caller: Any, buy: Any, headers: dict[str, str]
) -> None:
    numbers = [xml.text(xml.read(buy().data), "tracking-pin") for _ in range(2)]
    lab.clock.jump(timedelta(hours=1))
    query = {
        "referenceNumber": "R-1",
        "destinationPostalCode": "T2P1J9",
        "mailingDateFrom": "2026-03-01",
        "mailingDateTo": "2026-03-31",
    }
    path = "/canada_post/vis/track/ref/summary"
    found = xml.read(caller.http.get(path, query_string=query, headers=headers).data)
    assert [xml.text(summary, "pin") for summary in xml.find_all(found, "pin-summary")] == numbers
    for change in ({"referenceNumber": "R-2"}, {"destinationPostalCode": "M5V2T6"}, {"mailingDateTo": "2026-03-02"}):
        assert caller.http.get(path, query_string=query | change, headers=headers).status_code == 404


def test_events_stand_newest_first_in_local_time_with_the_zones_name(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(
        "canada_post", "on_time", promised_on=lab.world.start.date(), origin=CALGARY, destination=TORONTO
    )
    lab.clock.jump(timedelta(days=4))
    root = xml.read(caller.track("canada_post", parcel.number).data)
    events = list(xml.find_all(xml.find(root, "significant-events"), "occurrence"))
    local = parcel.destination.local(parcel.scans[-1].at)
    newest = [xml.text(events[0], f"event-{name}") for name in ("identifier", "date", "time", "time-zone", "site")]
    assert newest == ["1496", f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}", "EDT", "TORONTO"]
    assert xml.text(events[0], "signatory-name") == parcel.signed_by(lab.clock.now())
    assert xml.text(events[-1], "event-identifier") == "3000"


def test_a_changed_date_stands_beside_the_promised_one(lab: Lab, caller: Any) -> None:
    parcel = lab.world.add(
        "canada_post", "late", promised_on=lab.world.start.date(), origin=CALGARY, destination=TORONTO
    )
    lab.clock.jump(timedelta(days=1))
    root = xml.read(caller.track("canada_post", parcel.number).data)
    dates = [xml.text(root, name) for name in ("changed-expected-date", "expected-delivery-date")]
    assert dates == [parcel.estimate(lab.clock.now()).isoformat(), parcel.promised_on.isoformat()]


def test_an_unknown_number_has_no_history(caller: Any) -> None:
    answer = caller.track("canada_post", "7035114477138472")
    assert (answer.status_code, code(answer)) == (404, "004")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DOM.EP", "CAMEL"),
        ("<name>Ada Example</name>", ""),
        ("M5V2T6", "M5V 2T6"),
        ("<city>Calgary</city>", "<city></city>"),
        ("1.200", "0"),
        (">PDF<", ">WORD<"),
        ("authreturn-v2", "authreturn"),
        ('<?xml version="1.0" encoding="UTF-8"?>', "no xml"),
    ],
)
def test_a_wrong_request_buys_nothing(old: str, new: str, lab: Lab, buy: Any) -> None:
    answer = buy(REQUEST.replace(old, new))
    assert (answer.status_code, code(answer)) == (400, "Server")
    assert lab.purchases == ()


def test_other_customers_types_and_strangers_are_refused(lab: Lab, caller: Any, buy: Any) -> None:
    assert code(buy(path=RETURNS.replace("0002004381", "1"))) == "AA004"
    assert buy(kind="application/json").status_code == 415
    stranger = caller.http.post(RETURNS, data=REQUEST, headers={"Content-Type": TYPE})
    assert (stranger.status_code, code(stranger)) == (401, "E002")
    assert lab.purchases == ()
