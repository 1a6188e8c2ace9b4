"""What a round's answers leave beside the parcels: the answers themselves, and those that a person shall see first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.base import RawAnswer as Answer
from carriers.model import Status, TrackingResult
from portal.db.tables.raw_answers import HeldBatch
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef
from portal.domain.mass_change import LEAST, is_final, too_many
from portal.usecases.carriers.pace import state_of
from portal.usecases.carriers.raw import Source, keep, unread_lately
from portal.usecases.deps import Asked, Deps
from portal.usecases.staff import audit
from portal.usecases.tracking.ask import Answered
from portal.usecases.tracking.claim import Group, give_back
from portal.usecases.tracking.placing import Origin

log = structlog.get_logger()
HELD_FOR = timedelta(hours=24)  # a held parcel is not asked about again before this


def keep_and_hold(
    deps: Deps, group: Group, news: Sequence[Answered], failed: Sequence[Answered], origin: Origin
) -> list[Answered]:
    """Keep the answers that say something new or could not be read. Returns those that may be merged now; where they
    would end too many parcels at once, those that end one are held for a person."""
    account = group.account
    if account is None or not (news or failed):
        return list(news)
    now = origin.at or deps.clock()
    source = Source(account.key, origin.adapter, group.carrier, origin.source)
    with deps.sessions.write_system() as session:
        hold, held = _hold(session, deps, group, account, news, now)
        for asked, index, about in _by_answer(news):
            _keep(session, source, asked.answers[index], about, now, hold, held)
        _keep_unread(session, source, failed, now)
    give_back(deps, [a.claim for a in news if a.claim.shipment_id in held], next_poll_at=now + HELD_FOR)
    return [a for a in news if a.claim.shipment_id not in held]


def _by_answer(news: Iterable[Answered]) -> list[tuple[Asked, int, list[Answered]]]:
    """The answers with what they say of which parcel. That a number is unknown is nothing to read again."""
    found: dict[tuple[int, int], tuple[Asked, int, list[Answered]]] = {}
    for one in news:
        nothing = one.result is None or (one.result.error is not None and not one.result.checkpoints)
        if one.asked is not None and one.answer is not None and not nothing:
            found.setdefault((id(one.asked), one.answer), (one.asked, one.answer, []))[2].append(one)
    return list(found.values())


def _keep(
    session: Session,
    source: Source,
    given: tuple[Answer, list[TrackingResult]],
    about: Sequence[Answered],
    now: datetime,
    hold: HeldBatch | None,
    held: set[int],
) -> None:
    answer, results = given
    waiting = held & {a.claim.shipment_id for a in about}
    unknown = any(c.status is None and not c.notice for result in results for c in result.checkpoints)
    keep(
        session,
        source,
        answer,
        [(a.claim.shop_id, a.claim.shipment_id) for a in about],
        [a.claim.tracking_number for a in about],
        now,
        kept_for="held" if waiting else "unmapped" if unknown else "changed",
        hold_id=hold.id if hold is not None and waiting else None,
        held=waiting,
    )


def _keep_unread(session: Session, source: Source, failed: Sequence[Answered], now: datetime) -> None:
    found = next((a for a in failed if a.asked is not None and a.asked.unread is not None), None)
    if found is None or found.asked is None or found.asked.unread is None:
        return
    if not unread_lately(session, source.account, now):
        claim = found.claim
        about = [(claim.shop_id, claim.shipment_id)]
        keep(session, source, found.asked.unread, about, [claim.tracking_number], now, kept_for="unread")


def _hold(
    session: Session, deps: Deps, group: Group, account: AccountRef, news: Sequence[Answered], now: datetime
) -> tuple[HeldBatch | None, set[int]]:
    """The batch that is held and the parcels of this round that belong into it."""
    if not account.guarded:
        return None, set()
    ending = _ending(session, news)
    if not ending:
        return None, set()
    state_of(session, account)  # two workers that find the same are one after the other
    held = session.scalars(
        select(HeldBatch).where(HeldBatch.account == account.key, HeldBatch.state == "held")
    ).one_or_none()
    if held is not None:
        return held, ending  # as long as nobody has looked, every further ending is held too
    open_parcels = _open_parcels(session, group) if len(ending) >= LEAST else 0
    if not too_many(len(ending), open_parcels):
        return None, set()
    held = HeldBatch(account=account.key, carrier=group.carrier, held_at=now, open_parcels=open_parcels)
    session.add(held)
    session.flush()
    log.error("answers.held", account=account.key, carrier=group.carrier, parcels=len(ending), open=open_parcels)
    audit.record(
        session,
        deps,
        actor="worker",
        action="answers_held",
        subject=f"held batch {held.id}",
        shop_id=account.shop_id,
        details={"carrier": group.carrier, "parcels": len(ending), "open": open_parcels},
    )
    return held, ending


def _ending(session: Session, news: Sequence[Answered]) -> set[int]:
    """The parcels that these answers would end. The first answer about a parcel may well find it at its end."""
    said = {
        a.claim.shipment_id
        for a in news
        if a.result is not None and a.claim.fingerprint is not None and is_final(a.result.status, a.result.substatus)
    }
    if not said:
        return set()
    rows = session.execute(select(Shipment.id, Shipment.status, Shipment.substatus).where(Shipment.id.in_(said)))
    return {id_ for id_, status, substatus in rows if not is_final(Status(status), substatus)}


def _open_parcels(session: Session, group: Group) -> int:
    """How many parcels of the group are on their way."""
    query = (
        select(func.count())
        .select_from(PollQueueEntry)
        .join(Shipment, Shipment.id == PollQueueEntry.shipment_id)
        .where(PollQueueEntry.carrier == group.carrier, Shipment.status.not_in(("delivered", "expired")))
    )
    if group.shops is not None:
        query = query.where(PollQueueEntry.shop_id.in_(group.shops))
    return session.scalar(query) or 0
