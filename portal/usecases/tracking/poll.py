"""Poll the parcels that are due: claim, close the session, ask the carrier, write each result under its fence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.orm import Session

from carriers.errors import ErrorKind
from portal.domain.carrier_accounts import AccountRef
from portal.domain.pacing import Stretch
from portal.usecases.carriers.pace import Report, settle, state_of
from portal.usecases.carriers.quota import stretched_by
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.staff import audit
from portal.usecases.tracking.aside import keep_and_hold
from portal.usecases.tracking.ask import Answered, Round, ask_all
from portal.usecases.tracking.claim import Claim, Group, Taken, due_groups, give_back, take
from portal.usecases.tracking.feeds import record_polls
from portal.usecases.tracking.ingest import Origin
from portal.usecases.tracking.store import fingerprint, store, store_all
from portal.usecases.tracking.unchanged import store_unchanged

__all__ = ["Answered", "poll_carrier", "poll_due", "poll_group", "store"]

log = structlog.get_logger()

ROUND = 200  # parcels of one account claimed at a time
ROUNDS = 5  # of one account before the others' turn is looked for again


def poll_due(deps: Deps) -> int:
    """Poll everything that is due, accounts side by side, and wait for all of it. Returns how many parcels were asked
    about. The worker does the same without waiting (`Poller`)."""
    groups = due_groups(deps, deps.clock())
    if not groups:
        return 0
    with ThreadPoolExecutor(max_workers=len(groups), thread_name_prefix="carrier") as pool:
        return sum(pool.map(lambda group: poll_group(deps, group), groups))


def poll_carrier(deps: Deps, carrier: str, *, rounds: int = ROUNDS) -> int:
    """Poll at most `rounds` rounds of one carrier's due parcels, with whatever accounts there are for them."""
    groups = [group for group in due_groups(deps, deps.clock()) if group.carrier == carrier]
    return sum(poll_group(deps, group, rounds=rounds) for group in groups)


def poll_group(deps: Deps, group: Group, *, rounds: int = ROUNDS, go_on: Callable[[], bool] = lambda: True) -> int:
    """Poll at most `rounds` rounds with one account, as far as its pace, quota and breaker allow. `go_on` is asked
    between rounds."""
    asked = 0
    for _ in range(rounds):
        if not go_on():
            break
        taken = take(deps, group, limit=ROUND)
        if not taken.claims:
            break
        asked += _play(deps, group, taken)
        if not taken.full:
            break
    return asked


def _play(deps: Deps, group: Group, taken: Taken) -> int:
    played = ask_all(deps, group, taken.claims)
    deps.crash("poll.after_fetch")
    # What was learnt of the account first: where it asks to wait, no other worker shall call it meanwhile.
    paused, stretched = _learn(deps, group, taken, played)
    answered, left = _set_aside(played, paused)
    _store(deps, group, answered, stretched)
    give_back(deps, left)
    record_polls(deps, group.carrier, [a.error or (a.result.error if a.result else None) for a in played.answered])
    return len(answered)


def _learn(deps: Deps, group: Group, taken: Taken, played: Round) -> tuple[bool, Stretch]:
    if group.account is None:
        return False, Stretch()
    with deps.sessions.write_system() as session:
        state, wall = state_of(session, group.account), deps.wall()
        report = Report(taken.calls, played.calls, played.outcomes, len(played.left))
        stretched = stretched_by(session, deps, group.account, state)
        if refused := settle(state, group.account, report, wall):
            _alert(session, deps, group.account)
        paused = state.paused_at is not None and (refused or state.paused_reason == "auth")
    return paused, stretched


def _alert(session: Session, deps: Deps, account: AccountRef) -> None:
    audit.record(
        session,
        deps,
        actor="worker",
        action="account_paused",
        subject=f"account {account.key}",
        shop_id=account.shop_id,
        details={"carrier": account.adapter, "reason": "auth"},
    )


def _set_aside(played: Round, paused: bool) -> tuple[list[Answered], list[Claim]]:
    """What is to be written, and the parcels that keep their place: those that nobody asked about, and those that met
    closed doors which have nothing to do with them."""
    answered, left = [], list(played.left)
    for one in played.answered:
        error = one.error
        own_pace = error is not None and error.kind is ErrorKind.RATE_LIMITED and not error.sent
        refused = paused and error is not None and error.kind is ErrorKind.AUTH
        if own_pace or refused:
            left.append(one.claim)
        else:
            answered.append(one)
    return answered, left


def _store(deps: Deps, group: Group, answers: Sequence[Answered], stretched: Stretch) -> None:
    shops: dict[int, ShopRef] = {}
    # One moment for the whole round: by it a kept answer finds what was read from it.
    origin = Origin(group.account.adapter if group.account else group.carrier, "poll", deps.clock())
    failed = [a for a in answers if a.result is None]
    same = [a for a in answers if _says_nothing_new(a)]
    known = {a.claim.shipment_id for a in (*failed, *same)}
    news = keep_and_hold(deps, group, [a for a in answers if a.claim.shipment_id not in known], failed, origin)
    ending = store_unchanged(deps, same, shops, stretched)
    store_all(deps, [*news, *failed, *ending], shops, origin, stretched)


def _says_nothing_new(answered: Answered) -> bool:
    result, seen = answered.result, answered.claim.fingerprint
    return result is not None and result.error is None and seen is not None and fingerprint(result) == seen
