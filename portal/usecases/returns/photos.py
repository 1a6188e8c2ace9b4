"""Pictures of what goes back: uploaded for a line of an order, and part of a return once it is sent in.

Whether the visitor may do or see it is for the page to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Delete, Select, delete, func, select
from sqlalchemy.orm import Session, aliased, undefer

from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import ReturnPhoto
from portal.db.tables.returns import Return, ReturnItem
from portal.errors import Conflict, InvalidInput, NotFound
from portal.usecases import budgets
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns import rows
from portal.usecases.returns.documents import Document
from portal.usecases.returns.photo_file import read_photo

By = Literal["shopper", "gift", "staff"]  # gift: a present's new owner
PER_LINE = 5
PER_ORDER_AND_DAY = 40  # attempts, whatever comes of them: each costs the work of unpacking
KEEP_UNUSED = timedelta(days=30)  # of returns that were never sent in
DAY = 24 * 3600


def save_photo(deps: Deps, shop: ShopRef, order_public_id: str, line_id: int, data: bytes, by: By = "shopper") -> str:
    """Keep a picture of a line, and give its public id. The same picture again gives the same id.

    The line is of this order, or of another one of the same customer. Raises NotFound; InvalidInput as `read_photo`;
    Conflict when the line has as many as it may; TooManyAttempts when the order has had as many as a day allows.
    """
    budgets.spend(deps, "returns.photo", f"{shop.id} {order_public_id}", limit=PER_ORDER_AND_DAY, seconds=DAY)
    photo = read_photo(data)
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id, lock=True)  # two at once are counted one by one
        _line_of(session, order, line_id)
        mine = select(ReturnPhoto).where(
            ReturnPhoto.order_line_id == line_id, ReturnPhoto.return_id.is_(None), ReturnPhoto.by == by
        )
        kept = list(session.scalars(mine))
        same = next((one for one in kept if one.sha256 == photo.sha256), None)
        if same is not None:
            return same.public_id
        if len(kept) >= PER_LINE:
            raise Conflict(f"at most {PER_LINE} pictures can be added to one item")
        row = ReturnPhoto(
            shop_id=shop.id,
            public_id=deps.token(),
            order_line_id=line_id,
            by=by,
            image=photo.image,
            thumbnail=photo.thumbnail,
            width=photo.width,
            height=photo.height,
            sha256=photo.sha256,
            created_at=deps.clock(),
        )
        session.add(row)
        return row.public_id


def _line_of(session: Session, order: Order, line_id: int) -> None:
    theirs = select(OrderLine.id).join(Order, Order.id == OrderLine.order_id)
    if session.scalar(theirs.where(OrderLine.id == line_id, Order.customer_id == order.customer_id)) is None:
        raise NotFound("there is no such item")


def attach(session: Session, row: Return, public_ids: Iterable[str]) -> None:
    """Make pictures part of a return, in the caller's transaction. What is part of it already stays.

    Raises InvalidInput with the field "photo.gone" for a picture that is not there, is another return's, or is of a line
    that does not go back; with "photo.many" where a line would have more than it may.
    """
    wanted = set(public_ids)
    found = list(
        session.scalars(
            select(ReturnPhoto)
            .join(ReturnItem, ReturnItem.order_line_id == ReturnPhoto.order_line_id)
            .where(ReturnItem.return_id == row.id, ReturnPhoto.public_id.in_(wanted))
            .with_for_update(of=ReturnPhoto)
        )
    )
    if len(found) != len(wanted) or any(one.return_id not in (None, row.id) for one in found):
        raise InvalidInput("a picture is no longer there; add it again", "photo.gone")
    for photo in found:
        photo.return_id = row.id
    session.flush()
    most = session.scalar(
        select(func.count())
        .where(ReturnPhoto.return_id == row.id)
        .group_by(ReturnPhoto.order_line_id, ReturnPhoto.by)
        .order_by(func.count().desc())
        .limit(1)
    )
    if (most or 0) > PER_LINE:
        raise InvalidInput(f"at most {PER_LINE} pictures can be added to one item", "photo.many")


def detach(session: Session, row: Return, keep: Iterable[str] = ()) -> None:
    """Let go of a shopper's pictures of a return but for those to `keep`: it was edited. They go with what is unused."""
    for photo in session.scalars(select(ReturnPhoto).where(ReturnPhoto.return_id == row.id, ReturnPhoto.by != "staff")):
        if photo.public_id not in set(keep):
            photo.return_id = None
    session.flush()


def photos_of(session: Session, row: Return) -> dict[int, tuple[str, ...]]:
    """The public ids of a return's pictures by order line, as they came. Those of whoever sends it, not of staff."""
    found: dict[int, tuple[str, ...]] = {}
    for line_id, public_id in session.execute(
        select(ReturnPhoto.order_line_id, ReturnPhoto.public_id)
        .where(ReturnPhoto.return_id == row.id, ReturnPhoto.by != "staff")
        .order_by(ReturnPhoto.id)
    ):
        found[line_id] = (*found.get(line_id, ()), public_id)
    return found


def unused_photos(deps: Deps, shop: ShopRef, order_public_id: str) -> dict[int, tuple[str, ...]]:
    """The shopper's pictures that no return has yet, of this order's lines. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        found: dict[int, tuple[str, ...]] = {}
        for line_id, public_id in session.execute(
            select(ReturnPhoto.order_line_id, ReturnPhoto.public_id)
            .join(OrderLine, OrderLine.id == ReturnPhoto.order_line_id)
            .where(OrderLine.order_id == order.id, ReturnPhoto.return_id.is_(None), ReturnPhoto.by == "shopper")
            .order_by(ReturnPhoto.id)
        ):
            found[line_id] = (*found.get(line_id, ()), public_id)
        return found


def remove_photo(deps: Deps, shop: ShopRef, order_public_id: str, photo_public_id: str) -> None:
    """Throw a shopper's picture away that is in no return yet. One that is not there is no error: sent twice."""
    with deps.sessions.write(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        photo = session.scalars(_theirs(order, photo_public_id)).one_or_none()
        if photo is not None and photo.return_id is None:
            session.delete(photo)


def _theirs(order: Order, photo_public_id: str) -> Select[Any]:
    """A shopper's picture of anything this customer bought; not one that somebody took of a present."""
    bought = aliased(Order)
    return (
        select(ReturnPhoto)
        .join(OrderLine, OrderLine.id == ReturnPhoto.order_line_id)
        .join(bought, bought.id == OrderLine.order_id)
        .outerjoin(Return, Return.id == ReturnPhoto.return_id)
        .where(
            ReturnPhoto.public_id == photo_public_id,
            ReturnPhoto.by == "shopper",
            bought.customer_id == order.customer_id,
            func.coalesce(Return.kind, "") != "gift",
        )
    )


def load_photo(
    deps: Deps, shop: ShopRef, order_public_id: str, photo_public_id: str, *, thumbnail: bool = False
) -> Document:
    """A shopper's picture, for whoever has proved to be the shopper of this order. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        order = rows.order_by_public_id(session, order_public_id)
        return _document(session, _theirs(order, photo_public_id), thumbnail=thumbnail)


def load_photo_for_staff(deps: Deps, photo_public_id: str, *, thumbnail: bool = False) -> Document:
    """Any picture of a return that was sent in. Raises NotFound."""
    with deps.sessions.read_system() as session:
        query = select(ReturnPhoto).where(ReturnPhoto.public_id == photo_public_id, ReturnPhoto.return_id.is_not(None))
        return _document(session, query, thumbnail=thumbnail)


def _document(session: Session, query: Select[Any], *, thumbnail: bool) -> Document:
    part = ReturnPhoto.thumbnail if thumbnail else ReturnPhoto.image
    photo = session.scalars(query.options(undefer(part))).one_or_none()
    if photo is None:
        raise NotFound("there is no such picture")
    return Document(f"photo-{photo.id}.jpg", "image/jpeg", photo.thumbnail if thumbnail else photo.image)


def unused(now: datetime) -> Delete:
    """Pictures of returns that were never sent in, and of drafts that are long over."""
    return delete(ReturnPhoto).where(ReturnPhoto.return_id.is_(None), ReturnPhoto.created_at < now - KEEP_UNUSED)
