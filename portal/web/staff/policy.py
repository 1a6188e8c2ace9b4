"""The return policy in the console: what holds, what a change would do, publish it or not, one step back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.returns.trial import ORDER, RETURN
from portal.domain.toml_text import dumps
from portal.domain.words import N_
from portal.errors import ConfigError, Conflict
from portal.usecases.deps import ShopRef
from portal.usecases.returns import policy_trial, policy_versions
from portal.usecases.shops import export_config, find_shop, list_shops
from portal.web.language import speaker
from portal.web.staff import login
from portal.web.staff.blueprint import blueprint
from portal.web.staff.common import message_of, number
from portal.web.staff.said import say
from portal.web.state import deps
from portal.web.verdicts import said_of_record

LONGEST = 200_000  # characters of a policy
CHANGES = {
    "allowed": N_("can go back now"),
    "refused": N_("cannot go back any more"),
    "window": N_("another last day"),
    "review": N_("waits for a person"),
    "no_review": N_("no longer waits for a person"),
    "resolution": N_("something else is offered"),
    "sum": N_("another sum"),
}


def policy_of(shop: ShopRef) -> dict[str, Any]:
    """What the shop has written down; what it leaves out is as usual."""
    found: dict[str, Any] = export_config(deps(), shop.slug).get("returns", {})
    return found


def _shown(value: Any) -> str:
    """A setting in the words that the settings file uses."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _page(
    slug: str, *, text: str | None = None, days: int = policy_trial.DAYS, problem: str | None = None, status: int = 200
) -> tuple[str, int]:
    shop = find_shop(deps(), slug=slug)
    policy = policy_of(shop)
    page = render_template(
        "staff/policy.html",
        shop=shop,
        shops=list_shops(deps()),
        settings={name: _shown(value) for name, value in policy.items() if name not in ("rules", "zones")},
        rules=policy.get("rules", ()),
        zones=policy.get("zones", ()),
        shown=_shown,
        history=policy_versions.history(deps(), shop),
        written=dumps(policy) if text is None else text,
        days=days,
        most_days=policy_trial.MOST_DAYS,
        problem=problem,
    )
    return page, status


@blueprint.get("/policy")
def policy() -> Response | tuple[str, int]:
    """The policy of the first shop; the page leads to the others."""
    shops = list_shops(deps())
    if not shops:
        return render_template("staff/policy_none.html"), 200
    return redirect(url_for("staff.policy_shop", slug=request.args.get("shop") or shops[0].slug))


@blueprint.get("/policy/<slug>")
def policy_shop(slug: str) -> tuple[str, int]:
    """What holds at one shop, and since when."""
    return _page(slug)


@blueprint.post("/policy/<slug>/try")
@login.admin_only
def policy_try(slug: str) -> Response | tuple[str, int]:
    """Have a changed policy tried on what has happened."""
    text, days = request.form.get("policy", "")[:LONGEST], number(request.form, "days", policy_trial.DAYS)
    shop = find_shop(deps(), slug=slug)
    try:
        trial = policy_trial.ask_for_trial(
            deps(), shop, policy_trial.read_policy(text), days=days, actor=login.me().actor
        )
    except ConfigError as error:
        said = speaker().gettext("This cannot be read as a policy: %(why)s", why=str(error))
        return _page(slug, text=text, days=days, problem=said, status=422)
    return redirect(url_for("staff.policy_result", trial_id=trial), 303)


@blueprint.post("/policy/<slug>/back")
@login.admin_only
def policy_back(slug: str) -> Response | tuple[str, int]:
    """Put the policy before this one into force again."""
    try:
        shop, former = policy_versions.roll_back(
            deps(), slug, source=policy_versions.BROWSER, actor=login.me().actor, over=number(request.form, "over", 0)
        )
    except Conflict as error:
        return _page(slug, problem=message_of(error), status=409)
    say(speaker().gettext("The policy of version %(former)s is in force again.", former=former))
    return redirect(url_for("staff.policy_shop", slug=shop.slug), 303)


@blueprint.get("/policy/trials/<int(max=9223372036854775807):trial_id>")
def policy_result(trial_id: int) -> tuple[str, int]:
    """What a trial found, or how far it has come."""
    return _result(trial_id)


def _result(trial_id: int, problem: str | None = None, status: int = 200) -> tuple[str, int]:
    trial = policy_trial.find_trial(deps(), trial_id)
    _, doubts = policy_trial.check_policy(deps(), trial.shop.slug, trial.policy)
    page = render_template(
        "staff/policy_trial.html",
        trial=trial,
        doubts=doubts,
        refused=any(doubt.refused for doubt in doubts),
        changed=_changed(policy_of(trial.shop), trial.policy),
        changes=CHANGES,
        kinds=(RETURN, ORDER),
        said=lambda reason: said_of_record(reason, speaker()),
        problem=problem,
    )
    return page, status


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Settings that differ: name, before, after."""
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return [(name, _shown(before.get(name, "–")), _shown(after.get(name, "–"))) for name in names]


@blueprint.post("/policy/trials/<int(max=9223372036854775807):trial_id>/publish")
@login.admin_only
def policy_publish(trial_id: int) -> Response | tuple[str, int]:
    """Put the policy that was tried into force, for orders from now on."""
    try:
        shop = policy_versions.publish_trial(deps(), trial_id, actor=login.me().actor)
    except Conflict as error:
        return _result(trial_id, message_of(error), 409)
    except ConfigError as error:
        said = speaker().gettext("This policy cannot be put into force: %(why)s", why=str(error))
        return _result(trial_id, said, 422)
    say(speaker().gettext("The policy is in force for orders from now on. Earlier orders keep theirs."))
    return redirect(url_for("staff.policy_shop", slug=shop.slug), 303)
