"""Returning a present with its gift code: the questions up to the confirmation. No price, no name, no order's number."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

from flask import g, render_template, request

from portal.domain.returns.config import EXCHANGE, STORE_CREDIT
from portal.domain.returns.reasons import REASONS, offered
from portal.errors import Conflict, InvalidInput, TooManyAttempts
from portal.usecases.returns.gift_codes import find_gift
from portal.usecases.returns.gift_return import checked, gift_swaps, submit_gift
from portal.usecases.returns.gift_views import GiftMethod
from portal.usecases.returns.label_now import buy_label_now
from portal.usecases.returns.offer_views import Choice, Sender
from portal.usecases.returns.photo_file import MAX_BYTES
from portal.usecases.returns.photos import save_photo
from portal.usecases.returns.rows import OtherContent
from portal.web import headers
from portal.web.shop_context import shop
from portal.web.shopper.base import blueprint
from portal.web.shopper.gift_flow import Answer, Present, begin, keep_sender, page, step, to
from portal.web.shopper.gift_page import remember
from portal.web.shopper.return_photos import PROBLEMS
from portal.web.state import deps

MAX_COMMENT = 300
_PARTS = tuple(field.name for field in fields(Sender) if field.name != "locale")


@blueprint.get("/gift")
def gift() -> str:
    """Ask for the code. A code in the address fills the form in, and never reveals anything."""
    headers.cache(headers.NO_STORE)
    return render_template(
        "shopper/gift/code.html",
        code=request.args.get("code", "")[:64],
        problem=False,
        expired=bool(request.args.get("expired")),
    )


@blueprint.post("/gift")
def gift_found() -> Answer:
    """Look the code up. Wrong, unknown and revoked are the same page."""
    headers.cache(headers.NO_STORE)
    typed = request.form.get("code", "")[:64]
    found = find_gift(deps(), shop(), typed, network=request.remote_addr or "") if typed.strip() else None
    if found is None:
        return render_template("shopper/gift/code.html", code=typed, problem=True, expired=False), 422
    begin(found)
    return to("gift_items")


@step("items")
def gift_items(present: Present) -> Answer:
    """1. What goes back?"""
    return page("items", present, changed=bool(request.args.get("changed")))


@step("items", post=True)
def gift_chosen(present: Present) -> Answer:
    before = {choice.line_id: choice for choice in present.draft.choices}
    choices = []
    for line in present.offer.eligible:
        wanted = request.form.get(f"units-{line.line_id}", str(line.units_left))
        if f"line-{line.line_id}" in request.form and wanted.isascii() and wanted.isdigit() and int(wanted[:6]) > 0:
            units = min(int(wanted[:6]), line.units_left)
            choices.append(replace(before.get(line.line_id, Choice(line.line_id, units)), quantity=units))
    if not choices:
        return page("items", present, problem="items", changed=False), 422
    present.save(choices=tuple(choices))
    return to("gift_reasons")


@step("reasons", needs="items")
def gift_reasons(present: Present) -> Answer:
    """2. Why?"""
    return _reasons(present, {})


def _reasons(present: Present, problems: dict[int, str]) -> str:
    groups = offered(f"gift:{present.offer.gift_id}")
    return page("reasons", present, groups=groups, problems=problems)


@step("reasons", needs="items", post=True)
def gift_why(present: Present) -> Answer:
    present.save(choices=tuple(_with_reason(choice) for choice in present.draft.choices))
    problems = {choice.line_id: said for choice in present.draft.choices if (said := _wrong(choice))}
    photos = _add_photos(present)
    if not problems and not photos:
        photos = dict.fromkeys(present.quotes().photos_for, "photo")
    if problems or photos:
        return _reasons(present, {**photos, **problems}), 422
    return to("gift_wish")


def _with_reason(choice: Choice) -> Choice:
    code = request.form.get(f"reason-{choice.line_id}", "")[:40]
    comment = request.form.get(f"comment-{choice.line_id}", "").strip()[:MAX_COMMENT]
    known = code in REASONS and REASONS[code].offered
    changed = replace(choice, reason=code if known else "", comment=comment)
    return changed if changed.reason == choice.reason else replace(changed, sub_reason="", exchange_sku="")


def _wrong(choice: Choice) -> str:
    reason = REASONS.get(choice.reason)
    if reason is None:
        return "reason"
    return "comment" if reason.needs_words and not choice.comment else ""


def _add_photos(present: Present) -> dict[int, str]:
    """Take the pictures that came with the form: what is wrong with one of them, by line."""
    problems: dict[int, str] = {}
    kept = []
    for choice in present.draft.choices:
        files = [file for file in request.files.getlist(f"photo-{choice.line_id}") if file.filename]
        added: list[str] = []
        try:
            for file in files:
                data = file.stream.read(MAX_BYTES + 1)
                added.append(save_photo(deps(), shop(), present.offer.order_public_id, choice.line_id, data, "gift"))
        except (InvalidInput, Conflict, TooManyAttempts) as problem:
            problems[choice.line_id] = PROBLEMS.get(getattr(problem, "field", "") or "", PROBLEMS["photo.many"])
        kept.append(replace(choice, photos=tuple(dict.fromkeys((*choice.photos, *added)))))
    if kept != list(present.draft.choices):
        present.save(choices=tuple(kept))
    return problems


@step("wish", needs="reasons")
def gift_wish(present: Present) -> Answer:
    """3. Store credit, or something else instead?"""
    return _wish(present)


def _wish(present: Present, problem: str | None = None) -> str:
    quotes = present.quotes()
    swaps = gift_swaps(deps(), shop(), present.draft) if quotes.can_exchange else {}
    return page("wish", present, quotes=quotes, swaps=swaps, problem=problem)


@step("wish", needs="reasons", post=True)
def gift_wished(present: Present) -> Answer:
    wish = request.form.get("resolution", "")
    if wish not in (STORE_CREDIT, EXCHANGE):
        return _wish(present, "resolution"), 422
    wanted = {c.line_id: request.form.get(f"want-{c.line_id}", "")[:80] for c in present.draft.choices}
    if wish == EXCHANGE:
        swaps = gift_swaps(deps(), shop(), present.draft)
        good = {line: {swap.sku for swap in found if swap.enough} for line, found in swaps.items()}
        wanted = {line: sku for line, sku in wanted.items() if sku in good.get(line, ())}
        if not wanted:
            return _wish(present, "exchange"), 422
    else:
        wanted = {}
    choices = tuple(replace(c, exchange_sku=wanted.get(c.line_id, "")) for c in present.draft.choices)
    present.save(choices=choices, resolution=wish, fallback=STORE_CREDIT if wish == EXCHANGE else "")
    return to("gift_sender")


@step("sender", needs="wish")
def gift_sender(present: Present) -> Answer:
    """4. Who sends the parcel, and from where?"""
    return _sender(present, present.sender)


def _sender(present: Present, sender: Sender | None, problem: str | None = None) -> str:
    countries = sorted(
        (
            (code, name)
            for code, name in g.speaker.locale.territories.items()
            if len(code) == 2 and code not in _NO_PLACE
        ),
        key=lambda pair: pair[1],
    )
    home = sender.country if sender else shop().config.country
    return page("sender", present, sender=sender, problem=problem, countries=countries, home=home)


_NO_PLACE = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})


@step("sender", needs="wish", post=True)
def gift_sent_by(present: Present) -> Answer:
    typed = {part: request.form.get(part, "").strip()[:254] for part in _PARTS}
    sender = Sender(**typed, locale=g.speaker.language)
    try:
        checked(sender)
    except InvalidInput as error:
        return _sender(present, sender, error.field), 422
    keep_sender(asdict(sender))
    return to("gift_method")


@step("method", needs="sender")
def gift_method(present: Present) -> Answer:
    """5. How does it go back? Not asked where there is one way only."""
    methods = _methods(present)
    if len(methods) == 1:
        present.save(method=methods[0].method.code)
        return to("gift_check")
    return page("method", present, methods=methods) if methods else to("gift_check")


def _methods(present: Present) -> list[GiftMethod]:
    """Those that need nothing but an address: a pickup is arranged with the shop."""
    return [one for one in present.quotes().methods if one.method.code not in ("pickup", "in_store")]


@step("method", needs="sender", post=True)
def gift_way(present: Present) -> Answer:
    methods = _methods(present)
    code = request.form.get("method", "")
    if code not in {one.method.code for one in methods}:
        return page("method", present, methods=methods, problem="method"), 422
    present.save(method=code)
    return to("gift_check")


@step("check", needs="sender")
def gift_check(present: Present) -> Answer:
    """6. Is this right?"""
    return _check(present)


def _check(present: Present, *, changed: bool = False) -> str:
    quotes = present.quotes()
    method = next((one for one in quotes.methods if one.method.code == present.draft.method), None)
    swaps = gift_swaps(deps(), shop(), present.draft) if present.draft.resolution == EXCHANGE else {}
    named = {swap.sku: swap for found in swaps.values() for swap in found}
    return page("check", present, quotes=quotes, method=method, named=named, changed=changed, reasons=REASONS)


@step("check", needs="sender", post=True)
def gift_confirm(present: Present) -> Answer:
    """Make the return, once however often this is sent, and try to get its label at once."""
    assert present.sender is not None
    form_key = request.form.get("form_key", "")[:200]
    if request.form.get("shown") != present.draft.digest() and form_key == present.offer.form_key:
        return _check(present, changed=True), 409
    try:
        made = submit_gift(deps(), shop(), present.offer, present.draft, present.sender, form_key)
    except OtherContent as other:
        made = str(other.result["public_id"])
    except (Conflict, InvalidInput):
        return to("gift_items", changed="1")
    remember(made)
    buy_label_now(deps(), shop(), made)
    return to("gift_return", public_id=made)
