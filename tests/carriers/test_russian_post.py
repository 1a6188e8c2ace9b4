"""Russian Post: the traps of its operation history."""

from __future__ import annotations

from datetime import datetime

import pytest

from carriers.adapters.russian_post import adapter
from carriers.base import Account, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Status
from carriers.parsing import find_element, load_xml
from tests.carriers.answers import only, refusal
from tests.carriers.doors import Door

post = adapter()
NUMBER = "80083400000013"
AROUND = "<S:Envelope xmlns:S='http://www.w3.org/2003/05/soap-envelope'><S:Body>{}</S:Body></S:Envelope>"
HISTORY = (
    "<n7:getOperationHistoryResponse xmlns:n7='urn:7' xmlns:n3='urn:3'><n3:OperationHistoryData>{}"
    "</n3:OperationHistoryData></n7:getOperationHistoryResponse>"
)
RECORD = (
    "<n3:historyRecord><n3:AddressParameters><n3:OperationAddress><n3:Index>443063</n3:Index><n3:Description>Самара 63"
    "</n3:Description></n3:OperationAddress><n3:CountryOper><n3:Code2A>RU</n3:Code2A></n3:CountryOper>"
    "</n3:AddressParameters><n3:ItemParameters><n3:Barcode>80083400000013</n3:Barcode></n3:ItemParameters>"
    "<n3:OperationParameters><n3:OperType><n3:Id>{}</n3:Id><n3:Name>Тип</n3:Name></n3:OperType>"
    "<n3:OperAttr><n3:Id>{}</n3:Id><n3:Name>Вид</n3:Name></n3:OperAttr><n3:OperDate>{}</n3:OperDate>"
    "</n3:OperationParameters><n3:UserParameters><n3:Rcpn>Иван Примеров</n3:Rcpn></n3:UserParameters></n3:historyRecord>"
)


def history(*operations: str) -> str:
    """Operations as `type/attribute`, a day apart."""
    records = [
        RECORD.format(*code.split("/"), f"2024-03-{day:02}T12:00:00.000+03:00")
        for day, code in enumerate(operations, 1)
    ]
    return AROUND.format(HISTORY.format("".join(records)))


def fault(reason: str, words: str, code: str = "S:Receiver") -> str:
    detail = f"<S:Detail><n3:{reason}Reason xmlns:n3='urn:3'>{words}</n3:{reason}Reason></S:Detail>" if reason else ""
    said = (
        f"<S:Code><S:Value>{code}</S:Value></S:Code><S:Reason><S:Text xml:lang='en'>Error</S:Text></S:Reason>{detail}"
    )
    return AROUND.format(f"<S:Fault>{said}</S:Fault>")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("28/0", "InfoReceived_001"),
        ("1/1", "InTransit_002"),
        ("8/3", "InTransit_003"),
        ("8/4", "InTransit_007"),
        ("9/0", "InTransit_004"),
        ("10/0", "InTransit_007"),
        ("11/0", "InTransit_006"),
        ("14/1", "InTransit_005"),
        ("4/1", "InTransit_009"),
        ("8/15", "OutForDelivery_001"),
        ("8/18", "OutForDelivery_001"),
        ("8/2", "AvailableForPickup_001"),
        ("8/9", "AvailableForPickup_001"),
        ("6/3", "AvailableForPickup_001"),
        ("12/1", "AttemptFail_002"),
        ("12/8", "AttemptFail_001"),
        ("12/99", "AttemptFail_001"),
        ("12/3", "AttemptFail_001"),
        ("12/6", "AttemptFail_001"),
        ("2/1", "Delivered_001"),
        ("2/3", "Delivered_002"),
        ("2/6", "Delivered_001"),
        ("2/2", "Exception_011"),
        ("2/9", "Exception_011"),
        ("3/1", "Exception_010"),
        ("3/4", "Exception_010"),
        ("5/1", "Exception_013"),
        ("5/2", "Exception_021"),
        ("18/0", "Exception_013"),
        ("6/5", "Exception_004"),
    ],
)
def test_operation_and_attribute_decide_whatever_the_language(operation: str, expected: str) -> None:
    assert only(post, history(operation)).substatus == expected


def test_sorting_is_transit_without_a_number() -> None:
    assert (only(post, history("8/0")).status, only(post, history("8/0")).substatus) == (Status.IN_TRANSIT, None)


def test_fifteen_is_the_courier_unless_its_name_is_temporary_storage() -> None:
    assert only(post, history("15/0")).substatus == "OutForDelivery_001"
    stored = only(post, history("15/0").replace("Тип", "Передача на временное хранение"))
    assert (stored.status, stored.substatus) == (Status.EXCEPTION, None)


@pytest.mark.parametrize(
    ("operation", "name", "expected"),
    [
        ("2/77", "Вручение отправителю по доверенности", "Exception_011"),
        ("2/77", "Вид", "Delivered_001"),
        ("8/77", "Прибыло в ПВЗ", "AvailableForPickup_001"),
        ("8/77", "Возврат", None),
    ],
)
def test_an_attribute_no_table_knows_is_read_by_its_name_within_its_operation(
    operation: str, name: str, expected: str | None
) -> None:
    assert only(post, history(operation).replace("Вид", name)).substatus == expected


def test_an_operation_no_table_knows_stays_unknown() -> None:
    result = only(post, history("1/1", "77/1"))
    assert (result.status, [scan.status for scan in result.checkpoints]) == (
        Status.IN_TRANSIT,
        [Status.IN_TRANSIT, None],
    )


def test_delivered_to_the_addressee_and_to_the_sender_are_not_the_same() -> None:
    assert only(post, history("1/1", "8/2", "2/1")).status is Status.DELIVERED
    assert only(post, history("1/1", "8/2", "3/1", "2/2")).substatus == "Exception_011"
    assert only(post, history("1/1", "2/0")).status is Status.DELIVERED


def test_handed_over_without_saying_to_whom_is_the_sender_once_the_item_had_turned_back() -> None:
    assert only(post, history("1/1", "3/1", "2/0")).substatus == "Exception_011"


def test_a_notice_to_the_addressee_moves_nothing() -> None:
    result = only(post, history("1/1", "8/2", "8/25"))
    assert (result.substatus, result.checkpoints[-1].notice) == ("AvailableForPickup_001", True)
    assert [scan.status for scan in only(post, history("2/1", "8/24")).checkpoints] == [Status.DELIVERED] * 2


@pytest.mark.parametrize("operation", ["25/0", "43/1"])
def test_a_parcel_opened_or_free_to_be_handed_over_stays_where_it_is(operation: str) -> None:
    allowed = history("1/1", "8/2", operation).replace("Тип", "Вручение разрешено")
    result = only(post, allowed)
    assert (result.status, result.checkpoints[-1].notice) == (Status.AVAILABLE_FOR_PICKUP, True)


def test_times_keep_their_offset_and_the_order_is_of_instants() -> None:
    east, west = "2024-03-02T01:00:00.000+10:00", "2024-03-01T20:00:00.000+03:00"
    body = AROUND.format(HISTORY.format(RECORD.format("2", "1", west) + RECORD.format("8", "2", east)))
    result = only(post, body)
    assert [scan.raw_code for scan in result.checkpoints] == ["8/2", "2/1"]
    assert result.delivered_at == datetime.fromisoformat(west)


def test_a_record_has_its_place_and_its_words_and_nobodys_name() -> None:
    (scan,) = only(post, history("8/2")).checkpoints
    assert (scan.city, scan.postal_code, scan.country) == ("Самара 63", "443063", "RU")
    assert (scan.raw_code, scan.raw_text) == ("8/2", "Тип: Вид")
    assert "Примеров" not in str(scan.raw)
    assert only(post, history("2/1")).signed_by is None


def test_the_country_is_known_by_either_code() -> None:
    three = history("10/0").replace("<n3:Code2A>RU</n3:Code2A>", "<n3:Code3A>KAZ</n3:Code3A>")
    assert only(post, three).checkpoints[0].country == "KZ"


def test_an_operation_without_attribute_or_time_is_read() -> None:
    bare = history("9/0").replace("<n3:OperAttr><n3:Id>0</n3:Id><n3:Name>Вид</n3:Name></n3:OperAttr>", "<n3:OperAttr/>")
    bare = bare.replace("2024-03-01T12:00:00.000+03:00", "")
    (scan,) = only(post, bare).checkpoints
    assert (scan.raw_code, scan.raw_text, scan.time, scan.status) == ("9", "Тип", None, Status.IN_TRANSIT)


def test_the_number_comes_from_the_answer_unless_it_was_asked() -> None:
    assert only(post, history("1/1")).tracking_number == NUMBER
    assert only(post, history("1/1"), "RA000000005RU").tracking_number == "RA000000005RU"


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("reason", "words", "kind"),
    [
        ("OperationHistoryFault", "Информация об отправлении не найдена", ErrorKind.NOT_FOUND),
        (
            "OperationHistoryFault",
            "Формат данных запроса не соответствует установленному в регламенте обмена",
            ErrorKind.INVALID_NUMBER,
        ),
        ("OperationHistoryFault", "The format of the request data is invalid", ErrorKind.INVALID_NUMBER),
    ],
)
def test_a_fault_about_the_number_is_the_numbers_own(reason: str, words: str, kind: ErrorKind, status: int) -> None:
    result = only(post, fault(reason, words), NUMBER, status)
    assert result.error is not None
    assert (result.status, result.error.kind, result.error.carrier_code) == (Status.PENDING, kind, reason)


def test_a_number_without_operations_is_not_found() -> None:
    for body in (AROUND.format(HISTORY.format("")), AROUND.format("<n7:getOperationHistoryResponse xmlns:n7='u'/>")):
        result = only(post, body, NUMBER)
        assert (result.status, result.error and result.error.kind) == (Status.PENDING, ErrorKind.NOT_FOUND)


@pytest.mark.parametrize(
    ("reason", "words", "code", "kind"),
    [
        ("AuthorizationFault", "Неверный логин или пароль", "S:Receiver", ErrorKind.AUTH),
        ("LanguageFault", "No such language", "S:Receiver", ErrorKind.BAD_REQUEST),
        ("AuthorizationFault", "Превышен лимит обращений в сутки", "S:Receiver", ErrorKind.RATE_LIMITED),
        ("OperationHistoryFault", "Internal error", "S:Receiver", ErrorKind.SERVER_ERROR),
        ("", "", "S:Receiver", ErrorKind.SERVER_ERROR),
        ("", "", "S:Sender", ErrorKind.BAD_REQUEST),
    ],
)
def test_a_fault_of_the_whole_call_is_raised(reason: str, words: str, code: str, kind: ErrorKind) -> None:
    raw = RawAnswer(500, "application/soap+xml", fault(reason, words, code).encode())
    assert refusal(post, raw, NUMBER).kind is kind


def test_what_a_refusal_of_the_credentials_repeats_is_left_out() -> None:
    raw = RawAnswer(500, "", fault("AuthorizationFault", "login petrov with secret").encode())
    assert "secret" not in refusal(post, raw).message


def test_the_question_is_soap_1_2_with_the_credentials_inside() -> None:
    door = Door(rtm34=history("1/1"))
    account = Account("https://lab.invalid", {"login": "me", "password": "a<b", "language": "RUS"})
    ((_, (result,)),) = post.track(door, account, [NUMBER])
    assert result.tracking_number == NUMBER
    (call,) = door.calls
    assert (call.method, call.url) == ("POST", "https://lab.invalid/rtm34")
    assert call.headers["Content-Type"].startswith("application/soap+xml")
    body = call.body or b""
    assert b'xmlns:soap="http://www.w3.org/2003/05/soap-envelope"' in body
    asked = find_element(load_xml(body), "getOperationHistory")
    assert asked["OperationHistoryRequest"] == {"Barcode": NUMBER, "MessageType": "0", "Language": "RUS"}
    assert asked["AuthorizationHeader"] == {"@mustUnderstand": "1", "login": "me", "password": "a<b"}


def test_without_credentials_nothing_is_sent() -> None:
    door = Door(rtm34=history("1/1"))
    with pytest.raises(CarrierError) as caught:
        post.track(door, Account("https://lab.invalid", {}), [NUMBER])
    assert (caught.value.kind, caught.value.sent, door.calls) == (ErrorKind.AUTH, False, [])


def test_there_are_no_pushes() -> None:
    with pytest.raises(CarrierError) as caught:
        post.parse_push(RawAnswer(200, "", b""))
    assert caught.value.kind is ErrorKind.NOT_SUPPORTED
