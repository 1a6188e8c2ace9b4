"""A changed policy is tried before it is in force: on past returns, and on orders as they stand now.

Trials that are asked for in the browser are rows, worked off by the worker, so that the page can show how far one has
come and nothing is lost when a process ends. A trial changes nothing else.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from portal.db.tables.orders import Customer
from portal.db.tables.return_flow import PolicyTrial
from portal.domain.returns.config import ReturnPolicyConfig
from portal.domain.returns.conflicts import Conflict as Clash
from portal.domain.returns.conflicts import conflicts
from portal.domain.returns.trial import Tally, compare
from portal.domain.shop_config import ShopConfig
from portal.errors import ConfigError, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.past import count_past, past_orders, past_returns
from portal.usecases.shops import export_config, find_shop
from portal.usecases.staff import audit

log = logging.getLogger(__name__)
BROKE = "something went wrong while it was tried; the server's log says what"
DAYS = 90  # how far back, where nobody says otherwise
MOST_DAYS = 1_100
_LEASE = timedelta(minutes=10)  # a trial that has shown no progress for so long is begun again
Progress = Callable[[int, int], None]


def read_policy(text: str) -> dict[str, Any]:
    """The `[returns]` of a TOML text: of a whole shop's settings, or the table alone. Raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is not TOML: {error}") from None
    except RecursionError:
        raise ConfigError("this is not TOML: brackets within brackets without end") from None
    found = document.get("returns", document)
    if not isinstance(found, dict):
        raise ConfigError("`returns` must be a table")
    return found


def with_policy(document: Mapping[str, Any], policy: Mapping[str, Any]) -> dict[str, Any]:
    """A shop's settings with another `[returns]`."""
    return {**document, "returns": dict(policy)}


def check_policy(deps: Deps, slug: str, policy: Mapping[str, Any]) -> tuple[ReturnPolicyConfig, list[Clash]]:
    """The policy as this shop would read it, and what does not fit together in it. Raises ConfigError, NotFound."""
    try:
        config = ShopConfig.from_document(with_policy(export_config(deps, slug), policy)).returns
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return config, conflicts(config)


def try_policy(
    deps: Deps,
    shop: ShopRef,
    policy: Mapping[str, Any],
    *,
    days: int = DAYS,
    progress: Progress = lambda done, of: None,
) -> dict[str, Any]:
    """What this policy would have decided otherwise than the one in force, in the last `days`. Changes nothing.

    Raises ConfigError for a policy that cannot be read.
    """
    new, _ = check_policy(deps, shop.slug, policy)
    old, now = shop.config.returns, deps.clock()
    since = now - timedelta(days=min(max(days, 1), MOST_DAYS))
    tally, done, total = Tally(), 0, count_past(deps, shop, since)
    progress(0, total)
    for source in (past_returns(deps, shop, (old, new), since), past_orders(deps, shop, (old, new), since, now)):
        for batch in source:
            for past in batch:
                tally.add(past, compare(past, old, new, (shop.config_version, shop.config_version)))
            done += len(batch)
            progress(min(done, total), total)
    return tally.to_record() | {"days": days, "since": since.isoformat()}


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as the page shows it. Moments are business time in UTC."""

    id: int
    shop: ShopRef
    policy: Mapping[str, Any]
    based_on: int
    state: str  # waiting, running, done, failed, published
    done: int
    total: int
    result: Mapping[str, Any]
    error: str | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    names: Mapping[int, str]  # of affected customers


def ask_for_trial(deps: Deps, shop: ShopRef, policy: Mapping[str, Any], *, days: int, actor: str) -> int:
    """Have a policy tried by the worker; gives the trial's id. Raises ConfigError for one that cannot be read."""
    check_policy(deps, shop.slug, policy)
    with deps.sessions.write(shop.id) as session:
        row = PolicyTrial(
            shop_id=shop.id,
            document={"policy": dict(policy), "days": min(max(days, 1), MOST_DAYS)},
            based_on=shop.config_version,
            state="waiting",
            created_by=actor,
            created_at=deps.clock(),
        )
        session.add(row)
        session.flush()
        audit.record(
            session, deps, actor=actor, action="policy.try", subject=f"trial {row.id}", shop_id=shop.id, details={}
        )
        return row.id


def find_trial(deps: Deps, trial_id: int) -> Trial:
    """One trial. Raises NotFound."""
    with deps.sessions.read_system() as session:
        row = session.get(PolicyTrial, trial_id)
        if row is None:
            raise NotFound("there is no such trial")
        ids = {one["customer_id"] for one in row.result.get("affected", ())}
        names = {
            who: name or email or f"#{who}"
            for who, name, email in session.execute(
                select(Customer.id, Customer.name, Customer.email).where(Customer.id.in_(ids))
            )
        }
        found = {
            "id": row.id,
            "policy": row.document["policy"],
            "based_on": row.based_on,
            "state": row.state,
            "done": row.done,
            "total": row.total,
            "result": row.result,
            "error": row.error,
            "created_by": row.created_by,
            "created_at": row.created_at,
            "finished_at": row.finished_at,
            "names": names,
        }
        shop_id = row.shop_id
    return Trial(shop=find_shop(deps, shop_id=shop_id), **found)


def run_trials(deps: Deps) -> int:
    """The job: try what waits, the longest waiting first; gives how many were tried."""
    wall, tried = deps.wall(), 0
    with deps.sessions.read_system() as session:
        waiting = session.execute(
            select(PolicyTrial.id, PolicyTrial.shop_id)
            .where(or_(PolicyTrial.state == "waiting", _is_stuck(wall)))
            .order_by(PolicyTrial.id)
            .limit(5)
        ).all()
    for trial_id, shop_id in waiting:
        shop = find_shop(deps, shop_id=shop_id)
        if _claim(deps, shop, trial_id):
            _run(deps, shop, trial_id)
            tried += 1
    return tried


def _is_stuck(wall: datetime) -> Any:
    return (PolicyTrial.state == "running") & (PolicyTrial.started_at < wall - _LEASE)


def _claim(deps: Deps, shop: ShopRef, trial_id: int) -> bool:
    wall = deps.wall()
    with deps.sessions.write(shop.id) as session:
        taken: Any = session.execute(
            update(PolicyTrial)
            .where(PolicyTrial.id == trial_id, or_(PolicyTrial.state == "waiting", _is_stuck(wall)))
            .values(state="running", started_at=wall, done=0)
            .execution_options(synchronize_session=False)
        )
    return bool(taken.rowcount == 1)


def _run(deps: Deps, shop: ShopRef, trial_id: int) -> None:
    def write(**values: Any) -> None:
        with deps.sessions.write(shop.id) as session:
            session.execute(
                update(PolicyTrial)
                .where(PolicyTrial.id == trial_id, PolicyTrial.state == "running")
                .values(**values)
                .execution_options(synchronize_session=False)
            )

    with deps.sessions.read(shop.id) as session:
        document = session.get_one(PolicyTrial, trial_id).document
    try:
        result = try_policy(
            deps,
            shop,
            document["policy"],
            days=document["days"],
            progress=lambda done, of: write(done=done, total=of, started_at=deps.wall()),
        )
    except ConfigError as error:  # the settings around it have changed since it was asked for
        write(state="failed", error=str(error), finished_at=deps.clock())
        return
    except Exception:  # one that breaks is told of once; begun again and again it would keep those behind it waiting
        log.exception("policy trial %s could not be worked off", trial_id)
        write(state="failed", error=BROKE, finished_at=deps.clock())
        return
    write(state="done", result=result, finished_at=deps.clock())
