"""Commands about carriers, given what only the composition root may pick."""

from __future__ import annotations

from portal.bootstrap.carriers import all_adapters, carrier_accounts
from portal.bootstrap.clock import wall_clock
from portal.cli.carriers import make_group


def _configured() -> set[str]:
    from portal.settings import environment, load, read_toml  # only `list` needs it

    return set(carrier_accounts(read_toml(load().config_dir / "carriers.toml"), environment()).accounts)


carriers = make_group(all_adapters, _configured, wall_clock)
