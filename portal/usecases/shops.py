"""Find, create and configure shops. The newest version of a shop's settings is in force."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.db.tables.shops import Shop, ShopConfigVersion
from portal.domain.returns.conflicts import conflicts
from portal.domain.shop_config import ShopConfig
from portal.domain.triage import DeskHours
from portal.errors import ConfigError, Conflict, NotFound
from portal.usecases.deps import Deps, ShopRef

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
RESERVED = frozenset(
    {"staff", "static", "healthz", "readyz", "demo", "api", "hooks", "webhooks", "mail", "lab", "favicon.ico"}
)


# Settings by (shop, version), a database each: a version never changes, so it is read and checked once a process.
_read: WeakKeyDictionary[Engine, dict[tuple[int, int], ShopConfig]] = WeakKeyDictionary()


def _ref(session: Session, shop: Shop) -> ShopRef:
    engine = session.get_bind().engine
    known = _read.setdefault(engine, {})
    newest = session.scalar(select(func.max(ShopConfigVersion.version)).where(ShopConfigVersion.shop_id == shop.id))
    assert newest is not None, "a shop is made with its first settings"
    if (shop.id, newest) not in known:
        document = session.scalars(
            select(ShopConfigVersion.document).where(
                ShopConfigVersion.shop_id == shop.id, ShopConfigVersion.version == newest
            )
        ).one()
        known[shop.id, newest] = ShopConfig.from_document(document)
    return ShopRef(shop.id, shop.slug, shop.host, known[shop.id, newest], newest)


def find_shop(deps: Deps, *, slug: str | None = None, host: str | None = None, shop_id: int | None = None) -> ShopRef:
    """One shop by its slug, its own host name or its id. Raises NotFound."""
    wanted = Shop.slug == slug if slug else Shop.host == host if host else Shop.id == shop_id
    with deps.sessions.read_system() as session:
        shop = session.scalars(select(Shop).where(wanted)).one_or_none()
        if shop is None:
            raise NotFound(f"there is no shop {slug or host or shop_id!r}; `portal shops list` names them")
        return _ref(session, shop)


def list_shops(deps: Deps) -> list[ShopRef]:
    """All shops, by slug."""
    with deps.sessions.read_system() as session:
        return [_ref(session, shop) for shop in session.scalars(select(Shop).order_by(Shop.slug))]


def _checked(document: Mapping[str, Any]) -> ShopConfig:
    try:
        return ShopConfig.from_document(document)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def refuse_ambiguous(config: ShopConfig) -> None:
    """Raises ConfigError for return settings that answer a question in two ways, with how to mend each."""
    refused = [conflict.words for conflict in conflicts(config.returns) if conflict.refused]
    if refused:
        raise ConfigError("returns: " + "; and ".join(refused))


def doubts(config: ShopConfig) -> list[str]:
    """What does not fit together in a shop's return settings and is taken all the same."""
    return [f"returns: {conflict.words}" for conflict in conflicts(config.returns) if not conflict.refused]


def create_shop(deps: Deps, slug: str, document: Mapping[str, Any], *, actor: str = "cli") -> ShopRef:
    """Make a shop with its first settings. Raises ConfigError for bad settings, Conflict for a taken slug or host."""
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise ConfigError(f"{slug!r} cannot be a shop's short name: a-z, 0-9 and -, at most 40, and no page's name")
    config = _checked(document)
    refuse_ambiguous(config)
    with deps.sessions.write_system() as session:
        taken = session.scalars(
            select(Shop).where((Shop.slug == slug) | ((Shop.host == config.host) & (Shop.host.is_not(None))))
        )
        if taken.first() is not None:
            raise Conflict(f"a shop with the short name {slug!r} or this host exists already")
        shop = Shop(slug=slug, host=config.host, created_at=deps.clock())
        session.add(shop)
        session.flush()
        _add_version(session, deps, shop, document, "file", actor)
        session.flush()
        return _ref(session, shop)


def _add_version(
    session: Session, deps: Deps, shop: Shop, document: Mapping[str, Any], source: str, actor: str
) -> None:
    newest = (
        session.scalar(select(func.max(ShopConfigVersion.version)).where(ShopConfigVersion.shop_id == shop.id)) or 0
    )
    session.add(
        ShopConfigVersion(
            shop_id=shop.id,
            version=newest + 1,
            source=source,
            document=dict(document),
            created_at=deps.clock(),
            created_by=actor,
        )
    )


def apply_config(
    deps: Deps, slug: str, document: Mapping[str, Any], *, source: str = "file", actor: str = "cli", force: bool = False
) -> tuple[ShopRef, bool]:
    """Store settings as a new version. Returns the shop and whether anything changed.

    A file over newer browser edits raises Conflict unless `force` is given; bad settings raise ConfigError, and so do
    return rules that say two things at once. What else does not fit together is told by `doubts`.
    """
    config = _checked(document)
    refuse_ambiguous(config)
    with deps.sessions.write_system() as session:
        shop = session.scalars(select(Shop).where(Shop.slug == slug)).one_or_none()
        if shop is None:
            raise NotFound(f"there is no shop {slug!r}")
        newest = session.scalars(
            select(ShopConfigVersion)
            .where(ShopConfigVersion.shop_id == shop.id)
            .order_by(ShopConfigVersion.version.desc())
        ).first()
        if newest is not None and newest.document == dict(document):
            return _ref(session, shop), False
        if newest is not None and newest.source == "browser" and source == "file" and not force:
            raise Conflict(f"version {newest.version} was made in the browser; export it first, or apply with --force")
        shop.host = config.host
        _add_version(session, deps, shop, document, source, actor)
        session.flush()
        return _ref(session, shop), True


def export_config(deps: Deps, slug: str) -> dict[str, Any]:
    """The settings in force, as a document for TOML. Raises NotFound."""
    with deps.sessions.read_system() as session:
        document = session.scalars(
            select(ShopConfigVersion.document)
            .join(Shop, Shop.id == ShopConfigVersion.shop_id)
            .where(Shop.slug == slug)
            .order_by(ShopConfigVersion.version.desc())
        ).first()
    if document is None:
        raise NotFound(f"there is no shop {slug!r}")
    return dict(document)


def desk_of(shop: ShopRef) -> DeskHours:
    """When somebody answers at this shop."""
    desk = shop.config.desk
    return DeskHours.from_words(desk.timezone, desk.days, desk.start, desk.end, shop.config.country)
