"""`/mail/`: what the demo's mail server really received."""

from __future__ import annotations

import io

from flask import Response, abort, make_response, render_template, send_file

from portal.web import headers
from portal.web.demo.blueprint import blueprint, controls
from portal.web.demo.reading import Mail, read

# The page may frame its own message; the message may do nothing but look as it does and open links in a new tab.
_PAGE = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
_MESSAGE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@blueprint.get("/mail/")
def mail_list() -> str:
    return render_template("demo/mail.html", messages=controls().messages(), here="mail")


@blueprint.get("/mail/<int:number>")
def message(number: int) -> Response:
    response = make_response(
        render_template("demo/message.html", mail=_mail(number), number=number, **_neighbours(number), here="mail")
    )
    response.headers["Content-Security-Policy"] = _PAGE
    return response


@blueprint.get("/mail/<int:number>/page")
def message_page(number: int) -> Response:
    """The HTML part alone, for the frame."""
    response = make_response(_mail(number).html or "")
    response.headers["Content-Security-Policy"] = _MESSAGE
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.get("/mail/<int:number>/parts/<int:part>")
def message_part(number: int, part: int) -> Response:
    parts = _mail(number).attachments
    if part >= len(parts):
        abort(404)
    wanted = parts[part]
    return send_file(io.BytesIO(wanted.content), wanted.content_type, as_attachment=True, download_name=wanted.filename)


@blueprint.get("/mail/<int:number>/source")
def message_source(number: int) -> Response:
    """The bytes as they came over the wire, shown as text."""
    headers.cache(headers.NO_STORE)
    return Response(_raw(number), content_type="text/plain; charset=utf-8")


def _raw(number: int) -> bytes:
    raw = controls().message(number)
    if raw is None:
        abort(404)
    return raw


def _mail(number: int) -> Mail:
    return read(_raw(number))


def _neighbours(number: int) -> dict[str, int | None]:
    ids = [kept.id for kept in controls().messages()]
    return {
        "newer": min((i for i in ids if i > number), default=None),
        "older": max((i for i in ids if i < number), default=None),
    }
