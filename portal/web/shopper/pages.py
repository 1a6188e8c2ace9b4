"""All of the shopper's pages: importing the modules adds their routes to the blueprint."""

from portal.web.shopper import (
    access,
    find,
    order,
    return_documents,
    return_label,
    return_page,
    return_parcel,
    return_photos,
    returns,
    theme,
    uploads,
    withdrawal,
)
from portal.web.shopper.base import blueprint

__all__ = [
    "access",
    "blueprint",
    "find",
    "order",
    "return_documents",
    "return_label",
    "return_page",
    "return_parcel",
    "return_photos",
    "returns",
    "theme",
    "uploads",
    "withdrawal",
]
