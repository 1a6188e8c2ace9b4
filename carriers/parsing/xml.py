"""XML without its dangers: no document types, no entities, nothing fetched. Read into the same shapes as JSON.

An element becomes a text, or an object of its attributes (`@name`) and children by their local names; several of one
name become a list, as `records` and `dig` expect. Namespaces are left out: carriers change prefixes without notice.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
TEXT = "#text"  # beside attributes
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_HEAD = re.compile(rb"\s*<\?xml\b[^>]{0,200}\?>")

Node = tuple[str, Mapping[str, str], "str | Iterable[Node]"]
"""An element to write: its name, its attributes, and a text or its children."""


def load_xml(body: bytes) -> dict[str, Any]:
    """The document in a body as `{root: content}`. Blanks before it are put up with.

    Raises ValueError for anything else: HTML, half a document, a document type, more than 2 MB or 40 levels.
    """
    if len(body) > MAX_BYTES:
        raise ValueError("too large")
    if _HTML.match(body):
        raise ValueError("a web page")
    try:
        root = _root(body.removeprefix(codecs.BOM_UTF8).lstrip())
    except (ParseError, DefusedXmlException, LookupError, UnicodeError) as error:
        raise ValueError("no XML") from error
    return {_local(root.tag): _content(root, MAX_DEPTH)}


def _root(body: bytes) -> Element:
    """The document's element. One that calls itself UTF-8, or nothing, and is not, is Windows-1252, as in `load_json`."""
    try:
        return _parsed(body)
    except ParseError:
        head = _HEAD.match(body)
        declared = (head[0] if head else b"").lower()
        if body[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"encoding" in declared and b"utf-8" not in declared):
            raise
        try:
            body.decode()
        except UnicodeDecodeError:
            return _parsed(_HEAD.sub(b"", body, count=1).decode("cp1252", "replace"))
        raise


def _parsed(document: bytes | str) -> Element:
    root: Element = fromstring(document, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _content(element: Element, depth: int) -> Any:
    if depth == 0:
        raise ValueError("nested too deeply")
    words = (element.text or "").strip()
    if not len(element) and not element.attrib:
        return words
    found: dict[str, Any] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    if words:
        found[TEXT] = words
    for child in element:
        name, content = _local(child.tag), _content(child, depth - 1)
        if name not in found:
            found[name] = content
        elif isinstance(found[name], list):
            found[name].append(content)
        else:
            found[name] = [found[name], content]
    return found


def find_element(tree: Any, *names: str) -> Any:
    """The content of the outermost element that has one of these names, wherever it stands; None when there is none.

    Of several beside each other it is the list of them. Wrappers that come and go (SOAP, a proxy's) do not matter.
    """
    waiting: deque[Any] = deque([tree])
    while waiting:
        here = waiting.popleft()
        if isinstance(here, dict):
            found = next((here[name] for name in names if name in here), None)
            if found is not None:
                return found
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    return None


def content_text(value: Any) -> str | None:
    """The text of an element, whether or not it has attributes beside it; of several, the first. None when empty."""
    if isinstance(value, list):
        return next((words for words in map(content_text, value) if words), None)
    found = value.get(TEXT) if isinstance(value, dict) else value
    return found or None if isinstance(found, str) else None


def write_xml(node: Node) -> bytes:
    """A document in UTF-8. Values are escaped; characters that XML cannot hold are left out.

    Element and attribute names are ours and written as they are.
    """
    return b'<?xml version="1.0" encoding="UTF-8"?>' + _written(node).encode("utf-8", "replace")


def _written(node: Node) -> str:
    name, attributes, content = node
    opening = name + "".join(f" {key}={quoteattr(_printable(value))}" for key, value in attributes.items())
    inner = escape(_printable(content)) if isinstance(content, str) else "".join(map(_written, content))
    return f"<{opening}>{inner}</{name}>" if inner else f"<{opening}/>"


def _printable(words: str) -> str:
    return _UNPRINTABLE.sub("", words)
