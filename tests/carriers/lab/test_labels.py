"""Return labels: bought once for one key, readable by a scanner, and the beginning of a parcel's way back."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from PIL.Image import Image as Picture

from carriers.lab.barcodes import qr_png
from carriers.lab.labels import label_pdf
from carriers.lab.latin import latin
from carriers.lab.parcels import Kind
from carriers.lab.purchases import LabelBook, Purchase
from carriers.lab.server import Lab
from carriers.lab.wire.usps_labels import order_of
from carriers.lab.world import World

KEY = "5b3c1a52-7f8e-4a51-9c39-0a53a4f6d101"
OTHER_KEY = "0e6f5a40-30a6-4c52-86a3-52b0d6b3f6aa"
BUY = "/usps/labels/v3/return-label"
REPRINT = "/usps/labels/v3/label-reprint"
VENDOR = "application/vnd.usps.labels+json"


def buy(lab: Lab, request: dict[str, Any], key: str = KEY) -> Purchase:
    return lab.book.sell("usps", order_of(request), lab.clock.now(), key=key)


def picture(pdf: bytes) -> Picture:
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
        assert document[0].get_size() == (288, 432)  # four by six inches
        image: Picture = document[0].render(scale=300 / 72).to_pil()
        return image
    finally:
        document.close()


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()


def read(image: Picture) -> dict[str, str]:
    return {found.format.name: found.text for found in zxingcpp.read_barcodes(image)}


def test_the_long_code_and_the_qr_code_can_be_read_from_the_printed_page(
    caller: Any, label_request: dict[str, Any]
) -> None:
    bought = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR)).get_json()
    codes = read(picture(base64.b64decode(bought["returnLabelImage"])))
    number = bought["trackingNumber"]
    assert codes["Code128"] == f"(420)97232({number[:2]}){number[2:]}"
    assert codes["QRCode"] == number


def test_the_counters_qr_code_holds_the_broker_id(caller: Any, label_request: dict[str, Any]) -> None:
    bought = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR)).get_json()
    image = Image.open(io.BytesIO(base64.b64decode(bought["labelBrokerQR"])))
    assert read(image) == {"QRCode": bought["labelBrokerID"]}


def test_the_page_shows_both_addresses_the_service_and_the_reference(
    caller: Any, label_request: dict[str, Any]
) -> None:
    bought = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR)).get_json()
    text = words(base64.b64decode(bought["returnLabelImage"]))
    for line in ("Ada Example", "12 Oak Street", "Juniper Returns", "PORTLAND OR 97232", "RMA-10042"):
        assert line in text
    assert "USPS GROUND ADVANTAGE RETURN" in text


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("Jürgen", "Größmann-Ærøskøbing", "Jürgen Größmann-Ærøskøbing"),
        ("محمد", "الأحمد", "mhmd alahmd"),
        ("Łukasz", "Şahin", "?ukasz Sahin"),
        ("王", "小明", "? ??"),
        ("W" * 50, "M" * 50, "..."),
    ],
    ids=["german", "arabic", "accents", "chinese", "as long as allowed"],
)
def test_any_name_gives_a_readable_label(
    first: str, last: str, shown: str, caller: Any, label_request: dict[str, Any]
) -> None:
    label_request["fromAddress"] |= {"firstName": first, "lastName": last}
    bought = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR)).get_json()
    pdf = base64.b64decode(bought["returnLabelImage"])
    assert shown in words(pdf)
    assert read(picture(pdf))["QRCode"] == bought["trackingNumber"]


def test_what_latin_letters_cannot_say_is_spelled_or_marked() -> None:
    assert latin("Ünïcödé") == "Ünïcödé"
    assert latin("Çelik – Ğ") == "Çelik ? G"
    assert latin("سارة") == "sara"


def test_with_a_font_that_knows_the_letters_arabic_is_written_as_it_is(
    world: World, label_request: dict[str, Any]
) -> None:
    font = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    if not font.exists():
        pytest.skip("no font with Arabic letters on this machine")
    label_request["fromAddress"] |= {"firstName": "محمد", "lastName": "الأحمد"}
    purchase = LabelBook(world).sell("usps", order_of(label_request), world.start, key=KEY)
    pdf = label_pdf(purchase, font)
    assert "mhmd" not in words(pdf)
    assert read(picture(pdf))["QRCode"] == purchase.number


def test_the_same_purchase_prints_the_same_bytes(world: World, label_request: dict[str, Any]) -> None:
    purchase = LabelBook(world).sell("usps", order_of(label_request), world.start, key=KEY)
    assert label_pdf(purchase) == label_pdf(purchase)
    assert qr_png("1234567890") == qr_png("1234567890")


def test_the_same_key_buys_once(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    headers = caller.payer(KEY, Accept=VENDOR)
    answers = [caller.http.post(BUY, json=label_request, headers=headers) for _ in range(3)]
    assert len({answer.get_data() for answer in answers}) == 1
    assert answers[0].headers["X-Idempotency-Key"] == KEY
    assert len(lab.purchases) == 1


def test_twenty_clicks_at_once_with_one_key_buy_once(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    headers = caller.payer(KEY, Accept=VENDOR)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(caller.http.post, BUY, json=label_request, headers=headers) for _ in range(20)]
        numbers = {answer.result().get_json()["trackingNumber"] for answer in asked}
    assert len(numbers) == len(lab.purchases) == 1


def test_another_key_or_none_buys_again(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    for key in (KEY, OTHER_KEY, None, None):
        assert caller.http.post(BUY, json=label_request, headers=caller.payer(key)).status_code == 200
    assert len({purchase.number for purchase in lab.purchases}) == 4


def test_a_key_cannot_be_used_for_another_request(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    caller.http.post(BUY, json=label_request, headers=caller.payer(KEY))
    label_request["packageDescription"]["weight"] = 3
    assert caller.http.post(BUY, json=label_request, headers=caller.payer(KEY)).status_code == 400
    assert len(lab.purchases) == 1


def test_a_lost_answer_is_found_again_by_its_key(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    buy(lab, label_request)
    found = caller.http.post(REPRINT, json={}, headers=caller.payer(KEY, Accept=VENDOR))
    assert found.get_json()["returnLabelMetadata"]["trackingNumber"] == lab.purchases[0].number
    assert found.get_json()["reprintInfo"] == {"reprintNumber": 1, "reprintLimit": 3}
    assert caller.http.post(REPRINT, json={}, headers=caller.payer(OTHER_KEY)).status_code == 400
    assert len(lab.purchases) == 1


def test_a_label_is_printed_again_three_times_at_most(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    number = buy(lab, label_request).number
    states = [caller.http.post(f"{REPRINT}/{number}", json={}, headers=caller.payer()).status_code for _ in range(4)]
    assert states == [200, 200, 200, 400]


def test_a_pdf_alone_has_no_code_for_the_counter(caller: Any, label_request: dict[str, Any]) -> None:
    label_request["imageInfo"] = {"imageType": "PDF"}
    bought = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR)).get_json()
    assert "returnLabelImage" in bought
    assert not {"labelBrokerQR", "labelBrokerID"} & set(bought)


def test_the_answers_shape_follows_the_accept_header(caller: Any, label_request: dict[str, Any]) -> None:
    flat = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR))
    nested = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept="application/json"))
    parts = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY))
    assert "trackingNumber" in flat.get_json()
    assert nested.get_json()["returnLabelMetadata"]["trackingNumber"] == flat.get_json()["trackingNumber"]
    assert parts.mimetype == "multipart/form-data"
    for part in (b'name="returnLabelMetadata"', b'name="returnLabelImage"', b'name="labelBrokerQR"', b"%PDF-1"):
        assert part in parts.get_data()


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("toAddress", {"ZIPCode": "9723"}),
        ("toAddress", {"state": "Oregon"}),
        ("fromAddress", {"lastName": ""}),
        ("fromAddress", {"streetAddress": "x" * 51}),
        ("fromAddress", {"city": ["AUSTIN"]}),
        ("packageDescription", {"weight": 0}),
        ("packageDescription", {"weight": "heavy"}),
        ("packageDescription", {"mailClass": "PRIORITY_MAIL"}),
        ("packageDescription", {"length": None}),
        ("imageInfo", {"imageType": "WORD"}),
    ],
)
def test_a_wrong_request_buys_nothing(
    part: str, change: dict[str, Any], lab: Lab, caller: Any, label_request: dict[str, Any]
) -> None:
    label_request[part] |= change
    answer = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY))
    assert answer.status_code == 400
    assert part in answer.get_json()["error"]["message"]
    assert lab.purchases == ()


def test_nobody_buys_without_token_payment_or_a_proper_key(
    lab: Lab, caller: Any, label_request: dict[str, Any], hands: Any
) -> None:
    good = caller.payer(KEY)
    without = {name: value for name, value in good.items() if name != "X-Payment-Authorization-Token"}
    assert caller.http.post(BUY, json=label_request, headers=without).status_code == 400
    forged = good | {"X-Payment-Authorization-Token": "forged"}
    assert caller.http.post(BUY, json=label_request, headers=forged).status_code == 401
    assert caller.http.post(BUY, json=label_request, headers=good | {"Authorization": ""}).status_code == 401
    assert caller.http.post(BUY, json=label_request, headers=good | {"X-Idempotency-Key": "RMA-1"}).status_code == 400
    hands.move(hours=9)
    assert caller.http.post(BUY, json=label_request, headers=good).status_code == 401
    assert lab.purchases == ()


def test_payment_needs_its_roles_and_the_right_account(caller: Any) -> None:
    path = "/usps/payments/v3/payment-authorization"
    role = {"roleName": "PAYER", "CRID": "12345678", "MID": "901234567"}
    owner = role | {"roleName": "LABEL_OWNER"}
    cases: tuple[tuple[dict[str, Any], int], ...] = (
        ({}, 400),
        ({"roles": [role]}, 400),
        ({"roles": [role, owner | {"CRID": "1"}]}, 401),
    )
    for body, status in cases:
        assert caller.http.post(path, json=body, headers=caller.bearer("usps")).status_code == status


def test_a_bought_label_becomes_a_parcel_that_is_handed_in_and_comes_to_the_shop(
    lab: Lab, caller: Any, label_request: dict[str, Any]
) -> None:
    caller.http.post(BUY, json=label_request, headers=caller.payer(KEY))
    purchase = lab.purchases[0]
    parcel = lab.world.find("usps", purchase.number)
    assert parcel is not None
    assert parcel.story == "return"
    first, *_, last = [scan for scan in parcel.scans if scan.kind is not Kind.LABEL]
    assert timedelta(hours=3) < first.at - purchase.bought_at < timedelta(days=2)
    assert (last.kind, last.place.city) == (Kind.DELIVERED, "PORTLAND")
    assert timedelta(days=2) < last.at - purchase.bought_at < timedelta(days=7)
    lab.clock.jump(timedelta(days=8))
    assert caller.track("usps", purchase.number).get_json()["statusCategory"] == "Delivered"


def test_an_unused_label_is_taken_back_and_its_parcel_never_moves(
    lab: Lab, caller: Any, label_request: dict[str, Any]
) -> None:
    number = buy(lab, label_request).number
    headers, path = caller.payer(KEY), f"/usps/labels/v3/label/{number}"
    gone = caller.http.delete(path, headers=headers)
    assert gone.get_json() == {"trackingNumber": number, "status": "CANCELED"}
    assert caller.http.delete(path, headers=headers).status_code == 400
    assert caller.http.post(REPRINT, json={}, headers=headers).status_code == 400
    lab.clock.jump(timedelta(days=8))
    assert caller.track("usps", number).get_json()["status"] == "Shipping Label Canceled"
    parcel = lab.world.find("usps", number)
    assert parcel is not None
    assert [scan.kind for scan in parcel.scans] == [Kind.LABEL, Kind.CANCELLED]


def test_a_used_label_is_not_taken_back(lab: Lab, caller: Any, label_request: dict[str, Any]) -> None:
    number = buy(lab, label_request).number
    lab.clock.jump(timedelta(days=3))
    assert caller.http.delete(f"/usps/labels/v3/label/{number}", headers=caller.payer()).status_code == 400
    assert not lab.book.voided(number)


def test_labels_survive_a_restart_with_their_keys(
    tmp_path: Path, hands: Any, call: Callable[[Lab], Any], label_request: dict[str, Any]
) -> None:
    state = tmp_path / "lab.json"
    start = hands()
    first = Lab.open(real=hands, seed=3, start=start, state_path=state)
    kept, gone = (buy(first, label_request, key) for key in (KEY, OTHER_KEY))
    first.book.void(gone.number, start)
    first.save()
    second = Lab.open(real=hands, seed=3, start=start, state_path=state)
    assert second.purchases == first.purchases
    assert second.book.voided(gone.number)
    caller = call(second)
    again = caller.http.post(BUY, json=label_request, headers=caller.payer(KEY, Accept=VENDOR))
    assert again.get_json()["trackingNumber"] == kept.number
    assert len(second.purchases) == 2
    assert second.world.find("usps", kept.number) == first.world.find("usps", kept.number)


def test_addresses_stay_out_of_a_purchases_repr(world: World, label_request: dict[str, Any]) -> None:
    assert "Oak Street" not in repr(LabelBook(world).sell("usps", order_of(label_request), world.start, key=KEY))
