"""A parcel needs a customs invoice where it leaves one customs territory for another."""

from __future__ import annotations

import pytest

from portal.domain.returns.borders import crosses_customs


@pytest.mark.parametrize(
    ("sender", "recipient", "crosses"),
    [
        ("DE", "DE", False),
        ("DE", "FR", False),
        ("MC", "FR", False),
        ("GR", "IE", False),
        ("DE", "CH", True),
        ("CH", "LI", False),
        ("DE", "GB", True),
        ("NO", "SE", True),  # the EEA is no customs union
        ("TR", "DE", True),
        ("US", "CA", True),
        ("PR", "US", False),
        ("KZ", "RU", False),
        (None, "DE", False),
        ("DE", "", False),
    ],
)
def test_a_border_is_crossed(sender: str | None, recipient: str | None, crosses: bool) -> None:
    assert crosses_customs(sender, recipient) is crosses
    assert crosses_customs(recipient, sender) is crosses
