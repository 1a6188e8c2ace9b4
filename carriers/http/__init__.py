"""The only door out to carriers."""

from carriers.http.client import CarrierHttp

__all__ = ["CarrierHttp"]
