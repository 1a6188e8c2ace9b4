"""A changed policy is tried on what has happened, published, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from portal.db.tables.orders import Customer
from portal.db.tables.return_flow import PolicyTrial
from portal.db.tables.returns import Return
from portal.errors import ConfigError, Conflict
from portal.usecases.deps import Deps
from portal.usecases.returns import policy_trial
from portal.usecases.returns.policy_trial import ask_for_trial, find_trial, read_policy, run_trials, try_policy
from portal.usecases.returns.policy_versions import history, publish, publish_trial, roll_back
from portal.usecases.returns.rows import config_of_date
from portal.usecases.shops import apply_config, export_config, find_shop
from tests.support.doubles import Clock
from tests.usecases.returns.conftest import Desk

RULE = {"id": "shirts", "when": {"product_type": ["shirt"]}, "then": {"reject": True}}


def policy(deps: Deps, desk: Desk, **changes: Any) -> dict[str, Any]:
    return {**export_config(deps, desk.shop.slug).get("returns", {}), **changes}


def tried(deps: Deps, desk: Desk, **changes: Any) -> dict[str, Any]:
    return try_policy(deps, find_shop(deps, slug=desk.shop.slug), policy(deps, desk, **changes))


def test_the_policy_in_force_changes_no_decision(deps: Deps, desk: Desk) -> None:
    desk.submit(desk.order())
    found = tried(deps, desk)
    assert found["looked_at"] == {"return": 1, "order": 1}
    assert found["changed"] == {"return": 0, "order": 0}
    assert found["customers"] == 0


def test_a_fee_is_shown_in_money_and_by_whom_it_is_paid(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2, "unit_price_minor": 3_000}, total_minor=6_000, shipping_minor=0)
    desk.submit(order)
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Customer).values(is_vip=True).execution_options(synchronize_session=False))
    found = tried(deps, desk, fee_minor=500)
    assert found["kinds"]["return"] == {"sum": 1}
    assert found["money"]["return"] == {"USD": -500}
    assert found["fees"] == {"USD": 500}
    assert (found["customers"], found["vips"]) == (1, 1)
    (example,) = (one for one in found["examples"] if one["kind"] == "return")
    assert (example["before_minor"], example["after_minor"], example["vip"]) == (3_000, 2_500, True)


def test_a_fee_is_not_taken_where_the_reason_waives_it(deps: Deps, desk: Desk) -> None:
    desk.submit(desk.order(), reason="defective")
    assert tried(deps, desk, fee_minor=500)["changed"]["return"] == 0


def test_what_could_no_longer_go_back_is_counted_for_returns_and_open_orders(deps: Deps, desk: Desk) -> None:
    desk.submit(desk.order({"quantity": 1, "product_type": "shirt"}))
    desk.order({"quantity": 1, "product_type": "shirt"})
    desk.order({"quantity": 1, "product_type": "sock"})
    found = tried(deps, desk, rules=[RULE])
    assert found["kinds"] == {"return": {"refused": 1}, "order": {"refused": 1}}
    assert found["sources"] == {"rule:shirts": 2}
    reasons = [reason["key"] for one in found["examples"] for reason in one["reasons"]]
    assert set(reasons) >= {"rule_rejection.rejected"}


def test_a_shorter_window_moves_last_days_and_closes_some(deps: Deps, desk: Desk) -> None:
    desk.order()
    found = tried(deps, desk, window_days=20)
    assert found["kinds"]["order"] == {"window": 1}
    assert tried(deps, desk, window_days=1)["kinds"]["order"] == {"refused": 1}


def test_a_customer_who_is_put_on_a_list_is_found_in_the_past(deps: Deps, desk: Desk) -> None:
    order = desk.order()
    desk.submit(order)
    found = tried(deps, desk, lists={"block_emails": [str(order.email).upper()]})
    assert found["kinds"]["return"] == {"refused": 1}


def test_a_trial_changes_nothing(deps: Deps, desk: Desk) -> None:
    public_id = desk.submit(desk.order())
    before = desk.returned(public_id).decision_record, find_shop(deps, slug=desk.shop.slug).config_version
    tried(deps, desk, rules=[RULE], fee_minor=900)
    assert (desk.returned(public_id).decision_record, find_shop(deps, slug=desk.shop.slug).config_version) == before


def test_a_withdrawal_by_law_is_no_matter_of_policy(deps: Deps, desk: Desk) -> None:
    desk.submit(desk.order())
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).values(kind="withdrawal").execution_options(synchronize_session=False))
    assert tried(deps, desk, fee_minor=500)["looked_at"]["return"] == 0


def test_a_trial_of_the_browser_is_worked_off_and_published_once(deps: Deps, desk: Desk) -> None:
    desk.submit(desk.order())
    changed = policy(deps, desk, fee_minor=500)
    trial = ask_for_trial(deps, desk.shop, changed, days=30, actor="staff 1")
    with pytest.raises(Conflict):
        publish_trial(deps, trial, actor="staff 1")
    assert run_trials(deps) == 1
    assert run_trials(deps) == 0
    done = find_trial(deps, trial)
    assert (done.state, done.done, done.total) == ("done", 2, 2)
    assert done.result["kinds"]["return"] == {"sum": 1}
    assert set(done.names) == {one["customer_id"] for one in done.result["affected"]}
    shop = publish_trial(deps, trial, actor="staff 1")
    assert shop.config.returns.fee_minor == 500
    assert publish_trial(deps, trial, actor="staff 1").config_version == shop.config_version


def test_a_trial_whose_worker_ended_is_begun_again(deps: Deps, desk: Desk, clock: Clock) -> None:
    trial = ask_for_trial(deps, desk.shop, policy(deps, desk), days=30, actor="staff 1")
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(
            update(PolicyTrial)
            .values(state="running", started_at=deps.wall())
            .execution_options(synchronize_session=False)
        )
    assert run_trials(deps) == 0
    clock.advance(minutes=11)
    assert run_trials(deps) == 1
    assert find_trial(deps, trial).state == "done"


def test_a_trial_that_breaks_is_told_of_once_and_keeps_nobody_waiting(
    deps: Deps, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (ask_for_trial(deps, desk.shop, policy(deps, desk), days=n, actor="staff 1") for n in (30, 40))
    as_it_is = policy_trial.try_policy

    def breaks(*given: Any, days: int, **more: Any) -> dict[str, Any]:
        if days == 30:
            raise OverflowError("a name and an address")
        return as_it_is(*given, days=days, **more)

    monkeypatch.setattr(policy_trial, "try_policy", breaks)
    assert run_trials(deps) == 2
    assert (find_trial(deps, first).state, find_trial(deps, second).state) == ("failed", "done")
    assert "address" not in str(find_trial(deps, first).error)
    assert run_trials(deps) == 0


def test_a_trial_of_settings_that_have_changed_since_is_not_published(deps: Deps, desk: Desk) -> None:
    trial = ask_for_trial(deps, desk.shop, policy(deps, desk, fee_minor=500), days=30, actor="staff 1")
    run_trials(deps)
    publish(deps, desk.shop.slug, policy(deps, desk, fee_minor=100), source="file", actor="cli")
    with pytest.raises(Conflict, match="have changed"):
        publish_trial(deps, trial, actor="staff 1")


def test_an_order_keeps_the_policy_of_its_date_when_a_new_one_is_published(
    deps: Deps, desk: Desk, clock: Clock
) -> None:
    earlier = desk.order()
    clock.advance(days=1)
    publish(deps, desk.shop.slug, policy(deps, desk, fee_minor=500), source="file", actor="cli")
    with deps.sessions.read(desk.shop.id) as session:
        assert config_of_date(session, desk.shop, earlier.placed_at)[1].fee_minor == 0
        assert config_of_date(session, desk.shop, deps.clock())[1].fee_minor == 500


def test_one_step_leads_back_and_a_second_one_forth(deps: Deps, desk: Desk) -> None:
    slug = desk.shop.slug
    with pytest.raises(Conflict, match="no earlier policy"):
        roll_back(deps, slug, source="file", actor="cli")
    publish(deps, slug, policy(deps, desk, fee_minor=500), source="file", actor="cli")
    apply_config(deps, slug, export_config(deps, slug) | {"name": "Another name"})
    shop, former = roll_back(deps, slug, source="file", actor="cli")
    assert (shop.config.returns.fee_minor, shop.config.name, former) == (0, "Another name", 1)
    shop, _ = roll_back(deps, slug, source="file", actor="cli")
    assert shop.config.returns.fee_minor == 500
    said = [(one.changed, one.in_force) for one in history(deps, shop)]
    assert said[0] == (("fee_minor",), True)
    assert [in_force for _, in_force in said] == [True, False, False, False]


def test_rules_that_say_two_things_at_once_are_not_published(deps: Deps, desk: Desk) -> None:
    two = [{"id": "a", "then": {"window_days": 10}}, {"id": "b", "then": {"window_days": 20}}]
    with pytest.raises(ConfigError, match="priority"):
        publish(deps, desk.shop.slug, policy(deps, desk, rules=two), source="file", actor="cli")


@pytest.mark.parametrize("text", ["fee_minor = 5", "[returns]\nfee_minor = 5", 'name = "x"\n[returns]\nfee_minor = 5'])
def test_a_file_is_a_whole_shop_or_the_table_alone(text: str) -> None:
    assert read_policy(text) == {"fee_minor": 5}


@pytest.mark.parametrize("text", ["fee_minor =", "returns = 3", "a = " + "[" * 100_000])
def test_what_is_no_policy_is_refused_in_words(text: str) -> None:
    with pytest.raises(ConfigError):
        read_policy(text)


def test_a_policy_that_cannot_be_read_is_refused_before_it_waits(deps: Deps, desk: Desk) -> None:
    with pytest.raises(ConfigError, match="fee_minor"):
        ask_for_trial(deps, desk.shop, {"fee_minor": "much"}, days=30, actor="staff 1")
