"""SOAP envelopes, versions 1.1 and 1.2, as carriers read and write them here."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from werkzeug import Response

from carriers.lab.wire import xml

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
_TYPES: Final = {SOAP_11: "text/xml", SOAP_12: "application/soap+xml"}


def envelope(space: str = SOAP_11) -> tuple[Element, Element]:
    """A new envelope and its body."""
    root = Element("soap:Envelope", {"xmlns:soap": space})
    return root, xml.add(root, "soap:Body")


def parts(content: bytes) -> tuple[Element | None, Element | None]:
    """The header and the first element of the body; None for what is missing."""
    root = xml.read(content)
    if root is None or xml.local(root) != "Envelope":
        return None, None
    body = xml.find(root, "Body")
    return xml.find(root, "Header"), next(iter(body), None) if body is not None else None


def answer(root: Element, status: int = 200, **headers: str) -> Response:
    """The envelope as an answer."""
    return xml.answer(root, status, f"{_TYPES[root.attrib['xmlns:soap']]}; charset=utf-8", **headers)


def fault(words: str, status: int = 500, **headers: str) -> Response:
    """A fault of SOAP 1.1 that no carrier made: of the server itself."""
    root, body = envelope()
    made = xml.add(body, "soap:Fault")
    xml.add(made, "faultcode", "soap:Server" if status >= 500 else "soap:Client")
    xml.add(made, "faultstring", words)
    return answer(root, status, **headers)
