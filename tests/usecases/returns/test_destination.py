"""Where a return goes: the warehouse, or the place that a zone or a rule names."""

from __future__ import annotations

from typing import Any

import pytest

from portal.domain.shop_config import ShopConfig
from portal.usecases.deps import Deps
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.view import view_return
from portal.usecases.shops import apply_config, export_config, find_shop
from tests.support.doubles import FakeCarriers
from tests.support.factory import shop_document
from tests.usecases.returns.conftest import Desk

OUTLET = {"name": "Outlet", "line1": "Dock 4", "city": "Reno", "postal_code": "89501", "country": "US"}
RULE = {"id": "worn", "when": {"return_reason": ["defective"]}, "then": {"destination": "outlet"}}


@pytest.fixture
def outlet(deps: Deps, desk: Desk) -> Desk:
    document = export_config(deps, desk.shop.slug)
    policy = document.get("returns", {}) | {"rules": [RULE]}
    apply_config(deps, desk.shop.slug, document | {"destinations": {"outlet": OUTLET}, "returns": policy})
    desk.shop = find_shop(deps, slug=desk.shop.slug)
    return desk


def test_the_label_goes_where_the_rule_says_and_the_page_and_the_poller_know(
    deps: Deps, outlet: Desk, carriers: FakeCarriers
) -> None:
    order = outlet.order(placed_at=deps.clock())
    public_id = outlet.submit(order, reason="defective")
    assert run_label(deps, outlet.shop, outlet.effects()[-1].id)
    assert carriers.wanted[-1].recipient.city == "Reno"
    assert view_return(deps, outlet.shop, public_id).warehouse.city == "Reno"


def test_other_reasons_go_to_the_warehouse(deps: Deps, outlet: Desk, carriers: FakeCarriers) -> None:
    outlet.submit(outlet.order(placed_at=deps.clock()))
    assert run_label(deps, outlet.shop, outlet.effects()[-1].id)
    assert carriers.wanted[-1].recipient.city == outlet.shop.config.warehouse.city


@pytest.mark.parametrize(
    "policy", [{"rules": [RULE]}, {"zones": [{"name": "Far", "countries": ["US"], "destination": "outlet"}]}]
)
def test_a_place_without_an_address_is_refused_when_the_settings_are_read(policy: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="destination 'outlet'"):
        ShopConfig.from_document(shop_document(returns=policy))
