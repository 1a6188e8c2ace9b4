"""A row that several processes share: locked where it is, made where it is not."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.db.base import Base

Row = TypeVar("Row", bound=Base)


def locked_or_made(session: Session, fresh: Row, key: Any) -> Row:
    """The row with the primary key `key`, locked until the transaction ends; `fresh` becomes it where there is none.

    Of two that make it at the same moment, the second waits and gets the first one's.
    """
    kind = type(fresh)
    found = session.get(kind, key, with_for_update=True)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            session.add(fresh)
    except IntegrityError:
        found = session.get(kind, key, with_for_update=True)
        if found is None:
            raise  # refused for another reason
        return found
    return fresh
