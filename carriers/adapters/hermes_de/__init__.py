"""Hermes Germany by its shipping interface (HSI): tracking, and return orders with their label."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from carriers.adapters.hermes_de import labels, tracking
from carriers.answers import granted, not_supported, read_json
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer, Token
from carriers.errors import ErrorKind
from carriers.labelling import CUSTOMS_UNION
from carriers.model import BoughtLabel, Label, LabelDocument, LabelRequest, TrackingResult

# Tokens come from another host, where the interface's own is Hermes's. Anywhere else they come from the same.
TOKEN_HOSTS = {
    "https://de-api.hermesworld.com": "https://authme.myhermes.de",
    "https://de-api-int.hermesworld.com": "https://authme-int.myhermes.de",
}


class HermesDe:
    """The adapter for Hermes Germany: the interface takes 100 numbers a call, 50 keep its address short."""

    info = AdapterInfo(
        code="hermes_de",
        name="Hermes",
        country="DE",
        formats=("hermes_de_14", "hermes_de_20", "hermes_de_sscc"),
        batch=50,
        labels=True,
        label_formats=tuple(labels.MEDIA_TYPES),
        label_countries=CUSTOMS_UNION,
        qr=True,
        production_url="https://de-api.hermesworld.com/services/hsi",
        credential_names=("client_id", "client_secret", "username", "password"),
        tracking_link="https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /shipmentinfo, one call for every 50 numbers."""
        answers = []
        for start in range(0, len(numbers), self.info.batch):
            some = numbers[start : start + self.info.batch]
            query = urlencode([("shipmentID", number) for number in some])
            call = Call("GET", account.url(f"/shipmentinfo?{query}"), {"Accept-Language": "EN"})
            answer = http.send_with_token(account, call, lambda: token(http, account), token_refused)
            answers.append((answer, self.parse(answer, some)))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. One result a number."""
        return tracking.parse(answer, read_json(answer), numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Order a return with its label, or as PNG with the code that a ParcelShop prints it from."""
        return labels.create(http, account, request, lambda: token(http, account), token_refused)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """Raises CarrierError(not_supported): Hermes finds a return order by its own number alone."""
        raise not_supported(self.info.code, "looking for labels")

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The label of an order for which none was printed yet. Raises CarrierError(not_supported) for any other."""
        return labels.fetch_again(http, account, label, lambda: token(http, account), token_refused)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Raises CarrierError(not_supported): the interface cancels no return order."""
        raise not_supported(self.info.code, "voiding labels")


def token(http: Http, account: Account) -> Token:
    """POST /authorization-facade/oauth2/access_token with the password grant, the only one without a browser."""
    form = {name: account.credential(name) for name in HermesDe.info.credential_names}
    host = next((own for api, own in TOKEN_HOSTS.items() if account.base_url.startswith(f"{api}/")), None)
    path = "/authorization-facade/oauth2/access_token"
    url = host + path if host else account.url(path)
    answer = http.send(account, Call("POST", url, form={"grant_type": "password", **form}))
    tree = read_json(answer)
    if found := granted(answer, tree):
        return found
    error = tracking.refused(answer, tree)
    if answer.status == 400:
        error.kind = ErrorKind.AUTH
    raise error


def token_refused(answer: RawAnswer) -> bool:
    """401, or the bad request that an expired token gives."""
    told = answer.body[:500]
    return answer.status == 401 or (answer.status == 400 and any(c.encode() in told for c in tracking.TOKEN_CODES))


def adapter() -> HermesDe:
    """Called by the registry."""
    return HermesDe()
