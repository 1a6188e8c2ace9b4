"""Shopify's Admin API, as far as refunds and gift cards go: GraphQL, where most refusals come with status 200.

Versions before 2026-04 know no idempotency key and refuse the directive as a mistake in the query; later ones want it. An
order that nobody put on the shelf (`put_order`) was paid with a card, with more than any test gives back.
"""

from __future__ import annotations

import json
from decimal import Decimal
from threading import Lock
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.accounts import PLATFORM_TOKENS
from carriers.lab.shelf import Shelf
from carriers.lab.wire.base import Desk, Route, Wire, body_of, dig, many, reply, retry_header, route, table, word

FIRST_WITH_KEYS: Final = "2026-04"
_SHOP: Final = "shopify"
_PLENTY: Final = "1000000.00"


def put_order(shelf: Shelf, order: str, amount: str, currency: str) -> None:
    """An order that was paid with `amount`, by its plain number."""
    shelf.put(_SHOP, "orders", f"gid://shopify/Order/{order}", {"amount": amount, "currency": currency})


def refunds_in(shelf: Shelf) -> list[dict[str, Any]]:
    """Every refund, oldest first."""
    return shelf.all(_SHOP, "refunds")


def cards_in(shelf: Shelf) -> list[dict[str, Any]]:
    """Every gift card, oldest first."""
    return shelf.all(_SHOP, "cards")


class Shopify(Wire):
    code = _SHOP

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._till = Lock()  # two callers may not refund at once

    def routes(self) -> tuple[Route, ...]:
        path = "/admin/api/([0-9]{4}-[0-9]{2})/graphql.json"
        return (route("POST", path, self._answer, "look"),)

    def find(self, request: Request, path: str) -> tuple[Route, str] | Response:
        """The call is named by what it asks for, so that a fault can meet the one that pays."""
        found = super().find(request, path)
        if isinstance(found, Response):
            return found
        asked, query = found[0], word(body_of(request), "query")
        name = "refund" if "refundCreate(" in query else "credit" if "giftCardCreate(" in query else asked.name
        return Route(asked.method, asked.path, asked.handler, name), found[1]

    def refusal(self, status: int, retry_after: int | None = None) -> Response:
        if status == 429:  # GraphQL's own way to say it
            return _errors("Throttled", "THROTTLED")
        return reply(
            {"errors": "Not Found" if status == 404 else "Something went wrong"}, status, **retry_header(retry_after)
        )

    def _answer(self, request: Request, version: str) -> Response:
        if request.headers.get("X-Shopify-Access-Token") != PLATFORM_TOKENS[_SHOP]:
            return reply({"errors": "[API] Invalid API key or access token"}, 401)
        body = body_of(request)
        query, variables = word(body, "query"), table(dig(body, "variables"))
        if "@idempotent" in query and version < FIRST_WITH_KEYS:
            return _errors("Directive @idempotent is not defined", "undefinedDirective")
        with self._till:
            if "giftCardCreate(" in query:
                return self._card(variables)
            if "refundCreate(" not in query:
                return self._look(word(variables, "order"))
            key = word(variables, "key") if "@idempotent" in query else ""
            if version >= FIRST_WITH_KEYS and not key:
                return _errors("The @idempotent directive is required for this mutation", "BAD_REQUEST")
            return self._refund(table(variables.get("input")), key)

    def _refund(self, asked: dict[str, Any], key: str) -> Response:
        said = json.dumps(asked, sort_keys=True)
        earlier = self.desk.shelf.get(_SHOP, "keys", key) if key else None
        if earlier is not None:
            if earlier["asked"] != said:
                wrong = "The same idempotency key was used with other input"
                return _user_error("refundCreate", "refund", wrong, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            return _made("refundCreate", "refund", earlier["refund"])
        order = word(asked, "orderId")
        paid, currency = self._paid(order), word(asked, "currency")
        amount = sum((Decimal(word(one, "amount") or "0") for one in many(asked.get("transactions"))), Decimal())
        if amount <= 0 or amount > self._left(order):
            return _user_error("refundCreate", "refund", "Refund amount cannot be greater than the order's", "INVALID")
        name = f"gid://shopify/Refund/{len(refunds_in(self.desk.shelf)) + 1}"
        money = {"amount": str(amount), "currencyCode": currency or paid["currency"]}
        refund = {"id": name, "note": word(asked, "note"), "totalRefundedSet": {"presentmentMoney": money}}
        self.desk.shelf.put(_SHOP, "refunds", name, refund | {"order": order})
        if key:
            self.desk.shelf.put(_SHOP, "keys", key, {"asked": said, "refund": refund})
        return _made("refundCreate", "refund", refund)

    def _card(self, variables: dict[str, Any]) -> Response:
        asked = table(variables.get("input"))
        code = word(asked, "code")
        if self.desk.shelf.get(_SHOP, "cards", code) is not None:
            return _user_error("giftCardCreate", "giftCard", "Code has already been taken", "TAKEN")
        value = {"amount": word(asked, "initialValue"), "currencyCode": "USD"}
        card = {"id": f"gid://shopify/GiftCard/{len(cards_in(self.desk.shelf)) + 1}", "initialValue": value}
        self.desk.shelf.put(_SHOP, "cards", code, card | {"code": code})
        return _made("giftCardCreate", "giftCard", card)

    def _look(self, order: str) -> Response:
        paid = self._paid(order)
        left = {"amount": str(self._left(order)), "currencyCode": paid["currency"]}
        sale = {"id": f"{order}/sale", "kind": "SALE", "status": "SUCCESS", "gateway": "cards"}
        found = [{**refund, "order": None} for refund in refunds_in(self.desk.shelf) if refund["order"] == order]
        shown = {"id": order, "transactions": [{**sale, "maximumRefundableV2": left}], "refunds": found}
        return reply({"data": {"order": shown}})

    def _paid(self, order: str) -> dict[str, Any]:
        return self.desk.shelf.get(_SHOP, "orders", order) or {"amount": _PLENTY, "currency": "USD"}

    def _left(self, order: str) -> Decimal:
        """What is still to be refunded of an order."""
        out = sum(
            (
                Decimal(refund["totalRefundedSet"]["presentmentMoney"]["amount"])
                for refund in refunds_in(self.desk.shelf)
                if refund["order"] == order
            ),
            Decimal(),
        )
        return Decimal(self._paid(order)["amount"]) - out


def _errors(message: str, code: str) -> Response:
    return reply({"errors": [{"message": message, "extensions": {"code": code}}]})


def _made(mutation: str, what: str, made: dict[str, Any]) -> Response:
    return reply({"data": {mutation: {what: made, "userErrors": []}}})


def _user_error(mutation: str, what: str, message: str, code: str) -> Response:
    wrong = {"field": ["input"], "message": message, "code": code}
    return reply({"data": {mutation: {what: None, "userErrors": [wrong]}}})
