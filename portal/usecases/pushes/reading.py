"""Read one stored push and give its parcels what it says. Reading again does no harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from carriers.base import RawAnswer
from carriers.errors import CarrierError
from carriers.model import TrackingResult
from portal.domain.carrier_accounts import AccountRef, choose
from portal.usecases.deps import Deps
from portal.usecases.pushes.endings import Endings
from portal.usecases.pushes.scope import Belief, Speaker, as_written, parcels_of
from portal.usecases.shops import find_shop
from portal.usecases.tracking.ingest import Origin
from portal.usecases.tracking.merge import JUST_NOW
from portal.usecases.tracking.told import hint, merge_pushed

log = structlog.get_logger()

LONGEST_NUMBER = 100
LONGEST_REF = 200


class Unreadable(Exception):
    """The body is not what the carrier promises, or the adapter stumbled over it. `why` is a word for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a push. `nobodys` are the numbers in it that are no parcel's here, as far as it is believed."""

    parcels: int = 0
    changed: int = 0
    nobodys: tuple[str, ...] = ()
    sender_ref: str | None = None


def read(
    deps: Deps,
    speaker: Speaker,
    accounts: Sequence[AccountRef],
    push: RawAnswer,
    received_at: datetime,
    *,
    trusted: bool,
    again: bool = False,
    endings: Endings | None = None,
) -> Read:
    """Read a push and merge it, each parcel in a transaction of its own. Raises Unreadable.

    What came hours ago is merged as it would have been then, and told to shoppers only if it has happened just now.
    With `again` it corrects what was read from it before. `endings` watches over what a whole run ends.
    """
    results = _parsed(deps, speaker.carrier, push)
    quiet = deps.clock() - received_at > JUST_NOW
    origin = Origin(speaker.carrier, "push", at=received_at, late=again, quiet=quiet)
    parcels = changed = 0
    nobodys: list[str] = []
    for result in results:
        number = as_written(result.tracking_number or "")[:LONGEST_NUMBER]
        if not number:
            continue
        with deps.sessions.read_system() as session:
            found = parcels_of(session, speaker, accounts, number, trusted=trusted)
        if not found and trusted:
            nobodys.append(number)  # a hint about a parcel that comes later says nothing: it is asked about at once
        for spoken in found:
            parcels += 1
            doubted = endings is not None and spoken.belief is Belief.MERGE and not endings.believed(spoken, result)
            belief = Belief.HINT if doubted else spoken.belief
            if belief is Belief.HINT:
                shop = find_shop(deps, shop_id=spoken.shop_id)
                hint(deps, shop, spoken.shipment_id, choose(accounts, spoken.shop_id, spoken.carrier))
                continue
            changed += _give(deps, spoken.shop_id, spoken.shipment_id, result, origin)
    return Read(parcels, changed, tuple(dict.fromkeys(nobodys)), _sender_ref(deps, speaker.carrier, push))


def _parsed(deps: Deps, carrier: str, push: RawAnswer) -> list[TrackingResult]:
    try:
        return deps.carriers.parse(carrier, push, [], push=True)
    except CarrierError as error:
        raise Unreadable(error.kind.value) from None
    except Exception as error:
        log.exception("push.parser_stumbled", carrier=carrier)
        raise Unreadable(type(error).__name__) from None


def _give(deps: Deps, shop_id: int, shipment_id: int, result: TrackingResult, origin: Origin) -> bool:
    shop = find_shop(deps, shop_id=shop_id)
    if result.error is not None and not result.checkpoints:
        return False  # that a carrier does not know a number yet is an answer to a question, and nobody asked
    return merge_pushed(deps, shop, shipment_id, result, origin)


def _sender_ref(deps: Deps, carrier: str, push: RawAnswer) -> str | None:
    """The carrier's own name for this delivery, for asking them about it. Nothing depends on it."""
    try:
        found = deps.carriers.push_id(carrier, push)
    except Exception:
        return None
    return "".join(c for c in found if c.isprintable())[:LONGEST_REF] if found else None
