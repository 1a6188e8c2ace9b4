"""A purchase's document in the format it was bought in. What draws is loaded only when something is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from carriers.lab.faces import face
from carriers.lab.purchases import Purchase

TYPES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "gif": "image/gif",
    "zpl": "application/zpl",
}


def document(purchase: Purchase, kind: str = "", font: Path | None = None) -> bytes:
    """The label as `kind` (pdf, png, gif or zpl), or as it was bought. KeyError for another kind."""
    kind = kind or purchase.format
    if kind == "pdf":
        from carriers.lab.labels import label_pdf

        return label_pdf(purchase, font)
    if kind == "zpl":
        from carriers.lab.zpl import label_zpl

        return label_zpl(face(purchase))
    if kind not in TYPES:
        raise KeyError(kind)
    from carriers.lab import raster

    return (raster.label_png if kind == "png" else raster.label_gif)(face(purchase))


def qr_code(text: str) -> bytes:
    """A QR code as PNG."""
    from carriers.lab.barcodes import qr_png

    return qr_png(text)
