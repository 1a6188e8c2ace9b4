"""GLS's words for the lab's scans: parcel status, event code, text. Spelt as GLS spells them ("INTIAL", "INBOUD")."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class GlsCode(NamedTuple):
    status: str
    code: str
    text: str


CODES: Final = {
    Kind.LABEL: GlsCode(
        "PREADVICE",
        "INTIAL.PREADVICE",
        "The parcel data was entered into the GLS IT system; the parcel was not yet handed over to GLS.",
    ),
    Kind.PICKED_UP: GlsCode("INTRANSIT", "INTIAL.NORMAL", "The parcel was handed over to GLS."),
    Kind.ORIGIN: GlsCode("INTRANSIT", "INBOUD.NORMAL", "The parcel has reached the parcel center."),
    Kind.DEPARTED: GlsCode("INTRANSIT", "OUTBOD.NORMAL", "The parcel has left the parcel center."),
    Kind.ARRIVED: GlsCode("INTRANSIT", "INBOUD.NORMAL", "The parcel has reached the parcel center."),
    Kind.CUSTOMS_IN: GlsCode("INTRANSIT", "INBOUD.CUSTOMS", "The parcel is in customs clearance."),
    Kind.CUSTOMS_HOLD: GlsCode(
        "INWAREHOUSE", "INBOUD.CUSTOMS", "The parcel is held by customs: documents are missing."
    ),
    Kind.CUSTOMS_OUT: GlsCode("INTRANSIT", "OUTBOD.CUSTOMS", "The customs clearance has been completed."),
    Kind.DELAY: GlsCode("INWAREHOUSE", "INBOUD.DELAY", "The parcel is delayed and stored in the parcel center."),
    Kind.WEATHER: GlsCode("INWAREHOUSE", "INBOUD.DELAY", "The parcel is delayed because of bad weather."),
    Kind.AT_DESTINATION: GlsCode("INTRANSIT", "INBOUD.NORMAL", "The parcel has reached the parcel center."),
    Kind.OUT_FOR_DELIVERY: GlsCode(
        "INDELIVERY", "OUTDEL.NORMAL", "The parcel is expected to be delivered during the day."
    ),
    Kind.NOBODY_HOME: GlsCode(
        "NOTDELIVERED", "NOTDEL.ABSENT", "The parcel could not be delivered as the consignee was absent."
    ),
    Kind.CLOSED: GlsCode(
        "NOTDELIVERED", "NOTDEL.CLOSED", "The parcel could not be delivered as the reception was closed."
    ),
    Kind.ADDRESS_PROBLEM: GlsCode(
        "NOTDELIVERED", "NOTDEL.ADDRESS", "The parcel could not be delivered due to a wrong address."
    ),
    Kind.ADDRESS_FIXED: GlsCode(
        "INTRANSIT", "CHANGD.MONEWADDR", "The parcel will be delivered to the new address of the consignee."
    ),
    Kind.DAMAGED: GlsCode("INWAREHOUSE", "INBOUD.DAMAGE", "The parcel was damaged and will be repacked."),
    Kind.LOST: GlsCode("INWAREHOUSE", "INBOUD.LOST", "The parcel could not be found; a search has been started."),
    Kind.REFUSED: GlsCode(
        "NOTDELIVERED", "NOTDEL.REFUSED", "The parcel could not be delivered as the consignee refused acceptance."
    ),
    Kind.READY_FOR_PICKUP: GlsCode(
        "DELIVEREDPS", "DELIVD.PARCELSHOP", "The parcel has been delivered at the ParcelShop."
    ),
    Kind.COLLECTED: GlsCode("DELIVERED", "DELIVD.DEL_BY_PSAPP", "The parcel was collected from the ParcelShop."),
    Kind.DELIVERED: GlsCode("DELIVERED", "DELIVD.NORMAL", "The parcel has been delivered."),
    Kind.NEIGHBOUR: GlsCode("DELIVERED", "DELIVD.NEIGHBOUR", "The parcel has been delivered to a neighbour."),
    Kind.RETURNING: GlsCode("INTRANSIT", "RETURN.NORMAL", "The parcel is being returned to the shipper."),
    Kind.RETURNED: GlsCode("FINAL", "RETURN.DELIVD", "The parcel has been returned to the shipper."),
    Kind.CANCELLED: GlsCode("CANCELED", "CANCEL.NORMAL", "The parcel data have been deleted from the GLS IT system."),
}
