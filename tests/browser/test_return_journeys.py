"""Whole returns in a real browser, with script and without: from the order to the money, and what the database says
in the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from carriers.errors import CarrierError, ErrorKind
from portal.db.tables.catalogue import Reservation, Variant
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order
from portal.db.tables.return_flow import ReturnPhoto, Withdrawal
from portal.db.tables.returns import Return, ReturnOrder
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.exchange_desk import Sent, confirm_sent
from portal.usecases.returns.exchange_orders import send_due
from tests.browser.conftest import Live, running
from tests.browser.journeys import MUG, SETTINGS, SHIRT, Facts, Shopper, set_up, shops_with
from tests.support.doubles import FakeCarriers
from tests.usecases.returns import pictures

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys")]
DOWN = CarrierError(ErrorKind.SERVER_ERROR, "down", sent=False)


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Both shops with the same policy, for all journeys: each has an order and a customer of its own."""
    with shops_with(**SETTINGS), running(sqlite_template, tmp_path_factory.mktemp("journeys")) as live:
        for slug in ("juniper", "nordlicht"):
            set_up(live, slug)
        carriers_of(live).label_countries = ("US", "DE")
        yield live


def carriers_of(live: Live) -> FakeCarriers:
    assert isinstance(live.deps.carriers, FakeCarriers)
    return live.deps.carriers


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def shopper(world: Live, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Shopper]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-US", java_script_enabled=request.param
    )
    context.set_default_timeout(10_000)
    yield Shopper(world, context.new_page())
    context.close()


def refund(shopper: Shopper, language: str = "en") -> Facts:
    """Two of three things back for money: the label at once, the sum as it was told, paid once."""
    order = shopper.bought(SHIRT, MUG)
    shirt, mug = shopper.line(order), shopper.line(order, 1)
    shopper.open(order, language)
    shopper.page.locator(f"#units-{mug}").select_option("1")
    shopper.tick(shirt, mug)
    shopper.because("changed_mind", shirt, mug)
    shopper.get("refund")
    shopper.confirm()
    facts = Facts.of(shopper.live, order)
    assert (facts.effects("label"), len(facts.labels), facts.row.parcel) == (["succeeded"], 1, "label_ready")
    assert shopper.page.locator("a[href$='label.pdf']").count() >= 1
    facts.arrive_and_pay()
    shopper.page.reload()
    assert (facts.row.money, facts.row.due_minor, facts.effects("refund")) == ("paid", 6_705, ["succeeded"])
    assert facts.money == {"refund": 7_300, "fee": 595}
    assert facts.given_back() == 7_300
    return facts


def exchange(shopper: Shopper, language: str = "en") -> Facts:
    """Another size: kept at once, sent when the parcel is on its way, and seen on the page."""
    order = shopper.bought(SHIRT)
    shopper.open(order, language)
    shopper.tick(shopper.line(order))
    shopper.because("size_too_small", shopper.line(order))
    shopper.get("exchange")
    shopper.page.locator("input[value=SHIRT-L]").check()
    shopper.page.locator("#fallback-store_credit").check()
    shopper.go_on()
    shopper.confirm()
    facts, page = Facts.of(shopper.live, order), shopper.page
    with facts.live.deps.sessions.read(facts.shop_id) as session:
        mine = Reservation.return_item_id == facts.items[0].id
        kept = session.scalars(select(Reservation).where(mine)).one()
        assert session.get_one(Variant, kept.variant_id).sku == "SHIRT-L"
    assert (kept.state, facts.row.exchange, facts.row.fallback) == ("held", "reserved", "store_credit")
    assert page.locator("#instead-1").is_visible()
    facts.scan("in_transit")
    assert send_due(facts.live.deps) == 1
    confirm_sent(facts.live.deps, facts.return_id, facts.staff, f"sent {facts.return_id}", Sent(on_its_way=True))
    page.reload()
    if language == "en":
        assert "It is on its way to you." in shopper.text
    facts.arrive_and_pay()
    with facts.live.deps.sessions.read(facts.shop_id) as session:
        assert session.get_one(Reservation, kept.id).state == "used"
    assert (facts.row.exchange, facts.row.due_minor, facts.effects("exchange")) == ("shipped", 0, ["succeeded"])
    assert facts.money == {"exchange": 4_900}
    assert facts.given_back() == 4_900
    return facts


def credit(shopper: Shopper, language: str = "en") -> Facts:
    """Store credit with its bonus: the sum before the choice, the code on the page, once."""
    order = shopper.bought(SHIRT)
    shopper.open(order, language)
    shopper.tick(shopper.line(order))
    shopper.because("changed_mind", shopper.line(order))
    shopper.get("store_credit")
    shopper.confirm()
    facts = Facts.of(shopper.live, order)
    facts.arrive_and_pay()
    shopper.page.reload()
    row = facts.row
    assert row.credit_code
    assert shopper.page.get_by_text(row.credit_code).is_visible()
    assert (row.money, facts.effects("credit"), facts.effects("label")) == ("paid", ["succeeded"], ["succeeded"])
    assert row.due_minor == 4_900 - row.fee_minor + row.bonus_minor
    told = {"credit": 4_900, "bonus": row.bonus_minor} | ({"fee": row.fee_minor} if row.fee_minor else {})
    assert facts.money == told
    assert row.bonus_minor > 0
    return facts


JOURNEYS = {"refund": refund, "exchange": exchange, "credit": credit}
RESOLUTION = {"refund": "refund", "exchange": "exchange", "credit": "store_credit"}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_what_was_chosen_is_what_comes(shopper: Shopper, journey: str) -> None:
    facts = JOURNEYS[journey](shopper)
    assert (facts.row.decision, facts.row.resolution) == ("resolved", RESOLUTION[journey])
    assert shopper.wide() <= 0


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("slug", ["juniper", "nordlicht"])
@pytest.mark.parametrize("journey", JOURNEYS)
def test_in_every_shop_scheme_and_language_it_is_the_same(
    world: Live, browser: Browser, journey: str, slug: str, scheme: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, locale="en-US")  # type: ignore[arg-type]
    shopper = Shopper(world, context.new_page(), slug)
    JOURNEYS[journey](shopper, language)
    assert shopper.page.evaluate("document.documentElement.lang") == language
    assert shopper.wide() <= 0
    context.close()


def test_a_label_that_fails_comes_later_and_the_return_stands_meanwhile(shopper: Shopper) -> None:
    live, carriers = shopper.live, carriers_of(shopper.live)
    order = shopper.bought(SHIRT)
    shopper.open(order)
    shopper.tick(shopper.line(order))
    shopper.because("changed_mind", shopper.line(order))
    shopper.get("refund")
    carriers.label_error = DOWN
    try:
        shopper.confirm()
    finally:
        carriers.label_error = None
    facts = Facts.of(live, order)
    assert (facts.row.decision, facts.labels, facts.effects("label")) == ("approved", [], ["intended"])
    assert "We try again in about" in shopper.text
    assert shopper.page.get_by_role("radio", name="With a carrier of your choice").is_visible()
    live.clock.real += timedelta(hours=1)
    run_effects(live.deps)
    shopper.page.reload()
    assert shopper.title == "Your return label is ready"
    number = facts.labels[0].tracking_number
    assert shopper.page.get_by_text(number).first.is_visible()
    assert (facts.effects("label"), facts.row.parcel, len(facts.labels)) == (["succeeded"], "label_ready", 1)
    told = select(OutboxMessage.event).where(OutboxMessage.return_id == facts.return_id)
    with live.deps.sessions.read(facts.shop_id) as session:
        assert list(session.scalars(told)).count("return_label_ready") == 1


def test_who_does_not_wait_for_the_label_sends_it_another_way(shopper: Shopper) -> None:
    live, carriers = shopper.live, carriers_of(shopper.live)
    order = shopper.bought(SHIRT)
    shopper.open(order)
    shopper.tick(shopper.line(order))
    shopper.because("changed_mind", shopper.line(order))
    shopper.get("refund")
    carriers.label_error = DOWN
    try:
        shopper.confirm()
        shopper.page.get_by_role("radio", name="With a carrier of your choice").check()
        shopper.page.get_by_role("button", name="Send it back this way").click()
    finally:
        carriers.label_error = None
    live.clock.real += timedelta(hours=1)
    run_effects(live.deps)
    shopper.page.reload()
    facts = Facts.of(live, order)
    assert facts.row.rma in shopper.text
    assert (facts.row.method, facts.labels, facts.effects("label")) == ("own_parcel", [], ["voided"])


def test_damage_wants_a_picture_that_can_be_looked_at_and_taken_away(shopper: Shopper) -> None:
    order = shopper.bought(SHIRT)
    line, page = shopper.line(order), shopper.page
    shopper.open(order)
    shopper.tick(line)
    shopper.because("damaged_in_transit", line)
    assert page.locator("[role=alert]").is_visible()
    assert page.url.endswith("/reasons") or "/why" in page.url
    for width in (640, 600):
        made = pictures.jpeg(pictures.picture(width), gps=True)
        photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": made}
        page.locator(f"#photo-{line}").set_input_files(photo)  # type: ignore[arg-type]
        page.locator(f"button[name=add][value='{line}']").click()
        page.wait_for_load_state()
    shown = page.locator(f"#photos-{line} img")
    assert shown.count() == 2
    src = shown.first.get_attribute("src")
    answer = page.request.get(shopper.live.address + str(src))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert b"Telephone" not in answer.body()
    page.get_by_role("button", name="Remove picture 1").click()
    page.wait_for_load_state()
    assert page.locator(f"#photos-{line} img").count() == 1
    shopper.because("damaged_in_transit", line)
    if shopper.title == "Would this help?":
        shopper.go_on()
    shopper.get("refund")
    shopper.confirm()
    facts = Facts.of(shopper.live, order)
    with shopper.live.deps.sessions.read(facts.shop_id) as session:
        kept = session.scalars(select(ReturnPhoto).where(ReturnPhoto.order_line_id == line)).all()
        assert [photo.return_id for photo in kept] == [facts.return_id]
    assert (facts.row.fee_minor, facts.row.due_minor) == (0, 4_900)


def test_a_day_after_the_last_one_nothing_goes_back_and_every_reason_stands_there(shopper: Shopper) -> None:
    card = {"sku": "CARD", "title": "Gift card", "product_type": "gift card", "unit_price_minor": 5_000}
    sale = {"sku": "SALE", "title": "Last pair of gloves", "final_sale": True, "unit_price_minor": 900}
    for days, is_open in ((30, True), (31, False)):
        order = shopper.bought(SHIRT, card, sale, delivered=days)
        shopper.open(order)
        assert (shopper.page.locator(f"#line-{shopper.line(order)}").count() == 1) is is_open
    assert shopper.title == "Nothing of this order can go back right now"
    notes = {
        item.locator(".item-title").inner_text(): item.locator(".item-note").all_inner_texts()
        for item in shopper.page.locator("#not ~ ul .item").all()
    }
    assert [len(notes[title]) for title in ("Gift card", "Last pair of gloves")] == [2, 2]
    over = next(note for title, all_ in notes.items() if title.startswith("Linen shirt") for note in all_)
    assert "30 days" in over
    assert "November 22" in over
    with shopper.live.deps.sessions.read(order.shop_id) as session:
        assert session.scalars(select(ReturnOrder).where(ReturnOrder.order_id == order.id)).all() == []


def test_things_of_several_orders_go_back_in_one_return(shopper: Shopper) -> None:
    first = shopper.bought(SHIRT)
    with shopper.live.deps.sessions.read(first.shop_id) as session:
        from portal.db.tables.orders import Customer

        customer = session.get_one(Customer, first.customer_id)
    second = shopper.bought(MUG, customer=customer, delivered=8)
    one, two = shopper.line(first), shopper.line(second)
    shopper.open(first)
    shopper.page.get_by_role("button", name="Something from another order?").click()
    shopper.page.locator("input[name=order]").check()
    shopper.go_on()
    shopper.page.locator(f"#units-{two}").select_option("1")
    shopper.tick(one, two)
    shopper.because("changed_mind", one, two)
    shopper.get("refund")
    shopper.confirm()
    facts = Facts.of(shopper.live, first)
    assert Facts.of(shopper.live, second).return_id == facts.return_id
    assert (len(facts.items), facts.effects("label"), len(facts.labels)) == (2, ["succeeded"], 1)
    facts.arrive_and_pay()
    shopper.page.reload()
    assert facts.money["refund"] == facts.given_back() == 7_300
    assert facts.row.due_minor == 7_300 - facts.money["fee"]
    with shopper.live.deps.sessions.read(first.shop_id) as session:
        back = [session.get_one(Order, order.id).refunded_minor for order in (first, second)]
    assert sum(back) == facts.row.due_minor
    assert min(back) > 0


def test_a_guest_withdraws_with_order_number_and_e_mail_alone(shopper: Shopper) -> None:
    shopper.slug = "nordlicht"
    order, page = shopper.bought(SHIRT), shopper.page
    page.goto(f"{shopper.live.address}/nordlicht/withdraw?lang=en")
    page.get_by_label("Order number").fill(order.number)
    page.get_by_label("E-mail address of the order").fill(order.email or "")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Jan Petersen")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Confirm withdrawal").click()
    assert shopper.title == "We have received your withdrawal"
    facts = Facts.of(shopper.live, order)
    assert (facts.row.kind, facts.row.decision, facts.row.fee_minor) == ("withdrawal", "approved", 0)
    with shopper.live.deps.sessions.read(order.shop_id) as session:
        declared = session.scalars(select(Withdrawal).where(Withdrawal.order_id == order.id)).one()
        sent = select(OutboxMessage.event).where(OutboxMessage.return_id == facts.return_id)
        assert "withdrawal_receipt" in set(session.scalars(sent))
    assert order.number in declared.receipt
    answer = page.request.get(f"{shopper.live.address}/nordlicht/withdrawals/{declared.public_id}/receipt.txt")
    assert answer.text() == declared.receipt


def test_a_present_becomes_credit_and_neither_learns_of_the_other(shopper: Shopper) -> None:
    order, page = shopper.bought(SHIRT), shopper.page
    page.goto(shopper.live.link("juniper", order))
    page.goto(f"{shopper.live.address}/juniper/orders/{order.public_id}/gift?lang=en")
    page.get_by_role("button", name="Make a gift code").click()
    code = page.locator(".return-number").inner_text()
    page.context.clear_cookies()
    page.goto(f"{shopper.live.address}/juniper/gift?lang=en")
    page.get_by_label("Gift code").fill(code)
    page.get_by_role("button", name="Show what can go back").click()
    page.get_by_role("checkbox").first.check()
    shopper.go_on()
    page.get_by_label("Reason").select_option("gift_unwanted")
    shopper.go_on()
    shopper.get("store_credit")
    for label, value in (
        ("Your name", "Grace Hopper"),
        ("Your e-mail address", "grace@new.example"),
        ("Street and number", "7 Oak Lane"),
        ("Postcode", "22201"),
        ("Town", "Arlington"),
        ("State or region", "VA"),
    ):
        page.get_by_label(label).fill(value)
    shopper.go_on()
    if shopper.title == "How would you like to send it back?":
        shopper.go_on()
    page.get_by_role("button", name="Get my return label").click()
    facts = Facts.of(shopper.live, order)
    assert (facts.row.kind, facts.effects("label")) == ("gift", ["succeeded"])
    browser = page.context.browser
    assert browser is not None
    buyer = browser.new_page()
    buyer.goto(shopper.live.link("juniper", order))
    buyer.goto(f"{shopper.live.address}/juniper/orders/{order.public_id}/return?lang=en")
    assert facts.row.rma not in buyer.content()
    buyer.close()
    facts.arrive_and_pay()
    page.reload()
    assert shopper.title == "Your store credit is ready"
    assert str(facts.row.credit_code) in shopper.text
    for hidden in ("$", "49.00", "Ada", str(order.email), "12 Elm Street"):
        assert hidden not in shopper.text
    assert facts.money["credit"] == facts.given_back() == 4_900
    page.context.clear_cookies()
    page.goto(shopper.live.link("juniper", order))
    for hidden in ("Grace", "grace@new.example", "Oak Lane", facts.row.rma, str(facts.row.credit_code)):
        assert hidden not in page.content()
    with shopper.live.deps.sessions.read(order.shop_id) as session:
        told = session.scalars(select(OutboxMessage).where(OutboxMessage.return_id == facts.return_id)).all()
        assert session.scalars(select(Return.id).where(Return.order_id == order.id)).all() == [facts.return_id]
    assert "return_label_ready" not in {message.event for message in told}
