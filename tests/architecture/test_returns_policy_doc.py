"""The reference of return settings knows every word that a shop may write, and its examples can be applied."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields

import pytest

from portal.domain.returns.actions import ACTIONS
from portal.domain.returns.conditions import CONDITIONS
from portal.domain.returns.config import (
    ExchangeConfig,
    OfferConfig,
    PayoutConfig,
    ReturnLimits,
    ReturnLists,
    ReturnPolicyConfig,
    Rule,
    Season,
    Store,
    WithdrawalConfig,
    Zone,
)
from portal.domain.returns.conflicts import conflicts
from portal.domain.shop_config import ShopConfig
from portal.settings import ROOT
from tests.support.factory import shop_document

TEXT = (ROOT / "docs" / "returns-policy.md").read_text(encoding="utf-8")
KINDS = (
    ReturnPolicyConfig,
    Zone,
    Season,
    ReturnLimits,
    ReturnLists,
    Rule,
    Store,
    OfferConfig,
    ExchangeConfig,
    PayoutConfig,
    WithdrawalConfig,
)


def rows(heading: str) -> list[str]:
    """The first cells of the tables of a section."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
    assert section, heading
    return re.findall(r"^\| `(\w+)` \|", section[1], re.M)


def test_every_condition_and_every_action_has_a_row_and_there_are_no_others() -> None:
    assert sorted(rows("Conditions")) == sorted(CONDITIONS)
    assert sorted(rows("Actions")) == sorted(ACTIONS)


def test_every_setting_is_named() -> None:
    named = set(re.findall(r"`(\w+)`", TEXT))
    missing = [f"{kind.__name__}.{s.name}" for kind in KINDS for s in fields(kind) if s.init and s.name not in named]
    assert missing == []
    assert set(rows("Settings")) == {s.name for s in fields(ReturnPolicyConfig)}


@pytest.mark.parametrize("example", re.findall(r"^```toml$(.*?)^```$", TEXT, re.M | re.S))
def test_the_examples_can_be_applied(example: str) -> None:
    config = ShopConfig.from_document(shop_document(**tomllib.loads(example)))
    assert conflicts(config.returns) == []
