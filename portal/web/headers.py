"""Security headers for every answer, and what may be cached (reliability: T09, T10, T41)."""

from __future__ import annotations

from flask import Response, g, request
from secure import Secure
from secure.headers import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

_SELF = "'self'"
_NONE = "'none'"


def _policy() -> ContentSecurityPolicy:
    policy = ContentSecurityPolicy().default_src(_NONE).style_src(_SELF).script_src(_SELF).img_src(_SELF)
    policy = policy.font_src(_SELF).connect_src(_SELF).manifest_src(_SELF)
    return policy.form_action(_SELF).base_uri(_NONE).frame_ancestors(_NONE).object_src(_NONE)


_COMMON = {
    "csp": _policy(),
    "referrer": ReferrerPolicy().no_referrer(),
    "xcto": XContentTypeOptions().nosniff(),
    "xfo": XFrameOptions().deny(),
    "coop": CrossOriginOpenerPolicy().same_origin(),
    "corp": CrossOriginResourcePolicy().same_origin(),
    "permissions": PermissionsPolicy().geolocation().camera().microphone(),
}
_PLAIN = Secure(**_COMMON).headers  # type: ignore[arg-type]
_TLS = Secure(**_COMMON, hsts=StrictTransportSecurity().max_age(31_536_000)).headers  # type: ignore[arg-type]

NO_STORE = "private, no-store"
PERSONAL = "private, no-cache"


def apply(response: Response) -> Response:
    """Add the headers; a page that set its own policy or caching keeps it."""
    for name, value in (_TLS if request.is_secure else _PLAIN).items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers or (response.status_code >= 400 and request.endpoint != "static"):
        response.headers["Cache-Control"] = NO_STORE
    return response


def cache(policy: str) -> None:
    """Set Cache-Control of the answer being made."""
    g.cache_control = policy


def apply_cache(response: Response) -> Response:
    policy = g.get("cache_control")
    if policy and response.status_code < 400:
        response.headers["Cache-Control"] = policy
    return response
