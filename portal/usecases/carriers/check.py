"""Try an account for real, with a question that does no harm."""

from __future__ import annotations

from carriers.errors import ErrorKind
from portal.domain.carrier_accounts import AccountRef
from portal.usecases.deps import Carriers

NEVER_A_PARCEL = "0000000000"  # any answer about it shows that the carrier lets us in
_ANSWERS = {ErrorKind.NOT_FOUND, ErrorKind.INVALID_NUMBER, ErrorKind.BAD_REQUEST}


def trouble_with(carriers: Carriers, account: AccountRef) -> str:
    """What is wrong with an account, in one line; empty when the carrier lets us in. Makes one or two calls."""
    error = carriers.track(account, account.adapter, [NEVER_A_PARCEL]).error
    if error is None or error.kind in _ANSWERS:
        return ""
    return f"{error.kind.value}: {' '.join(error.message.split())}"
