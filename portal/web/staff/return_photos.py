"""Pictures of what came, or is to come, back: for the staff, never for a cache."""

from __future__ import annotations

import io

from flask import request, send_file
from werkzeug.wrappers import Response

from portal.usecases.returns.photos import load_photo_for_staff
from portal.web import headers
from portal.web.staff.blueprint import blueprint
from portal.web.state import deps


@blueprint.get("/returns/photos/<photo>.jpg")
def return_photo(photo: str) -> Response:
    """A picture of a return that was sent in, or with `small` its thumbnail."""
    found = load_photo_for_staff(deps(), photo, thumbnail="small" in request.args)
    headers.cache(headers.NO_STORE)
    answer = send_file(io.BytesIO(found.content), mimetype=found.content_type, download_name=found.filename)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return answer
