"""A present goes back: in its new owner's name, for credit or another size, and neither side learns of the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from carriers.model import Status
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.orders import Order, OrderLine
from portal.db.tables.return_flow import GiftCode
from portal.domain.shipments import ShipmentState
from portal.errors import Conflict, InvalidInput, NotFound
from portal.i18n import Speaker
from portal.usecases.deliver_outbox import deliver_outbox
from portal.usecases.deps import Deps
from portal.usecases.enqueue import enqueue
from portal.usecases.links import make_link, redeem_link
from portal.usecases.returns.draft_views import Draft
from portal.usecases.returns.gift_codes import make_gift_code, revoke_gift_code
from portal.usecases.returns.gift_page import gift_link, redeem_gift_link, view_gift
from portal.usecases.returns.gift_return import gift_offer, gift_quotes, gift_swaps, submit_gift
from portal.usecases.returns.label_effects import run_label
from portal.usecases.returns.label_request import request_for, wishes
from portal.usecases.returns.offer import offer
from portal.usecases.returns.offer_views import Choice, Sender
from portal.usecases.returns.photos import load_photo, photos_of, remove_photo, save_photo, unused_photos
from portal.usecases.returns.rows import return_by_public_id
from portal.usecases.returns.view import order_of_return
from portal.usecases.tracking.ingest import Change
from portal.usecases.tracking.tell import tell_news
from portal.usecases.view_order import view_order
from tests.support.doubles import MailBin
from tests.usecases.returns.conftest import Desk
from tests.usecases.returns.pictures import jpeg

GRACE = Sender("Grace Hopper", "grace@new.example", "7 Oak Lane", "Arlington", "22201", "US", region="VA", locale="en")
BUYER = ("Ada Example", "12 Elm Street", "Albany", "12207", "J-", "@mail.example")
PRICES = ("49", "$", "98.00", "100.00")


class Present:
    """Two shirts that Ada bought and gave to Grace, with the code that she made."""

    def __init__(self, desk: Desk, **line: Any) -> None:
        self.desk, self.deps, self.shop = desk, desk.deps, desk.shop
        self.order: Order = desk.order({"quantity": 2, "unit_price_minor": 4_900} | line)
        make_gift_code(self.deps, self.shop, self.order.public_id, "k", "shopper")
        (self.code,) = desk.all(GiftCode)

    def draft(self, units: int = 1, **changes: Any) -> Draft:
        choice = Choice(self.desk.line_ids(self.order)[0], units, "gift_unwanted")
        found = gift_offer(self.deps, self.shop, self.code.id)
        given = {"choices": (choice,), "resolution": "store_credit"} | changes
        return Draft(found.order_public_id, found.purpose, **given)

    def send_in(self, sender: Sender = GRACE, **changes: Any) -> str:
        found = gift_offer(self.deps, self.shop, self.code.id)
        return submit_gift(self.deps, self.shop, found, self.draft(**changes), sender, found.form_key)


@pytest.fixture
def present(desk: Desk) -> Present:
    return Present(desk)


def test_a_present_goes_back_for_credit_in_its_new_owners_name(present: Present, desk: Desk) -> None:
    row = desk.returned(present.send_in())
    assert (row.kind, row.decision, row.resolution, row.parcel) == ("gift", "approved", "store_credit", "label_queued")
    assert row.sender is not None
    assert (row.sender["name"], row.sender["email"]) == (GRACE.name, GRACE.email)
    assert row.rma.startswith("G-")
    assert present.order.number not in row.rma
    assert desk.line(present.order).units_returning == 1


def test_the_label_starts_where_the_new_owner_lives(present: Present, desk: Desk, deps: Deps) -> None:
    public_id = present.send_in()
    with deps.sessions.read(desk.shop.id) as session:
        row, order = return_by_public_id(session, public_id), session.get_one(Order, present.order.id)
        wished = wishes(deps, desk.shop, order)
        asked = request_for(session, deps, desk.shop, order, row, "r", wished, "usps")
    assert (asked.sender.name, asked.sender.line1, asked.sender.city) == ("Grace Hopper", "7 Oak Lane", "Arlington")
    assert asked.sender.email == GRACE.email
    assert "Ada" not in repr(asked.sender)


@pytest.mark.parametrize("wish", ["refund", "", "money"])
def test_the_buyers_payment_is_never_where_the_money_goes(present: Present, wish: str) -> None:
    with pytest.raises(InvalidInput):
        present.send_in(resolution=wish)
    with pytest.raises(InvalidInput):
        present.send_in(resolution="exchange", fallback="refund")


def test_credit_is_given_for_a_present_also_where_buyers_are_offered_a_refund_alone(desk: Desk) -> None:
    returns = replace(desk.shop.config.returns, resolutions=("refund",))
    desk.shop = replace(desk.shop, config=replace(desk.shop.config, returns=returns))
    assert desk.returned(Present(desk).send_in()).resolution == "store_credit"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "grace"}, "email"),
        ({"email": "grace@new.example\nBcc: x@y.example"}, "email"),
        ({"line1": ""}, "line1"),
        ({"city": ""}, "city"),
        ({"postal_code": ""}, "postal_code"),
        ({"country": "USA"}, "country"),
        ({"line2": "x" * 200}, "line2"),
        ({"city": "A\nB"}, "city"),
    ],
)
def test_whoever_sends_it_says_who_and_from_where(present: Present, changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        present.send_in(replace(GRACE, **changes))
    assert refused.value.field == field


def test_a_revoked_code_sends_nothing_in(present: Present, deps: Deps, desk: Desk) -> None:
    found = gift_offer(deps, desk.shop, present.code.id)
    revoke_gift_code(deps, desk.shop, present.order.public_id, present.code.id, "shopper")
    with pytest.raises(NotFound):
        gift_offer(deps, desk.shop, present.code.id)
    with pytest.raises(NotFound):
        submit_gift(deps, desk.shop, found, present.draft(), GRACE, found.form_key)


def test_the_same_form_again_is_the_same_return(present: Present, deps: Deps, desk: Desk) -> None:
    found = gift_offer(deps, desk.shop, present.code.id)
    first = submit_gift(deps, desk.shop, found, present.draft(), GRACE, found.form_key)
    assert submit_gift(deps, desk.shop, found, present.draft(), GRACE, found.form_key) == first
    assert desk.line(present.order).units_returning == 1


def test_another_size_can_be_had_and_prices_are_not_spoken_of(desk: Desk) -> None:
    desk.make.variant(sku="SKU-1", product_ref="shirt", variant="M", size_rank=2, stock=5, price_minor=4_900)
    desk.make.variant(sku="SKU-1-L", product_ref="shirt", variant="L", size_rank=3, stock=5, price_minor=4_900)
    desk.make.variant(sku="SKU-1-S", product_ref="shirt", variant="S", size_rank=1, stock=0, price_minor=4_900)
    desk.make.variant(sku="HAT", product_ref="hat", title="Hat", stock=5, price_minor=1_000)
    returns = replace(desk.shop.config.returns, resolutions=("refund", "exchange"))
    desk.shop = replace(desk.shop, config=replace(desk.shop.config, returns=returns))
    present = Present(desk, product_ref="shirt", variant="M")
    (swaps,) = gift_swaps(desk.deps, desk.shop, present.draft()).values()
    assert [(swap.variant, swap.enough) for swap in swaps] == [("S", False), ("L", True)]
    assert not {"price_minor", "value_minor", "back_minor"} & set(type(swaps[0]).__slots__)
    assert gift_quotes(desk.deps, desk.shop, present.draft(), GRACE).can_exchange
    choice = present.draft().choices[0]
    for sku, error in (("HAT", Conflict), ("SKU-1-S", Conflict), ("", InvalidInput)):
        with pytest.raises(error):
            present.send_in(
                choices=(replace(choice, exchange_sku=sku),), resolution="exchange", fallback="store_credit"
            )


def test_the_proof_of_the_order_does_not_open_the_presents_return(present: Present, deps: Deps, desk: Desk) -> None:
    public_id = present.send_in()
    with pytest.raises(NotFound):
        order_of_return(deps, desk.shop, public_id)
    page = view_order(deps, desk.shop, present.order.public_id, "full", Speaker("en"))
    assert page.returns == ()
    assert offer(deps, desk.shop, present.order.public_id).earlier == ()


def test_the_presents_link_opens_its_return_and_never_the_order(present: Present, deps: Deps, desk: Desk) -> None:
    public_id = present.send_in()
    with deps.sessions.write(desk.shop.id) as session:
        row = return_by_public_id(session, public_id)
        gift = gift_link(session, deps, desk.shop, row).rpartition("/")[2]
        order = make_link(session, deps, desk.shop, present.order.id).rpartition("/")[2]
    assert redeem_gift_link(deps, desk.shop, gift) == public_id
    assert redeem_link(deps, desk.shop, gift) is None
    assert redeem_gift_link(deps, desk.shop, order) is None
    assert redeem_gift_link(deps, desk.shop, "x" * 500) is None
    assert redeem_link(deps, desk.shop, order) == present.order.public_id


def test_what_its_sender_sees_names_no_price_and_nobody(present: Present, deps: Deps, desk: Desk) -> None:
    page = view_gift(deps, desk.shop, present.send_in())
    fields = set(type(page).__slots__)
    assert not {"goods_minor", "due_minor", "currency", "order_number", "order_public_id", "fee_minor"} & fields
    assert present.order.number not in str(page)
    assert all(part not in str(page) for part in BUYER[:3])


EVENTS = (
    "return_label_ready",
    "return_instructions",
    "return_received",
    "refund",
    "return_submitted",
    "exchange_shipped",
)


def test_news_of_a_present_goes_to_its_sender_alone_and_reveals_neither_side_nor_a_price(
    present: Present, deps: Deps, desk: Desk, mail: MailBin
) -> None:
    public_id = present.send_in()
    assert run_label(deps, desk.shop, desk.effects()[-1].id)
    with deps.sessions.write(desk.shop.id) as session:
        order = session.get_one(Order, present.order.id)
        row = return_by_public_id(session, public_id)
        row.credit_code = "CREDIT-CODE-7"
        for event in EVENTS:
            enqueue(session, deps, desk.shop, event, order, once=f"test {event}", return_id=row.id)
    deliver_outbox(deps)
    assert {m.recipient for m in desk.all(OutboxMessage)} == {GRACE.email}
    assert len(mail.sent) >= len(EVENTS) - 1  # the instructions are moot: there is a label
    for message in mail.sent:
        assert message["To"] == GRACE.email
        text = "".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text") + str(
            message["Subject"]
        )
        for secret in (*BUYER, "$", "49.00"):
            assert secret not in text.replace(desk.shop.config.warehouse.line1, ""), (message["Subject"], secret)
        assert "/gift/l/" in text
        assert "/juniper/l/" not in text
    assert any("CREDIT-CODE-7" in str(m.get_body(("plain",))) for m in mail.sent)


def test_the_language_of_the_news_is_the_senders(present: Present, desk: Desk) -> None:
    present.send_in(replace(GRACE, locale="de", country="CH"))
    assert {m.locale for m in desk.all(OutboxMessage)} == {"de"}


def test_the_items_offered_are_those_of_the_code_alone(present: Present, deps: Deps, desk: Desk) -> None:
    desk.order()
    found = gift_offer(deps, desk.shop, present.code.id)
    assert [line.title for line in found.lines] == ["Linen shirt"]
    assert present.order.public_id not in found.form_key
    assert present.order.public_id not in repr(found)
    with deps.sessions.read(desk.shop.id) as session:
        assert {line.order_id for line in session.scalars(select(OrderLine)) if line.id == found.lines[0].line_id} == {
            present.order.id
        }


def test_the_buyer_never_sees_what_the_presents_new_owner_photographed(
    present: Present, deps: Deps, desk: Desk
) -> None:
    bought, (line, *_) = present.order.public_id, desk.line_ids(present.order)
    photo = save_photo(deps, desk.shop, bought, line, jpeg(), "gift")
    assert unused_photos(deps, desk.shop, bought) == {}
    remove_photo(deps, desk.shop, bought, photo)
    with pytest.raises(NotFound):
        load_photo(deps, desk.shop, bought, photo)
    choice = replace(present.draft().choices[0], photos=(photo,))
    row = desk.returned(present.send_in(choices=(choice,)))
    with deps.sessions.read(desk.shop.id) as session:
        assert photos_of(session, row) == {line: (photo,)}
    with pytest.raises(NotFound):
        load_photo(deps, desk.shop, bought, photo)


@pytest.mark.parametrize("bought", [True, False])
def test_what_the_new_owner_gets_instead_is_no_parcel_of_the_buyers(
    present: Present, deps: Deps, desk: Desk, bought: bool
) -> None:
    row = desk.returned(desk.submit(present.order, 1) if bought else present.send_in())
    parcel = desk.make.shipment(order=present.order, return_id=row.id, direction="outbound", status="delivered")
    page = view_order(deps, desk.shop, present.order.public_id, "full", Speaker("en"))
    assert [one.public_id for one in page.instead] == ([parcel.public_id] if bought else [])
    assert parcel.public_id not in {one.public_id for one in page.parcels}
    before = ShipmentState(Status.IN_TRANSIT, first_scan_at=deps.clock())
    after = ShipmentState(Status.DELIVERED, status_at=deps.clock(), delivered_at=deps.clock())
    told = len(desk.all(OutboxMessage))
    with deps.sessions.write(desk.shop.id) as session:
        change = Change(before, after, (), 1, eta_moved=False)
        tell_news(session, deps, desk.shop, parcel, session.get_one(Order, present.order.id), change)
    assert len(desk.all(OutboxMessage)) - told == bought
