"""The return label in Zebra's language, for label printers."""

from __future__ import annotations

from typing import Final

from carriers.lab.faces import SENTENCES, Face

_ESCAPED: Final = frozenset("^~_\\>")  # commands, the mark of a hexadecimal byte, and what Code 128 fields read as more


def label_zpl(shown: Face) -> bytes:
    """The label for 203 dots an inch. The same face gives the same bytes."""
    lines = [
        "^XA",
        "^CI28",  # UTF-8
        "^PW812^LL1218^LH0,0",
        "^FO8,8^GB796,1202,3^FS",
        _text(shown.letter, 50, 30, 120),
        _text(shown.first, 230, 45, 30),
        _text(shown.second, 230, 90, 26),
        "^FO8,172^GB796,3,3^FS",
        _text(shown.service, 36, 190, 40),
        _text(shown.paid, 36, 245, 24),
        *_address("FROM", shown.sender, 285, 26),
        *_address("SHIP TO", shown.recipient, 480, 36),
        "^FO8,735^GB796,3,3^FS",
        _text(shown.heading, 36, 748, 30),
        _bars(shown),
        _text(shown.spaced, 36, 972, 34),
        "^FO8,1020^GB796,3,3^FS",
        *(_text(sentence, 36, 1044 + 36 * place, 24) for place, sentence in enumerate(SENTENCES)),
        _text(shown.notes, 36, 1150, 26) if shown.notes else "",
        f"^FO650,1040^BQN,2,4^FH^FDMA,{_data(shown.qr)}^FS",
        "^XZ",
    ]
    return "\n".join(line for line in lines if line).encode() + b"\n"


def _address(heading: str, lines: tuple[str, ...], top: int, size: int) -> list[str]:
    rows = [_text(line, 76, top + place * (size + 6), size) for place, line in enumerate(lines, start=1)]
    return [_text(heading, 36, top, 20), *rows]


def _text(text: str, x: int, y: int, size: int) -> str:
    return f"^FO{x},{y}^A0N,{size},{size}^FH^FD{_data(text)}^FS"


def _bars(shown: Face) -> str:
    if not shown.gs1:
        return f"^FO60,790^BY3^BCN,170,N,N,N,A^FH^FD{_data(shown.code)}^FS"
    elements = shown.code.replace("[", "(").replace("]", ")")
    return f"^FO60,790^BY3^BCN,170,N,N,N,D^FH^FD{_data(elements)}^FS"


def _data(text: str) -> str:
    """A field's content: what would be a command, and what is not printable ASCII, as bytes in hexadecimal."""
    return "".join(
        char if char.isascii() and char.isprintable() and char not in _ESCAPED else _hex(char) for char in text
    )


def _hex(char: str) -> str:
    return "".join(f"_{byte:02X}" for byte in char.encode())
