"""One pass of the real worker in a process of its own, to be killed at a named point (PORTAL_CRASH)."""

from __future__ import annotations

from portal.bootstrap.build import build
from portal.logs import configure
from portal.settings import load
from portal.usecases.deliver_outbox import deliver_outbox
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.returns.effects import run_effects
from portal.usecases.tracking.poll import poll_due
from portal.usecases.tracking.sweep import sweep


def main() -> None:
    configure("ERROR")
    deps = build(load())
    poll_due(deps)
    work_inbox(deps)
    sweep(deps)
    run_effects(deps)
    deliver_outbox(deps)


if __name__ == "__main__":
    main()
