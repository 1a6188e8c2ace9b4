"""Which account a parcel is asked about with: the shop's own, the installation's, or an aggregator's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ENVIRONMENT = "env:"  # begins the key of an account whose credentials stand in the environment


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRef:
    """An account with a carrier, without its credentials.

    `mark` changes with the credentials and tells nothing about them. `guarded` says that answers which would end too
    many parcels at once are held for a person.
    """

    key: str
    adapter: str  # the code of the adapter that speaks to it; an aggregator's brings other carriers
    name: str
    shop_id: int | None = None  # None: the whole installation's
    aggregator: bool = False
    calls_per_second: float = 5.0
    calls_per_day: int | None = None
    mark: str = ""
    guarded: bool = True


def choose(accounts: Iterable[AccountRef], shop_id: int | None, carrier: str) -> AccountRef | None:
    """The account to ask about a shop's parcels of a carrier, None where there is none.

    The carrier's own word comes first: the shop's account with it, then the installation's. Only then an aggregator
    that brings it, again the shop's before the installation's; of several the one that was there first.
    """
    mine = [account for account in accounts if account.shop_id in (shop_id, None)]
    found = [a for a in mine if a.adapter == carrier] or [a for a in mine if a.aggregator]
    return min(found, key=lambda a: (a.shop_id is None, a.key.startswith(ENVIRONMENT), len(a.key), a.key), default=None)
