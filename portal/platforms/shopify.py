"""Refunds and gift cards through Shopify's Admin API (GraphQL).

From version 2026-04 on, `refundCreate` takes an idempotency key as a directive; before, only what the refund's note says
tells one from another. Either way what was refunded is listed before anything in doubt is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from carriers.answers import read_json, refusal
from carriers.base import Account, Call, Http, RawAnswer
from carriers.errors import CarrierError, ErrorKind
from carriers.parsing import dig, text
from portal.platforms.refunds import MoneyAsk, MoneyDone, MoneyRecovery

FIRST_WITH_KEYS = "2026-04"
USUAL_VERSION = "2026-04"
_KINDS = {
    "THROTTLED": ErrorKind.RATE_LIMITED,
    "ACCESS_DENIED": ErrorKind.AUTH,
    "SHOP_INACTIVE": ErrorKind.AUTH,
    "MAX_COST_EXCEEDED": ErrorKind.BAD_REQUEST,
    "INTERNAL_SERVER_ERROR": ErrorKind.SERVER_ERROR,
    "TIMEOUT": ErrorKind.SERVER_ERROR,
    # Another call with the same key is being carried out: what becomes of it is not known yet.
    "IDEMPOTENCY_CONCURRENT_REQUEST": ErrorKind.SERVER_ERROR,
}
_REFUND = "refund { id note totalRefundedSet { presentmentMoney { amount currencyCode } } }"
_PAID_WITH = """query paidWith($order: ID!) { order(id: $order) { id transactions(first: 100) {
id kind status gateway maximumRefundableV2 { amount currencyCode } } } }"""
_REFUNDS = """query refundsOf($order: ID!) { order(id: $order) { id refunds(first: 250) {
id note totalRefundedSet { presentmentMoney { amount currencyCode } } } } }"""
_REFUND_CREATE = """mutation refundCreate($input: RefundInput!%(variable)s) { refundCreate(input: $input) %(directive)s {
%(refund)s userErrors { field message code } } }"""
_CARD_CREATE = """mutation giftCardCreate($input: GiftCardCreateInput!) { giftCardCreate(input: $input) {
giftCard { id initialValue { amount currencyCode } } userErrors { field message code } } }"""


class Shopify:
    """The account: `base_url` is the shop's own address; credential `token`, setting `version`."""

    name = "shopify"

    def does(self, kind: str) -> bool:
        return kind in ("refund", "credit")

    def recovery(self, account: Account, kind: str) -> MoneyRecovery:
        """A gift card has our own code, and there is one card a code: asking again makes no second one."""
        if kind == "credit" or _version(account) >= FIRST_WITH_KEYS:
            return MoneyRecovery.NATIVE_KEY
        return MoneyRecovery.LIST_FIRST

    def pay(self, http: Http, account: Account, ask: MoneyAsk) -> MoneyDone:
        if ask.kind == "credit":
            return self._issue(http, account, ask)
        sources = self._sources(http, account, ask)
        keyed = self.recovery(account, ask.kind) is MoneyRecovery.NATIVE_KEY
        mutation = _REFUND_CREATE % {
            "variable": ", $key: String!" if keyed else "",
            "directive": "@idempotent(key: $key)" if keyed else "",
            "refund": _REFUND,
        }
        variables: dict[str, Any] = {"input": _refund_input(ask, sources)} | ({"key": ask.key} if keyed else {})
        made = _ask(http, account, mutation, variables, repeatable=False)
        _check_user_errors(dig(made, "refundCreate", "userErrors"))
        return _done(dig(made, "refundCreate", "refund"))

    def find(self, http: Http, account: Account, ask: MoneyAsk) -> MoneyDone | None:
        """A gift card cannot be looked up by its code; asking for it again does that."""
        if ask.kind == "credit":
            return None
        found = _ask(http, account, _REFUNDS, {"order": _order_id(ask)}, repeatable=True)
        if dig(found, "order", "id") is None:
            raise CarrierError(ErrorKind.MALFORMED, "The shop's platform does not know the order.")
        for refund in dig(found, "order", "refunds") or []:
            if f"[{ask.key}]" in (text(dig(refund, "note")) or ""):
                return _done(refund)
        return None

    def _sources(self, http: Http, account: Account, ask: MoneyAsk) -> list[dict[str, Any]]:
        """What the order was paid with, to give it back the same way. Nothing is refunded yet: an error is sure."""
        try:
            found = _ask(http, account, _PAID_WITH, {"order": _order_id(ask)}, repeatable=True)
        except CarrierError as error:
            raise CarrierError(error.kind, error.message, retry_after=error.retry_after, sent=False) from None
        left, parts = ask.amount_minor, []
        for paid in dig(found, "order", "transactions") or []:
            if dig(paid, "status") != "SUCCESS" or dig(paid, "kind") not in ("SALE", "CAPTURE") or not left:
                continue
            if dig(paid, "maximumRefundableV2", "currencyCode") != ask.currency:
                continue
            part = min(left, _minor(dig(paid, "maximumRefundableV2", "amount"), ask.currency))
            if part > 0:
                parts.append(
                    {
                        "orderId": _order_id(ask),
                        "parentId": dig(paid, "id"),
                        "gateway": dig(paid, "gateway"),
                        "kind": "REFUND",
                        "amount": _amount(part, ask.currency),
                    }
                )
                left -= part
        if left:
            raise CarrierError(
                ErrorKind.BAD_REQUEST, "The order's payments leave less than this to refund.", sent=False
            )
        return parts

    def _issue(self, http: Http, account: Account, ask: MoneyAsk) -> MoneyDone:
        value = {"initialValue": _amount(ask.amount_minor, ask.currency), "code": ask.code, "note": ask.mark}
        made = _ask(http, account, _CARD_CREATE, {"input": value}, repeatable=False)
        errors = dig(made, "giftCardCreate", "userErrors") or []
        if any(dig(error, "code") == "TAKEN" for error in errors):  # by an earlier call of ours: the code is random
            return MoneyDone("", ask.amount_minor, ask.currency)
        _check_user_errors(errors)
        value = dig(made, "giftCardCreate", "giftCard", "initialValue")
        currency = text(dig(value, "currencyCode")) or ""
        return MoneyDone(
            text(dig(made, "giftCardCreate", "giftCard", "id")) or "", _minor(dig(value, "amount"), currency), currency
        )


def _refund_input(ask: MoneyAsk, sources: list[dict[str, Any]]) -> dict[str, Any]:
    lines = [{"lineItemId": line.line, "quantity": line.quantity, "restockType": "NO_RESTOCK"} for line in ask.lines]
    return {
        "orderId": _order_id(ask),
        "currency": ask.currency,
        "note": ask.mark,
        "notify": False,
        "refundLineItems": lines,
        "transactions": sources,
    }


def _ask(http: Http, account: Account, query: str, variables: Mapping[str, Any], *, repeatable: bool) -> Any:
    """The data of an answer. Raises CarrierError for everything that is none."""
    answer = http.send(
        account,
        Call(
            "POST",
            account.url(f"/admin/api/{_version(account)}/graphql.json"),
            headers={"X-Shopify-Access-Token": account.credential("token")},
            json={"query": query, "variables": dict(variables)},
            repeatable=repeatable,
        ),
    )
    tree = read_json(answer)
    if not answer.succeeded:
        raise refusal(answer, _words(answer))
    errors = dig(tree, "errors")
    if errors:
        raise _refused(errors, answer)
    data = dig(tree, "data")
    if not isinstance(data, dict):
        raise CarrierError(ErrorKind.MALFORMED, "The shop's platform answered with neither data nor an error.")
    return data


def _refused(errors: Any, answer: RawAnswer) -> CarrierError:
    """GraphQL's own errors. One without a code of those above is about our request, and nothing was done."""
    code = text(dig(_first(errors), "extensions", "code")) or ""
    kind = _KINDS.get(code, ErrorKind.BAD_REQUEST)
    wait = answer.retry_after or (2.0 if kind is ErrorKind.RATE_LIMITED else None)
    return CarrierError(
        kind, f"The shop's platform refused: {code or 'its request'}.", carrier_code=code, retry_after=wait
    )


def _check_user_errors(errors: Any) -> None:
    """What Shopify says is wrong with the refund: nothing was paid. Its words may repeat ours, never a person's data."""
    if not errors:
        return
    code = text(dig(_first(errors), "code")) or ""
    kind = _KINDS.get(code, ErrorKind.BAD_REQUEST)
    said = (text(dig(_first(errors), "message")) or code or "no reason was given")[:200]
    raise CarrierError(kind, f"The shop's platform refused: {said}", carrier_code=code or None)


def _first(errors: Any) -> Any:
    return errors[0] if isinstance(errors, list) and errors else None


def _done(refund: Any) -> MoneyDone:
    money = dig(refund, "totalRefundedSet", "presentmentMoney")
    currency, handle = text(dig(money, "currencyCode")), text(dig(refund, "id"))
    if not currency or not handle:
        raise CarrierError(ErrorKind.MALFORMED, "The shop's platform did not say what it refunded.")
    return MoneyDone(handle, _minor(dig(money, "amount"), currency), currency)


def _words(answer: RawAnswer) -> str:
    return f"The shop's platform answered with HTTP status {answer.status}."


def _version(account: Account) -> str:
    return account.setting("version", USUAL_VERSION)


def _order_id(ask: MoneyAsk) -> str:
    return ask.order if ask.order.startswith("gid://") else f"gid://shopify/Order/{ask.order}"


def _amount(minor: int, currency: str) -> str:
    digits = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def _minor(amount: Any, currency: str) -> int:
    try:
        return int(Decimal(str(amount)).scaleb(get_currency_precision(currency)).to_integral_exact())
    except InvalidOperation:
        raise CarrierError(ErrorKind.MALFORMED, "The shop's platform named a sum that is none.") from None
