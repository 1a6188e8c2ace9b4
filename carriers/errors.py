"""What can go wrong when a carrier is asked, in kinds that say what to do next."""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """The closed list of reasons; the words are part of the command line's output."""

    NOT_FOUND = "not_found"  # the carrier does not know the number (yet): pending, ask again later
    INVALID_NUMBER = "invalid_number"  # the number can never be one of this carrier's
    AUTH = "auth"  # credentials refused, even after one refresh
    RATE_LIMITED = "rate_limited"  # wait `retry_after` seconds, or back off
    BAD_REQUEST = "bad_request"  # our request is wrong; repeating it will not help
    SERVER_ERROR = "server_error"  # the carrier failed; try again later
    MALFORMED = "malformed"  # an answer that is not what the carrier promises (HTML, cut off, empty)
    UNKNOWN_CARRIER = "unknown_carrier"  # no adapter has this code
    NOT_SUPPORTED = "not_supported"  # the adapter cannot do this


RETRYABLE = frozenset({ErrorKind.NOT_FOUND, ErrorKind.RATE_LIMITED, ErrorKind.SERVER_ERROR, ErrorKind.MALFORMED})


class CarrierError(Exception):
    """A carrier call, or one number in it, that did not give an answer.

    `message` is safe to log: adapters and the HTTP client keep credentials and personal data out of it.
    `carrier_code` is the carrier's own code, as text; `retry_after` is in seconds.
    `sent` tells whether request bytes may have reached the carrier: False means certainly not,
    so that an effect which costs money may be tried again without a look-up.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str = "",
        *,
        carrier_code: str | None = None,
        retry_after: float | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message or kind.value)
        self.kind = kind
        self.message = message or kind.value
        self.carrier_code = carrier_code
        self.retry_after = retry_after
        self.sent = sent

    @property
    def retryable(self) -> bool:
        return self.kind in RETRYABLE
