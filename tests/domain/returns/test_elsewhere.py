"""Our states in the words of other systems."""

from __future__ import annotations

import pytest

from portal.domain.returns import elsewhere
from portal.domain.returns.refusals import REFUSALS
from portal.domain.returns.states import DECISION, MACHINES, PARCEL


@pytest.mark.parametrize(
    ("decision", "aftership", "loop", "shopify"),
    [
        ("draft", None, None, None),
        ("submitted", "submitted", "review", "REQUESTED"),
        ("approved", "approved", "open", "OPEN"),
        ("resolved", "done", "closed", "CLOSED"),
        ("rejected", "rejected", "cancelled", "DECLINED"),
        ("expired", "expired", "expired", "CLOSED"),
        ("cancelled", "rejected", "cancelled", "CANCELED"),
        ("withdrawn_by_shopper", "rejected", "cancelled", "CANCELED"),
    ],
)
def test_a_decision_elsewhere(decision: str, aftership: str | None, loop: str | None, shopify: str | None) -> None:
    assert elsewhere.AFTERSHIP_APPROVAL[decision] == aftership
    assert elsewhere.loop_state(decision, ()) == loop
    assert elsewhere.SHOPIFY[decision] == shopify


def test_no_state_of_ours_is_without_a_word() -> None:
    for table in (elsewhere.AFTERSHIP_APPROVAL, elsewhere.LOOP, elsewhere.SHOPIFY):
        assert set(table) == set(MACHINES[DECISION])
    assert set(elsewhere.AFTERSHIP_SHIPPING) == set(MACHINES[PARCEL])


@pytest.mark.parametrize(
    ("parcel", "received", "expected", "theirs"),
    [
        ("none", 0, 2, "no_label"),
        ("label_failed", 0, 2, "no_label"),
        ("label_ready", 0, 2, "pending"),
        ("label_lapsed", 0, 2, "void"),
        ("in_transit", 0, 2, "in_transit"),
        ("lost", 0, 2, "in_transit"),
        ("delivered_to_us", 0, 2, "delivered"),
        ("delivered_to_us", 1, 2, "partially_received"),
        ("delivered_to_us", 2, 2, "received"),
        ("void", 0, 2, "void"),
    ],
)
def test_how_far_the_goods_are_elsewhere(parcel: str, received: int, expected: int, theirs: str) -> None:
    assert elsewhere.aftership_shipping(parcel, received, expected) == theirs


def test_what_a_person_has_to_see_to_elsewhere() -> None:
    assert elsewhere.aftership_exceptions("in_transit", "due", "none", (), held=False) == ()
    assert elsewhere.aftership_exceptions("label_failed", "failed", "fallback_used", ("overpaid",), held=True) == (
        "exchange_failed",
        "generate_label_failed",
        "refund_failed",
        "flagged",
    )


def test_a_review_is_a_state_at_loop() -> None:
    assert elsewhere.loop_state("approved", ["review"]) == "review"
    assert elsewhere.loop_state("resolved", ["review"]) == "closed"


def test_shopify_knows_three_reasons_to_decline() -> None:
    reasons = {code: elsewhere.shopify_decline_reason(code) for code in REFUSALS}
    assert set(reasons.values()) == {"RETURN_PERIOD_ENDED", "FINAL_SALE", "OTHER"}
    assert elsewhere.shopify_decline_reason(None) == "OTHER"
