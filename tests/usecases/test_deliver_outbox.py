"""Messages leave the outbox once, or say honestly that they may have left (reliability: I3, I4, F03, F31)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.shipments import Shipment
from portal.notify.errors import MailDown, MailRefused, MailUnsure
from portal.usecases.deliver_outbox import LEASE, claim_next, deliver_outbox, recover
from portal.usecases.deps import Deps, ShopRef
from portal.usecases.enqueue import enqueue
from portal.usecases.outbox_report import outbox_report
from tests.support.doubles import Clock, MailBin
from tests.support.factory import Factory


class Killed(BaseException):
    """The process ends here; nothing after this point runs."""


@pytest.fixture
def order(make: Factory) -> Order:
    return make.order(number="J-1001", email="ada@mail.example")


def queue(deps: Deps, make: Factory, order: Order, event: str = "link", *, once: str = "1", **more: Any) -> int:
    with deps.sessions.write(make.shop.id) as session:
        message = enqueue(session, deps, make.shop, event, order, once=once, **more)
        assert message is not None
        session.flush()
        return message.id


def row(deps: Deps, message_id: int) -> OutboxMessage:
    with deps.sessions.read_system() as session:
        return session.get_one(OutboxMessage, message_id)


def killed_at(deps: Deps, point: str) -> Deps:
    def crash(name: str) -> None:
        if name == point:
            raise Killed

    return replace(deps, crash=crash)


def test_a_due_message_is_sent_once_and_remembered_as_sent(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)
    assert deliver_outbox(deps) == 1
    assert deliver_outbox(deps) == 0
    (sent,) = mail.sent
    assert sent["To"] == "ada@mail.example"
    done = row(deps, message_id)
    assert (done.state, done.sent_at, done.subject) == ("sent", clock.now, sent["Subject"])
    assert sent["Message-ID"] == done.message_id


def test_a_message_says_it_is_leaving_before_its_first_byte(
    deps: Deps, make: Factory, order: Order, mail: MailBin
) -> None:
    message_id = queue(deps, make, order)
    seen: list[str] = []

    class Watching:
        def send(self, message: EmailMessage) -> None:
            seen.append(row(deps, message_id).state)

    deliver_outbox(replace(deps, mailer=Watching()))
    assert seen == ["sending"]


def test_no_mail_server_means_another_try_later_and_later(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)
    mail.error = MailDown("no connection")
    waits = []
    for _ in range(8):
        assert deliver_outbox(deps) == 0
        waiting = row(deps, message_id)
        assert waiting.state == "queued"
        waits.append((waiting.next_attempt_at - clock.real) / timedelta(minutes=1))
        clock.real = waiting.next_attempt_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    mail.error = None
    assert deliver_outbox(deps) == 1


def test_a_server_that_stays_away_for_three_days_parks_the_message(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id, began = queue(deps, make, order), clock.real
    mail.error = MailDown("no connection")
    while row(deps, message_id).state == "queued":
        deliver_outbox(deps)
        clock.real = max(clock.real, row(deps, message_id).next_attempt_at)
    parked = row(deps, message_id)
    assert parked.state == "parked"
    assert "given up after 72 hours" in (parked.last_error or "")
    assert timedelta(hours=70) < clock.real - began <= timedelta(hours=72)


def test_without_a_server_the_other_messages_do_not_wait_for_it_one_by_one(
    deps: Deps, make: Factory, order: Order
) -> None:
    tries = []

    class Away:
        def send(self, message: EmailMessage) -> None:
            tries.append(message["Message-ID"])
            raise MailDown("no connection")

    for n in range(3):
        queue(deps, make, order, once=str(n))
    deliver_outbox(replace(deps, mailer=Away()))
    assert len(tries) == 1


def test_a_temporary_no_for_one_recipient_does_not_stop_the_others(
    deps: Deps, make: Factory, order: Order, mail: MailBin
) -> None:
    class Greylisting:
        def send(self, message: EmailMessage) -> None:
            if message["To"] == "ada@mail.example":
                raise MailDown("recipient refused (4.7.1)", 451)
            mail.send(message)

    queue(deps, make, order)
    queue(deps, make, make.order(email="bo@mail.example"))
    assert deliver_outbox(replace(deps, mailer=Greylisting())) == 1
    assert [m["To"] for m in mail.sent] == ["bo@mail.example"]


def test_a_refused_address_parks_the_message_with_the_reason(
    deps: Deps, make: Factory, order: Order, mail: MailBin
) -> None:
    message_id = queue(deps, make, order)
    mail.error = MailRefused("recipient refused (5.1.1)", 550)
    deliver_outbox(deps)
    parked = row(deps, message_id)
    assert (parked.state, parked.last_error) == ("parked", "550 recipient refused (5.1.1)")


def test_an_address_that_is_none_parks_the_message(deps: Deps, make: Factory, mail: MailBin) -> None:
    message_id = queue(deps, make, make.order(email="ada@example@evil\r\nBcc: all@mail.example"))
    deliver_outbox(deps)
    assert row(deps, message_id).state == "parked"
    assert mail.sent == []


def test_a_message_that_may_have_been_sent_is_repeated_once_under_the_same_id(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)
    mail.error = MailUnsure("connection lost")
    deliver_outbox(deps)
    assert row(deps, message_id).state == "ambiguous"
    assert deliver_outbox(deps) == 0, "not at once"
    mail.error = None
    clock.advance(minutes=2)
    assert deliver_outbox(deps) == 1
    done = row(deps, message_id)
    assert (done.state, done.unsure) == ("sent", 1)
    assert mail.sent[0]["Message-ID"] == done.message_id
    assert outbox_report(deps).unsure == 1


def test_a_message_that_is_unsure_twice_is_parked_and_not_sent_a_third_time(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)
    mail.error = MailUnsure("connection lost")
    for _ in range(4):
        deliver_outbox(deps)
        clock.advance(minutes=10)
    parked = row(deps, message_id)
    assert (parked.state, parked.unsure, parked.attempts) == ("parked", 2, 2)
    assert outbox_report(deps).states == {"parked": 1}


@pytest.mark.parametrize("point", ["mail.before_send", "mail.after_accept", "mail.before_commit"])
def test_a_process_killed_while_sending_leaves_a_message_that_is_repeated_once(
    point: str, deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)
    with pytest.raises(Killed):
        deliver_outbox(killed_at(deps, point))
    assert row(deps, message_id).state == "sending"
    assert deliver_outbox(deps) == 0, "the lease still runs"
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert deliver_outbox(deps) == 1
    done = row(deps, message_id)
    assert (done.state, done.unsure) == ("sent", 1)
    assert {m["Message-ID"] for m in mail.sent} == {done.message_id}
    assert len(mail.sent) == (1 if point == "mail.before_send" else 2)


def test_a_process_killed_twice_while_sending_leaves_the_message_to_a_person(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)
    for _ in range(2):
        with pytest.raises(Killed):
            deliver_outbox(killed_at(deps, "mail.after_accept"))
        clock.advance(seconds=LEASE.total_seconds() + 1)
    assert deliver_outbox(deps) == 0
    assert row(deps, message_id).state == "parked"
    assert len(mail.sent) == 2


def test_a_worker_that_was_away_too_long_cannot_settle_what_another_has_taken_over(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order)

    class Slow:
        def send(self, message: EmailMessage) -> None:
            mail.send(message)
            clock.advance(seconds=LEASE.total_seconds() + 1)
            deliver_outbox(deps)  # another worker, in the meantime
            raise MailRefused("too late to say so", 550)

    deliver_outbox(replace(deps, mailer=Slow()))
    assert row(deps, message_id).state == "sent"


def test_a_worker_whose_lease_ran_out_writes_nothing_under_its_old_fence(
    deps: Deps, make: Factory, order: Order, clock: Clock
) -> None:
    message_id = queue(deps, make, order)

    class Slow:
        def send(self, message: EmailMessage) -> None:
            clock.advance(seconds=LEASE.total_seconds() + 1)
            assert recover(deps) == 1  # another worker has found it
            raise MailRefused("too late to say so", 550)

    deliver_outbox(replace(deps, mailer=Slow()), limit=1)
    assert row(deps, message_id).state == "ambiguous"


def test_a_message_being_composed_is_nobody_elses_until_the_lease_ends(
    deps: Deps, make: Factory, order: Order, clock: Clock
) -> None:
    queue(deps, make, order)
    first = claim_next(deps)
    assert first is not None
    assert claim_next(deps) is None
    clock.advance(seconds=LEASE.total_seconds())
    second = claim_next(deps)
    assert second is not None
    assert (second.id, second.fence, second.attempts) == (first.id, first.fence + 1, 2)


def test_workers_at_the_same_time_send_each_message_once(deps: Deps, make: Factory, order: Order) -> None:
    for n in range(12):
        queue(deps, make, order, once=str(n))
    sent: list[str] = []
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    class Counting:
        def send(self, message: EmailMessage) -> None:
            sent.append(message["Message-ID"])

    def work() -> None:
        try:
            start.wait()
            deliver_outbox(replace(deps, mailer=Counting()))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(sent) == len(set(sent)) == 12
    assert outbox_report(deps).states == {"sent": 12}


def test_a_message_that_is_no_longer_useful_is_dropped(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    message_id = queue(deps, make, order, useful_until=clock.now + timedelta(hours=1))
    clock.now += timedelta(hours=2)
    deliver_outbox(deps)
    dropped = row(deps, message_id)
    assert (dropped.state, dropped.last_error) == ("suppressed", "no longer useful")
    assert mail.sent == []


@pytest.mark.parametrize("event", ["shipped", "out_for_delivery", "problem"])
def test_old_news_is_dropped_once_the_parcel_has_arrived(
    event: str, deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    shipment = make.shipment(order)
    payload = {"message_key": "R08", "inputs": {"promised_on": "2026-11-17", "carrier": "ups"}}
    message_id = queue(deps, make, order, event, shipment_id=shipment.id, payload=payload)
    with deps.sessions.write(make.shop.id) as session:
        parcel = session.get_one(Shipment, shipment.id)
        parcel.status, parcel.delivered_at = "delivered", clock.now
    deliver_outbox(deps)
    dropped = row(deps, message_id)
    assert (dropped.state, dropped.last_error) == ("suppressed", "already delivered")
    assert mail.sent == []


def test_a_delivered_message_is_sent_for_a_parcel_that_has_arrived(
    deps: Deps, make: Factory, order: Order, mail: MailBin, clock: Clock
) -> None:
    shipment = make.shipment(order, status="delivered", delivered_at=clock.now)
    queue(deps, make, order, "delivered", shipment_id=shipment.id)
    assert deliver_outbox(deps) == 1
    assert "Delivered" in mail.sent[0]["Subject"]


def test_the_van_is_not_announced_after_a_failed_attempt(
    deps: Deps, make: Factory, order: Order, mail: MailBin
) -> None:
    shipment = make.shipment(order, status="attempt_fail")
    message_id = queue(deps, make, order, "out_for_delivery", shipment_id=shipment.id)
    deliver_outbox(deps)
    assert (row(deps, message_id).state, mail.sent) == ("suppressed", [])


def test_a_code_does_not_stay_in_the_database_once_it_was_sent(
    deps: Deps, make: Factory, order: Order, mail: MailBin
) -> None:
    message_id = queue(deps, make, order, "code", payload={"code": "481516", "minutes": 10})
    deliver_outbox(deps)
    text = mail.sent[0].get_body(("plain",))
    assert text is not None
    assert "481516" in text.get_content()
    sent = row(deps, message_id)
    assert "481516" not in f"{sent.payload}{sent.subject}{sent.last_error}"


def test_a_message_that_cannot_be_composed_waits_and_the_others_go_on(
    deps: Deps, make: Factory, order: Order, mail: MailBin
) -> None:
    broken = queue(deps, make, order, "problem", payload={"message_key": "R999"}, shipment_id=make.shipment(order).id)
    queue(deps, make, order)
    assert deliver_outbox(deps) == 1
    waiting = row(deps, broken)
    assert (waiting.state, waiting.last_error) == ("queued", "could not be composed: KeyError")


def test_each_shops_messages_leave_under_its_own_name(
    deps: Deps, make: Factory, order: Order, other_shop: ShopRef, make_in: Callable[[ShopRef], Factory], mail: MailBin
) -> None:
    theirs = make_in(other_shop)
    queue(deps, make, order)
    queue(deps, theirs, theirs.order())
    assert deliver_outbox(deps) == 2
    assert ["/juniper/l/" in _text(m) for m in mail.sent] == [True, False]
    assert ["/nordlicht/l/" in _text(m) for m in mail.sent] == [False, True]


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
