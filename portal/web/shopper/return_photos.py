"""Pictures of what goes back: added to a line, shown, thrown away again. For the shopper alone, never for a cache."""

from __future__ import annotations

import io
from collections.abc import Iterable

from flask import redirect, request, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, TooManyAttempts
from portal.usecases.returns.documents import Document
from portal.usecases.returns.photo_file import MAX_BYTES
from portal.usecases.returns.photos import load_photo, remove_photo, save_photo
from portal.web import headers
from portal.web.shop_context import shop
from portal.web.shopper.access import require, safe_next
from portal.web.shopper.base import blueprint
from portal.web.state import deps

PROBLEMS = {
    "photo.empty": N_("Please choose a photo first."),
    "photo.large": N_("This photo is too large. Please send one of at most 12 MB, such as a screenshot of it."),
    "photo.heic": N_(
        "This photo is in the HEIC format, which we cannot show. On an iPhone, take it in the browser here, "
        "or choose “Most Compatible” under Settings, Camera, Formats; a screenshot of the photo works too."
    ),
    "photo.kind": N_("This file is not a photo that we can show. Please choose a JPEG, PNG or WebP file."),
    "photo.pixels": N_("This photo has more pixels than we can take. Please send a smaller one or a screenshot of it."),
    "photo.broken": N_("This photo is damaged or incomplete. Please take it again, or choose another one."),
    "photo.gone": N_("One of the photos is no longer there. Please add it again."),
    "photo.many": N_("You can add up to 5 photos to an item. Please remove one first."),
    "photo.often": N_("You have added many photos today. Please go on with those you have, or write to us."),
}


def add_photos(public_id: str, line_id: int, files: Iterable[FileStorage]) -> str | None:
    """Keep the pictures of one line; says what is wrong with the first that cannot be taken, as a message id."""
    try:
        for file in files:
            save_photo(deps(), shop(), public_id, line_id, file.stream.read(MAX_BYTES + 1))
    except InvalidInput as problem:
        return PROBLEMS[problem.field or "photo.broken"]
    except Conflict:
        return PROBLEMS["photo.many"]
    except TooManyAttempts:
        return PROBLEMS["photo.often"]
    return None


@blueprint.get("/orders/<public_id>/return/photos/<photo>.jpg")
def return_photo(public_id: str, photo: str) -> Response:
    """A picture, or with `small` its thumbnail."""
    require(public_id, "full")
    return picture(load_photo(deps(), shop(), public_id, photo, thumbnail="small" in request.args))


@blueprint.post("/orders/<public_id>/return/photos/<photo>/remove")
def return_photo_remove(public_id: str, photo: str) -> Response:
    """Throw a picture away that is in no return yet, and go back to the page named by `next`."""
    require(public_id, "full")
    remove_photo(deps(), shop(), public_id, photo)
    return redirect(safe_next(public_id), 303)


def picture(document: Document) -> Response:
    """A JPEG of our own making, shown on a page and kept by nobody."""
    headers.cache(headers.NO_STORE)
    answer = send_file(io.BytesIO(document.content), mimetype=document.content_type, download_name=document.filename)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return answer
