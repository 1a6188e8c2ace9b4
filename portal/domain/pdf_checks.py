"""What a PDF could do beside being printed (reliability: T16). Pure; nothing of the file is run or drawn."""

from __future__ import annotations

import re
import zlib

_RUNS = frozenset({b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia"})
_NAME = re.compile(rb"/((?:[^\x00\t\n\x0c\r ()<>\[\]{}/%#]|#[0-9A-Fa-f]{2})+)")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECTS = b"ObjStm"
_DICTIONARY = 500  # bytes before a stream in which its dictionary stands
_MOST = 4_000_000  # bytes of one packed object stream; those of a label are small


def runs_something(pdf: bytes) -> bool:
    """Whether a PDF names a script, a program to start or a file inside it, plainly or packed into object streams.

    True also for an object stream that is absurdly large. What is encrypted is not seen.
    """
    if _named(_without_streams(pdf)):
        return True
    for found in _STREAM.finditer(pdf):
        head = pdf[max(0, found.start() - _DICTIONARY) : found.start()]
        if _OBJECTS in _names(head[head.rfind(b"obj") :]):
            packed = _unpacked(found[1])
            if packed is None or _named(packed):
                return True
    return False


def _without_streams(pdf: bytes) -> bytes:
    """Pictures and fonts may hold any bytes, names too."""
    return _STREAM.sub(b"", pdf)


def _named(part: bytes) -> bool:
    return not _RUNS.isdisjoint(_names(part))


def _names(part: bytes) -> set[bytes]:
    """The names in a part of a PDF, whose letters may be written as `#41` (ISO 32000-1, 7.3.5)."""
    return {_HEX.sub(lambda code: bytes([int(code[1], 16)]), name) for name in _NAME.findall(part)}


def _unpacked(stream: bytes) -> bytes | None:
    """The stream without its compression; as it is where it has none. None for one that is too large."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(stream, _MOST)
    except zlib.error:
        return stream
    return None if unpacker.unconsumed_tail else content
