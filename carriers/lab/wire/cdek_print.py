"""CDEK's bar codes for parcels: ordered, made a moment later, fetched as a PDF."""

from __future__ import annotations

from typing import Any

from werkzeug import Request, Response

from carriers.lab.purchases import Purchase
from carriers.lab.shelf import as_uuid
from carriers.lab.wire.base import Desk, body_of, dig, many, reply, word
from carriers.lab.wire.cdek_shapes import failed, moment, request_state

_PRINTS = "prints"
_FORMATS = ("A4", "A5", "A6", "A7")


class CdekPrinter:
    """Prints what the lab's book has sold for CDEK. Callers are known when they come here."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def order(self, request: Request, _caught: str) -> Response:
        body, now = body_of(request), self._desk.now()
        wanted = [found for one in many(dig(body, "orders")) if (found := self._sold(one))]
        kind = word(body, "format") or "A4"
        if len(wanted) != len(many(dig(body, "orders"))) or not wanted:
            return failed(now, "CREATE", "v2_order_not_found", "Order not found", 400)
        if kind not in _FORMATS:
            return failed(now, "CREATE", "v2_invalid_value_type", "[format] has a wrong value", 400)
        uuid = as_uuid(self._desk.shelf.new_id())
        numbers = [sold.number for sold in wanted]
        self._desk.shelf.put("cdek", _PRINTS, uuid, {"uuid": uuid, "numbers": numbers, "format": kind, "asked": 0})
        return reply({"entity": {"uuid": uuid}, "requests": [request_state(now, "CREATE", "ACCEPTED")]}, 202)

    def state(self, request: Request, caught: str) -> Response:
        kept, now = self._desk.shelf.get("cdek", _PRINTS, caught), self._desk.now()
        if kept is None:
            return failed(now, "GET", "v2_entity_not_found", f"Entity not found by uuid {caught}", 400)
        kept["asked"] += 1
        self._desk.shelf.put("cdek", _PRINTS, caught, kept)
        ready = kept["asked"] > 1
        told = [("ACCEPTED", "Принят"), ("PROCESSING", "Формируется"), *([("READY", "Сформирован")] if ready else [])]
        shown: dict[str, Any] = {
            "uuid": caught,
            "orders": [{"cdek_number": int(number)} for number in kept["numbers"]],
            "copy_count": 1,
            "format": kept["format"],
            "statuses": [{"code": code, "name": name, "date_time": moment(now)} for code, name in told],
        }
        if ready:
            shown["url"] = f"{request.host_url}cdek/v2/print/barcodes/{caught}.pdf"
        done = request_state(now, "CREATE", "SUCCESSFUL")
        return reply({"entity": shown, "requests": [done], "related_entities": []})

    def file(self, _request: Request, caught: str) -> Response:
        kept = self._desk.shelf.get("cdek", _PRINTS, caught)
        purchase = self._desk.book.by_number("cdek", kept["numbers"][0]) if kept and kept["asked"] > 1 else None
        if purchase is None:
            return failed(self._desk.now(), "GET", "v2_entity_not_found", f"Entity not found by uuid {caught}", 404)
        return Response(self._desk.print(purchase, "pdf"), content_type="application/pdf")

    def _sold(self, asked: Any) -> Purchase | None:
        if uuid := word(asked, "order_uuid"):
            return self._desk.book.by_handle("cdek", uuid)
        return self._desk.book.by_number("cdek", word(asked, "cdek_number"))
