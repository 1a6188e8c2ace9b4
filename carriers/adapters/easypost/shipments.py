"""The shipment that EasyPost is asked to make a return label for."""

from __future__ import annotations

from typing import Any

from carriers.labelling import clipped, crosses_customs, inches, party, unfit, whole_units
from carriers.model import CustomsItem, LabelRequest

GRAMS_AN_OUNCE = 28.349523125


def shipment_request(request: LabelRequest) -> dict[str, Any]:
    """The shipment as it went out: to the shopper, from the shop. Raises CarrierError, nothing sent, for what is missing."""
    length, width, height = sorted((inches(side) for side in request.size_cm), reverse=True)
    shipment: dict[str, Any] = {
        "is_return": True,
        "reference": request.reference,
        "to_address": party(request.sender, "sender"),
        "from_address": party(request.recipient, "recipient"),
        "parcel": {"length": length, "width": width, "height": height, "weight": ounces(request.weight_grams)},
        "options": {"label_format": "PNG", "print_custom_1": clipped(request.rma or request.reference, 35)},
    }
    if crosses_customs(request):
        shipment["customs_info"] = _customs(request)
    return shipment


def ounces(grams: int) -> float:
    """Ounces to a tenth, at least one tenth."""
    return max(0.1, round(grams / GRAMS_AN_OUNCE, 1))


def _customs(request: LabelRequest) -> dict[str, Any]:
    if not request.items or not request.currency:
        raise unfit("A return across a customs border needs its goods with their values.")
    return {
        "contents_type": "returned_goods",
        "restriction_type": "none",
        "non_delivery_option": "return",
        "customs_certify": True,
        "customs_signer": request.sender.name or request.sender.company,
        "customs_items": [_goods(item, request.currency) for item in request.items],
    }


def _goods(item: CustomsItem, currency: str) -> dict[str, Any]:
    told = {
        "description": clipped(item.description, 50) or "Goods",
        "quantity": item.quantity,
        "weight": ounces(item.weight_grams),
        "value": whole_units(item.value_minor, currency),
        "currency": currency,
        "origin_country": item.origin_country,
        "hs_tariff_number": item.hs_code,
    }
    return {name: value for name, value in told.items() if value}
