"""Secret addresses for carriers' pushes: made, shown, changed, closed. Their secrets never leave but to the carrier."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.base import AdapterInfo, PushProof, PushTarget, Subscribes
from carriers.errors import CarrierError
from portal.db.tables.messages import InboxDelivery
from portal.db.tables.pushes import PushEndpoint
from portal.errors import ConfigError, NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.keyring import Keyring
from portal.usecases.staff import audit

OVERLAP = timedelta(hours=24)  # a former secret counts this long, real time


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed of an endpoint: its address's secret part, the secret that proves a push, and the former one."""

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    former: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint as it is shown once, to whoever made it: nobody else gets to see the address or the secret."""

    id: int
    carrier: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    ours: bool  # the secret was made here, so the carrier has to be told it
    proof: PushProof
    subscribes: Subscribes | None


def path_hash(token: str) -> str:
    """How an address is found again. The token is 128 random bits or more, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def seal(keyring: Keyring, hashed: str, secrets: Secrets) -> tuple[str, bytes]:
    """The key's name and the sealed secrets of the endpoint with this hash."""
    plain = json.dumps({"token": secrets.token, "secret": secrets.secret, "former": secrets.former}).encode()
    return keyring.seal(plain, bound_to=f"push_endpoints {hashed}")


def unseal(keyring: Keyring, kid: str, sealed: bytes, hashed: str) -> Secrets:
    """Raises ConfigError (`Keyring.open`)."""
    return Secrets(**json.loads(keyring.open(kid, sealed, bound_to=f"push_endpoints {hashed}")))


def url_of(deps: Deps, carrier: str, token: str) -> str:
    """The whole address, at the installation's own host."""
    return f"{deps.public_url}/hooks/{carrier}/{token}"


def target_of(deps: Deps, row: PushEndpoint) -> PushTarget:
    """What the carrier is told with a subscription. Raises ConfigError when the secrets cannot be opened."""
    opened = unseal(deps.keyring, row.kid, row.sealed, row.path_hash)
    return PushTarget(url_of(deps, row.carrier, opened.token), opened.secret)


def create_endpoint(
    deps: Deps, carrier: str, shop: ShopRef | None = None, *, secret: str = "", actor: str = "cli"
) -> NewEndpoint:
    """Make an address for a carrier's pushes. `secret` is one that the carrier gave; else one is made where it is ours
    to choose. Raises ConfigError for a carrier that sends none."""
    info = push_info(deps, carrier)
    ours = not secret and info.push_proof is not PushProof.PATH and secret_is_ours(info)
    secret = deps.token() if ours else secret
    proof = info.push_proof if secret else PushProof.PATH
    token = deps.token()
    hashed = path_hash(token)
    kid, sealed = seal(deps.keyring, hashed, Secrets(token, secret))
    with deps.sessions.write_system() as session:
        row = PushEndpoint(
            carrier=carrier,
            shop_id=shop.id if shop else None,
            path_hash=hashed,
            proof=proof.value,
            kid=kid,
            sealed=sealed,
            created_at=deps.clock(),
        )
        session.add(row)
        session.flush()
        endpoint_id = row.id
        _audit(session, deps, actor, "push_address_made", row)
    return NewEndpoint(
        endpoint_id, carrier, url_of(deps, carrier, token), secret if ours else "", ours, proof, info.subscribes
    )


def push_info(deps: Deps, carrier: str) -> AdapterInfo:
    """What is known of a carrier that sends pushes. Raises ConfigError for any other."""
    try:
        info = deps.carriers.info(carrier)
    except CarrierError:
        raise ConfigError(f"No carrier has the code {carrier!r}; `portal carriers list` names them.") from None
    if not info.push:
        raise ConfigError(f"{info.name} sends no pushes; its parcels are polled.")
    return info


def secret_is_ours(info: AdapterInfo) -> bool:
    """Whether we choose the secret: a credential that comes back, or one that we tell with the subscription."""
    signs_with_ours = info.push_proof is PushProof.SIGNATURE and info.subscribes is Subscribes.ACCOUNT
    return info.push_proof is PushProof.CREDENTIAL or signs_with_ours


def _audit(session: Session, deps: Deps, actor: str, action: str, row: PushEndpoint) -> None:
    audit.record(
        session,
        deps,
        actor=actor,
        action=action,
        subject=f"push address {row.id}",
        shop_id=row.shop_id,
        details={"carrier": row.carrier},
    )


def change_secret(deps: Deps, endpoint_id: int, secret: str, *, actor: str = "cli") -> None:
    """A new secret counts at once; the former one goes on counting for a day. Raises NotFound, ConfigError."""
    if not secret:
        raise ConfigError("The secret is empty.")
    with deps.sessions.write_system() as session:
        row = _open_endpoint(session, endpoint_id)
        proof = push_info(deps, row.carrier).push_proof
        if proof is PushProof.PATH:
            raise ConfigError(f"{row.carrier} signs nothing; its secret is the address.")
        known = unseal(deps.keyring, row.kid, row.sealed, row.path_hash)
        row.kid, row.sealed = seal(deps.keyring, row.path_hash, Secrets(known.token, secret, known.secret))
        row.former_until = deps.wall() + OVERLAP if known.secret else None
        row.proof = proof.value
        if row.handle:  # the carrier has to be told
            row.subscribed_at = row.subscribe_at = None
        _audit(session, deps, actor, "push_secret_changed", row)


def close_endpoint(deps: Deps, endpoint_id: int, *, actor: str = "cli") -> None:
    """What comes to the address from now on is nobody's. Raises NotFound."""
    with deps.sessions.write_system() as session:
        row = _open_endpoint(session, endpoint_id)
        row.state = "closed"  # a case about its silence closes with the next look
        _audit(session, deps, actor, "push_address_closed", row)


@dataclass(frozen=True, slots=True)
class Address:
    """Where an endpoint is, for trying it."""

    url: str = field(repr=False)
    proof: PushProof


def find_endpoint(deps: Deps, endpoint_id: int) -> Address:
    """The address of an endpoint. Raises NotFound, ConfigError (`Keyring.open`)."""
    with deps.sessions.read_system() as session:
        row = _open_endpoint(session, endpoint_id)
        return Address(target_of(deps, row).url, PushProof(row.proof))


def last_push(deps: Deps, endpoint_id: int) -> bytes:
    """The newest push that came, byte for byte. Raises NotFound when none is kept."""
    with deps.sessions.read_system() as session:
        newest = select(InboxDelivery.body).where(InboxDelivery.endpoint_id == endpoint_id)
        body = session.scalars(newest.order_by(InboxDelivery.id.desc()).limit(1)).one_or_none()
    if body is None:
        raise NotFound(f"No push to the address {endpoint_id} is kept.")
    return body


def rekey(deps: Deps) -> int:
    """Seal every open endpoint's secrets with the newest key. Returns how many; may be stopped and begun again."""
    with deps.sessions.read_system() as session:
        old = session.scalars(select(PushEndpoint.id).where(PushEndpoint.kid != deps.keyring.newest)).all()
    for endpoint_id in old:
        with deps.sessions.write_system() as session:
            row = session.get_one(PushEndpoint, endpoint_id, with_for_update=True)
            known = unseal(deps.keyring, row.kid, row.sealed, row.path_hash)
            row.kid, row.sealed = seal(deps.keyring, row.path_hash, known)
    return len(old)


def _open_endpoint(session: Session, endpoint_id: int) -> PushEndpoint:
    row = session.get(PushEndpoint, endpoint_id, with_for_update=True)
    if row is None or row.state != "open":
        raise NotFound(f"There is no push address {endpoint_id}; `portal carriers pushes list` names them.")
    return row
