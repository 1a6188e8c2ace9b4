"""The return policy in the console."""

from __future__ import annotations

import pytest

from portal.usecases.deps import Deps
from portal.usecases.returns.policy_trial import run_trials
from portal.usecases.returns.policy_versions import publish
from portal.usecases.shops import find_shop
from portal.usecases.staff.people import StaffUser
from tests.support.factory import Factory
from tests.web.staff.conftest import PASSWORD, Browser

PAGE = "/staff/policy/juniper"
RULES = """
fee_minor = 250

[[rules]]
id = "sale-shirts"
when = { product_type = ["shirt"], return_value_minor = { min = 100 } }
then = { restocking_percent = 10 }
"""


@pytest.fixture
def admin(stranger: Browser, mira: StaffUser) -> Browser:
    stranger.sign_in("mira@staff.example", PASSWORD)
    return stranger


def test_a_policy_is_tried_looked_at_published_and_taken_back(admin: Browser, deps: Deps, make: Factory) -> None:
    make.order(handed_over_at=deps.clock(), delivered_at=deps.clock())
    assert admin.get("/staff/policy").headers["Location"] == PAGE
    sent = admin.post(f"{PAGE}/try", PAGE, policy=RULES, days="30")
    assert sent.status_code == 303
    result = sent.headers["Location"]
    assert "data-watch" in admin.get(result).text
    run_trials(deps)
    page = admin.get(result).text
    assert "of 1 orders are judged otherwise" in page
    assert "data-watch" not in page
    assert admin.post(f"{result}/publish", result).headers["Location"] == PAGE
    page = admin.get(PAGE).text
    assert "in force for orders from now on" in page
    assert "return_value_minor" in page
    assert "min 100" in page
    assert admin.post(f"{PAGE}/back", PAGE, over="2").status_code == 303
    shop = find_shop(deps, slug="juniper")
    assert (shop.config_version, shop.config.returns.rules) == (3, ())
    assert admin.post(f"{PAGE}/back", PAGE, over="2").status_code == 409  # the same button pressed twice


def test_what_cannot_be_read_stays_in_the_form_with_the_reason(admin: Browser, make: Factory) -> None:
    answer = admin.post(f"{PAGE}/try", PAGE, policy='fee_minor = "much"', days="30")
    assert answer.status_code == 422
    assert "fee_minor must be a whole number" in answer.text
    assert "fee_minor = &#34;much&#34;" in answer.text


def test_rules_at_odds_are_shown_and_cannot_be_published(admin: Browser, deps: Deps, make: Factory) -> None:
    text = 'rules = [{ id = "a", then = { window_days = 9 } }, { id = "b", then = { window_days = 8 } }]'
    result = admin.post(f"{PAGE}/try", PAGE, policy=text, days="30").headers["Location"]
    run_trials(deps)
    assert "both set window_days" in admin.get(result).text
    assert admin.post(f"{result}/publish", result).status_code == 422
    assert find_shop(deps, slug="juniper").config_version == 1


def test_settings_that_changed_meanwhile_are_not_overwritten(admin: Browser, deps: Deps, make: Factory) -> None:
    result = admin.post(f"{PAGE}/try", PAGE, policy=RULES, days="30").headers["Location"]
    run_trials(deps)
    publish(deps, "juniper", {"fee_minor": 1}, source="file", actor="cli")
    assert admin.post(f"{result}/publish", result).status_code == 409
    assert find_shop(deps, slug="juniper").config.returns.fee_minor == 1


def test_an_agent_reads_the_policy_and_changes_nothing(stranger: Browser, noor: StaffUser, make: Factory) -> None:
    stranger.sign_in("noor@staff.example", PASSWORD)
    assert "Try it" not in stranger.get(PAGE).text
    assert stranger.post(f"{PAGE}/try", PAGE, policy="", days="30").status_code == 403
    assert stranger.post(f"{PAGE}/back", PAGE).status_code == 403
