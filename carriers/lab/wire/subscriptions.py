"""How callers ask for pushes, each carrier in its own way. Addresses off this machine are refused in its own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.hooks import Hook, HookBook
from carriers.lab.shelf import as_uuid
from carriers.lab.wire.base import Desk, body_of, dig, many, plain, reply, word

_UPS_LIVES: Final = timedelta(days=14)
_UPS_MOST: Final = 100
_TYPES: Final = ("ORDER_STATUS", "ORDER_MODIFIED", "PRINT_FORM", "RECEIPT", "DOWNLOAD_PHOTO", "PREALERT_CLOSED")


class _Counter:
    """Enters addresses for one carrier. Callers are known when they come here."""

    code: str

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.hooks = HookBook(desk.shelf)

    def enter(self, name: str, url: str, secret: str = "", **more: Any) -> Hook | None:
        """The address that was entered; None for one that the lab will not send to."""
        hook = Hook(self.code, name, url, self.desk.now(), secret, **more)
        try:
            return self.hooks.put(hook)
        except ValueError:
            return None


class UpsAlerts(_Counter):
    """Track Alert subscriptions (UPSTrackAlertEnhanced.yaml): up to a hundred numbers for fourteen days.

    Version 1 names the address with each subscription; version 2 leaves it to the developer portal, which here is the
    lab's own page.
    """

    code = "ups"

    def subscribe(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        numbers = [plain(str(number)) for number in many(dig(body, "trackingNumberList"))]
        if refused := self._refused(body, numbers):
            return self._error(*refused)
        good = [number for number in numbers if _is_ups(number)]
        if not good:
            return self._error("VSS210", "The Subscription request should have at least one valid tracking number.")
        destination = dig(body, "destination")
        if destination is not None:
            url, secret = word(destination, "url"), word(destination, "credential")
            if not url or self.enter(url, url, secret) is None:
                return self._error("VSS600", "URL is empty or not present. The Subscription request has been rejected.")
        ends = (self.desk.now() + _UPS_LIVES).isoformat()
        name = self.desk.shelf.new_id(12)
        self.desk.shelf.put("ups", "subscriptions", name, {"numbers": good, "ends": ends})
        bad = [number for number in numbers if not _is_ups(number)]
        return reply({"validTrackingNumbers": good} | ({"invalidTrackingNumbers": bad} if bad else {}))

    def _refused(self, body: Any, numbers: list[str]) -> tuple[str, str] | None:
        tail = "The Subscription request has been rejected."
        if not isinstance(body, dict) or not body:
            return "VSS110", f"Subscription request is empty or not present. {tail}"
        if not word(body, "locale"):
            return "VSS300", f"Locale is required. {tail}"
        if not numbers:
            return "VSS200", f"Tracking Number List is required. {tail}"
        if len(numbers) > _UPS_MOST:
            return "VSS220", "You have submitted over 100 tracking numbers which is not allowed."
        return None

    def _error(self, code: str, message: str) -> Response:
        return reply({"response": {"errors": [{"code": code, "message": message}]}}, 400)


class EasyPostHooks(_Counter):
    code = "easypost"

    def create(self, request: Request, _caught: str) -> Response:
        asked = dig(body_of(request), "webhook")
        hook = self.enter(f"hook_{self.desk.shelf.new_id()}", word(asked, "url"), word(asked, "webhook_secret"))
        if hook is None:
            errors = [{"field": "url", "message": "is not an address on this machine"}]
            return reply({"error": {"code": "PARAMETER.INVALID", "message": "Invalid url.", "errors": errors}}, 422)
        return reply(self._shown(hook), 201)

    def every(self, _request: Request, _caught: str) -> Response:
        return reply({"webhooks": [self._shown(hook) for hook in self.hooks.of(self.code)]})

    def delete(self, _request: Request, caught: str) -> Response:
        if self.hooks.drop(self.code, caught):
            return reply({})
        error = {"code": "NOT_FOUND", "message": "The requested resource could not be found.", "errors": []}
        return reply({"error": error}, 404)

    def _shown(self, hook: Hook) -> dict[str, Any]:
        made = f"{hook.created_at:%Y-%m-%dT%H:%M:%SZ}"
        off = made if hook.off else None
        return {
            "id": hook.name,
            "object": "Webhook",
            "mode": "test",
            "url": hook.url,
            "created_at": made,
            "disabled_at": off,
        }


class KarrioHooks(_Counter):
    code = "karrio"

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        events = [str(event) for event in many(dig(body, "enabled_events"))]
        secret = f"whsec_{self.desk.shelf.new_id()}"
        hook = self.enter(f"weh_{self.desk.shelf.new_id()}", word(body, "url"), secret, kind=",".join(events))
        if hook is None or not events:
            message = "url: Enter a valid URL." if hook is None else "enabled_events: This field is required."
            return reply({"errors": [{"code": "validation", "message": message, "level": "error"}]}, 400)
        return reply(self._shown(hook), 201)

    def every(self, _request: Request, _caught: str) -> Response:
        found = [self._shown(hook) for hook in self.hooks.of(self.code)]
        return reply({"count": len(found), "next": None, "previous": None, "results": found})

    def delete(self, _request: Request, caught: str) -> Response:
        if self.hooks.drop(self.code, caught):
            return reply({"operation": "Remove webhook", "success": True})
        return reply({"errors": [{"code": "not_found", "message": "Not found.", "level": "error"}]}, 404)

    def _shown(self, hook: Hook) -> dict[str, Any]:
        return {
            "id": hook.name,
            "object_type": "webhook",
            "url": hook.url,
            "secret": hook.secret,
            "enabled_events": hook.kind.split(","),
            "disabled": hook.off,
            "test_mode": True,
        }


class CdekHooks(_Counter):
    """At most two addresses a type, and no secret."""

    code = "cdek"

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        kind, url = word(body, "type"), word(body, "url")
        if kind not in _TYPES:
            return self._invalid("v2_field_is_empty", "[type] is empty or unknown")
        same = [hook for hook in self.hooks.of(self.code) if hook.kind == kind]
        if len([hook for hook in same if hook.url != url]) > 1:
            return self._invalid("v2_webhook_limit", "Not more than two subscriptions a type")
        name = next((hook.name for hook in same if hook.url == url), "") or as_uuid(self.desk.shelf.new_id())
        if self.enter(name, url, kind=kind) is None:
            return self._invalid("v2_invalid_format", "[url] has a wrong format")
        return reply({"entity": {"uuid": name}, "requests": [self._state("CREATE", "SUCCESSFUL")]})

    def every(self, _request: Request, _caught: str) -> Response:
        return reply([{"uuid": hook.name, "type": hook.kind, "url": hook.url} for hook in self.hooks.of(self.code)])

    def delete(self, _request: Request, caught: str) -> Response:
        if not self.hooks.drop(self.code, caught):
            return self._invalid("v2_entity_not_found", f"Entity not found by uuid {caught}")
        return reply({"entity": {"uuid": caught}, "requests": [self._state("DELETE", "SUCCESSFUL")]})

    def _state(self, kind: str, state: str, *errors: dict[str, str]) -> dict[str, Any]:
        name = as_uuid(self.desk.shelf.new_id())
        at = f"{self.desk.now():%Y-%m-%dT%H:%M:%S+0000}"
        return {"request_uuid": name, "type": kind, "date_time": at, "state": state, "errors": list(errors)}

    def _invalid(self, code: str, message: str) -> Response:
        return reply({"requests": [self._state("CREATE", "INVALID", {"code": code, "message": message})]}, 400)


class DhlHooks(_Counter):
    """Unified Push: by account or by numbers; the caller names the header in which its token comes back."""

    code = "dhl_unified"

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        proof = dig(body, "hook", "authentication")
        given = next((many(body[name]) for name in _NUMBER_FIELDS if isinstance(body, dict) and name in body), [])
        numbers = tuple(plain(str(number)) for number in given)
        secret = word(proof, "token") or word(body, "hook", "secret")
        name = as_uuid(self.desk.shelf.new_id())
        hook = self.enter(name, word(body, "hook", "uri"), secret, header=word(proof, "header"), numbers=numbers)
        if hook is None:
            detail = "hook.uri: The value is not an address on this machine."
            return reply({"title": "Bad Request", "detail": detail, "status": 400}, 400)
        return reply({"id": name, "status": "active", "hook": {"uri": hook.url}, "type": word(body, "type")}, 201)

    def delete(self, _request: Request, caught: str) -> Response:
        if self.hooks.drop(self.code, caught):
            return Response(status=204)
        return reply({"title": "Not Found", "detail": "There is no such subscription.", "status": 404}, 404)


class ShippoHooks(_Counter):
    """Its signature is an agreement with Shippo: the secret is set on the lab's own page."""

    code = "shippo"

    def create(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        url = word(body, "url")
        known = self.hooks.at(self.code, url)
        name, secret = (known.name, known.secret) if known else (self.desk.shelf.new_id(), "")
        hook = self.enter(name, url, secret, kind=word(body, "event"))
        if hook is None:
            return reply({"url": ["Enter a valid URL."]}, 400)
        return reply(self._shown(hook), 201)

    def every(self, _request: Request, _caught: str) -> Response:
        return reply(
            {"next": None, "previous": None, "results": [self._shown(hook) for hook in self.hooks.of(self.code)]}
        )

    def delete(self, _request: Request, caught: str) -> Response:
        if self.hooks.drop(self.code, caught):
            return Response(status=204)
        return reply({"detail": "Not found."}, 404)

    def _shown(self, hook: Hook) -> dict[str, Any]:
        return {"object_id": hook.name, "url": hook.url, "event": hook.kind, "active": not hook.off, "is_test": True}


_NUMBER_FIELDS: Final = ("trackingID", "trackingId", "trackingIDs", "trackingIds", "trackingNumbers", "trackingNumber")


def _is_ups(number: str) -> bool:
    return number.isalnum() and number.isascii() and number[:2] in ("1Z", "1R") and 16 <= len(number) <= 28
