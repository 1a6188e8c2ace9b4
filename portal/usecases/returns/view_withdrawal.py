"""A declaration of withdrawal as its page shows it, and its receipt as it was sent."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db.tables.orders import Order
from portal.db.tables.return_flow import Withdrawal
from portal.db.tables.returns import Return
from portal.errors import NotFound
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.returns.withdrawal_views import WithdrawalPage


def order_of_withdrawal(deps: Deps, shop: ShopRef, public_id: str) -> str:
    """The public id of the order: what a visitor has to have proved. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        return session.get_one(Order, _row(session, public_id).order_id).public_id


def view_withdrawal(deps: Deps, shop: ShopRef, public_id: str) -> WithdrawalPage:
    """The page of one declaration. Raises NotFound."""
    with deps.sessions.read(shop.id) as session:
        declared = _row(session, public_id)
        order = session.get_one(Order, declared.order_id)
        row = session.get_one(Return, declared.return_id)
        return WithdrawalPage(
            public_id=declared.public_id,
            order_public_id=order.public_id,
            order_number=order.number,
            return_public_id=row.public_id,
            rma=row.rma,
            timezone=order.timezone,
            locale=str(declared.content["language"]),
            declared_at=declared.declared_at,
            receipt=declared.receipt,
            receipt_sha256=declared.receipt_sha256,
            email=str(declared.content["email"]),
            items=tuple((int(units), str(title), str(more)) for units, title, more in declared.content["items"]),
            send_back_by=declared.send_back_by,
            refund_by=declared.refund_by,
            due_minor=row.due_minor,
            shipping_minor=row.shipping_minor,
            currency=row.currency,
            method=row.method,
            parcel=row.parcel,
            decision=row.decision,
            is_whole=bool(declared.content["is_whole"]),
            awaits_goods=bool(declared.content["awaits_goods"]),
            pays_postage=bool(declared.content["pays_postage"]),
        )


def _row(session: Session, public_id: str) -> Withdrawal:
    found = session.scalars(select(Withdrawal).where(Withdrawal.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such withdrawal")
    return found
