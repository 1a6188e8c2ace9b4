"""EasyPost's shipments: rates, buying, labels in other formats, the code for a counter, refunds.

A return names the addresses as they were on the way out (`to` is the shopper); the label is printed the other way
round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from werkzeug import Request, Response

from carriers.lab.documents import TYPES, qr_code
from carriers.lab.purchases import Purchase
from carriers.lab.wire.base import Desk, body_of, dig, reply, table, whole, word
from carriers.lab.wire.easypost_codes import CARRIERS
from carriers.lab.wire.easypost_shapes import (
    FORMATS,
    address,
    easypost_error,
    fee,
    grams,
    not_found,
    order_of,
    utc,
    wrong,
)
from carriers.lab.wire.quotes import EXPRESS, GROUND, PRIORITY, UPS_GROUND, Quote, quotes

_SHIPMENTS: Final = "shipments"
_SERVICES: Final = {GROUND: "GroundAdvantage", PRIORITY: "Priority", EXPRESS: "Express", UPS_GROUND: "Ground"}
_REFUND_TAKES: Final = timedelta(days=1)

MakeTracker = Callable[[str, str], dict[str, Any]]


class EasyPostLabels:
    """Sells labels out of the lab's book. Callers are known when they come here."""

    def __init__(self, desk: Desk, tracker: MakeTracker) -> None:
        self._desk = desk
        self._tracker = tracker
        self._till = Lock()  # two callers may not buy one shipment at once

    def create(self, request: Request, _caught: str) -> Response:
        asked = dig(body_of(request), "shipment")
        if missing := wrong(asked):
            details = [{"field": missing, "message": "cannot be blank"}]
            return easypost_error(422, "PARAMETER.REQUIRED", "Missing required parameter.", details)
        name = f"shp_{self._desk.shelf.new_id()}"
        kept = {"id": name, "asked": asked, "created_at": utc(self._desk.now()), "number": "", "forms": [], "also": []}
        kept["rates"] = [self._rate(name, quote) for quote in self._quotes(asked)]
        self._desk.shelf.put("easypost", _SHIPMENTS, name, kept)
        if service := word(asked, "service"):  # shipment and purchase in one call
            rate = next((rate for rate in kept["rates"] if rate["service"] == service), None)
            if rate is None:
                return easypost_error(422, "SHIPMENT.POSTAGE.FAILURE", "Unable to buy postage: no such service")
            return self._sell(kept, rate, request, 201)
        return reply(self._shown(kept, request), 201)

    def every(self, request: Request, _caught: str) -> Response:
        kept_all = reversed(self._desk.shelf.all("easypost", _SHIPMENTS))
        every = [self._shown(kept, request) for kept in kept_all]
        if request.args.get("purchased", "true") == "true":
            every = [shipment for shipment in every if shipment["tracking_code"]]
        if before := request.args.get("before_id"):
            names = [shipment["id"] for shipment in every]
            every = every[names.index(before) + 1 :] if before in names else []
        size = whole(request.args.get("page_size", ""), 20, 100)
        return reply({"shipments": every[:size], "has_more": len(every) > size})

    def retrieve(self, request: Request, caught: str) -> Response:
        kept = self._kept(caught)
        return not_found() if kept is None else reply(self._shown(kept, request))

    def buy(self, request: Request, caught: str) -> Response:
        with self._till:
            return self._buy(request, caught)

    def _buy(self, request: Request, caught: str) -> Response:
        kept, wanted = self._kept(caught), word(body_of(request), "rate", "id")
        if kept is None:
            return not_found()
        if kept["number"]:
            return easypost_error(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        rate = next((rate for rate in kept["rates"] if rate["id"] == wanted), None)
        if rate is None:
            details = [{"field": "rate", "message": "not found"}]
            return easypost_error(422, "SHIPMENT.POSTAGE.FAILURE", "Unable to buy postage.", details)
        return self._sell(kept, rate, request, 200)

    def convert(self, request: Request, caught: str) -> Response:
        kept, kind = self._kept(caught), request.args.get("file_format", "").lower()
        if kept is None or not kept["number"]:
            return not_found()
        if kind not in FORMATS:
            return easypost_error(422, "SHIPMENT.LABEL.FORMAT_INVALID", "The label format is invalid.")
        kept["also"] = sorted({*kept["also"], kind})
        self._desk.shelf.put("easypost", _SHIPMENTS, kept["id"], kept)
        return reply(self._shown(kept, request))

    def form(self, request: Request, caught: str) -> Response:
        kept, body = self._kept(caught), body_of(request)
        kind = word(body, "form", "type") or word(body, "type")
        if kept is None or not kept["number"]:
            return not_found()
        if kind != "label_qr_code":
            return easypost_error(422, "SHIPMENT.FORM.INVALID", "The form type is invalid.")
        kept["forms"].append({"id": f"form_{self._desk.shelf.new_id()}", "form_type": kind})
        self._desk.shelf.put("easypost", _SHIPMENTS, kept["id"], kept)
        return reply(self._shown(kept, request), 201)

    def refund(self, request: Request, caught: str) -> Response:
        kept = self._kept(caught)
        if kept is None:
            return not_found()
        if not kept["number"]:
            return easypost_error(422, "SHIPMENT.REFUND.UNAVAILABLE", "No postage was bought for this shipment.")
        now = self._desk.now()
        if "refund" not in kept:
            used = self._desk.book.used(kept["number"], now)
            kept["refund"] = {"at": now.isoformat(), "rejected": used}
            if not used:
                self._desk.book.void(kept["number"], now)
            self._desk.shelf.put("easypost", _SHIPMENTS, kept["id"], kept)
        return reply(self._shown(kept, request))

    def file(self, _request: Request, caught: str) -> Response:
        """Files lie open, under names that nobody can guess."""
        name, _, kind = caught.partition(".")
        purchase = self._desk.book.by_handle("easypost", name.removeprefix("qr_"))
        if purchase is None:
            return Response("not found", 404)
        if name.startswith("qr_"):
            return Response(qr_code(purchase.number), content_type="image/png")
        return (
            Response(self._desk.print(purchase, kind), content_type=TYPES[kind]) if kind in TYPES else Response("", 404)
        )

    def _kept(self, name: str) -> dict[str, Any] | None:
        """A shipment by its id, or by our reference: the newest of those that carry it."""
        if (kept := self._desk.shelf.get("easypost", _SHIPMENTS, name)) is not None:
            return kept
        every = reversed(self._desk.shelf.all("easypost", _SHIPMENTS))
        return next((one for one in every if word(one, "asked", "reference") == name), None)

    def _quotes(self, asked: Any) -> list[Quote]:
        return quotes("easypost", grams(asked), _SERVICES)

    def _rate(self, shipment: str, quote: Quote) -> dict[str, Any]:
        amount, now = f"{quote.minor / 100:.2f}", utc(self._desk.now())
        prices = {f"{kind}rate": amount for kind in ("", "retail_", "list_")}
        currencies = {f"{kind}currency": quote.currency for kind in ("", "retail_", "list_")}
        return {
            "id": f"rate_{self._desk.shelf.new_id()}",
            "object": "Rate",
            "created_at": now,
            "updated_at": now,
            "mode": "test",
            "service": quote.service,
            "carrier": CARRIERS[quote.carried_by],
            **prices,
            **currencies,
            "billing_type": "easypost",
            "delivery_days": quote.days,
            "delivery_date": None,
            "delivery_date_guaranteed": False,
            "est_delivery_days": quote.days,
            "shipment_id": shipment,
            "carrier_account_id": f"ca_lab_{quote.carried_by}",
        }

    def _sell(self, kept: dict[str, Any], rate: Mapping[str, Any], request: Request, status: int) -> Response:
        order = order_of(kept["asked"], rate)
        cost = round(float(rate["rate"]) * 100), str(rate["currency"])
        carried_by = next(code for code, name in CARRIERS.items() if name == rate["carrier"])
        handle = self._desk.shelf.new_id()
        sold = self._desk.book.sell(
            "easypost", order, self._desk.now(), handle=handle, cost=cost, carried_by=carried_by
        )
        kept |= {"number": sold.number, "rate": rate["id"], "bought_at": utc(self._desk.now())}
        self._desk.shelf.put("easypost", _SHIPMENTS, kept["id"], kept)
        self._tracker(sold.number, kept["id"])
        return reply(self._shown(kept, request), status)

    def _shown(self, kept: Mapping[str, Any], request: Request) -> dict[str, Any]:
        asked, bought = kept["asked"], bool(kept["number"])
        sold = self._desk.book.by_number("easypost", kept["number"]) if bought else None
        places = {side: address(asked[f"{side}_address"], kept["created_at"]) for side in ("to", "from")}
        shown: dict[str, Any] = {
            "id": kept["id"],
            "object": "Shipment",
            "mode": "test",
            "created_at": kept["created_at"],
            "updated_at": kept.get("bought_at", kept["created_at"]),
            "is_return": asked.get("is_return") is True,
            "reference": asked.get("reference"),
            "messages": [],
            "options": {
                "currency": "USD",
                "payment": {"type": "SENDER"},
                "date_advance": 0,
                **table(asked.get("options")),
            },
            "status": "unknown",
            "tracking_code": kept["number"] or None,
            "from_address": places["from"],
            "to_address": places["to"],
            "return_address": places["from"],
            "buyer_address": places["to"],
            "parcel": {"object": "Parcel", **asked["parcel"]},
            "rates": kept["rates"],
            "selected_rate": next((rate for rate in kept["rates"] if rate["id"] == kept.get("rate")), None),
            "postage_label": self._label(kept, sold, request) if sold else None,
            "tracker": self._tracker(kept["number"], kept["id"]) if bought else None,
            "refund_status": self._refund_status(kept),
            "forms": [self._form(kept, form, sold, request) for form in kept["forms"]],
            "fees": [fee(sold)] if sold else [],
        }
        return shown

    def _refund_status(self, kept: Mapping[str, Any]) -> str | None:
        if "refund" not in kept:
            return None
        if kept["refund"]["rejected"]:
            return "rejected"
        done = self._desk.now() - datetime.fromisoformat(kept["refund"]["at"]) >= _REFUND_TAKES
        return "refunded" if done else "submitted"

    def _label(self, kept: Mapping[str, Any], sold: Purchase, request: Request) -> dict[str, Any]:
        files = f"{request.host_url}easypost/files/{sold.handle}"
        urls = {
            f"label_{kind}_url": f"{files}.{kind}" for kind in ("pdf", "zpl") if kind in (*kept["also"], sold.format)
        }
        return {
            "object": "PostageLabel",
            "id": f"pl_{sold.handle}",
            "created_at": utc(sold.bought_at),
            "updated_at": utc(sold.bought_at),
            "date_advance": 0,
            "integrated_form": "none",
            "label_date": utc(sold.bought_at),
            "label_resolution": 203,
            "label_size": "4x6",
            "label_type": "default",
            "label_file_type": TYPES[sold.format],
            "label_url": f"{files}.{sold.format}",
            "label_pdf_url": None,
            "label_zpl_url": None,
            "label_epl2_url": None,
            "label_file": None,
            **urls,
        }

    def _form(
        self, kept: Mapping[str, Any], form: Mapping[str, Any], sold: Purchase | None, request: Request
    ) -> dict[str, Any]:
        handle = sold.handle if sold else ""
        url = f"{request.host_url}easypost/files/qr_{handle}.png"
        return {"object": "Form", "mode": "test", "created_at": kept["created_at"], "form_url": url, **form}
