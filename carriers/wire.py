"""Tracking results as plain values for JSON: the shape that `portal carriers parse` prints and others may read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from carriers.errors import CarrierError, ErrorKind
from carriers.model import Checkpoint, EstimatedDelivery, TrackingResult


def answer_object(
    carrier: str | None, results: list[TrackingResult] | None = None, error: CarrierError | None = None
) -> dict[str, Any]:
    """What one answer of a carrier says: an error of the whole call, or results."""
    return {
        "carrier": carrier,
        "error": error_object(error) if error else None,
        "results": [result_object(result) for result in results or ()],
    }


def error_object(error: CarrierError) -> dict[str, Any]:
    """`retry_after` is in seconds. What an adapter cannot do is a bad request to those who read this shape."""
    wait = error.retry_after
    kind = ErrorKind.BAD_REQUEST if error.kind is ErrorKind.NOT_SUPPORTED else error.kind
    return {
        "kind": kind.value,
        "message": error.message,
        "carrier_code": error.carrier_code,
        "retry_after": int(wait) if wait is not None and wait == int(wait) else wait,
    }


def result_object(result: TrackingResult) -> dict[str, Any]:
    """One number. Checkpoints oldest first; times have an offset only where the carrier gave one."""
    return {
        "tracking_number": result.tracking_number,
        "status": result.status.value,
        "substatus": result.substatus,
        "estimated_delivery": _estimate(result.estimated_delivery),
        "delivered_at": _iso(result.delivered_at),
        "signed_by": result.signed_by,
        "error": error_object(result.error) if result.error else None,
        "checkpoints": [_checkpoint(scan) for scan in result.checkpoints],
    }


def _checkpoint(scan: Checkpoint) -> dict[str, Any]:
    return {
        "time": _iso(scan.time),
        "offset_known": scan.offset_known,
        "status": scan.status.value if scan.status else None,
        "substatus": scan.substatus,
        "raw_code": scan.raw_code,
        "raw_text": scan.raw_text,
        "city": scan.city,
        "state": scan.state,
        "postal_code": scan.postal_code,
        "country": scan.country,
    }


def _estimate(estimate: EstimatedDelivery | None) -> dict[str, str | None] | None:
    if estimate is None:
        return None
    return {"date": _iso(estimate.date), "earliest": _iso(estimate.earliest), "latest": _iso(estimate.latest)}


def _iso(at: date | datetime | None) -> str | None:
    return at.isoformat() if at else None
