"""A bought label whose file is missing: asked for again, given back for another, or a person's work."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pypdfium2 import PdfDocument
from sqlalchemy import update

from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat
from portal.db.tables.messages import OutboxMessage
from portal.db.tables.returns import LabelRow
from portal.errors import Conflict, InvalidInput, NotFound
from portal.notify.label_pdf import as_pdf
from portal.usecases.deps import Deps
from portal.usecases.returns.cancel import cancel
from portal.usecases.returns.documents import label_document, label_pdf
from portal.usecases.returns.effects import run_effects
from portal.usecases.returns.label_desk import LabelFile, add_file, label_case
from portal.usecases.returns.view import view_return
from portal.usecases.returns.view_label import LabelWait
from tests.support.doubles import Clock, FakeCarriers
from tests.usecases.returns.conftest import Desk

KEY = "a-form-key-of-the-desk-{}"


@pytest.fixture
def without_file(carriers: FakeCarriers) -> FakeCarriers:
    """A carrier that sells labels whose files come later."""
    carriers.document = b""
    return carriers


def test_the_purchase_stands_and_the_file_comes_later(
    deps: Deps, desk: Desk, without_file: FakeCarriers, clock: Clock
) -> None:
    public_id = desk.submit(desk.order())
    without_file.fetch_error = CarrierError(ErrorKind.SERVER_ERROR, "not ready", retry_after=90.0)
    run_effects(deps)
    assert (desk.effects()[0].state, desk.returned(public_id).parcel) == ("succeeded", "label_queued")
    assert view_return(deps, desk.shop, public_id).wait == LabelWait("making")
    assert desk.all(OutboxMessage) == []
    assert run_effects(deps) == 1
    assert run_effects(deps) == 0  # it asked us to wait
    without_file.fetch_error, without_file.fetched = None, b"%PDF-1.4 late"
    clock.advance(seconds=91)
    assert run_effects(deps) == 1
    assert desk.returned(public_id).parcel == "label_ready"
    assert [message.event for message in desk.all(OutboxMessage)] == ["return_label_ready"]
    assert label_document(deps, desk.shop, public_id).content == b"%PDF-1.4 late"
    assert len(without_file.bought) == 1


def test_a_label_that_its_carrier_never_prints_is_given_back_and_another_is_bought(
    deps: Deps, desk: Desk, without_file: FakeCarriers
) -> None:
    public_id = desk.submit(desk.order())
    without_file.fetch_error = CarrierError(ErrorKind.NOT_SUPPORTED, "prints once")
    run_effects(deps)
    run_effects(deps)
    assert [effect.kind for effect in desk.effects("void")] == ["void"]
    without_file.document = b"%PDF-1.4 second"
    run_effects(deps)  # the void succeeds, the next intent is there
    run_effects(deps)
    first, second = desk.labels()
    assert without_file.voided == [first.tracking_number]
    assert (first.voided_at is None, second.voided_at) == (False, None)
    assert [effect.generation for effect in desk.effects()] == [1, 2]
    assert desk.returned(public_id).parcel == "label_ready"


def test_while_the_giving_back_is_in_doubt_nothing_else_is_bought(
    deps: Deps, desk: Desk, without_file: FakeCarriers, clock: Clock
) -> None:
    desk.submit(desk.order())
    without_file.fetch_error = CarrierError(ErrorKind.NOT_SUPPORTED, "prints once")
    without_file.void_error = CarrierError(ErrorKind.SERVER_ERROR, "no answer")
    for _ in range(6):
        run_effects(deps)
        clock.advance(minutes=2)
    assert len(without_file.bought) == 1


def test_where_it_cannot_be_given_back_a_person_adds_the_file(
    deps: Deps, desk: Desk, without_file: FakeCarriers
) -> None:
    without_file.void = False
    public_id = desk.submit(desk.order())
    without_file.fetch_error = CarrierError(ErrorKind.NOT_SUPPORTED, "prints once")
    run_effects(deps)
    run_effects(deps)
    row = desk.returned(public_id)
    case = label_case(deps, row.id)
    assert case is not None
    assert (row.parcel, case.kind, case.tracking_number) == (
        "label_failed",
        "no_file",
        desk.labels()[0].tracking_number,
    )
    with pytest.raises(InvalidInput):
        add_file(deps, row.id, 7, LabelFile(b"<html>no label</html>"), KEY.format(1))
    add_file(deps, row.id, 7, LabelFile(b"%PDF-1.4 by hand"), KEY.format(2))
    assert desk.returned(public_id).parcel == "label_ready"
    assert label_document(deps, desk.shop, public_id).content == b"%PDF-1.4 by hand"
    with pytest.raises(Conflict):
        add_file(deps, row.id, 7, LabelFile(b"%PDF-1.4 again"), KEY.format(3))


def test_a_file_that_was_lost_here_is_fetched_from_the_carrier(deps: Deps, desk: Desk, carriers: FakeCarriers) -> None:
    public_id = desk.with_label(desk.order())
    with deps.sessions.write(desk.shop.id) as session:
        session.merge(desk.labels()[0]).document = b""
    carriers.fetch_error = CarrierError(ErrorKind.SERVER_ERROR, "down")
    with pytest.raises(NotFound):
        label_document(deps, desk.shop, public_id)
    carriers.fetch_error, carriers.fetched = None, b"%PDF-1.4 once more"
    assert label_document(deps, desk.shop, public_id).content == b"%PDF-1.4 once more"
    carriers.fetch_error = CarrierError(ErrorKind.SERVER_ERROR, "down")
    assert label_document(deps, desk.shop, public_id).content == b"%PDF-1.4 once more"


def test_a_label_given_back_is_not_handed_out_any_more(deps: Deps, desk: Desk) -> None:
    public_id = desk.with_label(desk.order())
    cancel(deps, desk.shop, public_id)
    with pytest.raises(NotFound):
        label_document(deps, desk.shop, public_id)


def picture(kind: str, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, 255).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "size"), [("GIF", (1400, 800)), ("PNG", (800, 1200))])
def test_a_picture_is_put_upright_on_a_page_to_print(
    deps: Deps, desk: Desk, carriers: FakeCarriers, kind: str, size: tuple[int, int]
) -> None:
    carriers.document, carriers.format = picture(kind, size), LabelFormat(kind.lower())
    public_id = desk.with_label(desk.order())
    assert label_document(deps, desk.shop, public_id).content_type == f"image/{kind.lower()}"
    printed = label_pdf(deps, desk.shop, public_id)
    assert (printed.content_type, printed.filename[-4:]) == ("application/pdf", ".pdf")
    page = PdfDocument(printed.content)[0]
    assert (round(page.get_width()), round(page.get_height())) == (288, 432)


def test_what_is_no_picture_is_left_as_it_is() -> None:
    assert as_pdf(b"^XA^FDx^FS^XZ") is None
    assert as_pdf(b"\x89PNG\r\n\x1a\n and then nothing") is None
    assert as_pdf(b"%PDF-1.4 x") == b"%PDF-1.4 x"


def test_a_label_says_nothing_of_itself_in_logs() -> None:
    shown = repr(Label("ups", "1Z", b"%PDF-secret", b"qr-secret", handle="h-secret"))
    assert "secret" not in shown


def test_a_file_that_came_another_way_is_not_asked_for_again(
    deps: Deps, desk: Desk, without_file: FakeCarriers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = desk.submit(desk.order())
    run_effects(deps)
    fetch = without_file.fetch_label

    def meanwhile(code: str, label: BoughtLabel, *, shop_id: int | None = None) -> LabelDocument:
        with deps.sessions.write(desk.shop.id) as session:
            session.execute(update(LabelRow).values(document=b"%PDF-1.4 by hand"))
        return fetch(code, label)

    monkeypatch.setattr(without_file, "fetch_label", meanwhile)
    run_effects(deps)
    assert desk.labels()[0].fetch_at is None
    clock.advance(hours=1)
    assert run_effects(deps) == 0
    assert label_document(deps, desk.shop, public_id).content == b"%PDF-1.4 by hand"


def test_a_picture_that_unfolds_to_more_than_any_label_is_put_on_no_page() -> None:
    """Its file has a few thousand bytes; the largest that were put on a page once took half a gigabyte."""
    out = io.BytesIO()
    Image.new("1", (4_000, 4_000)).save(out, "PNG")
    assert len(out.getvalue()) < 10_000
    assert as_pdf(out.getvalue()) is None


def test_a_pdf_with_a_script_is_not_taken_from_staff_either(deps: Deps, desk: Desk, without_file: FakeCarriers) -> None:
    without_file.void, without_file.fetch_error = False, CarrierError(ErrorKind.NOT_SUPPORTED, "prints once")
    public_id = desk.submit(desk.order())
    for _ in range(3):
        run_effects(deps)
    script = b"%PDF-1.4 1 0 obj << /OpenAction << /S /JavaScript /JS (x) >> >>"
    with pytest.raises(InvalidInput):
        add_file(deps, desk.returned(public_id).id, 7, LabelFile(script), KEY.format(1))
    assert desk.returned(public_id).parcel == "label_failed"
    add_file(deps, desk.returned(public_id).id, 7, LabelFile(b"%PDF-1.4 good"), KEY.format(2))
    assert label_document(deps, desk.shop, public_id).content == b"%PDF-1.4 good"
