"""What a failed label call means for the money, and how long to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carriers.errors import CarrierError, ErrorKind
from portal.domain.returns.labels import Outcome, outcome_of, wait_after_refusal, wait_before_retry
from portal.domain.returns.reasons import REASONS, fee_is_waived, offered, words_for


@pytest.mark.parametrize(
    ("kind", "sent", "outcome"),
    [
        (ErrorKind.SERVER_ERROR, True, Outcome.UNKNOWN),
        (ErrorKind.MALFORMED, True, Outcome.UNKNOWN),
        (ErrorKind.SERVER_ERROR, False, Outcome.AGAIN),
        (ErrorKind.RATE_LIMITED, True, Outcome.AGAIN),
        (ErrorKind.BAD_REQUEST, True, Outcome.REFUSED),
        (ErrorKind.AUTH, False, Outcome.REFUSED),
        (ErrorKind.UNKNOWN_CARRIER, False, Outcome.REFUSED),
    ],
)
def test_only_what_surely_did_not_buy_is_asked_again(kind: ErrorKind, sent: bool, outcome: Outcome) -> None:
    assert outcome_of(CarrierError(kind, sent=sent)) is outcome


def test_no_kind_of_error_is_forgotten_and_doubt_is_the_default() -> None:
    assert {outcome_of(CarrierError(kind)) for kind in ErrorKind} == set(Outcome)


def test_waits_double_up_to_a_limit_and_respect_the_carrier() -> None:
    assert [wait_before_retry(n).total_seconds() for n in (1, 2, 3, 99)] == [30, 60, 120, 3_600]
    assert wait_before_retry(1, retry_after=400) == timedelta(seconds=400)
    assert wait_after_refusal(1) == timedelta(minutes=15)
    assert wait_after_refusal(99) == timedelta(hours=12)


def test_the_reasons_offered_are_all_that_are_meant_for_shoppers_in_a_mixed_but_stable_order() -> None:
    shown = [reason.code for _, group in offered("order-1") for reason in group]
    assert set(shown) == {reason.code for reason in REASONS.values() if reason.offered}
    assert shown == [reason.code for _, group in offered("order-1") for reason in group]
    assert any(shown != [r.code for _, group in offered(f"order-{n}") for r in group] for n in range(9))
    assert shown[-1] == "other"


def test_a_reason_of_an_older_version_stays_readable() -> None:
    assert words_for("no_longer_known") == "no_longer_known"


def test_one_fault_of_ours_waives_the_fee_of_the_parcel() -> None:
    assert fee_is_waived(["changed_mind", "defective"], ("defective",))
    assert not fee_is_waived(["changed_mind"], ("defective",))
