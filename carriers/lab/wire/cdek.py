"""CDEK v2: OAuth, orders, client returns, bar codes (cdek-v2-*-openapi.json).

All of it is asynchronous: what was accepted (202) is done when it is asked for a second time, or turns out to be
invalid then. A client return belongs to an order of CDEK that was delivered; for another carrier's parcel an order with
`is_client_return` is registered. A number of the shop's own may be used once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import LAB_CREDENTIALS
from carriers.lab.orders import Order, Party
from carriers.lab.parcels import Kind, Parcel
from carriers.lab.places import Place
from carriers.lab.shelf import as_uuid
from carriers.lab.wire.base import Desk, Handler, Route, Wire, body_of, dig, number_of, reply, retry_header, route, word
from carriers.lab.wire.cdek_print import CdekPrinter
from carriers.lab.wire.cdek_shapes import entity, failed, order_uuid, request_state
from carriers.lab.wire.subscriptions import CdekHooks

_ORDERS: Final = "orders"
_TAKEN: Final = frozenset({Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED})
_NOT_UNIQUE: Final = {
    "code": "error_validate_im_dep_number_has_already_had_integration",
    "message": "Введенный номер отправления ИМ не уникальный. Введите уникальный номер.",
}
_REFUSALS: Final = {
    404: ("v2_not_found", "Not Found"),
    405: ("v2_method_not_allowed", "Method Not Allowed"),
    429: ("v2_too_many_requests", "Too Many Requests"),
    500: ("v2_internal_error", "Internal Server Error"),
}


class Cdek(Wire):
    code = "cdek"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._printer = CdekPrinter(desk)
        self._hooks = CdekHooks(desk)

    def routes(self) -> tuple[Route, ...]:
        known, order, printer, hooks = self._known, "/v2/orders/([0-9a-f-]{36})", self._printer, self._hooks
        return (
            route("POST", "/v2/oauth/token", self._token, "token"),
            route("GET", order, known(self._by_uuid), "track"),
            route("GET", "/v2/orders", known(self._by_number), "track"),
            route("POST", "/v2/orders", known(self._register), "label"),
            route("DELETE", order, known(self._delete), "void"),
            route("POST", f"{order}/clientReturn", known(self._client_return), "label"),
            route("POST", "/v2/print/barcodes", known(printer.order), "print"),
            route("GET", "/v2/print/barcodes/([0-9a-f-]{36})", known(printer.state), "document"),
            route("GET", "/v2/print/barcodes/([0-9a-f-]{36}).pdf", known(printer.file), "document"),
            route("POST", "/v2/webhooks", known(hooks.create), "subscribe"),
            route("GET", "/v2/webhooks", known(hooks.every), "subscribe"),
            route("DELETE", "/v2/webhooks/([0-9a-f-]{36})", known(hooks.delete), "subscribe"),
        )

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        code, message = _REFUSALS.get(status, _REFUSALS[500])
        return reply({"errors": [{"code": code, "message": message}]}, status, **retry_header(retry_after))

    def _token(self, request: Request, _caught: str) -> Response:
        account, given = LAB_CREDENTIALS["cdek"], request.values
        if given.get("grant_type") != "client_credentials":
            return reply({"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}, 400)
        if (given.get("client_id"), given.get("client_secret")) != (account["client_id"], account["client_secret"]):
            return reply({"error": "invalid_client", "error_description": "Bad client credentials"}, 401)
        token, seconds = self.desk.tokens.issue("cdek")
        answer = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        return reply(answer | {"scope": "order:all payment:all", "jti": token[:32]})

    def _known(self, handler: Handler) -> Handler:
        def guarded(request: Request, caught: str) -> Response:
            if self.desk.tokens.admits("cdek", request.headers.get("Authorization")):
                return handler(request, caught)
            return failed(self.desk.now(), "AUTH", "v2_token_expired", "Token expired or invalid", 401)

        return guarded

    def _by_uuid(self, _request: Request, caught: str) -> Response:
        if (kept := self.desk.shelf.get("cdek", _ORDERS, caught)) is not None:
            return self._processed(kept)
        parcel = self._forward(caught)
        if parcel is None:
            return self._unknown(f"Entity not found by uuid {caught}", "v2_entity_not_found")
        return self._shown(parcel, caught)

    def _by_number(self, request: Request, _caught: str) -> Response:
        if reference := request.args.get("im_number"):
            kept = next((one for one in self._orders() if one["number"] == reference and not one["error"]), None)
            if kept is None:
                return self._unknown(f"Order not found by im_number {reference}", "v2_order_not_found")
            return self._processed(kept)
        number = request.args.get("cdek_number", "")
        kept = next((one for one in self._orders() if one["cdek_number"] == number), None)
        if kept is not None:
            return self._processed(kept)
        parcel = self.desk.world.find("cdek", number)
        if parcel is None or not parcel.events(self.desk.now()):
            return self._unknown(f"Order not found by cdek_number {number}", "v2_order_not_found")
        return self._shown(parcel, order_uuid(number))

    def _unknown(self, message: str, code: str) -> Response:
        return failed(self.desk.now(), "GET", code, message, 400)

    def _orders(self) -> list[dict[str, Any]]:
        return self.desk.shelf.all("cdek", _ORDERS)

    def _forward(self, uuid: str) -> Parcel | None:
        """An order that nobody registered here: one of the world's own parcels."""
        now = self.desk.now()
        mine = (parcel for parcel in self.desk.world if parcel.carrier == "cdek" and parcel.events(now))
        return next((parcel for parcel in mine if order_uuid(parcel.number) == uuid), None)

    def _processed(self, kept: dict[str, Any]) -> Response:
        """An order as it is now; asking for it is what lets it be processed."""
        kept["asked"] += 1
        self.desk.shelf.put("cdek", _ORDERS, kept["uuid"], kept)
        if kept["error"]:
            state = request_state(self.desk.now(), kept["type"], "INVALID", [_NOT_UNIQUE])
            return reply({"entity": {"uuid": kept["uuid"], "statuses": []}, "requests": [state]})
        parcel = self.desk.world.get(kept["cdek_number"])
        if kept["asked"] < 2 or parcel is None:
            state = request_state(self.desk.now(), kept["type"], "ACCEPTED")
            return reply({"entity": {"uuid": kept["uuid"], "statuses": []}, "requests": [state]})
        return self._shown(parcel, kept["uuid"], kept)

    def _shown(self, parcel: Parcel, uuid: str, kept: Mapping[str, Any] | None = None) -> Response:
        sold = self.desk.book.by_number("cdek", parcel.number)
        answer: dict[str, Any] = {
            "entity": entity(parcel, uuid, self.desk.now(), sold, str(kept["number"] if kept else "")),
            "requests": [request_state(parcel.created_at, kept["type"] if kept else "CREATE", "SUCCESSFUL")],
        }
        if self.desk.book.voided(parcel.number):
            answer["requests"].append(request_state(parcel.created_at, "DELETE", "SUCCESSFUL"))
        if related := self._related(parcel, kept):
            answer["related_entities"] = related
        return reply(answer)

    def _related(self, parcel: Parcel, kept: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        if kept and kept["direct"]:
            direct = {"uuid": order_uuid(kept["direct"]), "type": "client_direct_order", "cdek_number": kept["direct"]}
            return [direct]
        back = [one for one in self._orders() if one["direct"] == parcel.number]
        return [
            {"uuid": one["uuid"], "type": "client_return_order"}
            | ({"cdek_number": one["cdek_number"]} if one["asked"] else {})
            for one in back
        ]

    def _client_return(self, request: Request, caught: str) -> Response:
        tariff, parcel = dig(body_of(request), "tariff_code"), self._forward(caught)
        if not isinstance(tariff, int):
            return failed(self.desk.now(), "CREATE_CLIENT_RETURN", "v2_field_is_empty", "[tariff_code] is empty", 400)
        if parcel is None:
            return self._unknown(f"Entity not found by uuid {caught}", "v2_entity_not_found")
        latest = parcel.latest(self.desk.now())
        if latest is None or latest.kind not in _TAKEN:
            return failed(
                self.desk.now(), "CREATE_CLIENT_RETURN", "v2_entity_invalid", f"Entity is invalid {caught}", 400
            )
        order = Order(
            sender=_at(parcel.destination, "Получатель"),
            recipient=_at(parcel.origin, "Интернет-магазин"),
            weight_grams=parcel.weight_grams,
            service=f"CDEK {tariff}",
            reference=parcel.number,
            notes=(parcel.number,),
            request={"tariff_code": tariff},
        )
        return self._accept(order, "CREATE_CLIENT_RETURN", "", direct=parcel.number)

    def _register(self, request: Request, _caught: str) -> Response:
        body = body_of(request)
        if wrong := _wrong(body):
            return failed(self.desk.now(), "CREATE", "v2_field_is_empty", f"[{wrong}] is empty", 400)
        return self._accept(_order(body), "CREATE", word(body, "number"))

    def _accept(self, order: Order, kind: str, number: str, direct: str = "") -> Response:
        """202: it will be done. A number that was used before is found out later."""
        uuid = as_uuid(self.desk.shelf.new_id())
        taken = bool(number) and any(one["number"] == number and not one["error"] for one in self._orders())
        kept = {"uuid": uuid, "type": kind, "number": number, "direct": direct, "asked": 0, "error": taken}
        kept["cdek_number"] = ""
        if not taken:
            kept["cdek_number"] = self.desk.book.sell("cdek", order, self.desk.now(), handle=uuid).number
        self.desk.shelf.put("cdek", _ORDERS, uuid, kept)
        answer: dict[str, Any] = {
            "entity": {"uuid": uuid},
            "requests": [request_state(self.desk.now(), kind, "ACCEPTED")],
        }
        if direct:
            answer["related_entities"] = [{"uuid": order_uuid(direct), "type": "client_direct_order"}]
        return reply(answer, 202)

    def _delete(self, _request: Request, caught: str) -> Response:
        now, purchase = self.desk.now(), self.desk.book.by_handle("cdek", caught)
        if purchase is None or self.desk.book.voided(purchase.number):
            return self._unknown(f"Entity not found by uuid {caught}", "v2_entity_not_found")
        if self.desk.book.used(purchase.number, now):
            return failed(now, "DELETE", "v2_delete_forbidden", "Orders can only be deleted before hand-over", 400)
        self.desk.book.void(purchase.number, now)
        return reply({"entity": {"uuid": caught}, "requests": [request_state(now, "DELETE", "ACCEPTED")]}, 202)


def _at(place: Place, name: str) -> Party:
    return Party(name, f"{place.city}, ПВЗ", place.city, place.postal_code, place.country, state=place.state)


def _wrong(body: Any) -> str:
    """The first field that is missing."""
    needed = {
        "tariff_code": word(body, "tariff_code"),
        "recipient.name": word(body, "recipient", "name"),
        "sender.name": word(body, "sender", "name"),
        "packages.number": word(body, "packages", 0, "number"),
        "packages.weight": word(body, "packages", 0, "weight"),
        "from_location": word(body, "from_location", "address") or word(body, "shipment_point"),
        "to_location": word(body, "to_location", "address") or word(body, "delivery_point"),
    }
    return next((name for name, value in needed.items() if not value), "")


def _order(body: Mapping[str, Any]) -> Order:
    number = word(body, "number")
    return Order(
        sender=_party(body, "sender", "from_location"),
        recipient=_party(body, "recipient", "to_location"),
        weight_grams=round(number_of(word(body, "packages", 0, "weight"))),
        service=f"CDEK {word(body, 'tariff_code')}",
        reference=number,
        notes=(number,) if number else (),
        request={"tariff_code": dig(body, "tariff_code"), "is_client_return": dig(body, "is_client_return") is True},
    )


def _party(body: Mapping[str, Any], who: str, where: str) -> Party:
    return Party(
        name=word(body, who, "name"),
        company=word(body, who, "company"),
        line1=word(body, where, "address"),
        city=word(body, where, "city") or "Москва",
        postal_code=word(body, where, "postal_code"),
        country=word(body, where, "country_code") or "RU",
    )
