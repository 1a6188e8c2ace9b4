"""What the words of a scan say, for records whose code leaves it open. English, and the German of DHL.

Codes come first everywhere: these rules refine a vague code or type, they never overrule a clear one, except that a
parcel handed back to its sender is not delivered, whatever the code says.
"""

from __future__ import annotations

import re

from carriers.classify import classify
from carriers.model import Status
from carriers.parsing import Meaning, meaning

_SENDER = r"(?:the )?(?:original )?(?:sender|shipper|seller|consignor|absender)"
_RETURNING = (
    rf"(?:will|to) be (?:returned|sent back)|being returned|returning|return (?:initiated|requested|confirmed|started)"
    rf"|(?:on (?:its|the) (?:way|route)|sent) (?:back )?to {_SENDER}\b|return to {_SENDER}\b|prepar\w+ package return"
    rf"|out for return|wird (?:an den absender )?zur.ck(?!gestellt)|an den absender zur.ckges(?:andt|chickt)"
    rf"|r.cksendung (?:eingeleitet|an)|rerouted to {_SENDER}\b"
)
_RETURNED = (
    rf"(?:returned|delivered|delivery),? (?:back )?(?:to|at) {_SENDER}\b|returned to consignor|returns? delivered"
    rf"|delivered to (?:the )?return address|an den absender (?:zur.ckgegeben|ausgeliefert|zugestellt)"
)
_RULES: tuple[tuple[str, str], ...] = (
    ("Exception_010", _RETURNING),
    ("Exception_011", _RETURNED),
    ("Exception_003", r"\brefused\b|refuses to|refusal|annahme verweigert|rejected (?:by|after)"),
    ("Exception_021", r"destroyed|disposed|disposal|discarded|seized|confiscated|vernichtet"),
    ("Exception_012", r"damaged?\b|besch.digt"),
    (
        "Exception_013",
        r"\blost\b|(?:reported|parcel|package|shipment|merchandise) missing|dead (?:letter|mail)|verloren",
    ),
    ("Exception_020", r"cancell?ed|voided|storniert"),
    ("Exception_002", r"\bmoved\b|relocated|unbekannt verzogen"),
    (
        "Exception_006",
        r"(?:held for|awaiting|await|requires?) (?:cod )?payment|payment (?:is )?(?:required|due|missing)",
    ),
    ("Exception_018", r"(?:missing|incorrect|incomplete|insufficient|inappropriate) (?:\w+ )?document|paperwork"),
    (
        "Exception_007",
        (
            r"(?:incorrect|incomplete|insufficient|wrong|bad|invalid|unknown) (?:\w+ )?address\b|no such (?:street )?number"
            r"|address\w* (?:is |was |details |information )?(?:unknown|incorrect|incomplete|insufficient|required|needed|"
            r"not (?:found|located))|undeliverable as addressed|adresse \w* ?(?:falsch|unvollst|fehlerhaft)|vacant"
        ),
    ),
    (
        "Exception_008",
        r"unclaimed|not (?:been )?(?:picked up|collected|retrieved) (?:by|within|in|at)|storage period ended",
    ),
    ("Exception_017", r"weather|storm|snow|flood|hurricane|witterung|unwetter"),
    (
        "AttemptFail_003",
        (
            r"(?:business|office|company|recipient|receiver|consignee) (?:was |is )?closed|closed on arrival"
            r"|(?:business|office) (?:\w+ )?was closed"
        ),
    ),
    (
        "AttemptFail_002",
        (
            r"not (?:home|at home|present|met)\b|(?:recipient|receiver|customer|consignee|addressee) (?:\w+ )?not available|absent|no ?(?:one|body) (?:\w+ )?(?:home|available|to receive)"
            r"|missed (?:you|each other)|nicht (?:angetroffen|zu hause)|no authorized recipient|uncontactable"
        ),
    ),
    (
        "AttemptFail_001",
        (
            r"attempt(?:ed)? (?:\w+ )?delivery|delivery (?:was )?attempt|(?:notice|card) left|attempt made|zustellversuch"
            r"|(?:unable to|could ?n.t|could not|cannot|not) (?:be )?deliver|keine zustellung|zugestellt werden konnte"
            r"|konnte\w* .{0,40}nicht .{0,20}zugestellt"
        ),
    ),
    (
        "Exception_004",
        r"(?:held|hold|retained|delay\w*) (?:\w+ ){0,3}(?:customs|clearance)|(?:customs|clearance) (?:delay|hold)",
    ),
    ("Exception_019", r"(?:late|delayed|missed) flight|flight (?:delay|cancel)"),
    (
        "Exception_016",
        (
            r"mis-?(?:routed?|sort(?:ed)?|sent|shipped)|(?:sorted|routed) incorrectly|incorrectly sorted|processing (?:error"
            r"|issue|delay|exception)|mechanical failure|trailer|capacity|backlog|fehlgeleitet"
        ),
    ),
    ("Exception_005", r"delay|rescheduled|versp.tet|verz.ger"),
)
_TROUBLE = tuple((meaning(word), re.compile(pattern, re.IGNORECASE)) for word, pattern in _RULES)
_HANDED_BACK = re.compile(_RETURNED, re.IGNORECASE)
_COUNTER = re.compile(
    r"access point|pick-?up (?:point|location|station)|(?:parcel|service) ?(?:shop|point)|post office for pick-?up"
    r"|(?:ready|held|available|waiting|hold|awaiting) (?:for |to be )?(?:\w+ )?(?:pick-?up|collect)"
    r"|liegt .{0,80}abholung|zur abholung bereit",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\bnot\b|n.t\b|\bwill\b|.ll\b|redirected|forward|request|changed|announced|dispatched|fail|closed|too (?:large|big)"
    r"|we deliver|removed|on (?:its|the) way|preference|picked up previously|possible again",
    re.IGNORECASE,
)
_FETCHED = re.compile(r"(?:picked up|collected|retrieved|fetched) (?:\w+ )?(?:by|at|from)|abgeholt", re.IGNORECASE)
_NEIGHBOUR = re.compile(r"neighbou?r|nachbar", re.IGNORECASE)


def trouble(words: str | None) -> Meaning | None:
    """What kind of trouble a text names, or None when it names none."""
    return next((found for found, pattern in _TROUBLE if words and pattern.search(words)), None)


def handed_back(words: str | None) -> bool:
    """Whether a text says that the parcel is back at its sender."""
    return bool(words and _HANDED_BACK.search(words))


def waits_at_counter(words: str | None) -> bool:
    """Whether a text says that the parcel waits where its recipient can fetch it, and is not fetched yet."""
    return bool(words and _COUNTER.search(words) and not _FETCHED.search(words) and not _NOT_YET.search(words))


def sharpen(found: Meaning, words: str | None) -> Meaning:
    """A vague meaning made exact by the words, within what the code allows.

    A delivery becomes a return or a parcel at a counter, an unspecified exception its cause, a failed attempt its
    reason. Anything exact stays as it is.
    """
    status, substatus = found
    if status is Status.DELIVERED:
        return _delivery(found, words)
    if status is Status.EXCEPTION and substatus in (None, "Exception_001", "Exception_005"):
        cause = trouble(words)
        vague = cause == (Status.EXCEPTION, "Exception_005")
        return found if cause is None or cause[0] is not Status.EXCEPTION or (vague and substatus) else cause
    if status is Status.ATTEMPT_FAIL and substatus in (None, "AttemptFail_001"):
        cause = trouble(words)
        return cause if cause is not None and cause[0] is Status.ATTEMPT_FAIL else (status, "AttemptFail_001")
    return found


def _delivery(found: Meaning, words: str | None) -> Meaning:
    if handed_back(words):
        return meaning("Exception_011")
    if waits_at_counter(words):
        return meaning("AvailableForPickup_001")
    if words and _NEIGHBOUR.search(words):
        return meaning("Delivered_005")
    return found


def refined(found: Meaning, words: str | None, language: str | None = None) -> Meaning:
    """`sharpen` for a text in any language: a vague meaning made exact by what the text says, within its status.

    A failed attempt may turn out to be a refusal or a wrong address, and a delivery a return to the sender.
    """
    status, substatus = found
    vague = {
        Status.DELIVERED: (None, "Delivered_001"),
        Status.EXCEPTION: (None, "Exception_001"),
        Status.ATTEMPT_FAIL: (None, "AttemptFail_001"),
    }
    if substatus not in vague.get(status, ()):
        return found
    said = classify(words, language)
    if said.status is None or said.substatus is None:
        return found
    exact = said.status is status and said.substatus not in vague[status]
    crossed = (status, said.substatus) in _CROSSINGS
    return (said.status, said.substatus) if exact or crossed else found


_CROSSINGS = {
    (Status.DELIVERED, "Exception_011"),
    (Status.ATTEMPT_FAIL, "Exception_002"),
    (Status.ATTEMPT_FAIL, "Exception_003"),
    (Status.ATTEMPT_FAIL, "Exception_007"),
}


def by_words(words: str | None, language: str | None = None) -> Meaning | None:
    """What a text alone says, for records without a code or with one that no table knows. None: nothing clear."""
    said = classify(words, language)
    return (said.status, said.substatus) if said.status else None
