"""SOAP: what is sent can be read, and what went wrong is found in either version."""

from __future__ import annotations

import pytest

from carriers.base import RawAnswer
from carriers.errors import ErrorKind
from carriers.parsing import load_xml
from carriers.soap import SOAP_12, Fault, envelope, fault_of, faulted

OLD = "<s:Envelope xmlns:s='u'><s:Body><s:Fault><faultcode>{}</faultcode><faultstring>No</faultstring>{}</s:Fault></s:Body></s:Envelope>"
NEW = (
    "<S:Envelope xmlns:S='u'><S:Body><S:Fault><S:Code><S:Value>{}</S:Value></S:Code>"
    "<S:Reason><S:Text xml:lang='en'>No</S:Text></S:Reason>{}</S:Fault></S:Body></S:Envelope>"
)


def fault(form: str, code: str, detail: str = "") -> Fault:
    found = fault_of(load_xml(form.format(code, detail).encode()))
    assert found is not None
    return found


def test_an_envelope_names_its_namespaces_and_holds_header_and_body() -> None:
    said = envelope(("a:ask", {}, [("n", {}, "1 & 2")]), {"a": "urn:a"}, header=[("a:who", {}, "me")])
    assert load_xml(said) == {"Envelope": {"Header": {"who": "me"}, "Body": {"ask": {"n": "1 & 2"}}}}
    assert SOAP_12.encode() in envelope(("a:ask", {}, ""), {"a": "urn:a"}, version=SOAP_12)


@pytest.mark.parametrize(
    ("form", "code", "kind"),
    [
        (OLD, "soap:Server", ErrorKind.SERVER_ERROR),
        (OLD, "soap:Client.Validation", ErrorKind.BAD_REQUEST),
        (NEW, "S:Receiver", ErrorKind.SERVER_ERROR),
        (NEW, "S:Sender", ErrorKind.BAD_REQUEST),
        (OLD, "", ErrorKind.SERVER_ERROR),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_a_fault_says_whose_mistake_it_was(form: str, code: str, kind: ErrorKind, status: int) -> None:
    error = faulted(RawAnswer(status, "text/xml", b""), fault(form, code))
    assert (error.kind, error.message) == (kind, "No")


def test_a_status_that_says_more_than_the_fault_decides() -> None:
    kinds = [faulted(RawAnswer(status, "", b""), fault(OLD, "s:Server")).kind for status in (401, 429)]
    assert kinds == [ErrorKind.AUTH, ErrorKind.RATE_LIMITED]


def test_what_the_adapter_knows_decides_before_both() -> None:
    found = fault(NEW, "S:Receiver", "<S:Detail><why>locked</why></S:Detail>")
    error = faulted(RawAnswer(500, "", b""), found, ErrorKind.AUTH, code="X1", words="locked")
    assert (error.kind, error.carrier_code, error.message) == (ErrorKind.AUTH, "X1", "locked")
    assert found.detail == {"why": "locked"}


def test_a_document_without_a_fault_has_none() -> None:
    assert fault_of(load_xml(b"<a><b>1</b></a>")) is None
