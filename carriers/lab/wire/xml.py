"""XML as carriers write and read it here."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from werkzeug import Response

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def read(body: bytes | str) -> Element | None:
    """The document's root; None when it is no XML, or XML with a document type."""
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def find(element: Element | None, *path: str) -> Element | None:
    """The first element at a path of local names."""
    for step in path:
        if element is None:
            return None
        element = next((child for child in element if local(child) == step), None)
    return element


def find_all(element: Element | None, name: str) -> Iterator[Element]:
    """Children by their local name."""
    yield from (child for child in (element if element is not None else ()) if local(child) == name)


def text(element: Element | None, *path: str) -> str:
    """The text at a path of local names; empty when there is none."""
    found = find(element, *path)
    return (found.text or "").strip() if found is not None else ""


def add(parent: Element, name: str, content: str | None = None, /, **attributes: str) -> Element:
    """A new last child. Underscores at the end of an attribute's name are left out, others become hyphens."""
    child = SubElement(parent, name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    child.text = content
    return child


def answer(root: Element, status: int = 200, kind: str = "application/xml", **headers: str) -> Response:
    """The document as an answer in UTF-8."""
    response = Response(HEAD + tostring(root, encoding="unicode"), status=status, content_type=kind)
    for name, value in headers.items():
        response.headers[name.replace("_", "-").title()] = value
    return response
