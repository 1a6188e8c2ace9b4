"""What the tracking page says: true for every state, hidden for a weak proof, few statements."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from carriers.model import Status
from portal.db.tables.orders import Order
from portal.domain.headlines import Situation, parcel_headline
from portal.errors import NotFound
from portal.i18n import Speaker
from portal.usecases.deps import Deps
from portal.usecases.order_page import OrderPage
from portal.usecases.view_order import page_stamp, view_order
from tests.browser.stories import PEOPLE, Stories
from tests.support.doubles import Clock

EN = Speaker("en")


@pytest.fixture
def stories(deps: Deps, clock: Clock) -> Stories:
    clock.now = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)  # 1:40 pm in New York, a Monday
    return Stories(deps, "juniper")


@pytest.fixture
def plain(deps: Deps, clock: Clock) -> Stories:
    clock.now = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
    return Stories(deps, "nordlicht")


def _page(stories: Stories, order: Order, tier: str = "full") -> OrderPage:
    return view_order(stories.deps, stories.shop, order.public_id, tier, EN)


def test_the_answer_comes_first_in_the_shops_own_voice(stories: Stories, plain: Stories) -> None:
    assert _page(stories, stories.on_its_way()).headline == "It arrives tomorrow, Tuesday, November 24"
    assert _page(plain, plain.on_its_way()).headline == "Arriving tomorrow, Tuesday, November 24"
    today = _page(stories, stories.out_today()).headline.replace("\u202f", " ")
    assert today == "It arrives today, by 8:00 PM"


def test_a_moved_date_shows_the_old_one_and_why(stories: Stories) -> None:
    page = _page(stories, stories.late())
    assert [m.former for m in page.moved] == [stories.day(-1)]
    assert page.moved[0].because == "severe weather"
    assert page.arrives_on == stories.day(2)


def test_trouble_says_what_happened_what_we_do_and_what_the_shopper_can_do(stories: Stories) -> None:
    problem = _page(stories, stories.late()).problems[0]
    assert "Sunday, November 22" in problem.happened
    assert "UPS" in problem.doing
    assert problem.can
    assert _page(stories, stories.lost()).problems[0].grave


def test_a_state_of_trouble_has_its_panel_before_any_case_is_open(stories: Stories) -> None:
    order = stories.order()
    stories.parcel(order, "exception", "Exception_007", eta_on=None)
    page = _page(stories, order)
    assert page.headline == "The address needs a second look"
    assert "full address" in page.problems[0].can


def test_the_page_says_how_old_its_news_is_and_when_we_look_again(stories: Stories) -> None:
    words = _page(stories, stories.on_its_way()).as_of_words.replace("\u202f", " ")
    assert words == "As of 1:16 PM · next check about 2:40 PM"


def test_a_feed_that_is_down_is_said_so(stories: Stories) -> None:
    words = _page(stories, stories.feed_down()).feed_words
    assert len(words) == 1
    assert "has sent no news since" in words[0]


def test_a_delivered_order_offers_a_return_and_names_the_last_day(stories: Stories) -> None:
    page = _page(stories, stories.delivered())
    assert page.delivered
    assert page.return_until == stories.day(45)
    assert not page.feed_words


def test_a_split_order_has_one_sentence_and_a_line_for_each_parcel(plain: Stories) -> None:
    page = _page(plain, plain.split())
    assert page.headline == "1 of 3 parcels delivered. Next: Tuesday, November 24"
    assert [p.name for p in page.parcels] == ["Parcel 1 of 3", "Parcel 2 of 3", "Parcel 3 of 3"]
    assert page.detail == "One of them needs attention; see below."
    assert not page.loose_items  # each thing stands in its parcel


def test_the_steps_stay_honest_when_the_story_is_not_a_straight_line(stories: Stories) -> None:
    order = stories.order()
    shipment = stories.parcel(order, "exception", "Exception_010", eta_on=None)
    stories.usual_scans(shipment)
    stories.scan(shipment, 8, "out_for_delivery", "OutForDelivery_001")
    stories.scan(shipment, 5, "exception", "Exception_010")
    parcel = _page(stories, order).parcels[0]
    assert [s.state for s in parcel.steps] == ["done", "done", "done", "here off", "todo"]
    assert parcel.note == "Turned round: on its way back to the shop"
    pickup = _page(stories, stories.at_pickup())
    assert [s.name for s in pickup.parcels[0].steps][3:] == ["Ready to collect", "Collected"]
    assert pickup.arrives_on is None  # a day of arrival would be a lie now


def test_a_code_nobody_has_mapped_is_shown_in_the_carriers_words_and_is_no_progress(stories: Stories) -> None:
    order = stories.on_its_way()
    with stories.deps.sessions.read(stories.shop.id):
        pass
    page_before = _page(stories, order)
    shipment_id = page_before.parcels[0].public_id
    assert shipment_id
    stories.scan(_shipment(stories, order), 1, None, raw_text="Zugestellt an Wunschort?")
    page = _page(stories, order)
    assert page.parcels[0].days[0].scans[0].words == "“Zugestellt an Wunschort?”"
    assert page.parcels[0].steps == page_before.parcels[0].steps
    assert page.headline == page_before.headline


def _shipment(stories: Stories, order: Order):  # type: ignore[no-untyped-def]
    from sqlalchemy import select

    from portal.db.tables.shipments import Shipment

    with stories.deps.sessions.read(stories.shop.id) as session:
        return session.scalars(select(Shipment).where(Shipment.order_id == order.id)).one()


def test_a_weak_proof_sees_no_personal_data(stories: Stories) -> None:
    order = stories.delivered()
    hidden = repr(_page(stories, order, "masked"))
    shown = repr(_page(stories, order, "full"))
    person = PEOPLE["juniper"]
    number = _shipment(stories, order).tracking_number
    canaries = [str(person[k]) for k in ("email", "ship_name", "ship_line1", "ship_city", "ship_postal_code")]
    canaries += ["A EXAMPLE", "porch", "Louisville", number]
    for canary in canaries:
        assert canary in shown, canary
        assert canary not in hidden, canary
    assert "A. E." in hidden
    assert "a•••@m•••" in hidden


def test_the_page_takes_six_statements_however_much_the_order_holds(stories: Stories) -> None:
    def count(order: Order) -> int:
        seen: list[str] = []

        def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(stories.deps.sessions.engine, "before_cursor_execute", note)
        _page(stories, order)
        event.remove(stories.deps.sessions.engine, "before_cursor_execute", note)
        return len([s for s in seen if s.startswith("SELECT")])

    assert count(stories.split()) == count(stories.not_shipped()) <= 6


def test_the_page_never_asks_a_carrier(stories: Stories) -> None:
    _page(stories, stories.late())
    assert stories.deps.carriers.asked == []  # type: ignore[attr-defined]


def test_the_stamp_changes_with_the_order_the_news_and_the_day(stories: Stories, clock: Clock) -> None:
    order = stories.on_its_way()
    deps, shop = stories.deps, stories.shop
    first = page_stamp(deps, shop, order.public_id)
    clock.advance(minutes=5)
    assert page_stamp(deps, shop, order.public_id) == first
    with deps.sessions.write(shop.id) as session:
        session.get_one(Order, order.id).version += 1
    second = page_stamp(deps, shop, order.public_id)
    assert second != first
    clock.advance(hours=12)
    assert page_stamp(deps, shop, order.public_id) != second
    assert page_stamp(deps, shop, "nothing") is None


def test_an_unknown_order_is_not_found(stories: Stories) -> None:
    with pytest.raises(NotFound):
        view_order(stories.deps, stories.shop, "nothing", "full", EN)


def _situations() -> Iterator[Situation]:
    today = datetime(2026, 11, 23, tzinfo=UTC).date()
    codes = [None, *(f"Exception_{n:03d}" for n in range(1, 22)), "AttemptFail_002", "Delivered_005", "Unheard_099"]
    base = Situation(status="pending", carrier="UPS", today=today, since_on=today)
    for status in Status:
        for code in codes:
            for days in (None, -2, 0, 1, 5):
                on = None if days is None else today + timedelta(days=days)
                yield dataclasses.replace(base, status=status.value, substatus=code, arrives_on=on, estimated=True)


@pytest.mark.parametrize("voice", ["warm", "plain"])
def test_every_state_has_a_sentence_and_none_promises_a_day_that_is_over(voice: str) -> None:
    for situation in _situations():
        said = parcel_headline(situation, voice)
        assert said.words % {"day": "D", "time": "T", "carrier": "C"}
        day = said.values.get("day")
        if situation.status in ("in_transit", "info_received", "pending") and day is not None:
            assert day >= situation.today  # type: ignore[operator]
        if situation.status != "delivered":
            assert "arrived" not in said.words
            assert "Delivered" not in said.words
