"""The money ledger of returns: append-only, in minor units. A trigger counts what is given back for a line into
`order_lines.given_back_minor`, where a constraint keeps it within what was paid, whatever the code does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DDL, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, event, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.base import Base, BigId, ShopOwned
from portal.db.types import UtcDateTime

KINDS = ("refund", "credit", "exchange", "fee", "bonus", "shipping", "keep", "gesture")
# What counts against what was paid for the line, as the trigger below says it too. Fees are kept from the shopper,
# bonuses given on top.
AGAINST_PAID = ("refund", "credit", "exchange", "keep")


class ReturnMoneyEntry(ShopOwned, Base):
    """One sum of a return. `amount_minor` is positive; the kind says which way it goes. Of goods it is
    price - discount + tax, each a share of the line's. `effect_id` is what moves it, once it is to be moved. An entry that
    is `undone` takes an earlier one of its kind back: that sum has surely not gone out."""

    __tablename__ = "return_money_entries"
    __table_args__ = (
        UniqueConstraint("shop_id", "key"),
        ForeignKeyConstraint(["shop_id", "return_id"], ["returns.shop_id", "returns.id"]),
        ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        ForeignKeyConstraint(["shop_id", "order_line_id"], ["order_lines.shop_id", "order_lines.id"]),
        Index("ix_return_money_entries_shop_id_return_id", "shop_id", "return_id"),
        Index("ix_return_money_entries_shop_id_order_id", "shop_id", "order_id"),
        CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in KINDS)), name="kind"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "kind NOT IN ('refund', 'credit', 'exchange', 'keep') OR order_line_id IS NOT NULL",
            name="goods_have_a_line",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(BigId)
    order_id: Mapped[int] = mapped_column(BigId)
    order_line_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigId)
    tax_minor: Mapped[int] = mapped_column(BigId, default=0)  # of the amount
    currency: Mapped[str]
    units: Mapped[int] = mapped_column(default=0)
    undone: Mapped[bool] = mapped_column(default=False, server_default=false())
    key: Mapped[str]  # names the fact: the same one twice is refused
    effect_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]
    why: Mapped[str]


TRIGGERS = {
    "sqlite": (
        """CREATE TRIGGER return_money_counts AFTER INSERT ON return_money_entries
        WHEN NEW.kind IN ('refund', 'credit', 'exchange', 'keep') BEGIN
        UPDATE order_lines SET given_back_minor = given_back_minor
        + CASE WHEN NEW.undone THEN -NEW.amount_minor ELSE NEW.amount_minor END
        WHERE shop_id = NEW.shop_id AND id = NEW.order_line_id; END""",
        """CREATE TRIGGER return_money_stays BEFORE UPDATE OF amount_minor, kind, order_line_id, return_id, order_id,
        currency, undone, key ON return_money_entries BEGIN SELECT RAISE(ABORT, 'the money ledger only grows'); END""",
        """CREATE TRIGGER return_money_keeps BEFORE DELETE ON return_money_entries
        BEGIN SELECT RAISE(ABORT, 'the money ledger only grows'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION return_money_count() RETURNS trigger AS $$ BEGIN
        IF NEW.kind IN ('refund', 'credit', 'exchange', 'keep') THEN
        UPDATE order_lines SET given_back_minor = given_back_minor
        + CASE WHEN NEW.undone THEN -NEW.amount_minor ELSE NEW.amount_minor END
        WHERE shop_id = NEW.shop_id AND id = NEW.order_line_id; END IF; RETURN NEW; END $$ LANGUAGE plpgsql""",
        """CREATE TRIGGER return_money_counts AFTER INSERT ON return_money_entries
        FOR EACH ROW EXECUTE FUNCTION return_money_count()""",
        """CREATE OR REPLACE FUNCTION return_money_refuse() RETURNS trigger AS $$ BEGIN
        RAISE EXCEPTION 'the money ledger only grows' USING ERRCODE = 'integrity_constraint_violation'; END $$
        LANGUAGE plpgsql""",
        """CREATE TRIGGER return_money_stays BEFORE UPDATE OF amount_minor, kind, order_line_id, return_id, order_id,
        currency, undone, key ON return_money_entries FOR EACH ROW EXECUTE FUNCTION return_money_refuse()""",
        """CREATE TRIGGER return_money_keeps BEFORE DELETE ON return_money_entries
        FOR EACH ROW EXECUTE FUNCTION return_money_refuse()""",
    ),
}
for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        event.listen(ReturnMoneyEntry.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
