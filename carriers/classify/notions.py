"""The notions that words of any language stand for, and what follows from them.

A text is read as a set of notions; the first rule whose notions are all there, and none of whose hindrances, says what
the text means. The order is that of severity (a parcel refused and on its way back is on its way back). Substatuses
are those of the project's one table; where none fits surely the rule names the status alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from carriers.model import Status, Substatus
from carriers.parsing import meaning

# What turns other words round; people and places; what happens on the way; what goes wrong; before it moves.
_NOTIONS = """
NOT WILL CAN DONE ASKED
SENDER CUSTOMER NEIGHBOUR CARRIER COURIER SHOP LOCKER COUNTER POSTOFFICE MAILBOX SAFE DEPOT LASTDEPOT COUNTRY ORIGIN
DESTINATION
DELIVERED DELIVER OUT READY COLLECTED COLLECT HANDED ACCEPTED LEFT ARRIVED DEPARTED SORTED TRANSIT RETURN RETURNING
RETURNED REDIRECTED APPOINTMENT CONTACTED SIGNED COD CUSTOMS CLEARED
FAILED ATTEMPT NOTICE ABSENT CLOSED NOACCESS UNDELIVERED UNDELIVERABLE REFUSED REJECTED UNCOLLECTED DAMAGED LOST
MISSING NEEDED CANCELLED DESTROYED HELD DELAYED WEATHER FLIGHT MISROUTED ADDRESS WRONG MOVED PAYMENT DOCUMENTS PROBLEM RESOLVED
LABEL DATA CREATED POSTED AWAITED PREPARED NOINFO EXPIRED PENDING TODAY
"""
BIT = {name: 1 << n for n, name in enumerate(_NOTIONS.split())}

# What a negation, a possibility, or a time to come makes of the notions after it in the same clause.
NEGATED = {
    "DELIVERED": "UNDELIVERED",
    "DELIVER": "UNDELIVERED",
    "OUT": "UNDELIVERED",
    "ATTEMPT": "UNDELIVERED",
    "COLLECTED": "UNCOLLECTED",
    "COLLECT": "",
    "READY": "",
    "ACCEPTED": "AWAITED",
    "CLEARED": "HELD",
    "SORTED": "",
    "REDIRECTED": "UNDELIVERED",
    "ARRIVED": "AWAITED",
    "HANDED": "AWAITED",
    "POSTED": "AWAITED",
    "DAMAGED": "",
    "LOST": "",
    "DELAYED": "",
}
PLANNED = {
    "DELIVERED": "DELIVER",
    "RETURNED": "RETURNING",
    "SORTED": "",
    "COLLECTED": "COLLECT",
    "READY": "",
    "ARRIVED": "TRANSIT",
    "OUT": "TRANSIT",
    "ACCEPTED": "AWAITED",
    "HANDED": "AWAITED",
}
ABLE = {"COLLECTED": "READY", "COLLECT": "READY"}

_RULES = """
Pending_001      .85 NOINFO !DELIVERED !ACCEPTED !DEPARTED
Expired_001      .80 EXPIRED
Exception_021    .90 DESTROYED
InfoReceived_001 .70 RETURN LABEL
InfoReceived_001 .70 DATA SENDER DELIVERED|HANDED !RETURN !RETURNED !RETURNING
Exception_011    .95 RETURNED SENDER !CUSTOMS !WILL
Exception_011    .90 RETURNED|RETURN|RETURNING DELIVERED !CUSTOMER !SHOP
Exception_011    .90 DELIVERED SENDER !CUSTOMER !NEIGHBOUR
Exception_010    .90 RETURNING !CUSTOMS
Exception_010    .90 RETURN SENDER
Exception_010    .85 OUT SENDER !CUSTOMER !COLLECT !COLLECTED
Exception_003    .90 REFUSED
Exception_012    .90 DAMAGED
Exception_013    .90 LOST
Exception_013    .75 MISSING !DOCUMENTS !ADDRESS !DATA
Exception_001    .70 NEEDED !DOCUMENTS !ADDRESS !DATA !PAYMENT !SIGNED
Exception_004    .80 CUSTOMS CANCELLED|REJECTED
Exception_020    .90 CANCELLED
Exception_009    .85 REJECTED
Exception_008    .90 UNCOLLECTED
Exception_002    .85 MOVED
Delivered_004    .85 DELIVERED COD|PAYMENT !FAILED !UNDELIVERED
Exception_006    .80 PAYMENT|COD HELD|AWAITED|MISSING|NEEDED|PROBLEM|NOT|PENDING
Exception_018    .85 DOCUMENTS WRONG|MISSING|NEEDED|HELD|NOT|AWAITED|PROBLEM|PENDING
Exception_007    .85 ADDRESS WRONG|NOT|PROBLEM|MISSING|NEEDED
Exception_004    .85 CUSTOMS HELD|DELAYED|PROBLEM !CLEARED !RESOLVED
Exception_017    .85 WEATHER
Exception_019    .85 FLIGHT DELAYED|CANCELLED|MISSING
Exception_016    .80 MISROUTED
AvailableForPickup_001 .85 DELIVERED SHOP|LOCKER|COUNTER|POSTOFFICE !COLLECTED !CUSTOMER !UNDELIVERED !FAILED !SAFE !MAILBOX !POSTED
Delivered_005    .95 DELIVERED|LEFT|HANDED|ACCEPTED NEIGHBOUR !UNDELIVERED !FAILED
Delivered_003    .95 DELIVERED SIGNED !UNDELIVERED !FAILED
Delivered_002    .90 COLLECTED CUSTOMER|SHOP|LOCKER|COUNTER|POSTOFFICE !SENDER !CARRIER !COURIER !DEPARTED !TRANSIT
Delivered_001    .90 DELIVERED !UNDELIVERED !FAILED !ATTEMPT
Delivered_001    .85 LEFT|HANDED SAFE|MAILBOX
Delivered_001    .80 HANDED CUSTOMER !SENDER !CUSTOMS !READY !OUT
AvailableForPickup_001 .80 READY ABSENT|ATTEMPT|FAILED|UNDELIVERED !UNCOLLECTED !COLLECTED !NOTICE
AttemptFail_001  .80 ABSENT CLOSED
AttemptFail_002  .90 ABSENT
AttemptFail_003  .85 CLOSED
Exception_001    .80 FAILED|UNDELIVERED PROBLEM !ATTEMPT !NOTICE
InfoReceived_001 .65 COLLECT ATTEMPT|FAILED|DELAYED !CUSTOMER !DELIVER
AttemptFail_001  .90 ATTEMPT
AttemptFail_001  .85 NOTICE|NOACCESS
Exception_001    .80 UNDELIVERABLE
AttemptFail_001  .85 FAILED|UNDELIVERED DELIVER|UNDELIVERED|DELIVERED
AvailableForPickup_001 .90 READY
AvailableForPickup_001 .80 HELD|LEFT|ARRIVED|HANDED SHOP|LOCKER|COUNTER !SENDER !ORIGIN !CARRIER !POSTED
AvailableForPickup_001 .80 AWAITED COLLECT CUSTOMER !SENDER !COURIER !CARRIER
InTransit_008    .85 RESOLVED
OutForDelivery_001 .80 DELIVER TODAY !NOT !FAILED !DELAYED !PROBLEM
Exception_005    .80 DELAYED
Exception_001    .75 PROBLEM
Exception        .65 HELD !DEPOT
OutForDelivery_001 .95 OUT
OutForDelivery_001 .80 COURIER TRANSIT !SENDER !COLLECT !COLLECTED
OutForDelivery_004 .85 APPOINTMENT
OutForDelivery_003 .80 CONTACTED
InTransit_006    .75 CUSTOMS CLEARED PENDING|AWAITED|WILL
InTransit_005    .90 CUSTOMS CLEARED|DONE|RETURNED
InTransit_006    .85 CUSTOMS
Exception_010    .70 RETURN !DEPOT !ACCEPTED !RETURNED
Exception        .70 RETURN|RETURNED !RESOLVED !ACCEPTED
InTransit_009    .80 REDIRECTED
Exception_001    .65 WRONG DATA|LABEL|ADDRESS
InTransit_002    .75 POSTED
InfoReceived_001 .75 SENDER DEPARTED !DEPOT !ORIGIN
InfoReceived_001 .70 PENDING ACCEPTED|HANDED|POSTED|COLLECT
InfoReceived_001 .85 LABEL|PREPARED|CREATED !ARRIVED !DEPARTED
InfoReceived_001 .85 DATA|AWAITED !ARRIVED !SORTED
InTransit_004    .90 ARRIVED COUNTRY DESTINATION
InTransit_007    .85 DEPARTED
InTransit_003    .85 ARRIVED
InTransit_002    .80 ACCEPTED|HANDED|COLLECTED
InTransit_001    .80 TRANSIT
InTransit        .75 SORTED
InTransit        .55 DELIVER WILL
AvailableForPickup_001 .55 SHOP|LOCKER|COUNTER
InTransit        .55 DEPOT|LASTDEPOT
Pending_001      .70 PENDING
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """`needs` holds sets of notions, one of each of which must be there; none of `hinders` may."""

    status: Status
    substatus: Substatus | None
    confidence: float
    needs: tuple[int, ...]
    hinders: int

    def holds(self, notions: int) -> bool:
        return not notions & self.hinders and all(notions & need for need in self.needs)


def bits(names: str) -> int:
    """A set of notions from `A|B`."""
    return sum(BIT[name] for name in names.split("|") if name)


def _rule(line: str) -> Rule:
    word, confidence, *conditions = line.split()
    needs = tuple(bits(one) for one in conditions if not one.startswith("!"))
    hinders = sum(bits(one[1:]) for one in conditions if one.startswith("!"))
    return Rule(*meaning(word), float(confidence), needs, hinders)


RULES = tuple(_rule(line) for line in _RULES.strip().splitlines())
_BY_FIRST = tuple((rule.needs[0], rule) for rule in RULES)


def first_rule(notions: int) -> Rule | None:
    """The rule that decides, None when none holds."""
    for first, rule in _BY_FIRST:
        if notions & first and rule.holds(notions):
            return rule
    return None
