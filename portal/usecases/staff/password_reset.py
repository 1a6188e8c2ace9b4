"""A forgotten password: a link by mail, good for half an hour and for one use. All times are real time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import formataddr
from html import escape
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select

from portal.db.tables.staff import Staff
from portal.domain.words import N_
from portal.errors import Conflict, InvalidInput, TooManyAttempts
from portal.i18n import SOURCE, Speaker
from portal.usecases.budgets import network_key, spend
from portal.usecases.deps import Deps
from portal.usecases.staff.accounts import store_password

GOOD_FOR = timedelta(minutes=30)
ACCOUNT_MAILS, ADDRESS_MAILS, WINDOW = 3, 20, 3_600
DEAD = N_("This link has expired or has been used. Ask for a new one.")
SUBJECT = N_("Choose a new password")
BODY = N_(
    "Somebody, hopefully you, asked for a new password for your Doorstep account. "
    "Choose it here within 30 minutes; the link works once:"
)
IGNORE = N_("If it was not you, there is nothing to do: your password stays as it is.")


def _signer(deps: Deps) -> URLSafeSerializer:
    return URLSafeSerializer(deps.secret, salt="staff password reset", signer_kwargs={"digest_method": hashlib.sha256})


def _mark(staff: Staff) -> str:
    """Changes with the password and with every end of all sessions, so that a used link is dead."""
    return hashlib.sha256(f"{staff.password_hash}\n{staff.session_version}".encode()).hexdigest()[:32]


def check_budget(deps: Deps, email: str, *, address: str | None) -> bool:
    """Whether one more mail may go to this account; TooManyAttempts when this visitor has asked too often.

    A used-up account is answered like any other, or the page would tell which addresses have accounts.
    """
    spend(deps, "staff_reset_address", network_key(address), limit=ADDRESS_MAILS, seconds=WINDOW)
    try:
        spend(deps, "staff_reset", email.strip().lower(), limit=ACCOUNT_MAILS, seconds=WINDOW)
    except TooManyAttempts:
        return False
    return True


def send_reset(deps: Deps, email: str) -> bool:
    """Mail a link to the account of this address; False when there is none. Raises what the mailer raises."""
    with deps.sessions.read_system() as session:
        staff = session.scalars(select(Staff).where(Staff.email == email.strip().lower())).one_or_none()
    if staff is None or not staff.active:
        return False
    until = int((deps.wall() + GOOD_FOR).timestamp())
    token = _signer(deps).dumps([staff.id, until, _mark(staff)])
    deps.mailer.send(_message(deps, staff, f"{deps.public_url}/staff/password/{token}"))
    return True


def _message(deps: Deps, staff: Staff, link: str) -> EmailMessage:
    speaker = Speaker(staff.locale or SOURCE)
    _ = speaker.gettext
    host = urlsplit(deps.public_url).hostname or "localhost"
    message = EmailMessage()
    message["Subject"] = _(SUBJECT)
    message["From"] = formataddr(("Doorstep", f"doorstep@{host}"))
    message["To"] = formataddr((staff.name, staff.email))
    message["Message-ID"] = f"<{deps.token()}@{host}>"
    message["Date"] = deps.wall()
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{_(BODY)}\n\n{link}\n\n{_(IGNORE)}\n")
    message.add_alternative(
        f'<!doctype html><html lang="{speaker.language}" dir="{speaker.direction}"><body>'
        f"<p>{escape(_(BODY))}</p>"
        f'<p><a href="{escape(link)}">{escape(_(SUBJECT))}</a></p>'
        f"<p>{escape(_(IGNORE))}</p></body></html>",
        subtype="html",
    )
    return message


def check_token(deps: Deps, token: str) -> int:
    """Whose password the link may set. Raises InvalidInput for a forged, expired or used one, all alike."""
    return _account(deps, token).id


def _account(deps: Deps, token: str) -> Staff:
    try:
        staff_id, until, mark = _signer(deps).loads(token)
        in_time = deps.wall() < datetime.fromtimestamp(until, UTC)
    except (BadData, ValueError, TypeError):
        raise InvalidInput(DEAD) from None
    with deps.sessions.read_system() as session:
        staff = session.get(Staff, staff_id)
    if staff is None or not staff.active or not in_time or mark != _mark(staff):
        raise InvalidInput(DEAD)
    return staff


def reset_password(deps: Deps, token: str, new: str) -> None:
    """Set the password with the link; it works once, and every session of the account ends. Raises InvalidInput."""
    staff = _account(deps, token)
    try:
        store_password(deps, staff, new, action="password_reset")
    except Conflict:  # the same link in two tabs: the first one used it
        raise InvalidInput(DEAD) from None
