"""What DHL Parcel Germany's events mean: ICE (what happened), RIC (why), and the group both stand in.

Source: DHL's list of ICE and RIC combinations with their standard event codes, July 2024. The pair decides, then the
ICE alone, then the group; an ICE that is not here is no more than its group.
"""

from __future__ import annotations

import re

from carriers.model import Status
from carriers.parsing import Meaning, code_table, meaning
from carriers.wording import by_words, sharpen, trouble

# The standard event codes. ZF is a post office, LA storage, BV "particular occurrences", ZO customs, AN a failed pickup.
GROUPS = code_table(
    {
        "InfoReceived_001": "VA AN",
        "InTransit": "NB",
        "InTransit_002": "ES AE",
        "InTransit_003": "EE",
        "InTransit_006": "ZO",
        "InTransit_007": "AA",
        "OutForDelivery_001": "PO",
        "AttemptFail_001": "ZN",
        "AvailableForPickup_001": "LA ZF",
        "Delivered_001": "ZU",
        "Exception_001": "BV",
    }
)
EVENTS = code_table(
    {
        "InfoReceived_001": "PARCV PURCR NTPUP",
        "InTransit": "ASMVT LDTHU NTADT SECHK TRBCR INFCL",
        "InTransit_002": "PCKDU SHRCU",
        "InTransit_003": "INFCL/OARRV",
        "InTransit_005": "RSDCP",
        "InTransit_006": "ICPRC ITBAR HNDND/CUSTM",
        "InTransit_007": "MVDPT",
        "InTransit_009": "OFWRD/CNRFW OFWRD/CRFRD OFWRD/CSREQ OFWRD/PBNBR OFWRD/RDRCR OFWRD/RDRDO REPCK/RDRDO ROUCR",
        "AttemptFail_001": "NTDEL",
        "AttemptFail_002": "NTDEL/CNCNR NTDEL/NHOME",
        "AttemptFail_003": "NTDEL/CLOSD",
        "AvailableForPickup_001": "CNRFC HLDCC INFCL/SERPT",
        "Delivered_001": "DLVRD",
        "Delivered_002": "DLVRD/ACCPK",
        "Delivered_004": "DLVRD/CODRP",
        "Delivered_005": "DLVRD/NGHBR",
        "Exception_001": "DTNPC EXPHD PBNDT RCCLS SECHK/INSPT",
        "Exception_002": "NTDEL/MOVED",
        "Exception_003": "DLVRF NTDEL/RFUSD",
        "Exception_004": "HLDCP HLDCU EXPHD/CLREF",
        "Exception_005": "EXPHD/FRMJR MVDEX MVTEX",
        "Exception_006": "EXPHD/TRPMT NTDEL/TRPMT",
        "Exception_007": (
            "ALERT/BDADD EXPHD/BDADD EXPHD/WRGRI LDEXC/BDADD NTDEL/BDADD NTDEL/CPUNK NTDEL/WRGRI PURCR/BDADD "
            "REPCK/WRGRI"
        ),
        "Exception_008": "NTDEL/NTCCN",
        "Exception_009": "NTDEL/NAGTB",
        "Exception_010": "RETRN OFWRD/RTSCR OFWRD/RTSSA EXPHD/RTTSP",
        "Exception_012": (
            "DLVRF/DMGED DMGDS EXPHD/DMGED EXPHD/DMGPC EXPHD/DMPHD NTDEL/DMGED REPCK/DMGPC REPCK/LDMGD"  # found or made damaged
        ),
        "Exception_013": "EXPHD/LOSTX RCCLS/LOSTX",
        "Exception_016": (
            "MSRTD LDEXC OFWRD/CRRFN EXPHD/CAPEX EXPHD/EQUBF EXPHD/MSLBL EXPHD/STPRB MVTEX/TCHBD MVTEX/VHARU"
        ),
        "Exception_018": "EXPHD/MSDOC EXPHD/PWMFD NTDEL/MSDOC",
        "Exception_020": "CANCL",
        "Exception_021": "CNFSC DSPSD",
    }
)
_NOTICE_GROUPS = {"DD", "GT"}  # data services and money: they move nothing
_NOTICES = {"ADVIS", "PMTCR", "PMTCS", "STORN"}
UNDONE = "STORN"  # the driver took the event before back
_LOADED = re.compile(r"loaded onto the delivery|(?:zustell|liefer)fahrzeug geladen", re.IGNORECASE)
_CUSTOMS = re.compile(r"\bcustoms\b|\bzoll|verzoll", re.IGNORECASE)
_CLEARED = re.compile(r"complet|cleared|released|abgeschlossen|freigegeben", re.IGNORECASE)


def is_notice(ice: str, group: str) -> bool:
    """Whether an event only tells something and moves nothing."""
    return ice in _NOTICES or group in _NOTICE_GROUPS


def of_event(ice: str, ric: str, group: str, words: str | None) -> Meaning | None:
    """What an event means by its codes, made exact by its words; by the words alone where it has none of the codes."""
    found = EVENTS.get(f"{ice}/{ric}") or EVENTS.get(ice) or GROUPS.get(group)
    if found is None:
        found = None if ice or group else by_words(words)
    if found and words and found[0] is Status.IN_TRANSIT and _LOADED.search(words):
        return meaning("OutForDelivery_001")
    if found and words and found[0] is Status.IN_TRANSIT and _CUSTOMS.search(words) and _CLEARED.search(words):
        return meaning("InTransit_005")
    return _within(found, words) if found else None


def _within(found: Meaning, words: str | None) -> Meaning:
    """The groups are wide: a failed attempt may be a refusal, and customs may be done with the parcel, or hold it."""
    cause = trouble(words)
    exact = cause if cause and cause[0] is Status.EXCEPTION and cause[1] != "Exception_005" else None
    if found[1] == "InTransit_006":
        return exact or found
    if found == GROUPS["ZN"] and exact:
        return exact
    return sharpen(found, words)
