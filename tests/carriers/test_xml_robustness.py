"""Whatever a carrier that speaks XML sends, its adapter gives results or a CarrierError, and nothing else; and soon."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import wire
from carriers.base import Adapter, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.registry import all_adapters

CODES = ("bpost", "canada_post", "chronopost", "dpd", "russian_post")
SAMPLES = Path(__file__).parent / "samples"
JUNK = ("", "0", "-1", "true", "9" * 2000, "2024-13-45T99:99:99+99:99", "\U0001f4e6 & <b>", "1e999", "null")
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


def documents(code: str) -> list[str]:
    return [json.loads(path.read_text("utf-8"))["body"] for path in sorted((SAMPLES / code).glob("*.json"))]


def read(adapter: Adapter, raw: bytes, status: int = 200, number: str | None = None) -> None:
    """Read a body; whatever comes out can be written as JSON."""
    try:
        found = wire.answer_object(
            adapter.info.code, adapter.parse(RawAnswer(status, "text/xml", raw), [number] if number else [])
        )
    except CarrierError as error:
        found = wire.answer_object(adapter.info.code, error=error)
    json.dumps(found, allow_nan=False).encode("utf-8")


def spoilt(root: Element) -> Iterator[Element]:
    """The document with one element without its content, taken away, doubled, or with junk for its text."""
    for place, _ in enumerate(root.iter()):
        for junk in (None, *(JUNK[(place + step) % len(JUNK)] for step in (0, 3, 6))):  # every junk, somewhere
            copy = deepcopy(root)
            here = list(copy.iter())[place]
            if junk is None:
                here.clear()
            else:
                here.text = junk
            yield copy
    for place, element in enumerate(root.iter()):
        for child in range(len(element)):
            for times in (0, 2):
                copy = deepcopy(root)
                parent = list(copy.iter())[place]
                kept = parent[child]
                parent.remove(kept)
                for _ in range(times):
                    parent.insert(child, deepcopy(kept))
                yield copy


@pytest.mark.parametrize("code", CODES)
def test_a_sample_with_any_one_element_spoilt_missing_or_doubled_is_read_or_refused(code: str) -> None:
    adapter = all_adapters()[code]
    for sample in documents(code):
        for document in spoilt(fromstring(sample.strip())):
            read(adapter, tostring(document, "utf-8"))


@pytest.mark.parametrize("code", CODES)
def test_a_sample_cut_off_anywhere_is_malformed(code: str) -> None:
    adapter = all_adapters()[code]
    raw = documents(code)[0].strip().encode()
    for end in range(0, len(raw), 17):
        with pytest.raises(CarrierError) as caught:
            adapter.parse(RawAnswer(200, "text/xml", raw[:end]))
        assert caught.value.kind is ErrorKind.MALFORMED
        assert caught.value.retryable


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, ErrorKind.MALFORMED),
        (404, ErrorKind.MALFORMED),
        (502, ErrorKind.SERVER_ERROR),
        (429, ErrorKind.RATE_LIMITED),
        (401, ErrorKind.AUTH),
    ],
)
@pytest.mark.parametrize(
    "body", [b"<!doctype html><h1>Bad gateway</h1>", b"<html><body/></html>", b"", b"\xff\xfe", b"{}", b"\x80abc"]
)
def test_a_gateway_page_is_an_error_by_its_status(code: str, status: int, kind: ErrorKind, body: bytes) -> None:
    with pytest.raises(CarrierError) as caught:
        all_adapters()[code].parse(RawAnswer(status, "text/html", body), ["1"])
    assert caught.value.kind is kind


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, ErrorKind.MALFORMED),
        (404, ErrorKind.MALFORMED),
        (401, ErrorKind.AUTH),
        (429, ErrorKind.RATE_LIMITED),
        (500, ErrorKind.SERVER_ERROR),
    ],
)
@pytest.mark.parametrize("body", [b"<a/>", b"<error>no</error>", b"<?xml version='1.0'?><html><body>404</body></html>"])
def test_a_document_of_something_else_is_no_answer_and_says_nothing_of_the_number(
    code: str, status: int, kind: ErrorKind, body: bytes
) -> None:
    with pytest.raises(CarrierError) as caught:
        all_adapters()[code].parse(RawAnswer(status, "text/xml", body), ["1"])
    assert caught.value.kind is kind


@pytest.mark.parametrize("code", CODES)
def test_letters_of_windows_and_blanks_in_front_are_read(code: str) -> None:
    for document in documents(code):
        raw = document.encode("cp1252", "replace")
        read(all_adapters()[code], b"\r\n " + raw)


@pytest.mark.parametrize("code", CODES)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_samples_with_random_words_are_read_or_refused(code: str, data: st.DataObject) -> None:
    root = fromstring(data.draw(st.sampled_from(documents(code))).strip())
    elements = list(root.iter())
    for _ in range(4):
        data.draw(st.sampled_from(elements)).text = data.draw(words)
    read(all_adapters()[code], tostring(root, "utf-8"), data.draw(st.sampled_from([200, 207, 400, 401, 404, 429, 500])))


@pytest.mark.parametrize("code", CODES)
def test_a_very_long_history_is_read_in_a_moment(code: str) -> None:
    """As many records as fit into the largest answer: time grows with the length, not with its square."""
    root = fromstring(max(documents(code), key=len).strip())
    parents = {child: parent for parent in root.iter() for child in parent}
    scans = max(parents.values(), key=lambda parent: max(len(parent.findall(child.tag)) for child in parent))
    tag = max((child.tag for child in scans), key=lambda tag: len(scans.findall(tag)))
    some = scans.findall(tag)
    size = len(tostring(root, "utf-8"))
    each = sum(len(tostring(one, "utf-8")) for one in some) / len(some)
    for number in range(int((1_900_000 - size) / (each * 1.3))):
        scans.append(some[number % len(some)])
    raw = tostring(root, "utf-8")
    began = time.process_time()
    read(all_adapters()[code], raw)
    assert time.process_time() - began < 5
