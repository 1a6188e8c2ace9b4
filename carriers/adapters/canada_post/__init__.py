"""Canada Post: tracking (vis/track, in XML) and return labels (authorized returns)."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from carriers.adapters.canada_post import labels, tracking
from carriers.answers import not_supported
from carriers.base import Account, AdapterInfo, Answers, Call, Http, RawAnswer, Recovery
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult

TRACK = "application/vnd.cpc.track-v2+xml"


class CanadaPost:
    """The adapter for Canada Post: one number a call."""

    info = AdapterInfo(
        code="canada_post",
        name="Canada Post",
        country="CA",
        formats=("canada_post", "s10"),
        labels=True,
        label_formats=(LabelFormat.PDF, LabelFormat.ZPL),
        label_countries=("CA",),
        label_recovery=Recovery.NONE,
        production_url="https://soa-gw.canadapost.ca",
        credential_names=("username", "password"),
        calls_per_second=2.0,
        tracking_link="https://www.canadapost-postescanada.ca/track-reperage/en#/resultList?searchFor={number}",
    )

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """GET /vis/track/pin/{pin}/detail, one call a number. The setting `language` is en-CA or fr-CA."""
        answers = []
        who = account.credential("username"), account.credential("password")
        headers = {"Accept": TRACK, "Accept-language": account.setting("language", "en-CA")}
        for number in numbers:
            url = account.url(f"/vis/track/pin/{quote(number, safe='')}/detail")
            answer = http.send(account, Call("GET", url, headers, basic=who))
            answers.append((answer, self.parse(answer, [number])))
        return answers

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. The details of one item, or the summaries of several."""
        return tracking.parse(answer, numbers)

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Raises CarrierError(not_supported)."""
        raise not_supported(self.info.code, "pushes")

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """An authorized return; needs the credential customer_number as well. Billed when the label is used."""
        return labels.create(http, account, request)

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """Raises CarrierError(not_supported): authorized returns cannot be looked up."""
        raise not_supported(self.info.code, "looking a label up")

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The file by its address, which is the label's handle."""
        return labels.fetch(http, account, label)

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Raises CarrierError(not_supported): an unused authorized return costs nothing and is not cancelled."""
        raise not_supported(self.info.code, "cancelling return labels")


def adapter() -> CanadaPost:
    """Called by the registry."""
    return CanadaPost()
