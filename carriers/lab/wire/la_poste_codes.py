"""La Poste's words for the lab's scans, in French and English."""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.lab.parcels import Kind


class Code(NamedTuple):
    code: str
    french: str
    english: str


CODES: Final = {
    Kind.LABEL: Code("DR1", "Votre colis est en cours de préparation.", "Your parcel is being prepared."),
    Kind.PICKED_UP: Code("PC1", "Votre colis a été pris en charge.", "Your parcel has been taken over."),
    Kind.ORIGIN: Code("PC2", "Votre colis a été traité au départ.", "Your parcel was handled at its origin."),
    Kind.DEPARTED: Code("ET1", "Votre colis est en cours d'acheminement.", "Your parcel is on its way."),
    Kind.ARRIVED: Code("ET2", "Votre colis est sur une plateforme.", "Your parcel is at a sorting centre."),
    Kind.CUSTOMS_IN: Code("DO1", "Votre colis entre en douane.", "Your parcel is entering customs."),
    Kind.CUSTOMS_HOLD: Code("DO3", "Votre colis est retenu en douane.", "Your parcel is held by customs."),
    Kind.CUSTOMS_OUT: Code("DO2", "Votre colis sort de douane.", "Your parcel has left customs."),
    Kind.DELAY: Code("PB1", "Votre colis est retardé.", "Your parcel is delayed."),
    Kind.WEATHER: Code("PB1", "Les intempéries retardent votre colis.", "Bad weather delays your parcel."),
    Kind.AT_DESTINATION: Code("ET4", "Votre colis est dans sa région.", "Your parcel is in its region."),
    Kind.OUT_FOR_DELIVERY: Code("MD1", "Votre colis est en livraison.", "Your parcel is out for delivery."),
    Kind.NOBODY_HOME: Code("ND1", "Votre colis n'a pu être livré : absence.", "Nobody was at home."),
    Kind.CLOSED: Code("ND1", "Votre colis n'a pu être livré : fermé.", "The business was closed."),
    Kind.ADDRESS_PROBLEM: Code("PB1", "L'adresse de votre colis est incomplète.", "The address is incomplete."),
    Kind.ADDRESS_FIXED: Code("PB2", "Le problème d'adresse est résolu.", "The address problem is solved."),
    Kind.DAMAGED: Code("PB1", "Votre colis est endommagé.", "Your parcel is damaged."),
    Kind.LOST: Code("PB1", "Votre colis est perdu.", "Your parcel is lost."),
    Kind.REFUSED: Code("RE1", "Votre colis a été refusé.", "Your parcel was refused."),
    Kind.READY_FOR_PICKUP: Code("AG1", "Votre colis vous attend.", "Your parcel waits for you."),
    Kind.COLLECTED: Code("DI1", "Votre colis a été retiré.", "Your parcel has been collected."),
    Kind.DELIVERED: Code("DI1", "Votre colis est livré.", "Your parcel has been delivered."),
    Kind.NEIGHBOUR: Code("DI1", "Votre colis est livré à un voisin.", "Your parcel is at a neighbour's."),
    Kind.RETURNING: Code("RE1", "Votre colis retourne à l'expéditeur.", "Your parcel goes back to its sender."),
    Kind.RETURNED: Code("DI2", "Votre colis est livré à l'expéditeur.", "Your parcel is back at its sender."),
    Kind.CANCELLED: Code("AN1", "Votre envoi est annulé.", "Your parcel is cancelled."),
}

STAGES: Final = (
    ("Votre colis est attendu.", "Your parcel is expected."),
    ("Il est entre nos mains.", "It is in our hands."),
    ("Il est en chemin.", "It is on its way."),
    ("Il est en livraison.", "It is out for delivery."),
    ("Il est livré.", "It is delivered."),
)
STEPS: Final = {
    **dict.fromkeys(Kind, 3),
    **dict.fromkeys((Kind.LABEL, Kind.CANCELLED), 1),
    **dict.fromkeys((Kind.PICKED_UP, Kind.ORIGIN), 2),
    **dict.fromkeys((Kind.OUT_FOR_DELIVERY, Kind.READY_FOR_PICKUP), 4),
    **dict.fromkeys((Kind.DELIVERED, Kind.NEIGHBOUR, Kind.COLLECTED), 5),
}
