"""Every periodic job there is: a name, how often (real seconds), and what to do. To add a job, add a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.usecases.customer_values import recompute_all_values
from portal.usecases.deliver_outbox import deliver_outbox
from portal.usecases.deps import Deps
from portal.usecases.housekeeping import tidy
from portal.usecases.pushes.inbox import work_inbox
from portal.usecases.pushes.orphans import adopt
from portal.usecases.pushes.silence import notice_silence
from portal.usecases.pushes.subscriptions import subscribe_due
from portal.usecases.returns.deadlines import watch_deadlines
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.exchange_fallback import expire_reservations
from portal.usecases.returns.exchange_orders import send_due
from portal.usecases.returns.label_lapse import give_back_unused
from portal.usecases.returns.policy_trial import run_trials
from portal.usecases.returns.telling import tell_of_delays
from portal.usecases.tracking.poller import Poller
from portal.usecases.tracking.remap import apply_mappings
from portal.usecases.tracking.sweep import sweep


@dataclass(frozen=True, slots=True)
class Job:
    """`work` returns how many things it handled. It runs every `seconds`, never twice at a time in one process.

    `stop` ends what it may have left running in the background.
    """

    name: str
    seconds: int
    work: Callable[[Deps], int]
    stop: Callable[[], None] = lambda: None


def make_jobs() -> tuple[Job, ...]:
    """The jobs of one worker, which remembers what it is polling."""
    poller = Poller()
    return (Job("poll", 5, poller.tick, poller.stop), *OTHERS)


OTHERS = (
    Job("inbox", 2, work_inbox),
    Job("parked_pushes", 60, adopt),
    Job("subscriptions", 60, subscribe_due),
    Job("push_silence", 600, notice_silence),
    Job("sweep", 20, sweep),
    Job("mappings", 30, apply_mappings),
    Job("outbox", 5, deliver_outbox),
    Job("effects", 10, run_effects),
    Job("unused_labels", 1800, give_back_unused),
    Job("late_labels", 300, tell_of_delays),
    Job("return_days", 1800, watch_deadlines),
    Job("exchanges", 20, send_due),
    Job("reservations", 60, expire_reservations),
    Job("policy_trials", 5, run_trials),
    Job("values", 3600, recompute_all_values),
    Job("tidy", 600, tidy),
)

JOBS = make_jobs()  # for whoever wants their names and times
