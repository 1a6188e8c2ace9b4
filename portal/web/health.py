"""`/healthz`: this process answers. `/readyz`: it can also do its work. For machines; no personal data."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from portal.usecases.readiness import check_readiness
from portal.web.audience import declare
from portal.web.state import deps, state

blueprint = declare(Blueprint("health", __name__), "public")


@blueprint.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 when the database answers, is migrated to the newest version, and the jobs are alive; 503 and why if not."""
    current = state()
    checks = check_readiness(deps(), current.ready_jobs, current.migrated)
    ready = all(value == "ok" for value in checks.values())
    return jsonify(status="ok" if ready else "unavailable", checks=checks), 200 if ready else 503
