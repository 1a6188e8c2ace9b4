"""Shops and the versions of their settings: the newest is in force, and nothing newer is overwritten in silence."""

from __future__ import annotations

import pytest

from portal.errors import ConfigError, Conflict, NotFound
from portal.usecases.deps import Deps
from portal.usecases.shops import apply_config, create_shop, export_config, find_shop, list_shops
from tests.support.factory import shop_document


def test_a_shop_is_found_by_its_name_and_by_its_own_host(deps: Deps) -> None:
    made = create_shop(deps, "juniper", shop_document(host="track.juniper.example"))
    assert find_shop(deps, slug="juniper") == find_shop(deps, host="track.juniper.example") == made
    assert list_shops(deps) == [made]
    with pytest.raises(NotFound, match="portal shops list"):
        find_shop(deps, slug="nobody")


@pytest.mark.parametrize("slug", ["", "Juniper", "staff", "a b", "-x", "x" * 41, "../etc"])
def test_a_short_name_that_cannot_stand_in_an_address_is_refused(deps: Deps, slug: str) -> None:
    with pytest.raises(ConfigError):
        create_shop(deps, slug, shop_document())


def test_a_taken_name_or_host_is_a_conflict(deps: Deps) -> None:
    create_shop(deps, "juniper", shop_document(host="track.juniper.example"))
    with pytest.raises(Conflict):
        create_shop(deps, "juniper", shop_document())
    with pytest.raises(Conflict):
        create_shop(deps, "other", shop_document(host="track.juniper.example"))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": None}, "name"),
        ({"colour": "red"}, "colour"),
        ({"returns": {"window_days": "thirty"}}, "returns.window_days"),
        ({"vip": {"orders": 5}}, "vip.orders"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_the_name_of_the_place(
    deps: Deps, change: dict[str, object], place: str
) -> None:
    with pytest.raises(ConfigError, match=place):
        create_shop(deps, "juniper", shop_document(**change))
    assert list_shops(deps) == []


def test_the_newest_version_is_in_force_and_can_be_written_back(deps: Deps) -> None:
    create_shop(deps, "juniper", shop_document())
    changed = shop_document(name="Juniper Home")
    shop, is_new = apply_config(deps, "juniper", changed)
    assert (shop.config.name, shop.config_version, is_new) == ("Juniper Home", 2, True)
    assert find_shop(deps, slug="juniper").config.name == "Juniper Home"
    assert export_config(deps, "juniper") == changed


def test_the_same_settings_again_change_nothing(deps: Deps) -> None:
    create_shop(deps, "juniper", shop_document())
    shop, is_new = apply_config(deps, "juniper", shop_document())
    assert (shop.config_version, is_new) == (1, False)


def test_a_file_over_newer_edits_from_the_browser_asks_first(deps: Deps) -> None:
    create_shop(deps, "juniper", shop_document())
    apply_config(deps, "juniper", shop_document(name="From the browser"), source="browser")
    with pytest.raises(Conflict, match="--force"):
        apply_config(deps, "juniper", shop_document(name="From the file"))
    shop, _ = apply_config(deps, "juniper", shop_document(name="From the file"), force=True)
    assert shop.config.name == "From the file"
