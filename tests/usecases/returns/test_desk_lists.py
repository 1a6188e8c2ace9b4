"""The desk's lists: what went wrong first, true counts, what is searched and scanned, and what is taken along."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal.db.queries.return_desk import DeskFilter
from portal.db.tables.returns import Return, ReturnItem
from portal.db.tables.staff import AuditRow
from portal.errors import Forbidden, TooManyAttempts
from portal.usecases.deps import Deps
from portal.usecases.returns.desk import Receipt, list_returns, receive
from portal.usecases.returns.desk_read import find_scanned
from portal.usecases.returns.export import A_DAY, COLUMNS, export_returns
from tests.support.desk import MakeStaff
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.waiting import waiting


def change(deps: Deps, desk: Desk, row: Return, **values: Any) -> None:
    with deps.sessions.write(desk.shop.id) as session:
        session.execute(update(Return).where(Return.id == row.id).values(**values))


@pytest.mark.parametrize(
    ("values", "trouble"),
    [
        ({"parcel": "label_failed"}, "label_failed"),
        ({"parcel": "label_lapsed"}, "label_failed"),
        ({"parcel": "lost"}, "parcel_lost"),
        ({"money": "failed"}, "money_failed"),
        ({"held_at": "now"}, "held"),
        ({"money": "due", "received_at": -8}, "money_late"),
        ({"refund_by": -1}, "money_late"),
        ({"money": "due", "received_at": -6}, None),
        ({"refund_by": 0}, None),
        ({"decision": "cancelled", "parcel": "label_failed"}, None),
    ],
)
def test_what_went_wrong_stands_in_the_first_list(
    deps: Deps, desk: Desk, values: dict[str, Any], trouble: str | None
) -> None:
    row, now = desk.returned(desk.with_label(desk.order())), deps.clock()
    if "held_at" in values:
        values = values | {"held_at": now}
    if "received_at" in values:
        values = values | {"received_at": now + timedelta(days=values["received_at"])}
    if "refund_by" in values:
        values = values | {"refund_by": (now + timedelta(days=values["refund_by"])).date()}
    change(deps, desk, row, **values)
    page = list_returns(deps, state="failed")
    assert page.counts["failed"] == len(page.returns) == (1 if trouble else 0)
    assert list_returns(deps).troubles[row.id] == ((trouble,) if trouble else ())


def test_a_return_goes_from_list_to_list_as_its_work_is_done(deps: Deps, desk: Desk) -> None:
    row = desk.returned(desk.with_label(desk.order({"quantity": 2}), 2))
    (item,) = desk.all(ReturnItem)

    def lists() -> set[str]:
        return {name for name, count in list_returns(deps).counts.items() if count} - {"open"}

    assert lists() == {"on_its_way"}
    change(deps, desk, row, parcel="delivered_to_us")
    assert lists() == {"to_receive"}
    receive(deps, row.id, 3, {item.id: Receipt(1)}, "one of two")
    assert lists() == {"to_receive", "to_inspect"}
    receive(deps, row.id, 3, {item.id: Receipt(0, 1)}, "the other never came")
    assert "to_receive" not in lists()


def test_the_list_is_narrowed_down_and_its_counts_with_it(deps: Deps, desk: Desk) -> None:
    ada = desk.returned(desk.submit(desk.order(number="J-77", ship_name="Ada Bold")))
    grace = waiting(deps, desk, desk.order(ship_name="Grace Kühn"), reason="defective", resolution="store_credit")
    desk.submit(desk.order())
    for wanted, found in [
        (DeskFilter(text="J-77"), ada),
        (DeskFilter(text=ada.rma.lower()), ada),
        (DeskFilter(text="kühn"), grace),
        (DeskFilter(reason="defective"), grace),
        (DeskFilter(resolution="store_credit"), grace),
        (DeskFilter(flag="review"), grace),
    ]:
        page = list_returns(deps, wanted=wanted)
        assert [r.id for r in page.returns] == [found.id], wanted
        assert page.counts["open"] == 1
    for nobody in (
        DeskFilter(method="pickup"),
        DeskFilter(shop_id=999),
        DeskFilter(text="100%_"),
        DeskFilter(flag="rev_ew"),
        DeskFilter(text="--"),
    ):
        assert list_returns(deps, wanted=nobody).total == 0, nobody
    assert list_returns(deps, wanted=DeskFilter()).total == 3


def test_a_scanner_finds_the_return_by_whatever_is_on_the_parcel(deps: Deps, desk: Desk) -> None:
    order = desk.order({"quantity": 2}, number="J-500")
    first = desk.returned(desk.with_label(order))
    number = desk.labels()[-1].tracking_number
    for code in (first.rma, first.rma.lower(), f" {first.rma}\n", first.rma.replace("-", ""), "J-500", "j500", number):
        assert find_scanned(deps, code) == (first.id,), code
    second = desk.returned(desk.submit(order))
    assert find_scanned(deps, "J-500") == (second.id, first.id)
    assert find_scanned(deps, "J500R2") == (second.id,)
    for nothing in ("", "-", "no such thing", "%"):
        assert find_scanned(deps, nothing) == ()


def test_a_postal_barcode_with_the_zip_code_before_its_number_is_understood(deps: Deps, desk: Desk) -> None:
    row = desk.returned(desk.with_label(desk.order()))
    with deps.sessions.write(desk.shop.id) as session:
        from portal.db.tables.returns import LabelRow

        session.execute(update(LabelRow).values(tracking_number="9400100000000000000000"))
    assert find_scanned(deps, "420054019400100000000000000000") == (row.id,)
    assert find_scanned(deps, "4200540112349400100000000000000000") == (row.id,)


def test_a_list_is_taken_along_by_an_administrator_and_written_down(
    deps: Deps, desk: Desk, make_staff: MakeStaff
) -> None:
    desk.submit(desk.order(ship_name="=1+1"))
    agent, admin = make_staff(), make_staff(role="admin")
    with pytest.raises(Forbidden):
        export_returns(deps, agent.id, DeskFilter(), None)
    with pytest.raises(Forbidden):
        export_returns(deps, 999, DeskFilter(), None)
    table = export_returns(deps, admin.id, DeskFilter(), "open")
    assert (len(table.rows), table.cut, len(table.rows[0])) == (1, False, len(COLUMNS))
    with deps.sessions.read_system() as session:
        row = session.query(AuditRow).filter_by(action="return.export").one()
        assert (row.actor, row.subject, row.details["rows"]) == (admin.actor, "returns open", 1)
    for _ in range(A_DAY - 1):
        export_returns(deps, admin.id, DeskFilter(), None)
    with pytest.raises(TooManyAttempts):
        export_returns(deps, admin.id, DeskFilter(), None)
    later = deps.wall() + timedelta(days=1, seconds=1)
    assert export_returns(replace(deps, wall=lambda: later), admin.id, DeskFilter(), None).rows
