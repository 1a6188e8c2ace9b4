"""Pushes: asked for in each carrier's way, sent as scans are published, proved as each carrier proves them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

import pytest

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.hooks import PUSHING, Hook, HookBook, is_loopback
from carriers.lab.parcels import Parcel
from carriers.lab.places import DE_TOWNS, HAMBURG
from carriers.lab.server import Lab
from carriers.lab.shelf import Shelf
from tests.carriers.lab.conftest import TRACK, basic
from tests.carriers.lab.published import component, fits, published

SECRET = "pssst-ü"


class Box:
    """An address that takes everything and remembers it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        self._arrived = Condition()
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with box._arrived:
                    box.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                    box._arrived.notify_all()
                self.send_response(box.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks/secret-path?x=1"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, count: int) -> bool:
        """Whether so many pushes have come within some seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.got) >= count, timeout=20)

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.got]


@pytest.fixture
def box() -> Iterator[Box]:
    box = Box()
    yield box
    box.close()


def parcel_of(lab: Lab, code: str) -> Parcel:
    """A parcel at a carrier, known to it wherever numbers have to be entered first."""
    return lab.world.add(code, "on_time", created_at=lab.clock.now(), origin=HAMBURG, destination=DE_TOWNS[0])


def entered(lab: Lab, caller: Any, code: str) -> Parcel:
    parcel = parcel_of(lab, code)
    if code == "shippo":
        headers = {"Authorization": f"ShippoToken {LAB_CREDENTIALS['shippo']['api_key']}"}
        body = {"carrier": "usps", "tracking_number": parcel.number, "metadata": "order 7"}
        caller.http.post("/shippo/tracks/", json=body, headers=headers)
    elif code == "ups":
        alert(caller, [parcel.number])
    elif code == "karrio":
        lab.clock.jump(timedelta(minutes=5))
    TRACK[code](caller, parcel.number)
    return parcel


def alert(caller: Any, numbers: list[str], version: str = "v2", **more: Any) -> Any:
    headers = caller.bearer("ups", transId="t1", transactionSrc="tests")
    body = {"locale": "en_US", "countryCode": "US", "trackingNumberList": numbers, **more}
    return caller.http.post(f"/ups/api/track/{version}/subscription/standard/package", json=body, headers=headers)


def hook(lab: Lab, code: str, url: str, secret: str = SECRET) -> None:
    lab.pushes.hooks.put(Hook(code, "h", url, lab.clock.now(), secret))


@pytest.mark.parametrize("code", PUSHING)
def test_every_scan_is_pushed_when_it_is_published_and_once(code: str, lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, code, box.url)
    parcel = entered(lab, caller, code)
    already = len(parcel.events(lab.clock.now()))
    lab.pushes.pump()
    assert len(box.got) == already
    lab.clock.jump(timedelta(days=9))
    lab.pushes.pump()
    lab.pushes.pump()
    assert len(box.got) == len(parcel.scans)
    assert all(parcel.number in body.decode() for _, _, body in box.got)
    assert {path for path, _, _ in box.got} == {"/hooks/secret-path?x=1"}
    assert {headers["content-type"] for _, headers, _ in box.got} == {"application/json"}


def proved(code: str, headers: dict[str, str], body: bytes, secret: str, now: Any) -> bool:
    """Whether a push is proved as the carrier's documents say."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    if code == "easypost":
        return headers["x-hmac-signature"] == f"hmac-sha256-hex={digest.hexdigest()}"
    if code == "shippo":
        stamp, signed = (part.partition("=")[2] for part in headers["shippo-auth-signature"].split(","))
        wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return signed == wanted and abs(int(stamp) - now.timestamp()) < 2
    if code == "aftership":
        return headers["aftership-hmac-sha256"] == base64.b64encode(digest.digest()).decode()
    if code == "17track":
        return headers["sign"] == hashlib.sha256(body + b"/" + secret.encode()).hexdigest()
    if code == "ups":
        return headers["authorization"] == f"Bearer {secret}" and headers["user-agent"] == "UPSPubSubTrackingService"
    return headers[{"karrio": "x-event-id", "dhl_unified": "dhl-api-key"}[code]] == secret


@pytest.mark.parametrize("code", [code for code in PUSHING if code != "cdek"])
def test_a_push_is_proved_as_the_carrier_proves_it_and_a_wrong_one_is_not(
    code: str, lab: Lab, caller: Any, box: Box, hands: Any
) -> None:
    secret = "plain-secret"
    hook(lab, code, box.url, secret)
    parcel = entered(lab, caller, code)
    lab.clock.jump(timedelta(days=2))
    lab.pushes.push(code, parcel.number)
    lab.pushes.deliver()
    lab.pushes.fault(code, "wrong_signature", 1)
    lab.pushes.push(code, parcel.number)
    lab.pushes.deliver()
    good, bad = (proved(code, headers, body, secret, hands()) for _, headers, body in box.got)
    assert (good, bad) == (True, False)


def test_a_secret_of_any_letters_signs(lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, "easypost", box.url)
    parcel = entered(lab, caller, "easypost")
    lab.clock.jump(timedelta(days=2))
    lab.pushes.push("easypost", parcel.number)
    lab.pushes.deliver()
    _, headers, body = box.got[0]
    secret = "pssst-u\u0308"  # NFKD
    assert headers["x-hmac-signature"].endswith(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())


def test_bodies_are_shaped_as_each_carrier_shapes_them(lab: Lab, caller: Any, box: Box) -> None:
    shown: dict[str, Any] = {}
    for code in PUSHING:
        hook(lab, code, box.url)
        parcel = entered(lab, caller, code)
        lab.clock.jump(timedelta(days=9))
        lab.pushes.look()
        lab.pushes.push(code, parcel.number)
        lab.pushes.deliver()
        shown[code] = box.bodies()[-1]
        box.got.clear()
    assert (shown["ups"]["activityStatus"]["type"], shown["ups"]["gmtOffset"][3]) == ("D", ".")
    assert shown["ups"]["deliveryStartTime"] == ""
    assert (shown["easypost"]["description"], shown["easypost"]["result"]["status"]) == ("tracker.updated", "delivered")
    assert shown["shippo"]["event"] == "track_updated"
    assert (shown["shippo"]["data"]["tracking_status"]["status"], shown["shippo"]["data"]["metadata"]) == (
        "DELIVERED",
        "order 7",
    )
    assert (shown["aftership"]["event"], shown["aftership"]["msg"]["tag"]) == ("tracking_update", "Delivered")
    assert shown["17track"]["data"]["track_info"]["latest_status"]["status"] == "Delivered"
    assert (shown["cdek"]["type"], shown["cdek"]["attributes"]["code"]) == ("ORDER_STATUS", "DELIVERED")
    assert shown["cdek"]["attributes"]["status_code"] == "4"
    assert shown["dhl_unified"]["shipments"][0]["status"]["statusCode"] == "delivered"
    assert (shown["karrio"]["event"], shown["karrio"]["data"]["status"]) == ("tracker_updated", "delivered")


def test_an_alert_is_as_the_interface_of_ups_says(lab: Lab, caller: Any, box: Box) -> None:
    document = published("ups", "UPSTrackAlertEnhanced.yaml")
    hook(lab, "ups", box.url)
    entered(lab, caller, "ups")
    lab.clock.jump(timedelta(days=9))
    lab.pushes.pump()
    said = [{name: value for name, value in body.items() if value != ""} for body in box.bodies()]
    for body in said:  # production sends empty texts where the interface knows none
        place = body["activityLocation"]
        body["activityLocation"] = {name: value for name, value in place.items() if value != ""}
        fits(body, component(document, "TrackingEventRequest"))


def test_a_push_tells_how_things_stood_at_its_scan(lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, "easypost", box.url)
    entered(lab, caller, "easypost")
    lab.clock.jump(timedelta(days=9))
    lab.pushes.pump()
    counts = [len(body["result"]["tracking_details"]) for body in box.bodies()]
    assert counts == sorted(counts) == list(range(1, len(counts) + 1))
    assert box.bodies()[1]["previous_attributes"] == {"status": "pre_transit"}
    assert len({body["id"] for body in box.bodies()}) == len(counts)


@pytest.mark.parametrize(("kind", "times"), [("duplicate", 2), ("lost", 0), ("none", 1)])
def test_a_push_comes_as_often_as_its_fault_has_it(kind: str, times: int, lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, "cdek", box.url)
    parcel = entered(lab, caller, "cdek")
    lab.clock.jump(timedelta(days=2))
    lab.pushes.look()
    lab.pushes.deliver()
    box.got.clear()
    lab.pushes.fault("cdek", kind, 1)
    lab.pushes.push("cdek", parcel.number)
    lab.pushes.deliver()
    assert len(box.got) == times
    assert len({body for _, _, body in box.got}) == min(times, 1)


def test_a_delayed_push_comes_two_hours_later(lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, "17track", box.url)
    parcel = entered(lab, caller, "17track")
    lab.clock.jump(timedelta(days=2))
    lab.pushes.pump()
    box.got.clear()
    lab.pushes.fault("17track", "delayed", 1)
    lab.pushes.push("17track", parcel.number)
    lab.clock.jump(timedelta(minutes=119))
    assert lab.pushes.deliver() == 0
    lab.clock.jump(timedelta(minutes=1))
    lab.pushes.deliver()
    assert len(box.got) == 1


def test_disorder_swaps_two_pushes_and_holds_none_for_ever(lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, "aftership", box.url)
    parcel = entered(lab, caller, "aftership")
    lab.pushes.fault("aftership", "disorder", 1)
    lab.clock.jump(parcel.scans[1].published_at - lab.clock.now())
    lab.pushes.pump()
    tags = [body["msg"]["tag"] for body in box.bodies()]
    assert tags == ["InTransit", "InfoReceived"]
    box.got.clear()
    lab.pushes.fault("aftership", "disorder", 1)
    lab.pushes.push("aftership", parcel.number)
    lab.pushes.deliver()
    assert (len(box.got), len(lab.pushes)) == (0, 1)
    lab.clock.jump(timedelta(hours=1))
    lab.pushes.deliver()
    assert (len(box.got), len(lab.pushes)) == (1, 0)


def test_a_push_that_was_not_taken_is_tried_again_as_often_as_the_carrier_tries(
    lab: Lab, caller: Any, box: Box
) -> None:
    hook(lab, "17track", box.url)
    parcel = entered(lab, caller, "17track")
    lab.clock.jump(timedelta(days=2))
    lab.pushes.pump()
    box.got.clear()
    box.status = 503
    lab.pushes.push("17track", parcel.number)
    for wait in (0, 10, 30, 60, 600):
        lab.clock.jump(timedelta(minutes=wait))
        lab.pushes.deliver()
    assert len(box.got) == 4
    assert [entry["status"] for entry in lab.pushes.sent][-4:] == [503] * 4


@pytest.mark.parametrize(("code", "attempts", "given_up"), [("cdek", 12, 1), ("karrio", 1, 6)])
def test_an_address_that_never_answers_well_is_switched_off(
    code: str, attempts: int, given_up: int, lab: Lab, caller: Any, box: Box
) -> None:
    hook(lab, code, box.url)
    parcel = entered(lab, caller, code)
    lab.clock.jump(timedelta(days=9))
    lab.pushes.pump()
    box.got.clear()
    box.status = 500
    for _ in range(given_up):
        assert lab.pushes.hooks.live(code, lab.clock.now())
        lab.pushes.push(code, parcel.number)
        for _ in range(attempts):
            lab.pushes.deliver()
            lab.clock.jump(timedelta(minutes=10))
    assert len(box.got) == attempts * given_up
    assert lab.pushes.hooks.live(code, lab.clock.now()) == []


def test_a_running_lab_pushes_by_itself(running: Lab, box: Box) -> None:
    hook(running, "dhl_unified", box.url)
    parcel = parcel_of(running, "dhl_unified")
    running.clock.jump(timedelta(days=9))
    assert box.wait_for(len(parcel.scans))
    assert len(box.got) == len(parcel.scans)


def test_what_cannot_be_reached_is_noted_and_nothing_breaks(lab: Lab) -> None:
    hook(lab, "cdek", "http://127.0.0.1:9/nobody")
    parcel = parcel_of(lab, "cdek")
    lab.clock.jump(timedelta(hours=1))
    lab.pushes.push("cdek", parcel.number)
    assert lab.pushes.deliver() == 1
    assert lab.pushes.sent[-1]["status"] is None


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:8000/", True),
        ("https://127.0.0.1/", False),
        ("http://example.com/", False),
        ("http://127.0.0.1@example.com/", False),
        ("http://user:pw@127.0.0.1/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1:port/", False),
        ("file:///etc/passwd", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_nothing_is_ever_sent_off_this_machine(url: str, ok: bool, lab: Lab) -> None:
    assert is_loopback(url) is ok
    if not ok:
        with pytest.raises(ValueError, match="this machine"):
            HookBook(Shelf(1)).put(Hook("cdek", "h", url, lab.clock.now()))


def test_ups_takes_a_hundred_numbers_for_fourteen_days(lab: Lab, caller: Any, box: Box) -> None:
    hook(lab, "ups", box.url)
    parcel = parcel_of(lab, "ups")
    answer = alert(caller, [parcel.number, "1Z12"]).get_json()
    assert answer == {"validTrackingNumbers": [parcel.number], "invalidTrackingNumbers": ["1Z12"]}
    assert alert(caller, [parcel.number] * 101).get_json()["response"]["errors"][0]["code"] == "VSS220"
    assert alert(caller, []).get_json()["response"]["errors"][0]["code"] == "VSS200"
    assert alert(caller, ["1Z12"]).get_json()["response"]["errors"][0]["code"] == "VSS210"
    assert alert(caller, [parcel.number], locale="").get_json()["response"]["errors"][0]["code"] == "VSS300"
    lab.clock.jump(timedelta(days=14))
    later = lab.world.add("ups", "on_time", created_at=lab.clock.now(), number="1ZA4B9170312345670")
    alert(caller, [later.number])
    lab.pushes.look()
    lab.clock.jump(timedelta(days=1))
    lab.pushes.pump()
    assert {body["trackingNumber"] for body in box.bodies()[-1:]} == {later.number}


def test_the_first_version_of_ups_names_its_address(lab: Lab, caller: Any, box: Box) -> None:
    parcel = parcel_of(lab, "ups")
    destination = {"url": box.url, "credentialType": "Bearer", "credential": "token-1"}
    assert alert(caller, [parcel.number], "v1", destination=destination).status_code == 200
    outside = destination | {"url": "https://example.com/"}
    assert (
        alert(caller, [parcel.number], "v1", destination=outside).get_json()["response"]["errors"][0]["code"]
        == "VSS600"
    )
    lab.clock.jump(timedelta(hours=1))
    lab.pushes.pump()
    assert box.got[0][1]["authorization"] == "Bearer token-1"


def test_easypost_addresses_are_made_listed_and_taken_away(caller: Any, box: Box) -> None:
    headers, path = basic(LAB_CREDENTIALS["easypost"]["api_key"], ""), "/easypost/v2/webhooks"
    made = caller.http.post(path, json={"webhook": {"url": box.url, "webhook_secret": "s"}}, headers=headers)
    assert (made.status_code, set(published("easypost", "webhooks-create.json")) - set(made.get_json())) == (
        201,
        {"custom_headers"},
    )
    assert caller.http.get(path, headers=headers).get_json()["webhooks"] == [made.get_json()]
    assert caller.http.delete(f"{path}/{made.get_json()['id']}", headers=headers).status_code == 200
    assert caller.http.delete(f"{path}/{made.get_json()['id']}", headers=headers).status_code == 404
    refused = caller.http.post(path, json={"webhook": {"url": "https://example.com"}}, headers=headers)
    assert refused.status_code == 422


def test_karrio_makes_the_secret_itself(lab: Lab, caller: Any, box: Box) -> None:
    headers, path = {"Authorization": f"Token {LAB_CREDENTIALS['karrio']['api_key']}"}, "/karrio/v1/webhooks"
    made = caller.http.post(path, json={"url": box.url, "enabled_events": ["tracker_updated"]}, headers=headers)
    shown = made.get_json()
    assert (made.status_code, shown["enabled_events"]) == (201, ["tracker_updated"])
    parcel = entered(lab, caller, "karrio")
    lab.pushes.push("karrio", parcel.number)
    lab.pushes.deliver()
    assert box.got[-1][1]["x-event-id"] == shown["secret"]
    assert caller.http.get(path, headers=headers).get_json()["results"] == [shown]
    assert caller.http.post(path, json={"url": box.url}, headers=headers).status_code == 400
    assert caller.http.delete(f"{path}/{shown['id']}", headers=headers).status_code == 200
    assert caller.http.delete(f"{path}/{shown['id']}", headers=headers).status_code == 404


def test_cdek_takes_two_addresses_a_type_and_the_same_one_again(caller: Any, box: Box) -> None:
    def subscribe(url: str, kind: str = "ORDER_STATUS") -> Any:
        return caller.http.post("/cdek/v2/webhooks", json={"url": url, "type": kind}, headers=caller.bearer("cdek"))

    first, again, second = (subscribe(url).get_json() for url in (box.url, box.url, f"{box.url}&y=2"))
    assert first["entity"] == again["entity"] != second["entity"]
    assert subscribe(f"{box.url}&y=3").get_json()["requests"][0]["state"] == "INVALID"
    assert subscribe("https://example.com/", "PRINT_FORM").status_code == 400
    assert subscribe(box.url, "GOSSIP").status_code == 400
    listed = caller.http.get("/cdek/v2/webhooks", headers=caller.bearer("cdek")).get_json()
    assert [one["uuid"] for one in listed] == [first["entity"]["uuid"], second["entity"]["uuid"]]
    path = f"/cdek/v2/webhooks/{first['entity']['uuid']}"
    assert caller.http.delete(path, headers=caller.bearer("cdek")).status_code == 200
    assert caller.http.delete(path, headers=caller.bearer("cdek")).status_code == 400


def test_dhl_sends_the_token_back_in_the_header_that_was_named(lab: Lab, caller: Any, box: Box) -> None:
    headers, path = (
        {"DHL-API-Key": LAB_CREDENTIALS["dhl_unified"]["api_key"]},
        "/dhl_unified/tracking/push/v1/subscription",
    )
    first, second = parcel_of(lab, "dhl_unified"), parcel_of(lab, "dhl_unified")
    proof = {"type": "ApiKeyAuthentication", "header": "X-Mine", "token": "t-1"}
    body = {"hook": {"uri": box.url, "authentication": proof}, "type": "Tracking", "trackingIDs": [first.number]}
    made = caller.http.post(path, json=body, headers=headers)
    assert made.status_code == 201
    lab.clock.jump(timedelta(days=9))
    lab.pushes.pump()
    assert {told["shipments"][0]["id"] for told in box.bodies()} == {first.number} != {second.number}
    assert {sent["x-mine"] for _, sent, _ in box.got} == {"t-1"}
    assert caller.http.delete(f"{path}/{made.get_json()['id']}", headers=headers).status_code == 204
    assert caller.http.delete(f"{path}/{made.get_json()['id']}", headers=headers).status_code == 404
    outside = body | {"hook": {"uri": "https://example.com"}}
    assert caller.http.post(path, json=outside, headers=headers).status_code == 400
    assert caller.http.post(path, json=body).status_code == 401


def test_shippo_takes_an_address_and_its_secret_comes_by_the_labs_page(
    lab: Lab, caller: Any, box: Box, hands: Any
) -> None:
    headers = {"Authorization": f"ShippoToken {LAB_CREDENTIALS['shippo']['api_key']}"}
    body = {"url": box.url, "event": "track_updated", "active": True}
    assert caller.http.post("/shippo/webhooks/", json=body, headers=headers).status_code == 201
    assert caller.http.post("/shippo/webhooks/", json={"url": "https://x.example"}, headers=headers).status_code == 400
    (listed,) = caller.http.get("/shippo/webhooks", headers=headers).get_json()["results"]
    assert (listed["url"], listed["event"]) == (box.url, "track_updated")
    entered(lab, caller, "shippo")
    lab.clock.jump(timedelta(hours=1))
    lab.pushes.pump()
    assert "shippo-auth-signature" not in box.got[0][1]
    caller.http.post("/_lab/pushes", json={"carrier": "shippo", "url": box.url, "secret": "s"})
    assert (
        caller.http.post("/shippo/webhooks/", json=body, headers=headers).get_json()["object_id"] == listed["object_id"]
    )
    lab.clock.jump(timedelta(days=9))
    lab.pushes.pump()
    assert proved("shippo", *box.got[-1][1:], "s", hands())
    assert [hook.secret for hook in lab.pushes.hooks.of("shippo")] == ["s"]
    path = f"/shippo/webhooks/{listed['object_id']}"
    assert [caller.http.delete(path, headers=headers).status_code for _ in range(2)] == [204, 404]


def test_the_labs_page_enters_addresses_switches_faults_and_sends(lab: Lab, caller: Any, box: Box) -> None:
    parcel = entered(lab, caller, "aftership")
    lab.clock.jump(timedelta(days=1))
    page = "/_lab/pushes"
    caller.http.post(page, json={"carrier": "aftership", "url": box.url, "secret": "s"})
    caller.http.post(page, json={"carrier": "aftership", "fault": "duplicate", "count": 1})
    shown = caller.http.post(page, json={"carrier": "aftership", "send": parcel.number}).get_json()
    assert shown["waiting"] == 2
    lab.pushes.deliver()
    shown = caller.http.get(page).get_json()
    assert (len(box.got), [entry["status"] for entry in shown["sent"]]) == (2, [200, 200])
    assert "secret" not in shown["hooks"][0]
    for wrong in (
        {"carrier": "usps", "url": box.url},
        {"carrier": "aftership", "url": "https://example.com"},
        {"carrier": "aftership", "fault": "explode"},
        {"carrier": "aftership", "fault": "lost", "count": 0},
        {"carrier": "aftership", "send": "nobody"},
        {"carrier": "aftership", "shout": 1},
    ):
        assert caller.http.post(page, json=wrong).status_code == 400


def test_addresses_survive_a_restart(tmp_path: Any, hands: Any, box: Box) -> None:
    state = tmp_path / "lab.json"
    first = Lab.open(real=hands, seed=3, start=hands(), state_path=state)
    hook(first, "cdek", box.url)
    first.save()
    second = Lab.open(real=hands, seed=3, start=hands(), state_path=state)
    assert second.pushes.hooks.of("cdek") == first.pushes.hooks.of("cdek")
