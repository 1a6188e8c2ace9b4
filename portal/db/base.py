"""The declarative base, and the mark of a row that belongs to a shop."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

# SQLite counts only `INTEGER PRIMARY KEY` up by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ShopOwned:
    """A row of one shop. Statements on it need a scope (`portal.db.session`); without one they raise."""

    @declared_attr
    @classmethod
    def shop_id(cls) -> Mapped[int]:
        return mapped_column(BigId, nullable=False)
