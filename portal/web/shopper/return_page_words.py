"""What the page of a return says, in the shopper's terms: the answer first, then how far everything is."""

from __future__ import annotations

from portal.domain.returns.config import STORE_CREDIT
from portal.domain.returns.methods import DONATE, DROP_OFF, IN_STORE, KEEP, NOT_SENT, OWN_PARCEL, PICKUP, QR
from portal.domain.words import N_
from portal.i18n import Speaker
from portal.usecases.returns.view import WITHDRAWAL, ReturnPage
from portal.usecases.returns.view_money import MoneyView

PARCEL_WORDS = {
    "pending": N_("The carrier has not seen the parcel yet."),
    "info_received": N_("The carrier has not seen the parcel yet."),
    "in_transit": N_("The carrier has your parcel. It is on its way to us."),
    "out_for_delivery": N_("Your parcel reaches us today."),
    "attempt_fail": N_("The carrier tried to bring us your parcel and will try again."),
    "available_for_pickup": N_("Your parcel waits for us at the carrier; we pick it up."),
    "delivered": N_("Your parcel has arrived at our warehouse. We are checking it in."),
    "exception": N_("The carrier reports trouble with your parcel. We are looking into it; you need to do nothing."),
    "expired": N_("The carrier has given no news for a long time. We are looking into it; you need to do nothing."),
}
OUTBOUND_WORDS = {
    "out_for_delivery": N_("It reaches you today."),
    "delivered": N_("It has been delivered to you."),
    "available_for_pickup": N_("It waits for you at the carrier."),
    "exception": N_("The carrier reports trouble with it. We are looking into it."),
}
METHOD_NAMES = {
    "label": N_("With a prepaid label"),
    QR: N_("With a code, without a printer"),
    DROP_OFF: N_("At a drop-off point"),
    PICKUP: N_("Picked up at your address"),
    OWN_PARCEL: N_("With a carrier of your choice"),
    IN_STORE: N_("In our shop"),
    KEEP: N_("You keep it"),
    DONATE: N_("You give it away"),
}
TO = {
    "refund": N_("to the way you paid with"),
    "store_credit": N_("as a code for your next order"),
}
WAIVED = {
    "reason": N_("none, this one is on us"),
    "rule": N_("none, this one is on us"),
    "exchange": N_("none, because you choose something else instead"),
}
_CLOSED = {
    "submitted": N_("We are looking at your return"),
    "withdrawn_by_shopper": N_("You have taken this return back"),
    "rejected": N_("We cannot take this back"),
    "cancelled": N_("This return was called off"),
    "expired": N_("The time for this return is over"),
}


def said_by_shop(says: object, speaker: Speaker) -> str:
    """The shop's own words for a fee, in the reader's language where it has them."""
    return str(says.get(speaker.language) or "") if isinstance(says, dict) else ""


def fee_words(money: MoneyView, speaker: Speaker) -> str:
    """Why no fee is taken. Empty where there is none, or it is taken."""
    own = said_by_shop(money.fee_says, speaker)
    return own or speaker.gettext(WAIVED.get(money.fee_waived, ""))


def deadline_words(page: ReturnPage, speaker: Speaker) -> str:
    """Why the last day is that day."""
    n = page.send_back_days
    if n < 1:
        return ""
    if page.kind == WITHDRAWAL:
        return speaker.ngettext(
            "That is %(num)s day from your declaration, as the law says.",
            "That is %(num)s days from your declaration, as the law says.",
            n,
        )
    return speaker.ngettext(
        "That is %(num)s day from the day this return was agreed.",
        "That is %(num)s days from the day this return was agreed.",
        n,
    )


def way_back(page: ReturnPage, speaker: Speaker) -> list[tuple[str, str]]:
    """The progress line: each step's words, and done, here or todo."""
    names = _steps(page)
    done = _reached(page)
    states = []
    for name, words in names:
        state = "done" if name in done[:-1] else "here" if name == done[-1] else "todo"
        if name == "paid" and state == "here":
            state = "done here"
        if name == "on_its_way" and page.parcel == "lost":
            state = "here off"
        states.append((speaker.gettext(words), state))
    return states


def _steps(page: ReturnPage) -> list[tuple[str, str]]:
    last = N_("Money sent")
    if page.money.paid_as == STORE_CREDIT:
        last = N_("Credit sent")
    if page.money.due_minor == 0 and page.instead:
        last = N_("Done")
    if page.is_present:
        last = N_("Done")
    first = N_("Code ready") if page.method == QR else N_("Label ready")
    if page.method in (OWN_PARCEL, IN_STORE, *NOT_SENT):
        first = N_("Registered")
    if page.method in NOT_SENT or not any(item.outcome == "send_back" for item in page.items):
        return [("label", N_("Registered")), ("paid", last)]
    if page.method == IN_STORE:
        return [("label", first), ("received", N_("Received")), ("paid", last)]
    middle = [("on_its_way", N_("On its way to us")), ("received", N_("Received"))]
    return [("label", first), *middle, ("paid", last)]


def _reached(page: ReturnPage) -> list[str]:
    """The steps that are done, the last of them being where it stands; never empty."""
    done = ["nothing"]
    if page.parcel not in ("label_queued", "label_failed", "label_lapsed"):
        done.append("label")
    if page.parcel in ("in_transit", "lost", "delivered_to_us"):
        done.append("on_its_way")
    if page.received_at is not None or page.money.state in ("due", "paid", "failed"):
        done += ["on_its_way", "received"]
    if page.money.state == "paid":
        done.append("paid")
    there = {name for name, _ in _steps(page)} | {"nothing"}
    return [name for name in dict.fromkeys(done) if name in there]


def headline(page: ReturnPage, speaker: Speaker, *, warm: bool) -> str:
    """The answer first: where the return stands."""
    _ = speaker.gettext
    if page.decision in _CLOSED:
        return _(_CLOSED[page.decision])
    if page.money.state in ("paid", "due", "failed"):
        return _money_headline(page, speaker, warm=warm)
    if page.decision != "approved":
        return _("This return is closed")
    return _moving_headline(page, speaker) or _waiting_headline(page, speaker, warm=warm)


def _money_headline(page: ReturnPage, speaker: Speaker, *, warm: bool) -> str:
    _ = speaker.gettext
    if page.money.state == "paid":
        if page.is_present or page.money.due_minor == 0:
            return _("Everything is settled, thank you") if warm else _("Everything is settled")
        is_credit = page.money.paid_as == STORE_CREDIT
        return _("Your store credit is ready") if is_credit else _("Your money is on its way")
    if page.method in NOT_SENT:
        return _("Your return is registered")
    return _("It arrived, thank you") if warm else _("We have received your parcel")


def _moving_headline(page: ReturnPage, speaker: Speaker) -> str:
    _ = speaker.gettext
    moving = {
        "lost": N_("Your parcel has gone missing on its way to us"),
        "delivered_to_us": N_("Your parcel has reached us"),
        "in_transit": N_("Your parcel is on its way to us"),
    }
    return _(moving.get(page.parcel, ""))


def _waiting_headline(page: ReturnPage, speaker: Speaker, *, warm: bool) -> str:
    _ = speaker.gettext
    if page.method == OWN_PARCEL:
        return _("All set: now send us your parcel") if warm else _("Now send your parcel to us")
    by_method = {IN_STORE: N_("Now bring it to our shop"), KEEP: N_("You keep it"), DONATE: N_("You give it away")}
    if page.method in by_method:
        return _(by_method[page.method])
    if page.parcel == "label_lapsed":
        return _("Your return label is no longer good")
    if page.parcel == "label_ready":
        return _("Your return code is ready") if page.method == QR else _("Your return label is ready")
    return _("Your return is registered, the label follows")
