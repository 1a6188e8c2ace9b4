"""Each kill costs several real processes: a slice runs on PostgreSQL every time, the whole in `make test-long`."""

from __future__ import annotations

import pytest

ON_POSTGRES_TOO = ("poll.mid_insert", "label.after_reply", "mail.after_accept", "repeated_at_most_once")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name != "faults" or "postgres" not in item.name:
            continue
        if not any(name in item.name for name in ON_POSTGRES_TOO):
            item.add_marker(pytest.mark.long)
