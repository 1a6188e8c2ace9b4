"""SOAP 1.1 and 1.2: the envelope to send, and the fault in an answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from carriers.answers import refusal
from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.parsing import content_text, dig, find_element, record, text, write_xml
from carriers.parsing.xml import Node

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_OURS = ("client", "sender", "mustunderstand", "versionmismatch", "dataencodingunknown")  # whose mistake a fault is


@dataclass(frozen=True, slots=True)
class Fault:
    """What a fault says. `code` is the envelope's own word (Server, Client, Sender, Receiver), without its prefix."""

    code: str | None
    words: str | None
    detail: Mapping[str, Any]


def envelope(
    body: Node, namespaces: Mapping[str, str], *, header: Iterable[Node] = (), version: str = SOAP_11
) -> bytes:
    """A document to send. `namespaces` are the prefixes that header and body use; `soap` is the envelope's own."""
    named = {"xmlns:soap": version} | {f"xmlns:{prefix}": uri for prefix, uri in namespaces.items()}
    return write_xml(("soap:Envelope", named, [("soap:Header", {}, header), ("soap:Body", {}, [body])]))


def fault_of(tree: Any) -> Fault | None:
    """The fault in a document as `read_xml` gives it; None when it holds none."""
    found = find_element(tree, "Fault")
    if found is None:
        return None
    said = record(found)
    code = content_text(said.get("faultcode")) or content_text(dig(said, "Code", "Value"))
    words = content_text(said.get("faultstring")) or content_text(dig(said, "Reason", "Text"))
    detail = record(said.get("detail")) or record(said.get("Detail"))
    return Fault((code or "").rpartition(":")[2] or None, text(words), detail)


def faulted(
    answer: RawAnswer, fault: Fault, kind: ErrorKind | None = None, *, code: str | None = None, words: str | None = None
) -> CarrierError:
    """The error a fault stands for: of `kind` where the adapter knows it, else by whose mistake the envelope calls it.

    An HTTP status that says more than "500" by itself (401, 429, 503 with Retry-After) decides before the envelope.
    """
    error = refusal(answer, words or fault.words or "The carrier answered with a fault.", code or fault.code)
    if kind is None and error.kind in (ErrorKind.MALFORMED, ErrorKind.BAD_REQUEST, ErrorKind.SERVER_ERROR):
        ours = (fault.code or "").lower().startswith(_OURS)
        kind = ErrorKind.BAD_REQUEST if ours else ErrorKind.SERVER_ERROR
    error.kind = kind or error.kind
    return error


def unanswered(answer: RawAnswer) -> CarrierError:
    """The error for a document that is neither an answer nor a fault. That an address is not there says nothing of a number."""
    error = refusal(answer)
    error.kind = ErrorKind.MALFORMED if error.kind is ErrorKind.NOT_FOUND else error.kind
    return error
