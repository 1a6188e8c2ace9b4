"""Slots and heartbeats of jobs, in real time."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from portal.db.tables.operations import JobHeartbeat, JobSlot
from portal.usecases.deps import Deps


def take_slot(deps: Deps, job: str, seconds: int) -> bool:
    """Whether this process runs the job in this slot of time: of many schedulers, the first to insert the row does."""
    now = deps.wall()
    try:
        with deps.sessions.write_system() as session:
            session.add(JobSlot(job=job, slot=int(now.timestamp()) // seconds, started_at=now))
    except IntegrityError:
        return False
    return True


def beat_start(deps: Deps, job: str) -> None:
    with deps.sessions.write_system() as session:
        beat = session.get(JobHeartbeat, job) or JobHeartbeat(job=job)
        beat.started_at = deps.wall()
        session.add(beat)


def beat_end(deps: Deps, job: str, *, done: int, error: str | None) -> None:
    now = deps.wall()
    with deps.sessions.write_system() as session:
        beat = session.get(JobHeartbeat, job) or JobHeartbeat(job=job, started_at=now)
        beat.finished_at, beat.error, beat.done = now, error, done
        if error is None:
            beat.ok_at = now
        session.add(beat)
