"""Can this installation do its work? Asked by load balancers, so cheap and without personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.db.tables.operations import JobHeartbeat
from portal.usecases.deps import Deps


def check_readiness(deps: Deps, jobs: Mapping[str, int], migrated: Callable[[], bool]) -> dict[str, str]:
    """A word for each check: "ok", or what is wrong. `jobs` maps a job to the age in seconds it may reach."""
    checks = {"database": "ok", "migrations": "ok", "jobs": "ok"}
    try:
        with deps.sessions.read_system() as session:
            beats = {row.job: row.ok_at for row in session.scalars(select(JobHeartbeat))}
        if not migrated():
            checks["migrations"] = "not at the newest migration; run `portal db upgrade`"
    except SQLAlchemyError:
        return {"database": "cannot be reached", "migrations": "unknown", "jobs": "unknown"}
    now = deps.wall()
    late = sorted(
        job for job, age in jobs.items() if (beat := beats.get(job)) is None or now - beat > timedelta(seconds=age)
    )
    if late:
        checks["jobs"] = f"not heard of lately: {', '.join(late)}; is `portal worker` running?"
    return checks
