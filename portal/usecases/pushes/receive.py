"""Take a push in: find its address, have its proof checked, store its bytes, and only then say yes (reliability: D4).

Nothing of the body is read here. Whatever can go wrong with reading it goes wrong later, and can be tried again.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Row, Table, case, update

from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from portal.db.queries.push_inbox import add_delivery, open_endpoint
from portal.db.tables.pushes import PushEndpoint
from portal.errors import ConfigError
from portal.usecases.deps import Deps
from portal.usecases.pushes.endpoints import path_hash, unseal
from portal.usecases.pushes.overview import midnight
from portal.usecases.pushes.scope import info_of

log = structlog.get_logger()

TOKEN = re.compile(r"[A-Za-z0-9_-]{20,80}", re.ASCII)
LONGEST_WORD = 200  # characters of a header that are kept
# What says how to read a body, and who sent it. Proofs are not kept: some of them are the secret itself.
KEPT_HEADERS = ("Content-Type", "Content-Encoding", "Date", "User-Agent")

_endpoints: Table = PushEndpoint.__table__  # type: ignore[assignment]


class Outcome(StrEnum):
    """What became of a push."""

    TAKEN = "taken"  # stored, for good
    KNOWN = "known"  # the same bytes are here already
    REFUSED = "refused"  # its proof is missing, wrong or too old: nothing was stored
    NOWHERE = "nowhere"  # no such address
    NOT_NOW = "not now"  # its proof cannot be checked until somebody has put the keys, or the adapter, right


def receive(deps: Deps, carrier: str, token: str, push: RawAnswer) -> Outcome:
    """Store a push that came to an address. When this returns TAKEN or KNOWN, its bytes survive a power cut."""
    endpoint = _find(deps, carrier, token)
    if endpoint is None:
        return Outcome.NOWHERE
    if info_of(deps, endpoint.carrier) is None:
        log.error("push.adapter_missing", endpoint=endpoint.id, carrier=endpoint.carrier)
        return Outcome.NOT_NOW
    try:
        trusted = _proven(deps, endpoint, push)
    except CarrierError:
        _count_refusal(deps, endpoint)
        return Outcome.REFUSED
    except ConfigError:
        log.exception("push.cannot_be_checked", endpoint=endpoint.id, carrier=endpoint.carrier)
        return Outcome.NOT_NOW
    values = _values(deps, endpoint, push, trusted=trusted)
    new = add_delivery(deps.sessions, values, lambda: deps.crash("push.before_commit"))
    deps.crash("push.after_commit")
    return Outcome.TAKEN if new else Outcome.KNOWN


def _find(deps: Deps, carrier: str, token: str) -> Row[Any] | None:
    if not TOKEN.fullmatch(token):
        return None
    found = open_endpoint(deps.sessions, path_hash(token))
    return found if found is not None and found.carrier == carrier else None


def _proven(deps: Deps, endpoint: Row[Any], push: RawAnswer) -> bool:
    """Whether the body may be believed. Raises CarrierError for a wrong proof.

    Where no secret was agreed on, the address is all there is: then an empty secret must never be tried as a key.
    """
    if endpoint.proof == "path":
        return False
    secrets = unseal(deps.keyring, endpoint.kid, endpoint.sealed, endpoint.path_hash)
    try:
        return _verified(deps, endpoint, push, secrets.secret)
    except CarrierError:
        if not secrets.former or endpoint.former_until is None or deps.wall() >= endpoint.former_until:
            raise
    return _verified(deps, endpoint, push, secrets.former)


def _verified(deps: Deps, endpoint: Row[Any], push: RawAnswer, secret: str) -> bool:
    if not secret:
        raise CarrierError(ErrorKind.AUTH, "no secret is agreed on")
    try:
        return deps.carriers.verify_push(endpoint.carrier, push, secret, deps.wall())
    except CarrierError as error:
        if error.kind is ErrorKind.AUTH:
            raise
        raise ConfigError(f"Nobody here can check the pushes of {endpoint.carrier}.") from error
    except Exception:
        # A fault of ours loses no push: without a proof it is a hint, as from a carrier that signs nothing.
        log.exception("push.proof_not_checked", endpoint=endpoint.id, carrier=endpoint.carrier)
        return False


def _values(deps: Deps, endpoint: Row[Any], push: RawAnswer, *, trusted: bool) -> dict[str, Any]:
    kept = {name: _word(value) for name in KEPT_HEADERS if (value := push.header(name)) is not None}
    return {
        "source": f"{endpoint.carrier} {endpoint.id}",
        "delivery_id": hashlib.sha256(push.body).hexdigest(),
        "endpoint_id": endpoint.id,
        "trusted": trusted,
        "content_type": _word(push.content_type),
        "headers": kept,
        "body": push.body,
        "state": "received",
        "received_at": deps.clock(),
        "attempts": 0,
        "next_attempt_at": deps.wall(),
        "fence": 0,
    }


def _word(value: str) -> str:
    """A header as a text that both databases take."""
    return "".join(c for c in value if c.isprintable())[:LONGEST_WORD]


def _count_refusal(deps: Deps, endpoint: Row[Any]) -> None:
    now = deps.clock()
    with deps.sessions.write_system() as session:
        today = session.execute(
            update(_endpoints)
            .where(_endpoints.c.id == endpoint.id)
            .values(
                refused=_endpoints.c.refused + 1,
                refused_today=case(
                    (_endpoints.c.last_refused_at >= midnight(now), _endpoints.c.refused_today + 1), else_=1
                ),
                last_refused_at=now,
            )
            .returning(_endpoints.c.refused_today)
        ).scalar_one()
    if today & (today - 1) == 0:  # the first, second, fourth, eighth … of a day: a storm leaves a few lines
        log.warning("push.refused", endpoint=endpoint.id, carrier=endpoint.carrier, today=today)
