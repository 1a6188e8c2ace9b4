"""What an adapter is. One carrier, one file under `adapters/`, found by the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Protocol

from carriers.errors import CarrierError, ErrorKind
from carriers.model import BoughtLabel, Label, LabelDocument, LabelFormat, LabelRequest, TrackingResult


class Recovery(StrEnum):
    """How a label call whose answer was lost is made safe (reliability: effect ledger)."""

    NATIVE_KEY = "native_key"  # the carrier honours an idempotency key: the same key gives the same label
    UNIQUE_REFERENCE = "unique_reference"  # the carrier sells one label a reference of ours: a second is refused
    FIND_BY_REFERENCE = "find_by_reference"  # the adapter can look a label up by our reference
    NONE = "none"  # a person has to look


class PushProof(StrEnum):
    """How a push shows that it comes from the carrier."""

    SIGNATURE = "signature"  # over the raw body, with a shared secret
    CREDENTIAL = "credential"  # a value that was registered with the carrier comes back in a header
    PATH = "path"  # nothing but the secret address: what it says is a hint to poll, never believed


class Subscribes(StrEnum):
    """What a carrier's pushes are asked for by."""

    NUMBERS = "numbers"  # some tracking numbers at a time
    ACCOUNT = "account"  # once for everything of the account


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An HTTP answer, or the body of a push, as bytes: what `parse` reads. No network behind it.

    Its representation shows no body and no headers: both may hold personal data.
    """

    status: int
    content_type: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def header(self, name: str) -> str | None:
        """A header by its name, whatever the case."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)

    @property
    def succeeded(self) -> bool:
        """Whether HTTP says that the call went well."""
        return 200 <= self.status < 300

    @property
    def surely_refused(self) -> bool:
        """Whether HTTP says that nothing was done. Not so a timeout, a call given up, and a conflict with another one."""
        return 400 <= self.status < 500 and self.status not in UNSURE

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from Retry-After as seconds or as a date (RFC 9110, 10.2.3).

        A date is read against the answer's own Date header, so that a wrong clock here does not matter.
        None when the header is absent or unreadable.
        """
        text = (self.header("Retry-After") or "").strip()
        if text.isascii() and text.isdigit():
            return float(min(int(text[:9]), MAX_RETRY_AFTER))
        try:
            until, sent = parsedate_to_datetime(text), parsedate_to_datetime(self.header("Date") or "")
            return min(max(0.0, (until - sent).total_seconds()), float(MAX_RETRY_AFTER))
        except (TypeError, ValueError, IndexError, OverflowError):
            return None


UNSURE = frozenset({408, 409, 425, 499})  # of a call that is refused so, some part may have been done
MAX_RETRY_AFTER = 24 * 3600  # a carrier that asks for more is asked again after a day


@dataclass(frozen=True, slots=True)
class Account:
    """A shop's access to a carrier. Never printed: the representation leaves the secrets out."""

    base_url: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    def url(self, path: str) -> str:
        """The address of a path at this carrier. `base_url` may itself end in a path."""
        return self.base_url.rstrip("/") + path

    def credential(self, name: str) -> str:
        """A credential by name. Raises CarrierError(auth), nothing sent, when it is missing or empty."""
        value = self.credentials.get(name, "")
        if not value:
            raise CarrierError(ErrorKind.AUTH, f"The credential {name} is missing.", sent=False)
        return value

    def setting(self, name: str, usual: str = "") -> str:
        """What the account is set to (`settings` of its configuration), or the usual value."""
        return self.credentials.get(name) or usual


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. Its representation shows the method alone: addresses hold numbers, headers hold secrets.

    A body is given as `json`, as `form`, or as bytes with its content type in `headers`. `repeatable` says that asking
    twice does no harm; a call that buys something sets it to False and is never sent a second time by the HTTP client.
    `token_body` makes the body around an access token, for carriers that want it there and not in a header
    (`Http.send_with_token`).
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    repeatable: bool = True
    token_body: Callable[[str], bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and the seconds it lives."""

    value: str = field(repr=False)
    expires_in: float


def token_refused(answer: RawAnswer) -> bool:
    """Whether an answer says that the access token is no longer good."""
    return answer.status == 401


class Http(Protocol):
    """The only door out, as adapters see it (`carriers.http.CarrierHttp`)."""

    def send(self, account: Account, call: Call) -> RawAnswer:
        """Send one call. Raises CarrierError (server_error, rate_limited, malformed) when no answer came."""

    def send_with_token(
        self,
        account: Account,
        call: Call,
        fetch: Callable[[], Token],
        refused: Callable[[RawAnswer], bool] = token_refused,
    ) -> RawAnswer:
        """The same with `Authorization: Bearer`, or with the call's `token_body` around the token.

        One fetch for all threads; one fresh token when it is refused.
        """


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """What staff, the registry and `portal carriers list` need to know of an adapter."""

    code: str
    name: str
    country: str | None  # ISO 3166 alpha-2 of the carrier's home, None for a worldwide one
    formats: tuple[str, ...] = ()  # ids of the number formats it owns, see `carriers.numbers`
    batch: int = 1  # tracking numbers in one call
    aggregator: bool = False  # brings other carriers: see AggregatorAdapter
    push: bool = False
    push_proof: PushProof = PushProof.PATH
    subscribes: Subscribes | None = None  # None: whoever runs the shop registers our address with the carrier by hand
    subscription_days: int | None = None  # how long a subscription lives; None: until it is ended
    subscription_batch: int = 100  # numbers in one subscription
    labels: bool = False
    label_formats: tuple[LabelFormat, ...] = ()
    label_countries: tuple[str, ...] = ()  # where its return labels are taken in; empty: everywhere
    qr: bool = False  # whether a counter can print the label from a code
    void: bool = False
    void_days: int | None = None  # an unused label can be given back for so many days; None: no limit is known
    label_recovery: Recovery = Recovery.NONE
    settle_seconds: int = 900  # how long after a lost answer a label may still appear at the carrier
    production_url: str = ""
    credential_names: tuple[str, ...] = ()
    calls_per_second: float = 5.0
    calls_per_day: int | None = None  # a new account's quota; None: none is known
    tracking_link: str = ""  # the carrier's own page, with {number}


Answers = list[tuple[RawAnswer, list[TrackingResult]]]
"""What `track` gives back: each answer as it came, with what it says."""


class Adapter(Protocol):
    """The I/O half (`track`, and the label calls where `info.labels`) and the pure half (`parse`)."""

    info: AdapterInfo

    def track(self, http: Http, account: Account, numbers: Sequence[str]) -> Answers:
        """Ask for at most `info.batch` numbers. One entry a call made; raises CarrierError for the whole call."""

    def parse(self, answer: RawAnswer, numbers: Sequence[str] = ()) -> list[TrackingResult]:
        """Pure. What concerns one number is in its result; what concerns the whole call raises CarrierError."""

    def parse_push(self, answer: RawAnswer) -> list[TrackingResult]:
        """Pure. Reads the body of a push. Raises CarrierError(not_supported) where the carrier sends none."""


class AggregatorAdapter(Adapter, Protocol):
    """An adapter that asks about other carriers' parcels (`info.aggregator`)."""

    def track_for(self, http: Http, account: Account, carrier: str, numbers: Sequence[str]) -> Answers:
        """As `track`, for the numbers of one carrier, named by our code: the aggregator's own name for it is looked up
        in `carriers.directory`, and left for the aggregator to find out where none is known."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where a carrier shall send its pushes, and the secret it shall sign them with or send along."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a carrier has agreed to. `handle` is its own name for it; `refused` are numbers it will not push."""

    handle: str = ""
    refused: tuple[str, ...] = ()


class PushAdapter(Adapter, Protocol):
    """An adapter whose carrier sends pushes (`info.push`)."""

    def verify_push(self, push: RawAnswer, secret: str, now: datetime) -> bool:
        """Whether the body may be believed: False where the carrier proves nothing (PushProof.PATH).

        Over the raw bytes, in constant time. Raises CarrierError(auth) for a proof that is missing, wrong or too old.
        """

    def push_id(self, push: RawAnswer) -> str | None:
        """The carrier's own name for this delivery, the same when it is sent again; None: the body's hash serves."""


class SubscribingAdapter(PushAdapter, Protocol):
    """An adapter that can ask its carrier for pushes (`info.subscribes`)."""

    def subscribe(self, http: Http, account: Account, numbers: Sequence[str], target: PushTarget) -> Subscription:
        """Ask for pushes: about at most `info.subscription_batch` numbers, or about the whole account (no numbers).

        Asking again for the same is no error and renews it. Raises CarrierError.
        """


class LabelAdapter(Adapter, Protocol):
    """An adapter that buys return labels."""

    def create_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label:
        """Buy one label. `key` is the idempotency key; the call that buys is never repeated inside.

        Where the carrier sells one label a reference (UNIQUE_REFERENCE), a reference that was used before gives the label
        sold for it, never an error: whoever asks may not know of it.

        Raises CarrierError, with `sent` False or a kind that says so (`bad_request`, `auth`, `rate_limited` …) when
        surely nothing was bought. What fails after the purchase does not raise: the label comes without its document.
        """

    def find_label(self, http: Http, account: Account, request: LabelRequest, *, key: str) -> Label | None:
        """The label that an earlier call with this key or reference bought, or None when surely none was.

        Raises CarrierError(not_supported) where `label_recovery` is NONE.
        """

    def fetch_label(self, http: Http, account: Account, label: BoughtLabel) -> LabelDocument:
        """The file of a bought label again. Raises CarrierError(not_supported) where the carrier prints only once."""

    def void_label(self, http: Http, account: Account, label: BoughtLabel) -> None:
        """Cancel an unused label; one that is cancelled already is no error. Raises CarrierError."""


AdapterFactory = Callable[[], Adapter]
