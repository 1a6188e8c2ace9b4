"""Labels that carriers send as pictures, put on a page that any printer prints."""

from __future__ import annotations

import io

from carriers.labelling import sniff
from carriers.model import LabelFormat

_WIDTH, _HEIGHT = 4.0, 6.0  # inches: the stock that every carrier's label fits
_MOST_PIXELS = 12_000_000  # 4 by 6 inches at 700 dots an inch; a file of a few bytes may say that it has many more


def as_pdf(document: bytes) -> bytes | None:
    """The document as a PDF; a picture that lies on its side is turned upright, as UPS sends its labels.

    None for what cannot be put on a page: ZPL, an unknown file, a picture that is damaged or absurdly large.
    """
    form = sniff(document)
    if form is LabelFormat.PDF:
        return document
    if form not in (LabelFormat.PNG, LabelFormat.GIF):
        return None
    from fpdf import FPDF  # slow to load, and most labels are PDF
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(document), formats=("PNG", "GIF"))
        if picture.width * picture.height > _MOST_PIXELS:
            return None
        upright = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    if upright.width > upright.height:
        upright = upright.transpose(Image.Transpose.ROTATE_270)
    pdf = FPDF(unit="in", format=(_WIDTH, _HEIGHT))
    pdf.set_margin(0)
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.image(upright, x=0, y=0, w=_WIDTH, h=_HEIGHT, keep_aspect_ratio=True)
    return bytes(pdf.output())
