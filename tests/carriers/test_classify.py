"""What the words of a scan mean, in any language. The sentences are our own."""

from __future__ import annotations

import time
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.classify import UNKNOWN, classify
from carriers.classify.folding import MAX_TEXT, tokens
from carriers.classify.lexicon import choices, lexicon, read
from carriers.classify.notions import RULES
from carriers.model import Status
from tests.carriers.sentences import SENTENCES

_ALL = [
    pytest.param(language, meant, sentence, id=f"{language}-{meant}-{n}")
    for language, meanings in SENTENCES.items()
    for meant, sentences in meanings.items()
    for n, sentence in enumerate(sentences)
]


def word(text: str | None, language: str | None = None) -> str:
    """The sub-status where there is one, else the status, else `unknown`."""
    found = classify(text, language)
    return found.substatus or (found.status.value if found.status else "unknown")


@pytest.mark.parametrize(("language", "meant", "sentence"), _ALL)
def test_a_sentence_is_understood_with_a_hint_without_one_and_with_a_wrong_one(
    language: str, meant: str, sentence: str
) -> None:
    wrong = "ja" if language != "ja" else "de"
    assert [word(sentence, hint) for hint in (language, f"{language}-XX", None, "", "xx", wrong)] == [meant] * 6


def test_case_accents_and_names_from_programs_make_no_difference() -> None:
    for text in ("Zurück an den Absender", "ZURUCK AN DEN ABSENDER", "zurück\u0300 an den absender"):
        assert word(text) == "Exception_010"
    for text in ("OUT_FOR_DELIVERY", "OutForDelivery", "out-for-delivery", "Out for\n delivery!"):
        assert word(text) == "OutForDelivery_001"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("The parcel was not delivered", "AttemptFail_001"),
        ("We couldn’t deliver it. We were at the door", "AttemptFail_001"),
        ("Das Paket wurde nicht ausgeliefert", "AttemptFail_001"),
        ("Le colis n'a pas été distribué", "AttemptFail_001"),
        ("El paquete no fue entregado", "AttemptFail_001"),
        ("Non è stato possibile consegnare il pacco", "AttemptFail_001"),
        ("A encomenda não foi entregue", "AttemptFail_001"),
        ("Het pakket kon niet worden bezorgd", "AttemptFail_001"),
        ("Paczka nie została doręczona", "AttemptFail_001"),
        ("Посылка не была вручена", "AttemptFail_001"),
        ("Paketet kunde inte levereras", "AttemptFail_001"),
        ("包裹未妥投", "AttemptFail_001"),
        ("お荷物を配達できませんでした", "AttemptFail_001"),
        ("The parcel has not been collected by the customer", "Exception_008"),
        ("We have not received the parcel yet", "InfoReceived_001"),
    ],
)
def test_what_is_denied_did_not_happen(text: str, meant: str) -> None:
    assert word(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "The parcel will be delivered on Friday",
        "Das Paket wird am Freitag zugestellt",
        "Le colis sera livré vendredi",
        "El paquete será entregado el viernes",
        "Il pacco sarà consegnato venerdì",
        "A encomenda será entregue na sexta",
        "Het pakket zal vrijdag worden bezorgd",
        "Paczka zostanie doręczona w piątek",
        "Посылка будет доставлена в пятницу",
    ],
)
def test_what_is_yet_to_come_is_not_delivered(text: str) -> None:
    assert classify(text).status is Status.IN_TRANSIT


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Delivered to the sender", "Exception_011"),
        ("Refused by the customer, returning to sender", "Exception_010"),
        ("Nobody home, delivered to your neighbour", "Delivered_005"),
        ("Delivered and signed for", "Delivered_003"),
        ("Delivered, cash on delivery paid", "Delivered_004"),
        ("Brought to the post office and ready for collection", "AvailableForPickup_001"),
        ("Delivered to the parcel shop", "AvailableForPickup_001"),
        ("Collected by the courier from the sender", "InTransit_002"),
        ("Collected by the customer at the counter", "Delivered_002"),
        ("Held by customs", "Exception_004"),
        ("Waiting for payment of the import duty, parcel held", "Exception_006"),
        ("Held, an invoice is missing", "Exception_018"),
        ("The flight was delayed", "Exception_019"),
        ("Missorted, on the way to the right depot", "Exception_016"),
        ("The customer moved away", "Exception_002"),
        ("Rejected by the carrier", "Exception_009"),
        ("The problem was resolved", "InTransit_008"),
        ("Forwarded to another delivery address", "InTransit_009"),
        ("A delivery appointment was made", "OutForDelivery_004"),
        ("Tracking is not available yet", "Pending_001"),
        ("Accepted at counter", "InTransit_002"),
    ],
)
def test_the_more_serious_meaning_wins(text: str, meant: str) -> None:
    assert word(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Colis en attente d'informations complémentaires", "Exception_001"),
        ("En attente d'instructions de l'expéditeur", "Exception_001"),
        ("En attente de documents", "Exception_018"),
        ("En attente de paiement", "Exception_006"),
        ("Pendiente de pago", "Exception_006"),
        ("Aguardando pagamento", "Exception_006"),
        ("Brak dokumentów", "Exception_018"),
        ("Payment required", "Exception_006"),
        ("Additional information required", "Exception_001"),
        ("Colis manquant", "Exception_013"),
        ("Il manque un colis", "Exception_013"),
    ],
)
def test_what_is_asked_for_is_not_what_is_lost(text: str, meant: str) -> None:
    assert classify(text).substatus == meant


def test_waiting_for_the_customs_is_not_waiting_at_a_counter() -> None:
    assert classify("Colis en attente de dédouanement", "fr").substatus == "InTransit_006"
    assert classify("Colis en attente de retrait", "fr").substatus == "AvailableForPickup_001"


def test_what_no_rule_understands_stays_unknown() -> None:
    for text in (
        None,
        "",
        "   ",
        "12345",
        "?!",
        "Hello world",
        "Muster & Sons",
        "Montag bis Freitag",
        "谢谢",
        "\ud800",
    ):
        assert classify(text) == UNKNOWN


def test_a_language_that_only_one_word_speaks_for_does_not_decide() -> None:
    assert word("dicht", "nl") == "AttemptFail_003"
    assert word("Wir sind dicht bei Ihnen") == "unknown"


def test_the_hint_decides_where_a_word_means_two_things() -> None:
    assert (word("rota", "es"), word("rota", "pt")) == ("Exception_012", "InTransit_001")


def test_a_denial_ends_with_its_clause() -> None:
    assert word("The customer did not call back, delivered") == "Delivered_001"
    assert word("The customer could not call back or have it delivered") == "AttemptFail_001"


def test_what_is_longer_than_any_word_is_no_word() -> None:
    assert word("undeliverable") == "Exception_001"
    assert word("undeliver" + "a" * 60) == "unknown"


def test_a_text_that_is_mostly_foreign_words_is_less_sure() -> None:
    assert classify("Delivered").confidence > classify("Delivered qwe rty uio pas dfg").confidence > 0.5


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert word("x " * (MAX_TEXT // 2) + "delivered") == "unknown"
    assert len(tokens("。" * 10 * MAX_TEXT)) == MAX_TEXT


@pytest.mark.parametrize(
    "piece", ["on its way back to the ", "配", "a" * 39 + " ", "été ", "not not will ", "(|*_$;:", "un"]
)
def test_no_text_takes_long(piece: str) -> None:
    classify("the words are read before the clock starts")
    began = time.process_time()
    classify(piece * MAX_TEXT)
    assert time.process_time() - began < 0.5


@given(st.text(max_size=600), st.none() | st.text(max_size=8))
def test_whatever_is_said_an_answer_is_given(text: str, language: str | None) -> None:
    found = classify(text, language)
    assert 0.0 <= found.confidence <= 1.0
    assert (found.status is None) == (found.confidence == 0.0)
    assert found.substatus is None or found.status is not None


def test_rules_name_substatuses_of_their_status_and_are_sure_only_of_what_they_need() -> None:
    for rule in RULES:
        assert rule.needs
        assert 0.5 <= rule.confidence <= 0.95
        assert not any(need & rule.hinders for need in rule.needs)


def test_every_language_can_say_what_happens_to_a_parcel() -> None:
    languages = {file.name.removesuffix(".txt") for file in (files("carriers.classify") / "words").iterdir()}
    assert languages == set(SENTENCES)
    for language in sorted(languages):
        document = (files("carriers.classify") / "words" / f"{language}.txt").read_text(encoding="utf-8")
        notions = {
            name
            for line in document.splitlines()
            if not line.startswith(("#", " ", "$"))
            for name in line.partition(":")[0].split()
        }
        asked = {
            "DELIVERED",
            "OUT",
            "READY",
            "UNDELIVERED",
            "ABSENT",
            "REFUSED",
            "RETURNED",
            "CUSTOMS",
            "ADDRESS",
            "TODAY",
        }
        assert asked <= notions, language


def test_choices_may_lie_inside_choices_and_be_left_out() -> None:
    assert choices("a (b|c d|) (e|(f|g))") == [
        [("a",), ("b",), ("e", "f", "g")],
        [("a",), ("c",), ("d",), ("e", "f", "g")],
        [("a",), ("e", "f", "g")],
    ]


def test_names_stand_for_what_they_were_given_and_lines_go_on_when_indented() -> None:
    document = "# words\n$who = one|two\nDELIVERED: to $who;\n  done\n-: dust\n"
    found = [(bool(meaning), places) for meaning, places in read(document)]
    assert found == [(True, [("to",), ("one", "two")]), (True, [("done",)]), (False, [("dust",)])]


@pytest.mark.parametrize("line", ["DELIVERD: gone", "DELIVERED gone", "DELIVERED", "DELIVERED: to $nobody"])
def test_a_line_of_words_that_makes_no_sense_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a line of words"):
        list(read(line))


def test_a_longer_phrase_hides_the_words_in_it() -> None:
    assert word("delivered") == "Delivered_001"
    assert word("undeliverable as addressed") == "Exception_007"
    assert lexicon().starting("delivered")["en"][-1].length == 1
