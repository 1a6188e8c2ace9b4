"""Pushes that would end too many parcels at once are not believed before they were asked about (reliability: T45).

Asked about, they come by the poll's own guard, which holds them for a person.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.model import Status, TrackingResult
from portal.db.tables.raw_answers import HeldBatch
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef, choose
from portal.domain.mass_change import LEAST, is_final, too_many
from portal.usecases.deps import Deps
from portal.usecases.pushes.numbers import asked_with
from portal.usecases.pushes.scope import Spoken

log = structlog.get_logger()


class Endings:
    """Counts, for each account, the parcels that one run through the inbox ends. Not for several threads."""

    def __init__(self, deps: Deps, accounts: Sequence[AccountRef]) -> None:
        self._deps, self._accounts = deps, accounts
        self._ended: dict[str, set[int]] = {}
        self._open: dict[str, int] = {}  # of an account, before the first of them ended

    def believed(self, spoken: Spoken, result: TrackingResult) -> bool:
        """Whether a proven push may be merged. Where nobody can be asked, it is the only word there is."""
        account = choose(self._accounts, spoken.shop_id, spoken.carrier)
        if account is None or not account.guarded or not is_final(result.status, result.substatus):
            return True
        with self._deps.sessions.read_system() as session:
            if not _would_end(session, spoken.shipment_id):
                return True
            held = select(HeldBatch.id).where(HeldBatch.account == account.key, HeldBatch.state == "held")
            if session.scalar(held) is not None:
                return False  # nobody has looked yet at what is held already
            return self._counted(session, account, spoken.shipment_id)

    def _counted(self, session: Session, account: AccountRef, shipment_id: int) -> bool:
        ended = self._ended.setdefault(account.key, set())
        ended.add(shipment_id)
        if len(ended) < LEAST:
            return True
        if account.key not in self._open:
            # This one is open still; those before it are no longer.
            self._open[account.key] = _open_parcels(session, self._accounts, account) + len(ended) - 1
        if not too_many(len(ended), self._open[account.key]):
            return True
        if len(ended) & (len(ended) - 1) == 0:
            log.error("pushes.not_believed", account=account.key, carrier=account.adapter, parcels=len(ended))
        return False


def _would_end(session: Session, shipment_id: int) -> bool:
    """Not of one that has ended, nor by the first word about it, which may well find it at its end."""
    shipment = session.get(Shipment, shipment_id)
    return (
        shipment is not None
        and shipment.last_scan_at is not None
        and not is_final(Status(shipment.status), shipment.substatus)
    )


def _open_parcels(session: Session, accounts: Sequence[AccountRef], account: AccountRef) -> int:
    mine = asked_with(session, accounts, account)
    if mine is None:
        return 0
    query = (
        select(func.count())
        .select_from(PollQueueEntry)
        .join(Shipment, Shipment.id == PollQueueEntry.shipment_id)
        .where(mine, Shipment.status.not_in(("delivered", "expired")))
    )
    return session.scalar(query) or 0
