"""Send what is due in the outbox: claimed, composed, marked as leaving, sent, settled (reliability: D3, F03, F31).

A message whose process dies is never lost: before it was marked as leaving it is simply claimed again; after that it
is ambiguous, and is repeated once with the same Message-ID, so that mail programs can show it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import structlog
from sqlalchemy import case, or_, select, update

from portal.db.tables.messages import OutboxMessage
from portal.domain.notifications import CATALOGUE, REPEATS_WHEN_UNSURE, wait_after
from portal.notify.errors import MailDown, MailRefused, MailUnsure
from portal.notify.message import build
from portal.notify.render import render
from portal.usecases.compose import Moot, compose
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.shops import find_shop

# Longer than a message's whole time on the wire (the mailer's own deadline) and the write after it.
LEASE = timedelta(minutes=5)
REPEAT_AFTER = timedelta(minutes=1)
GAVE_UP = "given up after 72 hours"
STOPPED = "the worker stopped while it was sending"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """One message that is ours until the lease ends. Nothing is written about it under another fence."""

    id: int
    shop_id: int
    event: str
    recipient: str
    message_id: str
    fence: int
    attempts: int  # this one included
    unsure: int

    @property
    def waiting_state(self) -> str:
        return "ambiguous" if self.unsure else "queued"


def deliver_outbox(deps: Deps, limit: int = 50) -> int:
    """Send at most `limit` messages that are due, of all shops. Returns how many were sent.

    Ends early when there is no mail server: the others would wait for it in vain, one after the other.
    """
    recover(deps)
    shops: dict[int, ShopRef] = {}
    sent = 0
    for _ in range(limit):
        claim = claim_next(deps)
        if claim is None:
            break
        if claim.shop_id not in shops:
            shops[claim.shop_id] = find_shop(deps, shop_id=claim.shop_id)
        outcome = _deliver(deps, shops[claim.shop_id], claim)
        sent += outcome == "sent"
        if outcome == "no server":
            break
    return sent


def recover(deps: Deps) -> int:
    """Messages whose worker stopped while sending may have been sent: mark them so. Returns how many."""
    wall = deps.wall()
    again = OutboxMessage.unsure < REPEATS_WHEN_UNSURE
    with deps.sessions.write_system() as session:
        done = session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.state == "sending", OutboxMessage.lease_until <= wall)
            .values(
                state=case((again, "ambiguous"), else_="parked"),
                unsure=OutboxMessage.unsure + 1,
                fence=OutboxMessage.fence + 1,
                next_attempt_at=wall,
                lease_until=None,
                last_error=STOPPED,
            )
            .execution_options(synchronize_session=False)
        )
    return int(getattr(done, "rowcount", 0))


def claim_next(deps: Deps) -> Claim | None:
    """Take the message that has been due for longest, under a lease and a new fence."""
    wall = deps.wall()
    with deps.sessions.write_system() as session:
        row = session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.state.in_(("queued", "ambiguous")),
                OutboxMessage.next_attempt_at <= wall,
                or_(OutboxMessage.lease_until.is_(None), OutboxMessage.lease_until <= wall),
            )
            .order_by(OutboxMessage.next_attempt_at, OutboxMessage.id)
            .limit(1)
            # SQLite has one writer at a time anyway and passes over this.
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        row.lease_until, row.fence, row.attempts = wall + LEASE, row.fence + 1, row.attempts + 1
        return Claim(row.id, row.shop_id, row.event, row.recipient, row.message_id, row.fence, row.attempts, row.unsure)


def _deliver(deps: Deps, shop: ShopRef, claim: Claim) -> str:
    try:
        message = _make(deps, shop, claim)
    except Moot as moot:
        return _settle(deps, claim, "suppressed", last_error=moot.reason)
    except MailRefused as refused:
        return _settle(deps, claim, "parked", last_error=str(refused))
    except Exception as error:
        # A fault of ours concerns this one message; the others go on, and it is tried again.
        log.exception("message_not_composed", outbox=claim.id, shop=shop.slug, error=type(error).__name__)
        return _put_off(deps, claim, f"could not be composed: {type(error).__name__}")
    if not _mark_leaving(deps, claim, str(message["Subject"])):
        return "taken over"
    return _send(deps, claim, message)


def _make(deps: Deps, shop: ShopRef, claim: Claim) -> EmailMessage:
    letter = compose(deps, shop, claim.id)
    rendered = render(letter, shop.config)
    return build(
        letter,
        rendered,
        shop.config,
        recipient=claim.recipient,
        message_id=claim.message_id,
        now=deps.clock(),
    )


def _send(deps: Deps, claim: Claim, message: EmailMessage) -> str:
    deps.crash("mail.before_send")
    try:
        deps.mailer.send(message)
    except MailDown as down:
        _put_off(deps, claim, str(down))
        return "no server" if down.code is None else "put off"
    except MailRefused as refused:
        return _settle(deps, claim, "parked", last_error=str(refused))
    except MailUnsure as unsure:
        return _doubt(deps, claim, str(unsure))
    except Exception as error:
        # Nobody knows how far it came, so it counts as perhaps sent.
        log.exception("message_not_sent", outbox=claim.id, error=type(error).__name__)
        return _doubt(deps, claim, f"sending failed: {type(error).__name__}")
    deps.crash("mail.after_accept")
    return _settle(deps, claim, "sent", sent_at=deps.clock(), last_error=None, crash_point="mail.before_commit")


def _mark_leaving(deps: Deps, claim: Claim, subject: str) -> bool:
    """Committed before the first byte leaves. False when the lease ran out and somebody else has the message."""
    wall = deps.wall()
    return _write(deps, claim, ("queued", "ambiguous"), state="sending", subject=subject, lease_until=wall + LEASE)


def _put_off(deps: Deps, claim: Claim, why: str) -> str:
    wait = wait_after(claim.attempts)
    if wait is None:
        return _settle(deps, claim, "parked", last_error=f"{GAVE_UP}: {why}")
    return _settle(deps, claim, claim.waiting_state, next_attempt_at=deps.wall() + wait, last_error=why)


def _doubt(deps: Deps, claim: Claim, why: str) -> str:
    state = "ambiguous" if claim.unsure < REPEATS_WHEN_UNSURE else "parked"
    return _settle(
        deps, claim, state, unsure=claim.unsure + 1, next_attempt_at=deps.wall() + REPEAT_AFTER, last_error=why
    )


def _settle(deps: Deps, claim: Claim, state: str, *, crash_point: str = "", **values: Any) -> str:
    if state in {"sent", "suppressed", "parked"} and CATALOGUE[claim.event].topic == "access":
        values["payload"] = {}  # a code has no business in the database once it has left, or never will
    _write(deps, claim, ("queued", "ambiguous", "sending"), crash_point, state=state, lease_until=None, **values)
    return state


def _write(deps: Deps, claim: Claim, states: tuple[str, ...], crash_point: str = "", **values: Any) -> bool:
    with deps.sessions.write_system() as session:
        done = session.execute(
            update(OutboxMessage)
            .where(
                OutboxMessage.id == claim.id,
                OutboxMessage.fence == claim.fence,
                OutboxMessage.state.in_(states),
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if crash_point:
            deps.crash(crash_point)
        return int(getattr(done, "rowcount", 0)) == 1
