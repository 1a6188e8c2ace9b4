"""What codes mean, in which order scans stand, and what a row of them comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from carriers.model import Checkpoint, Status, Substatus

Meaning = tuple[Status, Substatus | None]
"""What a carrier's code stands for: one of the nine statuses, and a sub-status where one surely fits."""

_STATUSES = {status.value.replace("_", ""): status for status in Status}


def meaning(word: str) -> Meaning:
    """`Exception_010` or `InTransit` as a status with its sub-status (None where the word has no number)."""
    tag, _, number = word.partition("_")
    return _STATUSES[tag.lower()], word if number else None


def code_table(rows: Mapping[str, str]) -> dict[str, Meaning]:
    """A code table from lines such as `"InTransit_002": "038 160 167"`."""
    return {code: meaning(word) for word, codes in rows.items() for code in codes.split()}


def in_order(newest_first: Iterable[Checkpoint]) -> tuple[Checkpoint, ...]:
    """Checkpoints oldest first, from a list that stood newest first.

    By instant when every offset is known, else by the local clock: reading a local time as UTC would shuffle scans.
    Scans of the same moment keep the carrier's order; scans without a time come first.
    """
    scans = list(newest_first)[::-1]
    aware = all(scan.offset_known for scan in scans if scan.time)

    def key(scan: Checkpoint) -> tuple[int, ...]:
        if scan.time is None:
            return (0,)
        at = scan.time.astimezone(UTC) if aware else scan.time
        return (1, at.toordinal(), at.hour, at.minute, at.second)

    return tuple(sorted(scans, key=key))


def back_at_sender(scans: Iterable[Checkpoint]) -> tuple[Checkpoint, ...]:
    """Scans oldest first, where a delivery after the parcel had turned back is its return, not a delivery."""
    turned, found = False, []
    for scan in scans:
        turned = turned or scan.substatus == "Exception_010"
        if turned and scan.status is Status.DELIVERED:
            scan = replace(scan, status=Status.EXCEPTION, substatus="Exception_011")
        found.append(scan)
    return tuple(found)


def last_known(scans: Sequence[Checkpoint]) -> Meaning:
    """The status after some scans, oldest first, passing over those whose code is unknown.

    A label record never takes back a scan, and after a delivery only an exception counts: carriers send late
    records of both kinds. Pending when no scan is known.
    """
    found: Meaning = (Status.PENDING, None)
    for scan in scans:
        if scan.status is None or (scan.notice and found[0] is not Status.PENDING):
            continue
        early = scan.status in (Status.PENDING, Status.INFO_RECEIVED)
        if early and found[0] not in (Status.PENDING, Status.INFO_RECEIVED):
            continue
        if found[0] is Status.DELIVERED and scan.status not in (Status.DELIVERED, Status.EXCEPTION):
            continue
        found = (scan.status, scan.substatus)
    return found
