"""A shop's return policy over time: publish a new one, see who changed what and when, go back in one step.

The policy is part of the shop's settings, so each change is a new version of those; what was is never changed. An order
is judged by the policy of its date: a new one holds for orders that are placed from now on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from portal.db.tables.return_flow import PolicyTrial
from portal.db.tables.shops import ShopConfigVersion
from portal.errors import Conflict
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.policy_trial import find_trial, with_policy
from portal.usecases.shops import apply_config, export_config, find_shop
from portal.usecases.staff import audit

BROWSER, FILE = "browser", "file"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of the settings with which the policy changed. `changed` names the settings of `[returns]` that did;
    times are business time in UTC."""

    version: int
    at: datetime
    by: str
    source: str
    policy: Mapping[str, Any]
    changed: tuple[str, ...]
    in_force: bool


def history(deps: Deps, shop: ShopRef) -> tuple[PolicyVersion, ...]:
    """Every version that changed the policy, the newest first."""
    with deps.sessions.read_system() as session:
        rows = session.execute(
            select(
                ShopConfigVersion.version,
                ShopConfigVersion.created_at,
                ShopConfigVersion.created_by,
                ShopConfigVersion.source,
                ShopConfigVersion.document,
            )
            .where(ShopConfigVersion.shop_id == shop.id)
            .order_by(ShopConfigVersion.version)
        ).all()
    found: list[PolicyVersion] = []
    before: Mapping[str, Any] = {}
    for row in rows:
        policy = row.document.get("returns", {})
        names = sorted(name for name in policy.keys() | before.keys() if policy.get(name) != before.get(name))
        if names or not found:
            found.append(
                PolicyVersion(row.version, row.created_at, row.created_by, row.source, policy, tuple(names), False)
            )
        before = policy
    newest = found[-1]
    current = PolicyVersion(
        newest.version, newest.at, newest.by, newest.source, newest.policy, newest.changed, in_force=True
    )
    return (current, *reversed(found[:-1]))


def publish(
    deps: Deps, slug: str, policy: Mapping[str, Any], *, source: str, actor: str, force: bool = False
) -> tuple[ShopRef, bool]:
    """Put a policy into force for orders from now on; gives the shop, and whether anything changed.

    Raises ConfigError for one that cannot be read or says two things at once, Conflict for a file over newer edits of
    the browser unless `force` is given.
    """
    document = with_policy(export_config(deps, slug), policy)
    shop, changed = apply_config(deps, slug, document, source=source, actor=actor, force=force)
    if changed:
        _note(deps, shop, actor, "policy.publish", {"version": shop.config_version})
    return shop, changed


def publish_trial(deps: Deps, trial_id: int, *, actor: str) -> ShopRef:
    """Put the policy of a trial into force. Raises Conflict when it is not done, or when the settings have changed
    since: what it found would not be what comes."""
    trial = find_trial(deps, trial_id)
    if trial.state == "published":
        return trial.shop
    if trial.state != "done":
        raise Conflict("this trial is not done; wait until it has been tried on everything")
    if trial.shop.config_version != trial.based_on:
        raise Conflict("the settings have changed since this was tried; try it again")
    shop, _ = publish(deps, trial.shop.slug, trial.policy, source=BROWSER, actor=actor)
    with deps.sessions.write(shop.id) as session:
        session.execute(
            update(PolicyTrial)
            .where(PolicyTrial.id == trial_id)
            .values(state="published")
            .execution_options(synchronize_session=False)
        )
    return shop


def roll_back(deps: Deps, slug: str, *, source: str, actor: str, over: int = 0) -> tuple[ShopRef, int]:
    """Put the policy before the present one into force again, as a new version; gives the shop and the version that it
    came from. Twice leads back to where it began. Raises Conflict when there was none before, and when the settings are
    no longer those of version `over` (0: whichever): the same button pressed twice counts once."""
    shop = find_shop(deps, slug=slug)
    if over and shop.config_version != over:
        raise Conflict("the settings have changed since you opened the page; look at them again")
    versions = history(deps, shop)
    if len(versions) < 2:
        raise Conflict("there is no earlier policy to go back to")
    former = versions[1]
    document = with_policy(export_config(deps, slug), former.policy)
    shop, _ = apply_config(deps, slug, document, source=source, actor=actor, force=True)
    _note(deps, shop, actor, "policy.roll_back", {"version": shop.config_version, "of": former.version})
    return shop, former.version


def _note(deps: Deps, shop: ShopRef, actor: str, action: str, details: dict[str, Any]) -> None:
    with deps.sessions.write(shop.id) as session:
        audit.record(
            session, deps, actor=actor, action=action, subject=f"shop {shop.id}", shop_id=shop.id, details=details
        )
