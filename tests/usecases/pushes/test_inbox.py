"""What becomes of stored pushes: merged where they are proven, asked about where not, kept where they say nothing yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from carriers.base import RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, Status, TrackingResult
from portal.db.tables.checkpoints import CheckpointRow
from portal.db.tables.messages import InboxDelivery, OutboxMessage
from portal.db.tables.pushes import PushOrphan
from portal.db.tables.shipments import PollQueueEntry, Shipment
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.pushes import inbox
from portal.usecases.pushes.inbox import claim, work_inbox
from portal.usecases.pushes.orphans import adopt, retry_failed
from portal.usecases.pushes.overview import list_endpoints
from portal.usecases.pushes.receive import Outcome, receive
from portal.usecases.pushes.silence import notice_silence
from portal.usecases.pushes.subscriptions import subscribe_due
from portal.usecases.tracking.poll import poll_due
from tests.support.doubles import NOON, Clock
from tests.support.factory import Factory
from tests.support.pushes import Hook, PushCarriers, body_of, hook_for, ups_event

NUMBER = "1Z999AA10123456784"


@pytest.fixture
def hook(deps: Deps) -> Hook:
    return hook_for(deps, "ups")


def push(deps: Deps, hook: Hook, body: bytes) -> None:
    assert receive(deps, hook.endpoint.carrier, hook.token, hook.push(body)) is Outcome.TAKEN


def row(deps: Deps) -> InboxDelivery:
    with deps.sessions.read_system() as session:
        return session.scalars(select(InboxDelivery)).one()


def again(deps: Deps, shipment: Shipment) -> Shipment:
    with deps.sessions.read_system() as session:
        return session.get_one(Shipment, shipment.id)


def next_poll(deps: Deps, shipment: Shipment) -> Any:
    with deps.sessions.read_system() as session:
        return session.scalar(select(PollQueueEntry.next_poll_at).where(PollQueueEntry.shipment_id == shipment.id))


def scans(deps: Deps, shipment: Shipment) -> list[CheckpointRow]:
    with deps.sessions.read_system() as session:
        return list(session.scalars(select(CheckpointRow).where(CheckpointRow.shipment_id == shipment.id)))


def test_a_proven_push_moves_its_parcel(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    push(deps, hook, body_of(ups_event(NUMBER)))
    assert work_inbox(deps) == 1
    moved = again(deps, shipment)
    assert (moved.status, moved.pushed_at) == ("out_for_delivery", clock.business())
    assert [scan.source for scan in scans(deps, shipment)] == ["push"]
    assert (row(deps).state, row(deps).processed_at) == ("processed", clock.business())
    with deps.sessions.read_system() as session:
        assert session.scalars(select(OutboxMessage.event)).all() == ["out_for_delivery"]
    (view,) = list_endpoints(deps)
    assert (view.good, view.last_good_at, view.backlog) == (1, clock.business(), 0)
    assert work_inbox(deps) == 0


def test_the_same_event_pushed_and_polled_is_one_scan(
    deps: Deps, hook: Hook, make: Factory, carriers: PushCarriers
) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    event = ups_event(NUMBER)
    carriers.results[NUMBER] = carriers.parse("ups", RawAnswer(200, "", body_of(event)), [], push=True)[0]
    push(deps, hook, body_of(event))
    work_inbox(deps)
    poll_due(deps)
    push(deps, hook, body_of(event) + b" ")  # the same event in other bytes
    work_inbox(deps)
    assert len(scans(deps, shipment)) == 1


def test_an_older_push_does_not_move_a_parcel_back(deps: Deps, hook: Hook, make: Factory) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    push(deps, hook, body_of(ups_event(NUMBER, scheduledDeliveryDate="20261119")))
    work_inbox(deps)
    departed = {"type": "I", "code": "DP", "description": "Departed from Facility", "descriptionCode": "005"}
    older = ups_event(NUMBER, localActivityDate="20261117", gmtActivityDate="20261117", activityStatus=departed)
    push(deps, hook, body_of(older | {"scheduledDeliveryDate": "20261125"}))
    work_inbox(deps)
    moved = again(deps, shipment)
    assert (moved.status, len(scans(deps, shipment))) == ("out_for_delivery", 2)
    assert str(moved.eta_on) == "2026-11-19"


def test_an_unproven_push_only_brings_the_next_poll_forward(
    deps: Deps, make: Factory, clock: Clock, carriers: PushCarriers
) -> None:
    hook = hook_for(deps, "dhl_unified", secret="")
    shipment = make.shipment(carrier="dhl_unified", tracking_number="00340434161094000001")
    in_transit = TrackingResult(
        "00340434161094000001", Status.IN_TRANSIT, checkpoints=(Checkpoint(NOON, Status.IN_TRANSIT),)
    )
    carriers.results["00340434161094000001"] = in_transit
    poll_due(deps)
    asked = len(carriers.asked)
    body = b'{"shipments": [{"id": "00340434161094000001", "status": {"statusCode": "delivered"}, "n": %d}]}'
    clock.advance(minutes=30)
    push(deps, hook, body % 1)
    work_inbox(deps)
    assert again(deps, shipment).status == "in_transit"
    assert next_poll(deps, shipment) == clock.business()
    poll_due(deps)
    assert len(carriers.asked) == asked + 1
    for n in range(2, 12):  # however many hints come
        push(deps, hook, body % n)
        work_inbox(deps)
        poll_due(deps)
    assert len(carriers.asked) == asked + 1
    assert next_poll(deps, shipment) == clock.business() + timedelta(minutes=10)


def test_hints_without_end_do_not_use_up_a_small_quota(
    deps: Deps, make: Factory, clock: Clock, carriers: PushCarriers
) -> None:
    hook = hook_for(deps, "dhl_unified", secret="")
    carriers.calls_per_day = 40
    numbers = [f"00340434161094{n:06d}" for n in range(60)]
    for number in numbers:
        make.shipment(carrier="dhl_unified", tracking_number=number, polled_at=NOON)
    with deps.sessions.write_system() as session:
        session.execute(update(PollQueueEntry).values(next_poll_at=NOON + timedelta(days=1)))
    clock.advance(hours=1)
    for number in numbers:
        push(deps, hook, b'{"shipments": [{"id": "%s", "status": {"statusCode": "transit"}}]}' % number.encode())
    work_inbox(deps)
    with deps.sessions.read_system() as session:
        due = session.scalars(select(PollQueueEntry).where(PollQueueEntry.next_poll_at <= clock.business())).all()
    day = (clock.wall() - clock.wall().replace(hour=0, minute=0, second=0)) / timedelta(days=1)
    assert 0 < len(due) <= 40 * (day + 0.25) + 1


def test_a_hint_does_not_break_into_a_back_off(deps: Deps, make: Factory, carriers: PushCarriers) -> None:
    hook = hook_for(deps, "dhl_unified", secret="")
    shipment = make.shipment(carrier="dhl_unified", tracking_number="1234567890")
    carriers.fails["dhl_unified"] = CarrierError(ErrorKind.SERVER_ERROR, "down")
    poll_due(deps)
    waits_until = next_poll(deps, shipment)
    push(deps, hook, b'{"shipments": [{"id": "1234567890", "status": {"statusCode": "delivered"}}]}')
    work_inbox(deps)
    assert next_poll(deps, shipment) == waits_until


def test_a_pushed_parcel_is_polled_less_often_and_still_polled(
    deps: Deps, hook: Hook, make: Factory, clock: Clock, carriers: PushCarriers
) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    event = ups_event(NUMBER)
    carriers.results[NUMBER] = carriers.parse("ups", RawAnswer(200, "", body_of(event)), [], push=True)[0]
    push(deps, hook, body_of(event))
    work_inbox(deps)
    assert next_poll(deps, shipment) == clock.business()  # a push puts no poll off
    poll_due(deps)
    assert next_poll(deps, shipment) == clock.business() + timedelta(hours=2)  # out for delivery: else half an hour
    clock.advance(days=4)
    poll_due(deps)
    assert next_poll(deps, shipment) - clock.business() <= timedelta(hours=4)


def test_a_push_before_the_order_waits_for_it(
    deps: Deps, hook: Hook, make: Factory, clock: Clock, shop: ShopRef
) -> None:
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert row(deps).state == "parked"
    assert adopt(deps) == 0
    clock.advance(hours=8)
    shipment = make.shipment(tracking_number=NUMBER)
    assert adopt(deps) == 1
    work_inbox(deps)
    assert again(deps, shipment).status == "out_for_delivery"
    assert row(deps).state == "processed"
    with deps.sessions.read_system() as session:
        assert session.scalar(select(func.count()).select_from(PushOrphan)) == 0
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0  # that was eight hours ago


def test_a_push_that_no_order_comes_for_is_dropped(deps: Deps, hook: Hook, clock: Clock) -> None:
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    clock.advance(days=14)
    adopt(deps)
    assert row(deps).state == "dropped"
    with deps.sessions.read_system() as session:
        assert session.scalar(select(func.count()).select_from(PushOrphan)) == 0


def test_a_parcel_that_was_given_up_is_watched_again_when_a_push_comes(
    deps: Deps, hook: Hook, make: Factory, clock: Clock
) -> None:
    shipment = make.shipment(tracking_number=NUMBER, queued=False, status="expired", tracking_ended_at=clock.business())
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert again(deps, shipment).tracking_ended_at is None
    assert next_poll(deps, shipment) is not None


def test_one_shops_address_says_nothing_of_anothers_parcels(
    deps: Deps, shop: ShopRef, other_shop: ShopRef, make: Factory
) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    hook = hook_for(deps, "ups", other_shop)
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert (again(deps, shipment).status, row(deps).state) == ("pending", "parked")
    assert adopt(deps) == 0
    mine = hook_for(deps, "ups", shop)
    push(deps, mine, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert again(deps, shipment).status == "out_for_delivery"


def test_a_number_that_two_orders_share_moves_both(deps: Deps, hook: Hook, make: Factory) -> None:
    both = [make.shipment(tracking_number=NUMBER) for _ in range(2)]
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert [again(deps, one).status for one in both] == ["out_for_delivery"] * 2


def test_another_carriers_parcel_with_the_same_number_is_left_alone(deps: Deps, hook: Hook, make: Factory) -> None:
    shipment = make.shipment(carrier="fedex", tracking_number=NUMBER)
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert again(deps, shipment).status == "pending"
    assert row(deps).state == "parked"


@pytest.mark.parametrize("body", [b"", b"<html>sorry</html>", b"{}", b"[" * 100_000, b"\xff\xfe\x00", b"null"])
def test_a_body_that_cannot_be_read_is_kept_and_holds_nobody_up(
    deps: Deps, hook: Hook, make: Factory, clock: Clock, body: bytes
) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    push(deps, hook, body)
    push(deps, hook, body_of(ups_event(NUMBER)))
    work_inbox(deps)
    assert again(deps, shipment).status == "out_for_delivery"
    with deps.sessions.read_system() as session:
        failed = session.scalars(select(InboxDelivery).where(InboxDelivery.state == "failed")).one()
    assert (failed.body, failed.error) == (body, "malformed")
    (view,) = list_endpoints(deps)
    assert view.failed == 1


def test_what_could_not_be_read_is_tried_again_daily_and_on_demand(
    deps: Deps, hook: Hook, make: Factory, clock: Clock, carriers: PushCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    with monkeypatch.context() as broken:
        broken.setattr(carriers, "parse", lambda *args, **options: 1 / 0)
        push(deps, hook, body_of(ups_event(NUMBER)))
        work_inbox(deps)
        assert (row(deps).state, row(deps).error) == ("failed", "ZeroDivisionError")
        assert adopt(deps) == 0
        clock.advance(days=1)
        assert adopt(deps) == 1
        work_inbox(deps)
        assert row(deps).state == "failed"
    assert retry_failed(deps, "dhl_unified") == 0
    assert retry_failed(deps, "ups") == 1
    work_inbox(deps)
    assert (row(deps).state, row(deps).error) == ("processed", None)
    assert again(deps, shipment).status == "out_for_delivery"


def test_a_fault_of_ours_is_tried_again_later_and_later(
    deps: Deps, hook: Hook, make: Factory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.shipment(tracking_number=NUMBER)
    push(deps, hook, body_of(ups_event(NUMBER)))
    tries = 0

    def fail(*args: Any, **options: Any) -> Any:
        nonlocal tries
        tries += 1
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(inbox, "read", fail)
        for _ in range(60):
            work_inbox(deps)
            clock.advance(minutes=1)
    assert tries == inbox.MAX_ATTEMPTS
    assert (row(deps).state, row(deps).error) == ("failed", "RuntimeError")


def test_a_push_that_kills_its_worker_is_put_aside(deps: Deps, hook: Hook, clock: Clock) -> None:
    push(deps, hook, body_of(ups_event(NUMBER)))
    for _ in range(inbox.MAX_ATTEMPTS):
        assert len(claim(deps, 10)) == 1  # and nothing more is heard of that worker
        assert claim(deps, 10) == []
        clock.advance(minutes=5)
    assert claim(deps, 10) == []
    assert (row(deps).state, row(deps).error) == ("failed", "died")
    clock.advance(days=2)
    assert adopt(deps) == 0  # only a person tries that again
    assert retry_failed(deps) == 1


def test_a_worker_that_was_too_slow_writes_nothing(deps: Deps, hook: Hook, make: Factory, clock: Clock) -> None:
    make.shipment(tracking_number=NUMBER)
    push(deps, hook, body_of(ups_event(NUMBER)))
    (slow,) = claim(deps, 1)
    clock.advance(minutes=5)
    work_inbox(deps)
    inbox._settle(deps, slow, "failed", error="late")
    assert row(deps).state == "processed"


def test_two_workers_share_the_work(deps: Deps, hook: Hook) -> None:
    for n in range(6):
        push(deps, hook, body_of(ups_event(NUMBER, n=n)))
    first, second = claim(deps, 3), claim(deps, 10)
    assert len({c.id for c in (*first, *second)}) == len(first) + len(second) == 6


# --- aggregators --------------------------------------------------------------------------------------------------


def tracker(number: str, **changes: Any) -> TrackingResult:
    scan = Checkpoint(NOON, Status.OUT_FOR_DELIVERY, raw_code="out", raw_text="Out")
    return TrackingResult(number, Status.OUT_FOR_DELIVERY, checkpoints=(scan,), **changes)


@pytest.fixture
def aggregated(deps: Deps, carriers: PushCarriers) -> Hook:
    """An endpoint of an aggregator, all of whose pushes say what `tracker` says of `NUMBER`."""
    carriers.add_aggregator("manyfold", lambda body: [tracker(body.decode())])
    return hook_for(deps, "manyfold")


def account_of(carriers: PushCarriers, code: str, **changes: Any) -> AccountRef:
    return carriers.account(code, aggregator=code == "manyfold", **changes)


def test_an_aggregators_push_is_believed_of_the_parcels_it_is_asked_about(
    deps: Deps, aggregated: Hook, make: Factory, carriers: PushCarriers, clock: Clock
) -> None:
    carriers.codes = ("ups",)
    carriers.more_accounts.append(account_of(carriers, "manyfold"))
    its_own = make.shipment(carrier="chinapost", tracking_number="LX123456789CN")
    asked_directly = make.shipment(carrier="ups", tracking_number=NUMBER)
    poll_due(deps)
    for number in ("LX123456789CN", NUMBER):
        push(deps, aggregated, number.encode())
    work_inbox(deps)
    assert again(deps, its_own).status == "out_for_delivery"
    assert [scan.adapter for scan in scans(deps, its_own)] == ["manyfold"]
    assert again(deps, asked_directly).status == "pending"  # that is asked of UPS, soon
    assert next_poll(deps, asked_directly) == clock.business() + timedelta(minutes=10)


def test_a_shops_own_aggregator_does_not_speak_for_another_shop(
    deps: Deps, make: Factory, carriers: PushCarriers, other_shop: ShopRef, shop: ShopRef
) -> None:
    carriers.add_aggregator("manyfold", lambda body: [tracker(body.decode())])
    carriers.codes = ()
    carriers.more_accounts.append(account_of(carriers, "manyfold", key="7", shop_id=shop.id))
    shipment = make.shipment(carrier="chinapost", tracking_number="LX123456789CN")
    push(deps, hook_for(deps, "manyfold", other_shop), b"LX123456789CN")
    work_inbox(deps)
    assert again(deps, shipment).status == "pending"
    push(deps, hook_for(deps, "manyfold", shop), b"LX123456789CN")
    work_inbox(deps)
    assert again(deps, shipment).status == "out_for_delivery"


def test_an_aggregator_that_may_mean_either_of_two_carriers_is_asked(
    deps: Deps, aggregated: Hook, make: Factory, carriers: PushCarriers
) -> None:
    carriers.codes = ()
    carriers.more_accounts.append(account_of(carriers, "manyfold"))
    both = [make.shipment(carrier=code, tracking_number="123456789012") for code in ("fedex", "gls")]
    push(deps, aggregated, b"123456789012")
    work_inbox(deps)
    assert [again(deps, one).status for one in both] == ["pending", "pending"]
    assert row(deps).state == "processed"


def test_a_number_is_found_however_it_is_written(
    deps: Deps, aggregated: Hook, make: Factory, carriers: PushCarriers
) -> None:
    carriers.more_accounts.append(account_of(carriers, "manyfold"))
    shipment = make.shipment(carrier="chinapost", tracking_number="LX123456789CN")
    push(deps, aggregated, b"lx 123 456 789 cn")
    work_inbox(deps)
    assert again(deps, shipment).status == "out_for_delivery"


def test_that_a_number_is_unknown_is_no_news(deps: Deps, make: Factory, carriers: PushCarriers) -> None:
    unknown = TrackingResult("LX123456789CN", Status.PENDING, error=CarrierError(ErrorKind.NOT_FOUND, "unknown"))
    carriers.add_aggregator("manyfold", lambda body: [unknown])
    carriers.more_accounts.append(account_of(carriers, "manyfold"))
    shipment = make.shipment(carrier="chinapost", tracking_number="LX123456789CN")
    push(deps, hook_for(deps, "manyfold"), b"x")
    work_inbox(deps)
    assert again(deps, shipment).not_found_count == 0
    assert row(deps).state == "processed"


def test_a_carrier_whose_adapter_is_gone_holds_nobody_up_and_loses_nothing(
    deps: Deps, hook: Hook, aggregated: Hook, make: Factory, carriers: PushCarriers
) -> None:
    shipment = make.shipment(tracking_number=NUMBER)
    push(deps, aggregated, b"LX123456789CN")
    push(deps, hook, body_of(ups_event(NUMBER)))
    info, told = carriers.infos.pop("manyfold"), carriers.told.pop("manyfold")
    work_inbox(deps)
    assert again(deps, shipment).status == "out_for_delivery"
    assert receive(deps, "manyfold", aggregated.token, aggregated.push(b"more")) is Outcome.NOT_NOW
    for job in (adopt, subscribe_due, notice_silence):
        job(deps)
    carriers.infos["manyfold"], carriers.told["manyfold"] = info, told
    retry_failed(deps, "manyfold")
    work_inbox(deps)
    with deps.sessions.read_system() as session:
        assert sorted(session.scalars(select(InboxDelivery.state))) == ["parked", "processed"]
