"""DHL Parcel Germany's words for the lab's scans: ICE, RIC, standard event code, in English and German.

Source: DHL's list of ICE and RIC combinations (July 2024).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Ice(NamedTuple):
    ice: str
    ric: str
    code: str
    english: str
    german: str


CODES: Final = {
    Kind.LABEL: Ice(
        "PARCV",
        "NRQRD",
        "VA",
        "The instruction data for this shipment have been provided by the sender to DHL electronically",
        "Die Auftragsdaten zu dieser Sendung wurden vom Absender elektronisch an DHL übermittelt",
    ),
    Kind.PICKED_UP: Ice(
        "SHRCU",
        "SERPT",
        "ES",
        "The shipment has been posted by the sender at the retail outlet",
        "Die Sendung wurde vom Absender in der Filiale eingeliefert",
    ),
    Kind.ORIGIN: Ice(
        "LDTMV",
        "MVMTV",
        "AA",
        "The shipment has been processed in the parcel center of origin",
        "Die Sendung wurde im Start-Paketzentrum bearbeitet",
    ),
    Kind.DEPARTED: Ice(
        "LDTMV",
        "MVMTV",
        "NB",
        "The shipment has been loaded for onward transportation",
        "Die Sendung wurde für den Weitertransport verladen",
    ),
    Kind.ARRIVED: Ice(
        "ULFMV",
        "UNLDD",
        "EE",
        "The shipment has been processed in the destination parcel center",
        "Die Sendung wurde im Ziel-Paketzentrum bearbeitet",
    ),
    Kind.CUSTOMS_IN: Ice(
        "ICPRC",
        "NRQRD",
        "ZO",
        "The shipment is being processed by customs",
        "Die Sendung wird vom Zoll bearbeitet",
    ),
    Kind.CUSTOMS_HOLD: Ice(
        "EXPHD",
        "PWMFD",
        "BV",
        "The shipment is held by customs: documents are missing",
        "Die Sendung wird vom Zoll zurückgehalten: es fehlen Dokumente",
    ),
    Kind.CUSTOMS_OUT: Ice(
        "ULFMV",
        "OARRV",
        "EE",
        "The customs clearance has been completed",
        "Die Verzollung wurde abgeschlossen",
    ),
    Kind.DELAY: Ice(
        "EXPHD",
        "EQUBF",
        "BV",
        "The shipment could not be processed as planned and is delayed",
        "Die Sendung konnte nicht wie geplant bearbeitet werden und verspätet sich",
    ),
    Kind.WEATHER: Ice(
        "EXPHD",
        "FRMJR",
        "BV",
        "The shipment is delayed because of bad weather",
        "Die Sendung verspätet sich wegen schlechten Wetters",
    ),
    Kind.AT_DESTINATION: Ice(
        "ULFMV",
        "UNLDD",
        "EE",
        "The shipment has arrived at the delivery base",
        "Die Sendung ist in der Zustellbasis eingetroffen",
    ),
    Kind.OUT_FOR_DELIVERY: Ice(
        "SRTED",
        "NRQRD",
        "PO",
        "The shipment has been loaded onto the delivery vehicle",
        "Die Sendung wurde in das Zustellfahrzeug geladen",
    ),
    Kind.NOBODY_HOME: Ice(
        "NTDEL",
        "CNCNR",
        "ZN",
        "The recipient was not present; a notification was left",
        "Der Empfänger wurde nicht angetroffen und benachrichtigt",
    ),
    Kind.CLOSED: Ice(
        "NTDEL",
        "CLOSD",
        "ZN",
        "The shipment could not be delivered: the business was closed",
        "Die Sendung konnte nicht zugestellt werden: das Geschäft war geschlossen",
    ),
    Kind.ADDRESS_PROBLEM: Ice(
        "NTDEL",
        "BDADD",
        "ZN",
        "The shipment could not be delivered: the address is incorrect",
        "Die Sendung konnte nicht zugestellt werden: die Adresse ist fehlerhaft",
    ),
    Kind.ADDRESS_FIXED: Ice(
        "SRTED",
        "NRQRD",
        "NB",
        "The address was corrected; the shipment will be delivered again",
        "Die Adresse wurde berichtigt; die Sendung wird erneut zugestellt",
    ),
    Kind.DAMAGED: Ice(
        "DMGDS",
        "DMGPC",
        "BV",
        "The shipment was damaged and is being repacked",
        "Die Sendung wurde beschädigt und wird nachverpackt",
    ),
    Kind.LOST: Ice(
        "EXPHD",
        "LOSTX",
        "BV",
        "The shipment could not be found; an inquiry has been started",
        "Die Sendung wurde nicht gefunden; eine Nachforschung wurde eingeleitet",
    ),
    Kind.REFUSED: Ice(
        "DLVRF",
        "OTHER",
        "ZN",
        "The recipient has refused the shipment",
        "Der Empfänger hat die Annahme der Sendung verweigert",
    ),
    Kind.READY_FOR_PICKUP: Ice(
        "HLDCC",
        "SERPT",
        "LA",
        "The shipment is ready for pick-up at the retail outlet",
        "Die Sendung liegt in der Filiale zur Abholung bereit",
    ),
    Kind.COLLECTED: Ice(
        "DLVRD",
        "ACCPT",
        "ZU",
        "The recipient has picked up the shipment from the retail outlet",
        "Der Empfänger hat die Sendung in der Filiale abgeholt",
    ),
    Kind.DELIVERED: Ice(
        "DLVRD",
        "OTHER",
        "ZU",
        "The shipment has been successfully delivered",
        "Die Sendung wurde erfolgreich zugestellt",
    ),
    Kind.NEIGHBOUR: Ice(
        "DLVRD",
        "NGHBR",
        "ZU",
        "The shipment has been delivered to a neighbor",
        "Die Sendung wurde einem Nachbarn zugestellt",
    ),
    Kind.RETURNING: Ice(
        "RETRN",
        "NTCCN",
        "ZN",
        "The shipment is being returned to the sender",
        "Die Sendung wird an den Absender zurückgesandt",
    ),
    Kind.RETURNED: Ice(
        "DLVRD",
        "OTHER",
        "ZU",
        "The shipment has been returned and delivered to the sender",
        "Die Sendung wurde dem Absender zugestellt",
    ),
    Kind.CANCELLED: Ice(
        "CANCL",
        "NRQRD",
        "BV",
        "The announced shipment was cancelled by the sender",
        "Der angekündigte Versand der Sendung wurde vom Absender storniert",
    ),
}

COUNTRIES: Final = {
    "DE": ("Germany", "Deutschland"),
    "AT": ("Austria", "Österreich"),
    "CH": ("Switzerland", "Schweiz"),
    "FR": ("France", "Frankreich"),
    "US": ("United States", "USA"),
}
