"""Canada Post return labels: created once, their file fetched apart; nothing personal in what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from carriers.adapters.canada_post import adapter
from carriers.base import Account, RawAnswer, Recovery
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Address, BoughtLabel, LabelFormat, LabelRequest
from carriers.parsing import dig, load_xml
from tests.carriers.doors import Door, Given
from tests.carriers.xsd import valid

post = adapter()
PDF, ZPL = b"%PDF-1.4 label", b"^XA^FDlabel^FS^XZ"
BASE = "https://lab.invalid"
FILE = f"{BASE}/rs/artifact/abc/10001/0"
ACCOUNT = Account(BASE, {"username": "me", "password": "secret", "customer_number": "2004381"})
SHOPPER = Address("Ada Example", "502 Main St N", "Montréal", "h2b 1a0", "CA", region="qc", email="ada@example.com")
SHOP = Address("Returns", "23 Jardin Private", "Ottawa", "K1K4T3", "CA", region="ON", company="Juniper & Co.")
REQUEST = LabelRequest("ref-1", SHOPPER, SHOP, 1250, rma="RMA-1", size_cm=(10, 30, 23))


def bought(address: str = FILE, rel: str = "returnLabel", media: str = "application/pdf") -> str:
    link = f'<link rel="{rel}" href="{address}" media-type="{media}" index="0"/>' if address else ""
    inner = f"<tracking-pin>123456789012</tracking-pin><links>{link}</links>"
    return f'<authorized-return-info xmlns="http://www.canadapost.ca/ws/authreturn-v2">{inner}</authorized-return-info>'


def messages(words: str, status: int = 400, code: str = "9111") -> RawAnswer:
    said = f"<messages xmlns='u'><message><code>{code}</code><description>{words}</description></message></messages>"
    return RawAnswer(status, "application/vnd.cpc.authreturn-v2+xml", said.encode())


def door(answer: Given = "", file: Given = PDF) -> Door:
    return Door(authorizedreturn=answer or bought(), artifact=file)


def test_a_label_has_its_number_its_file_and_the_address_of_it() -> None:
    http = door()
    label = post.create_label(http, ACCOUNT, REQUEST, key="k")
    assert (label.carrier, label.tracking_number, label.document, label.format) == (
        "canada_post",
        "123456789012",
        PDF,
        LabelFormat.PDF,
    )
    assert (label.handle, label.cost_minor, label.service) == (FILE, None, "DOM.EP")
    buying, fetching = http.calls
    assert (buying.method, buying.url) == ("POST", f"{BASE}/rs/2004381/2004381/authorizedreturn")
    assert buying.headers["Content-Type"] == buying.headers["Accept"] == "application/vnd.cpc.authreturn-v2+xml"
    assert not buying.repeatable
    assert (fetching.method, fetching.url, fetching.headers["Accept"]) == ("GET", FILE, "application/pdf")
    assert buying.basic == fetching.basic == ("me", "secret")


def test_the_request_says_who_sends_what_to_whom_and_fits_the_schema() -> None:
    http = door()
    account = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "contract_id": "42708517", "mobo": "7"})
    post.create_label(http, account, REQUEST, key="k")
    call = http.calls[0]
    assert "/rs/2004381/7/" in call.url
    asked = load_xml(call.body or b"")["authorized-return"]
    assert dig(asked, "returner", "name") == "Ada Example"
    assert dig(asked, "returner", "domestic-address") == {
        "address-line-1": "502 Main St N",
        "city": "Montréal",
        "province": "QC",
        "postal-code": "H2B1A0",
    }
    assert dig(asked, "receiver", "company") == "Juniper & Co."
    assert dig(asked, "parcel-characteristics") == {
        "weight": "1.250",
        "dimensions": {"length": "30", "width": "23", "height": "10"},
    }
    assert asked["print-preferences"] == {"output-format": "8.5x11", "encoding": "PDF"}
    assert asked["references"] == {"customer-ref-1": "ref-1", "customer-ref-2": "RMA-1"}
    assert dig(asked, "settlement-info", "contract-id") == "42708517"
    assert b"ada@example.com" not in (call.body or b"")
    valid(call.body, "canada_post/authreturn.xsd")


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, format=LabelFormat.ZPL),
        replace(REQUEST, service="DOM.XP", rma=""),
        replace(REQUEST, weight_grams=1, size_cm=(1, 1, 1)),
        replace(REQUEST, sender=replace(SHOPPER, name="", company="Sénéchal\n& Fils", line2="App. 4\t(b) <x>")),
        replace(REQUEST, sender=replace(SHOPPER, name="x" * 44, line1="y" * 44, line2="z" * 44, city="w" * 40)),
        replace(REQUEST, reference="r" * 35, rma="m" * 60),
    ],
)
def test_every_request_that_is_sent_fits_the_schema(request_: LabelRequest) -> None:
    http = door()
    post.create_label(http, ACCOUNT, request_, key="k")
    valid(http.calls[0].body, "canada_post/authreturn.xsd")


def test_a_printer_of_labels_gets_zpl_and_a_wish_for_a_picture_gets_a_pdf() -> None:
    http = door(bought(media="application/zpl"), ZPL)
    label = post.create_label(http, ACCOUNT, replace(REQUEST, format=LabelFormat.ZPL), key="k")
    assert (label.document, label.format, http.calls[1].headers["Accept"]) == (ZPL, LabelFormat.ZPL, "application/zpl")
    assert b"<output-format>4x6</output-format><encoding>ZPL</encoding>" in (http.calls[0].body or b"")
    picture = door()
    post.create_label(picture, ACCOUNT, replace(REQUEST, format=LabelFormat.PNG), key="k")
    assert b"<encoding>PDF</encoding>" in (picture.calls[0].body or b"")


def test_the_paper_is_a_setting() -> None:
    http = door()
    small = Account(BASE, {**ACCOUNT.credentials, "label_size": "4x6", "return_service": "DOM.RP"})
    post.create_label(http, small, REQUEST, key="k")
    body = http.calls[0].body or b""
    assert b"<output-format>4x6</output-format>" in body
    assert b"<service-code>DOM.RP</service-code>" in body


@pytest.mark.parametrize(
    "file",
    [
        RawAnswer(202, "", b""),
        RawAnswer(500, "text/html", b"<html>"),
        RawAnswer(401, "", b""),
        b"no label at all",
        messages("System error", 500, "Server"),
        CarrierError(ErrorKind.SERVER_ERROR, "lost"),
    ],
)
def test_what_fails_after_the_purchase_leaves_a_label_without_its_file(file: Any) -> None:
    label = post.create_label(door(file=file), ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.handle) == ("123456789012", b"", FILE)


def test_a_label_without_a_link_stands_as_well() -> None:
    http = door(bought(""))
    label = post.create_label(http, ACCOUNT, REQUEST, key="k")
    assert (label.tracking_number, label.document, label.handle, len(http.calls)) == ("123456789012", b"", "", 1)


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.invalid/rs/artifact/1",
        "http://lab.invalid/artifact/1",
        "//lab.invalid/artifact",
        "https://[bad",
    ],
)
def test_the_credentials_go_to_no_other_host(address: str) -> None:
    http = door(bought(address))
    label = post.create_label(http, ACCOUNT, REQUEST, key="k")
    assert (label.document, len(http.calls)) == (b"", 1)
    with pytest.raises(CarrierError) as caught:
        post.fetch_label(http, ACCOUNT, BoughtLabel("123456789012", address))
    assert (caught.value.kind, caught.value.sent, len(http.calls)) == (ErrorKind.BAD_REQUEST, False, 1)


def test_the_file_is_fetched_later_by_its_address() -> None:
    http = door()
    again = post.fetch_label(http, ACCOUNT, BoughtLabel("123456789012", FILE))
    assert (again.content, again.format) == (PDF, LabelFormat.PDF)
    post.fetch_label(door(file=ZPL), ACCOUNT, BoughtLabel("123456789012", FILE, LabelFormat.ZPL))


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (RawAnswer(202, "", b""), ErrorKind.SERVER_ERROR),
        (RawAnswer(404, "", messages("gone").body), ErrorKind.NOT_FOUND),
        (RawAnswer(200, "", messages("E002 for secret", code="E002").body), ErrorKind.AUTH),
        (b"", ErrorKind.MALFORMED),
    ],
)
def test_a_file_that_is_not_there_is_told(file: Any, kind: ErrorKind) -> None:
    with pytest.raises(CarrierError) as caught:
        post.fetch_label(door(file=file), ACCOUNT, BoughtLabel("123456789012", FILE))
    assert caught.value.kind is kind
    assert "secret" not in caught.value.message


def test_a_file_whose_address_was_never_known_cannot_be_fetched() -> None:
    with pytest.raises(CarrierError) as caught:
        post.fetch_label(door(), ACCOUNT, BoughtLabel("123456789012"))
    assert (caught.value.kind, caught.value.sent) == (ErrorKind.BAD_REQUEST, False)


@pytest.mark.parametrize(
    ("answer", "kind", "sent"),
    [
        (messages("Postal code is not valid for province."), ErrorKind.BAD_REQUEST, False),
        (messages("gone", 404), ErrorKind.BAD_REQUEST, False),
        (messages("AAA Authentication Failure", 401, "E002"), ErrorKind.AUTH, False),
        (messages("Rejected by SLM Monitor", 500, "Server"), ErrorKind.RATE_LIMITED, False),
        (messages("System error", 500, "Server"), ErrorKind.SERVER_ERROR, True),
        (RawAnswer(502, "text/html", b"<html>"), ErrorKind.SERVER_ERROR, True),
        ("<authorized-return-info><links/></authorized-return-info>", ErrorKind.MALFORMED, True),
        (bought()[:60], ErrorKind.MALFORMED, True),
        (b" ", ErrorKind.MALFORMED, True),
    ],
)
def test_only_a_clear_refusal_says_that_nothing_was_sold(answer: Any, kind: ErrorKind, sent: bool) -> None:
    with pytest.raises(CarrierError) as caught:
        post.create_label(door(answer), ACCOUNT, REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent) == (kind, sent)


@pytest.mark.parametrize(
    "changed",
    [
        {"sender": replace(SHOPPER, country="US")},
        {"sender": replace(SHOPPER, postal_code="90210")},
        {"sender": replace(SHOPPER, region="Quebec")},
        {"sender": replace(SHOPPER, region="TX")},
        {"sender": replace(SHOPPER, line1="x" * 45)},
        {"sender": replace(SHOPPER, line2="x" * 45)},
        {"sender": replace(SHOPPER, city="x" * 41)},
        {"sender": replace(SHOPPER, name="x" * 45)},
        {"sender": replace(SHOPPER, name=" \n")},
        {"sender": replace(SHOPPER, city="")},
        {"recipient": replace(SHOP, country="US")},
        {"recipient": replace(SHOP, company="x" * 45)},
        {"weight_grams": 2_000_000},
        {"size_cm": (1000, 1, 1)},
        {"size_cm": (10, 10, 0)},
        {"reference": "r" * 36},
        {"service": "<x>"},
    ],
)
def test_what_cannot_be_printed_is_refused_before_anything_is_sent(changed: dict[str, Any]) -> None:
    http = door()
    with pytest.raises(CarrierError) as caught:
        post.create_label(http, ACCOUNT, replace(REQUEST, **changed), key="k")
    assert (caught.value.kind, caught.value.sent, http.calls) == (ErrorKind.BAD_REQUEST, False, [])
    assert "x" * 41 not in caught.value.message


@pytest.mark.parametrize(
    "setting",
    [{"customer_number": "12/../3"}, {"mobo": "x"}, {"contract_id": "12345678901"}, {"label_size": "3x5"}],
)
def test_a_setting_that_is_wrong_is_refused_before_anything_is_sent(setting: dict[str, str]) -> None:
    http = door()
    with pytest.raises(CarrierError) as caught:
        post.create_label(http, Account(BASE, {**ACCOUNT.credentials, **setting}), REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent, http.calls) == (ErrorKind.BAD_REQUEST, False, [])


def test_a_missing_credential_is_named() -> None:
    http = door()
    with pytest.raises(CarrierError, match="customer_number") as caught:
        post.create_label(http, Account(BASE, {"username": "me", "password": "secret"}), REQUEST, key="k")
    assert (caught.value.kind, caught.value.sent, http.calls) == (ErrorKind.AUTH, False, [])


def test_an_error_repeats_no_address_and_no_secret() -> None:
    words = "502 MAIN St N, Montréal of Ada Example (h2b 1a0, ada@example.com) for 2004381 with secret"
    with pytest.raises(CarrierError) as caught:
        post.create_label(door(messages(words)), ACCOUNT, REQUEST, key="k")
    told = f"{caught.value} {caught.value.message} {REQUEST!r} {ACCOUNT!r}".lower()
    for hidden in ("main", "montr", "ada", "h2b", "secret", "2004381"):
        assert hidden not in told, hidden
    assert "artifact" not in repr(post.create_label(door(), ACCOUNT, REQUEST, key="k"))


def test_a_return_is_neither_found_again_nor_cancelled() -> None:
    assert (post.info.label_recovery, post.info.void) == (Recovery.NONE, False)
    with pytest.raises(CarrierError) as searched:
        post.find_label(door(), ACCOUNT, REQUEST, key="k")
    with pytest.raises(CarrierError) as cancelled:
        post.void_label(door(), ACCOUNT, BoughtLabel("1", FILE))
    for caught in (searched, cancelled):
        assert (caught.value.kind, caught.value.sent) == (ErrorKind.NOT_SUPPORTED, False)
