"""What this visitor has proved, and how to prove more: signed links and six-digit codes.

Proofs are kept in the signed session cookie, per shop and order: `masked` (found by number and a second factor) shows
the order with personal data hidden, `full` (a signed link, or a code sent to the address on file) shows all of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from flask import abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.errors import NotFound
from portal.usecases import access_codes
from portal.usecases.links import redeem_link
from portal.web import headers
from portal.web.shop_context import here, shop
from portal.web.shopper.base import blueprint
from portal.web.state import deps

Tier = Literal["masked", "full"]
_RANK: dict[str, int] = {"masked": 1, "full": 2}
LIFETIME = timedelta(hours=24)
MOST = 8  # orders one browser has open at a shop; the cookie stays small


def _proofs() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = session.get("proofs", {}).get(str(shop().id), {})
    return found


def grant(public_id: str, tier: Tier) -> None:
    """Remember for a day what the visitor has proved; a weaker proof does not replace a stronger one."""
    now = deps().wall()
    if tier == "masked" and tier_of(public_id) == "full":
        return
    until = int((now + LIFETIME).timestamp())
    kept = {key: value for key, value in _proofs().items() if key != public_id and value[1] > now.timestamp()}
    newest = dict(list(kept.items())[-(MOST - 1) :])
    session["proofs"] = {**session.get("proofs", {}), str(shop().id): {**newest, public_id: [tier, until]}}


def tier_of(public_id: str) -> Tier | None:
    """What this visitor has proved for an order, None when nothing."""
    tier, until = _proofs().get(public_id, (None, 0))
    return tier if tier in _RANK and until > deps().wall().timestamp() else None


def require(public_id: str, tier: Tier = "masked") -> Tier:
    """Return what the visitor has proved, at least `tier`; else lead to the page where it can be proved.

    Whether such an order exists makes no difference to a visitor without a proof.
    """
    held = tier_of(public_id)
    if held is None:
        abort(redirect(url_for("shopper.track", expired="1" if _proofs() else None)))
    if _RANK[held] < _RANK[tier]:
        abort(redirect(url_for("shopper.code", public_id=public_id, next=here())))
    return held


def browser_id() -> str:
    """Names this browser, so that a code works only where it was asked for."""
    if "browser" not in session:
        session["browser"] = deps().token()
    found: str = session["browser"]
    return found


def safe_next(public_id: str) -> str:
    """Where to go after the proof: a page of this site, the order's page when the address names anything else."""
    target = request.values.get("next", "")
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if plain else url_for("shopper.order", public_id=public_id)


@blueprint.get("/l/<token>")
def link(token: str) -> Response:
    """A signed link from a mail: exchanged for a proof in the session, then on to the address without the secret.

    That is the order's page, or `next`, such as the page of a return that the mail is about.
    """
    headers.cache(headers.NO_STORE)
    public_id = redeem_link(deps(), shop(), token)
    if public_id is None:
        raise NotFound("this link is no longer good")
    grant(public_id, "full")
    return redirect(safe_next(public_id), 303)


@blueprint.get("/orders/<public_id>/code")
def code(public_id: str) -> str | Response:
    """Ask for a code, or type the one that came."""
    headers.cache(headers.NO_STORE)
    if require(public_id) == "full":
        return redirect(safe_next(public_id), 303)
    return _code_page(public_id, sent=bool(request.args.get("sent")))


@blueprint.post("/orders/<public_id>/code")
def send_code(public_id: str) -> Response:
    """Send a code to the e-mail address on file."""
    require(public_id)
    access_codes.send_code(deps(), shop(), public_id, browser=browser_id(), network=request.remote_addr or "")
    return redirect(url_for("shopper.code", public_id=public_id, sent=1, next=safe_next(public_id)), 303)


@blueprint.get("/orders/<public_id>/code/check")
def code_again(public_id: str) -> Response:
    """The address of an answer, opened again (a reload, another language)."""
    require(public_id)
    return redirect(url_for("shopper.code", public_id=public_id, sent=1))


@blueprint.post("/orders/<public_id>/code/check")
def check_code(public_id: str) -> str | Response | tuple[str, int]:
    """Try a code. A right one opens everything of this order, once."""
    require(public_id)
    given = request.form.get("code", "")[:32]
    if access_codes.check_code(deps(), shop(), public_id, given, browser=browser_id()):
        grant(public_id, "full")
        return redirect(safe_next(public_id), 303)
    return _code_page(public_id, sent=True, wrong=True), 422


def _code_page(public_id: str, *, sent: bool, wrong: bool = False) -> str:
    return render_template(
        "shopper/code.html",
        public_id=public_id,
        sent=sent,
        wrong=wrong,
        minutes=access_codes.MINUTES,
        next=safe_next(public_id),
    )
