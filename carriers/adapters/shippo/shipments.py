"""The shipment that Shippo is asked to make a return label for."""

from __future__ import annotations

from typing import Any

from carriers.base import Account
from carriers.labelling import clipped, crosses_customs, party, unfit, whole_units
from carriers.model import Address, CustomsItem, LabelRequest


def scan_based(account: Account) -> bool:
    """Whether labels are charged when they are used, as those of USPS, FedEx and UPS are."""
    return account.setting("returns") != "plain"


def shipment_request(account: Account, request: LabelRequest) -> dict[str, Any]:
    """The shipment. Raises CarrierError, nothing sent, for what is missing."""
    shopper, shop = _address(request.sender, "sender"), _address(request.recipient, "recipient")
    origin, goal = (shop, shopper) if scan_based(account) else (shopper, shop)
    length, width, height = (str(side) for side in sorted(request.size_cm, reverse=True))
    extra: dict[str, Any] = {"reference_1": clipped(request.rma or request.reference, 35)}
    extra |= {"is_return": True} if scan_based(account) else {}
    extra |= {"qr_code_requested": True} if account.setting("qr") == "yes" else {}
    shipment: dict[str, Any] = {
        "address_from": origin,
        "address_to": goal,
        "parcels": [
            {
                "length": length,
                "width": width,
                "height": height,
                "distance_unit": "cm",
                "weight": str(request.weight_grams),
                "mass_unit": "g",
            }
        ],
        "extra": extra,
        "metadata": request.reference,
        "async": False,
    }
    if crosses_customs(request):
        shipment["customs_declaration"] = _customs(request)
    return shipment


def _address(address: Address, whose: str) -> dict[str, str]:
    """Shippo wants a name, if only the company's."""
    return {**party(address, whose), "name": address.name or address.company}


def _customs(request: LabelRequest) -> dict[str, Any]:
    if not request.items or not request.currency:
        raise unfit("A return across a customs border needs its goods with their values.")
    return {
        "contents_type": "RETURN_MERCHANDISE",
        "non_delivery_option": "RETURN",
        "certify": True,
        "certify_signer": request.sender.name or request.sender.company,
        "items": [_goods(item, request) for item in request.items],
    }


def _goods(item: CustomsItem, request: LabelRequest) -> dict[str, Any]:
    told = {
        "description": clipped(item.description, 50) or "Goods",
        "quantity": item.quantity,
        "net_weight": str(item.weight_grams),
        "mass_unit": "g",
        "value_amount": whole_units(item.value_minor, request.currency),
        "value_currency": request.currency,
        "origin_country": item.origin_country,
        "tariff_number": item.hs_code,
    }
    return {name: value for name, value in told.items() if value}
