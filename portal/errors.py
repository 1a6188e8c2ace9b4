"""Errors that a person may be told about. Each says what to do next; none carries personal data."""

from __future__ import annotations


class PortalError(Exception):
    """Base of everything the portal refuses on purpose. `http_status` is what a web page answers with."""

    http_status = 400


class ConfigError(PortalError):
    """Configuration that cannot be used. The message names the place and the remedy."""

    http_status = 500


class NotFound(PortalError):
    """Nothing here, or nothing that this visitor may see: the two are never told apart."""

    http_status = 404


class Forbidden(PortalError):
    http_status = 403


class Conflict(PortalError):
    """Someone or something else was first; the current state is shown instead."""

    http_status = 409


class TooManyAttempts(PortalError):
    """A budget is used up. `retry_after` is in seconds."""

    http_status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InvalidInput(PortalError):
    """A form or file says something that cannot be done; `field` names where, when there is one place."""

    http_status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
