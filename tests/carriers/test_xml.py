"""XML is read into the shapes of JSON, and nothing in it can reach out or blow up."""

from __future__ import annotations

import pytest

from carriers.answers import read_xml
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.parsing import content_text, dig, find_element, load_xml, records, write_xml

DANGERS = {
    "external document type": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><a/>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?><a/>',
    "an encoding nobody knows": b'<?xml version="1.0" encoding="x-none"?><a/>',
    "nested": b"<a>" * 60 + b"</a>" * 60,
    "nested without end": b"<a>" * 100_000,
    "too large": b"<a>" + b"x" * 2_000_001 + b"</a>",
    "a web page": b"<html><body>Bad gateway</body></html>",
    "half of it": b"<a><b>1</b>",
    "nothing": b"",
    "json": b"{}",
    "an undeclared entity": b"<a>&nbsp;</a>",
    "nul": b"<a>\x00</a>",
}


@pytest.mark.parametrize("body", DANGERS.values(), ids=DANGERS.keys())
def test_what_is_no_plain_document_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        load_xml(body)
    with pytest.raises(CarrierError) as caught:
        read_xml(RawAnswer(200, "application/xml", body))
    assert caught.value.kind is ErrorKind.MALFORMED


def test_elements_become_objects_lists_and_texts_without_their_namespaces() -> None:
    body = b'<t:a xmlns:t="urn:t"><b n="1">x</b><c/><d>1</d><d>2</d><e><f>\xc3\xa4</f></e></t:a>'
    assert load_xml(body) == {"a": {"b": {"@n": "1", "#text": "x"}, "c": "", "d": ["1", "2"], "e": {"f": "ä"}}}


def test_one_child_and_several_are_read_alike() -> None:
    one, two = load_xml(b"<a><r><n>1</n></r></a>"), load_xml(b"<a><r><n>1</n></r><r><n>2</n></r></a>")
    assert [len(records(dig(tree, "a", "r"))) for tree in (one, two)] == [1, 2]
    assert content_text(load_xml(b'<a x="1">w</a>')["a"]) == "w"
    assert content_text({"@x": "1"}) is None


def test_latin_letters_in_the_declared_encoding_are_read() -> None:
    assert load_xml('<?xml version="1.0" encoding="windows-1252"?><a>Zürich</a>'.encode("cp1252")) == {"a": "Zürich"}


@pytest.mark.parametrize("head", ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>'])
def test_latin_letters_that_pose_as_utf_8_are_read(head: str) -> None:
    assert load_xml(f"{head}<a>Zürich</a>".encode("cp1252")) == {"a": "Zürich"}
    with pytest.raises(ValueError, match="no XML"):
        load_xml(f"{head}<a>Zürich</b>".encode("cp1252"))
    with pytest.raises(ValueError, match="no XML"):
        load_xml(f'{head}<!DOCTYPE a [<!ENTITY b "ü">]><a>&b;</a>'.encode("cp1252"))


def test_what_is_written_is_read_back_whatever_the_values_hold() -> None:
    value = 'a & b < c > "d" \x00\x0b\ud800]]>'
    body = write_xml(("a", {"k": value}, [("b", {}, value), ("c", {}, "")]))
    kept = 'a & b < c > "d" ]]>'
    assert load_xml(body) == {"a": {"@k": kept, "b": kept, "c": ""}}


@pytest.mark.parametrize("before", [b"\n  ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_blanks_and_a_mark_before_the_declaration_are_put_up_with(before: bytes) -> None:
    assert load_xml(before + b'<?xml version="1.0" encoding="UTF-8"?><a>1</a>') == {"a": "1"}


def test_an_element_is_found_in_whatever_wraps_it() -> None:
    tree = load_xml(b"<w><x><deep><pin>2</pin></deep></x><x><pin>1</pin></x></w>")
    assert find_element(tree, "pin") == "1"
    assert find_element(tree, "none", "deep") == {"pin": "2"}
    assert find_element(tree, "none") is None
