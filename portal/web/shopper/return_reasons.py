"""Why something goes back: a reason for each item, more exactly where that helps, a picture where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import g, redirect, request, url_for

from portal.domain.returns.kinds import kind_of
from portal.domain.returns.reasons import (
    REASONS,
    Photo,
    ReturnReason,
    SubReason,
    offered,
    sub_reason,
    subs_for,
    words_for,
)
from portal.domain.words import N_
from portal.usecases.returns.checks import MAX_COMMENT
from portal.usecases.returns.offer_views import Choice, OfferLine
from portal.usecases.returns.photos import remove_photo, unused_photos
from portal.usecases.returns.refusals import refusals
from portal.web.shop_context import shop
from portal.web.shopper import return_words as words
from portal.web.shopper.return_flow import Answer, Flow, question, unfinished
from portal.web.shopper.return_offers import after_reasons
from portal.web.shopper.return_photos import add_photos
from portal.web.shopper.uploads import takes_files
from portal.web.state import deps

SAME = "same"  # as the first item
REASON, COMMENT, LONG, PHOTO = "reason", "comment", "long", "photo"
PROBLEMS = {
    REASON: N_("Please choose a reason."),
    COMMENT: N_("Please say in a few words what the reason is."),
    LONG: N_("Please shorten this a little: up to 500 characters."),
    PHOTO: N_("Please add a picture. It shows us what happened."),
}
_PLACE = {LONG: COMMENT}
PROVE = N_("We need a picture of this. First confirm that it is you, then you can add it.")
takes_files("return_why")


@dataclass(frozen=True, slots=True)
class Asked:
    """One item with what is asked about it, in the order in which it is shown."""

    line: OfferLine
    choice: Choice
    groups: list[tuple[str, list[tuple[ReturnReason, list[SubReason]]]]]
    needs_photo: bool  # whatever the reason
    insists: frozenset[str]  # codes of reasons for which the shop's policy wants a picture

    @property
    def chosen(self) -> str:
        """The message id of the reason that was given; empty without one."""
        return words_for(self.choice.reason) if self.choice.reason else ""

    def wants_photo(self, reason: ReturnReason) -> bool:
        """Whether a picture is spoken of with this reason."""
        return self.needs_photo or reason.photo is not Photo.NONE or reason.code in self.insists


@dataclass(frozen=True, slots=True)
class Problem:
    """What is missing of one item, or in the way. `field` is where it is mended; `words` are in the reader's language."""

    field: str
    words: str


def _asked(flow: Flow) -> list[Asked]:
    return [
        Asked(
            line,
            choice,
            [
                (group, [(reason, subs_for(reason.code, kind_of(line.product_type), flow.order)) for reason in reasons])
                for group, reasons in offered(f"{flow.order}:{line.line_id}")
            ],
            needs_photo=bool(line.terms and line.terms.photo_required),
            insists=frozenset(line.terms.config.photo_reasons if line.terms else ()),
        )
        for line, choice in flow.lines
    ]


def _page(flow: Flow, problems: dict[int, Problem] | None = None) -> str:
    return flow.page("reasons", "reasons", asked=_asked(flow), problems=problems or {}, same=SAME)


@question("/reasons")
def return_reasons(flow: Flow) -> Answer:
    """2. Why?"""
    back = unfinished(flow, "reasons")
    if back is not None:
        return back
    if "photo" in request.args and unfinished(flow, "offers") is None:
        return _page(flow, _photos_missing(flow))
    return _page(flow, _refused(flow) if "refused" in request.args else None)


@question("/reasons", post=True)
def return_why(flow: Flow) -> Answer:
    back = unfinished(flow, "reasons")
    if back is not None:
        return back
    first = flow.lines[0][0].line_id
    given = {choice.line_id: _given(choice, first) for choice in flow.draft.choices}
    flow.choose(lambda choice: given.get(choice.line_id, choice))
    if "prove" in request.form:  # a picture is for the shopper alone: asked once the answers are kept
        return redirect(url_for("shopper.code", public_id=flow.order, next=flow.url("return_reasons")), 303)
    problems = _photos(flow)
    stays = "add" in request.form or "remove" in request.form
    if not problems and not stays:
        problems = _problems(flow)
    if problems:
        return _page(flow, problems), 422
    if stays:
        line = (request.form.get("add") or request.form.get("remove", "")).partition(":")[0]
        return flow.to("return_reasons", _anchor=f"photos-{line}")
    return after_reasons(flow)


def _given(choice: Choice, first: int) -> Choice:
    """What the form says of one item. Another reason than before takes back what was offered for the former one."""
    line = choice.line_id
    code = request.form.get(f"reason-{line}", "")[:40]
    source = first if code == SAME else line
    code = request.form.get(f"reason-{source}", "")[:40]
    sub = request.form.get(f"sub-{source}-{code}", "")[:40]
    reason = REASONS.get(code)
    known = reason is not None and reason.offered
    comment = request.form.get(f"comment-{line}", "").strip()[: MAX_COMMENT + 1]
    changed = replace(
        choice,
        reason=code if known else "",
        sub_reason=sub if known and sub_reason(code, sub) else "",
        comment=comment,
    )
    return changed if changed.reason == choice.reason else replace(changed, outcome="send_back", exchange_sku="")


def _photos(flow: Flow) -> dict[int, Problem]:
    """Take the pictures that came with the form, and throw away what is to go."""
    if flow.tier != "full":
        return {}
    problems = {}
    for choice in flow.draft.choices:
        files = [file for file in request.files.getlist(f"photo-{choice.line_id}") if file.filename]
        wrong = add_photos(flow.order, choice.line_id, files) if files else None
        if wrong is not None:
            problems[choice.line_id] = Problem(PHOTO, g.speaker.gettext(wrong))
    gone = request.form.get("remove", "").partition(":")[2]
    if gone:
        remove_photo(deps(), shop(), flow.order, gone)
    there = _uploaded(flow)

    def keep(choice: Choice) -> Choice:
        before = choice.photos if flow.editing else ()  # those are part of the return, and in no draft
        photos = dict.fromkeys((*before, *there.get(choice.line_id, ())))
        return replace(choice, photos=tuple(photo for photo in photos if photo != gone))

    flow.choose(keep)
    return problems


def _uploaded(flow: Flow) -> dict[int, tuple[str, ...]]:
    """The pictures that no return has yet, by line."""
    found: dict[int, tuple[str, ...]] = {}
    for order in {line.order_public_id for line, _ in flow.lines}:
        found |= unused_photos(deps(), shop(), order)
    return found


def _problems(flow: Flow) -> dict[int, Problem]:
    """What is missing, by line."""
    gettext = g.speaker.gettext
    found = {
        line: Problem(_PLACE.get(at, at), gettext(PROBLEMS[at]))
        for choice in flow.draft.choices
        for line, at in _missing(choice)
    }
    return found or _refused(flow) or _photos_missing(flow)


def _photos_missing(flow: Flow) -> dict[int, Problem]:
    words_ = g.speaker.gettext(PROBLEMS[PHOTO] if flow.tier == "full" else PROVE)
    return {line: Problem(PHOTO, words_) for line in flow.quotes().photos_for}


def _refused(flow: Flow) -> dict[int, Problem]:
    """What a rule of the shop says of a reason, once it is chosen."""
    against = refusals(deps(), shop(), flow.draft.request(), editing=flow.editing or None)
    return {
        line: Problem(REASON, " ".join(words.said(reason, g.speaker) for reason in reasons))
        for line, reasons in against.items()
    }


def _missing(choice: Choice) -> list[tuple[int, str]]:
    reason = REASONS.get(choice.reason)
    if reason is None:
        return [(choice.line_id, REASON)]
    if reason.needs_words and not choice.comment:
        return [(choice.line_id, COMMENT)]
    return [(choice.line_id, LONG)] if len(choice.comment) > MAX_COMMENT else []
