"""GLS Group: Track And Trace V1, and shop returns by ShipIT."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from carriers.adapters.gls import labels, tracking
from carriers.answers import granted, not_supported, read_json
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer, Recovery, Token
from carriers.errors import ErrorKind
from carriers.labelling import CUSTOMS_UNION
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest, TrackingResult


class Gls:
    """The adapter for GLS: 10 numbers a call, 500 calls a day unless GLS has raised that."""

    info = AdapterInfo(
        code="gls",
        name="GLS",
        country="DE",
        formats=("gls_12", "gls_11", "gls_track_id"),
        batch=10,
        labels=True,
        label_formats=tuple(labels.PRINTED),
        label_countries=CUSTOMS_UNION,
        void=True,
        label_recovery=Recovery.FIND_BY_REFERENCE,
        production_url="https://api.gls-group.net",
        credential_names=("client_id", "client_secret"),
        calls_per_day=500,
        tracking_link="https://gls-group.com/track/{number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /track-and-trace-v1/tracking/simple/trackids/{numbers}, one call for every ten."""
        answers = []
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            names = ",".join(quote(number, safe="") for number in some)
            url = account.url(f"/track-and-trace-v1/tracking/simple/trackids/{names}")
            call = Call("GET", url, {"Accept-Language": "EN"}, {"showEvents": "true"})
            answer = http.send_with_token(account, call, lambda: _token(http, account))
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number; of several parcels under one reference, the one heard of last."""
        return tracking.parse(answer, read_json(answer), numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Order a shop return; needs the credential contact_id, whom GLS bills."""
        return labels.create(http, account, request, lambda: _token(http, account))

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label ordered under this reference, as the parcels that GLS lists show it."""
        return labels.find(http, account, request, lambda: _token(http, account))

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The label printed again."""
        return labels.fetch_again(http, account, label, lambda: _token(http, account))

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Cancel a parcel that GLS has not scanned yet."""
        labels.void(http, account, label, lambda: _token(http, account))


def _token(http: Http, account: Account) -> Token:
    """POST /oauth2/v2/token (Authentication API v2): four hours at most. It says 400 for a client it does not know."""
    basic = (account.credential("client_id"), account.credential("client_secret"))
    call = Call("POST", account.url("/oauth2/v2/token"), form={"grant_type": "client_credentials"}, basic=basic)
    answer = http.send(account, call)
    tree = read_json(answer)
    if token := granted(answer, tree):
        return token
    error = tracking.refused(answer, tree)
    if answer.status == 400:
        error.kind = ErrorKind.AUTH
    raise error


def adapter() -> Gls:
    """Called by the registry."""
    return Gls()
