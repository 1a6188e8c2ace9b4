"""Find my order: two facts, one answer."""

from __future__ import annotations

from flask import redirect as to
from flask import render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form, StringField
from wtforms.validators import Length

from portal.usecases.find_order import Claim, find_order
from portal.web import headers
from portal.web.shop_context import shop
from portal.web.shopper.access import grant
from portal.web.shopper.base import blueprint
from portal.web.state import deps


class FindForm(Form):
    """The order number, and either of two second factors."""

    number = StringField(validators=[Length(max=64)])
    email = StringField(validators=[Length(max=254)])
    phone = StringField(validators=[Length(max=32)])
    postcode = StringField(validators=[Length(max=16)])

    def missing(self) -> str | None:
        """What still has to be filled in: "number", "factor", or nothing."""
        if not (self.number.data or "").strip():
            return "number"
        email, phone, postcode = ((f.data or "").strip() for f in (self.email, self.phone, self.postcode))
        return None if email or (phone and postcode) else "factor"


@blueprint.get("/")
def home() -> Response:
    """The shop's own address leads to the first question."""
    return to(url_for("shopper.track"))


@blueprint.get("/track")
def track() -> str:
    """Ask for the order. `order` and `email` in the address fill the form in, and never reveal anything."""
    headers.cache(headers.NO_STORE)
    form = FindForm(data={"number": request.args.get("order", ""), "email": request.args.get("email", "")})
    return render_template("shopper/find.html", form=form, expired=bool(request.args.get("expired")))


@blueprint.post("/track")
def find() -> str | Response | tuple[str, int]:
    """Look up. Wrong and unknown are the same page."""
    form = FindForm(request.form)
    then = request.form.get("then") if request.form.get("then") == "return" else None
    problem = "number" if not form.validate() else form.missing()
    if problem:
        return render_template("shopper/find.html", form=form, problem=problem, then=then), 422
    claim = Claim(
        number=form.number.data or "",
        email=form.email.data or "",
        phone_last4=form.phone.data or "",
        postcode=form.postcode.data or "",
    )
    public_id = find_order(deps(), shop(), claim, network=request.remote_addr or "")
    if public_id is None:
        return render_template("shopper/find.html", form=form, problem="nothing", then=then), 422
    grant(public_id, "masked")
    target = "shopper.return_start" if then else "shopper.order"
    return to(url_for(target, public_id=public_id), 303)
