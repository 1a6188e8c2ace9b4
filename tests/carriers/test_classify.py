"""What the words of a scan mean, in any language. The sentences are our own."""

from __future__ import annotations

import pytest

from carriers.classify import UNKNOWN, classify


def word(text: str, language: str | None = None) -> str:
    """The sub-status where there is one, else the status, else `unknown`."""
    found = classify(text, language)
    return found.substatus or (found.status.value if found.status else "unknown")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Parcel was delivered to the recipient this morning", "Delivered_001"),
        ("Das Paket wurde heute früh zugestellt", "Delivered_001"),
        ("Votre colis a bien été livré ce matin", "Delivered_001"),
        ("El paquete ha sido entregado esta mañana", "Delivered_001"),
    ],
)
def test_a_delivery_is_a_delivery_in_any_language(text: str, meant: str) -> None:
    assert word(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "We could not deliver the parcel this morning",
        "Das Paket konnte heute nicht zugestellt werden",
        "Votre colis n'a pas pu être livré ce matin",
        "No se ha podido entregar el paquete esta mañana",
    ],
)
def test_a_delivery_that_is_denied_is_a_failed_attempt(text: str) -> None:
    assert word(text) == "AttemptFail_001"


def test_what_no_rule_understands_stays_unknown() -> None:
    for text in ("", "   ", "xyzzy", "12345", "?!", None):
        assert classify(text) == UNKNOWN
