"""A PDF that is more than a label is known by the names in it, however they are written or packed."""

from __future__ import annotations

import io
import zlib

import pytest
from fpdf import FPDF

from portal.domain.pdf_checks import runs_something


def a_label() -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.cell(text="/JavaScript is but a word here")
    return bytes(pdf.output())


def packed(inside: bytes) -> bytes:
    body = zlib.compress(inside)
    head = b"%%PDF-1.5\n5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n"
    return head % len(body) + body + b"\nendstream\nendobj\n%%EOF"


@pytest.mark.parametrize(
    "pdf",
    [
        b"%PDF-1.4\n1 0 obj << /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
        b"%PDF-1.4\n1 0 obj << /S/J#61vaScript >>",
        b"%PDF-1.4\n1 0 obj << /S /#4aS >>",
        b"%PDF-1.4\n1 0 obj << /S /Launch /F (cmd.exe) >>",
        b"%PDF-1.4\n1 0 obj << /Names << /EmbeddedFiles 2 0 R >> >>",
        b"<svg>%PDF-1.4 /Type/EmbeddedFile",
        packed(b"1 0 << /S /JavaScript /JS (x) >>"),
        packed(b"1 0 << >>" + b"x" * 5_000_000),
        b"%PDF-1.5\n5 0 obj << /Type /Obj#53tm >>\nstream\n1 0 << /S /Launch >>\nendstream",
    ],
)
def test_scripts_programs_and_files_inside_are_found(pdf: bytes) -> None:
    assert runs_something(pdf)


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.4", packed(b"1 0 << /Type /Page >>"), a_label()])
def test_a_label_is_only_a_label(pdf: bytes) -> None:
    assert not runs_something(pdf)


def test_bytes_of_a_picture_may_look_like_a_name() -> None:
    picture = io.BytesIO(b"\x00/JS\x01/Launch").getvalue()
    assert not runs_something(b"%PDF-1.4\n4 0 obj << /Subtype /Image >>\nstream\n" + picture + b"\nendstream\n")
