"""One step of an exchange in a process of its own, to be killed at a named point (PORTAL_CRASH)."""

from __future__ import annotations

import sys
from pathlib import Path

from portal.bootstrap.build import build
from portal.logs import configure
from portal.settings import load
from portal.usecases.catalogue.import_catalogue import import_catalogue
from portal.usecases.returns.exchange_desk import Sent, confirm_sent
from portal.usecases.returns.exchange_fallback import expire_reservations
from portal.usecases.returns.exchange_orders import send_due
from portal.usecases.shops import find_shop


def main(step: str, argument: str) -> None:
    configure("ERROR")
    deps = build(load())
    if step == "expire":
        expire_reservations(deps)
    elif step == "plan":
        send_due(deps)
    elif step == "sent":
        confirm_sent(deps, int(argument), 1, "the key of one form", Sent(on_its_way=True))
    else:
        import_catalogue(deps, find_shop(deps, slug="juniper"), Path(argument))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
