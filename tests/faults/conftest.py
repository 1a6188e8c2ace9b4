"""Each kill costs several real processes: a slice runs every time, the whole in `make test-long`."""

from __future__ import annotations

import pytest

# One worst moment of each kind on PostgreSQL too; on SQLite all but those that a neighbouring moment covers.
ON_POSTGRES_TOO = ("label.after_reply", "push.before_commit", "refund.after_reply-2025-10")
NOT_EVERY_TIME = (
    "reads_a_push_its_scan_is_there_once[sqlite-poll.mid_insert",
    "label.after_intent",
    "label.before_saved",
    "refund.after_intent",
    "refund.before_saved-2026-04",
    "refund.after_submitted-2026-04",
    "[sqlite-500_after",
    "[sqlite-request_lost-2026",
    "[sqlite-answer_lost-2026",
    "before_a_message_leaves",
    "leaves_a_sound_database",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name != "faults":
            continue
        slow = "postgres" in item.name and not any(name in item.name for name in ON_POSTGRES_TOO)
        if slow or any(name in item.name for name in NOT_EVERY_TIME):
            item.add_marker(pytest.mark.long)
