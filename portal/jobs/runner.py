"""Tick the schedule. APScheduler only keeps time; a row per job and slot decides who runs (reliability: D7)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from portal.jobs.heartbeat import beat_end, beat_start, take_slot
from portal.jobs.schedule import Job, make_jobs
from portal.usecases.deps import Deps

log = structlog.get_logger()


class Worker:
    """Runs every job of the schedule until it is stopped. Several workers on several machines share the work."""

    def __init__(self, deps: Deps, jobs: tuple[Job, ...] | None = None) -> None:
        self._deps = deps
        self._jobs = jobs = make_jobs() if jobs is None else jobs
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(len(jobs))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._stopping = threading.Event()

    def start(self) -> None:
        for job in self._jobs:
            self._scheduler.add_job(
                self._tick(job), "interval", seconds=job.seconds, id=job.name, next_run_time=self._deps.wall()
            )
        self._scheduler.start()

    def stop(self, *, wait: bool = True) -> None:
        """Let running jobs finish, start no new ones."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=wait)
        for job in self._jobs:
            job.stop()

    def _tick(self, job: Job) -> Callable[[], None]:
        def tick() -> None:
            if not self._stopping.is_set():
                run_once(self._deps, job)

        return tick


def run_once(deps: Deps, job: Job) -> bool:
    """Run a job if its slot is still free. An error is logged and kept in the heartbeat; the next tick tries again."""
    try:
        if not take_slot(deps, job.name, job.seconds):
            return False
        beat_start(deps, job.name)
        done = job.work(deps)
    except Exception as error:
        log.exception("job.failed", job=job.name)
        beat_end(deps, job.name, done=0, error=type(error).__name__)
        return False
    beat_end(deps, job.name, done=done, error=None)
    return True


def stale_after(job: Job) -> timedelta:
    """How old a heartbeat may be before the job counts as standing still."""
    return timedelta(seconds=max(60, job.seconds * 5))
