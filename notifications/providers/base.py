"""What every text provider looks like to the outbox, and what to do when one gives no clear answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol

from core.errors import InvalidError


class MessageState(StrEnum):
    """Our words for a message at a provider; `queued` and `withdrawn` are the outbox's own."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Fault(StrEnum):
    """Who can mend a refusal or failure.

    RETRY: the same text may go again later. CHANNEL: not on this channel (no KakaoTalk there); another may.
    PERMANENT: this number will not take it, tell the desk. CONFIGURATION: sender, template, key or text must
    be put right. OPERATOR: someone must look now (balance).
    """

    RETRY = "retry"
    CHANNEL = "channel"
    PERMANENT = "permanent"
    CONFIGURATION = "configuration"
    OPERATOR = "operator"


Channel = Literal["SMS", "LMS", "ALIMTALK", "VOICE"]
"""What a provider is asked for; VOICE reads the text out on the telephone."""


@dataclass(frozen=True)
class Template:
    """An approved wording of 알림톡: the company's KakaoTalk channel and the code, as the provider has it."""

    channel_key: str
    code: str


@dataclass(frozen=True)
class OutgoingMessage:
    """One text to one number; numbers are E.164.

    `our_id` (<= 100 characters) comes back in receipts. It must differ from try to try (notice id and
    number of the try): else `find`, after an unclear second try, would meet the first one that failed.
    Where a provider keeps no id of ours, `earlier` are its ids of tries whose end is known: never this one.
    """

    our_id: str
    to: str
    sender: str
    channel: Channel
    text: str
    subject: str | None = None
    template: Template | None = None
    """With ALIMTALK, and only then."""
    earlier: frozenset[str] = frozenset()
    advert: bool = False
    """An advertisement, where a provider wants to be told."""


@dataclass(frozen=True)
class Handed:
    """A text that a provider has taken, for asking what became of it."""

    message: OutgoingMessage
    provider_id: str
    at: datetime


@dataclass(frozen=True)
class Accepted:
    """The provider has it: not delivered yet."""

    provider_id: str
    group_id: str = ""


@dataclass(frozen=True)
class Refused:
    """The provider certainly does not have it. `code` is its own, `detail` its words or ours.

    `as_a_whole`: the request was turned away for something in it, and nobody knows for which of its texts.
    """

    code: str
    fault: Fault
    detail: str = ""
    as_a_whole: bool = False


@dataclass(frozen=True)
class Unclear:
    """It may or may not have it (time-out, broken answer, 5xx): never send again before `find`."""

    detail: str


SendOutcome = Accepted | Refused | Unclear


@dataclass(frozen=True)
class Found:
    """The provider knows the message: where it stands now."""

    provider_id: str
    state: MessageState
    code: str
    fault: Fault | None = None


@dataclass(frozen=True)
class NotFound:
    """The provider's list has no such message.

    `remembers` is True when the same list shows a message from before our try, so it covers the moment of
    the try. A list that begins later (a provider that lost its memory, a new account) proves nothing.
    """

    remembers: bool


FindOutcome = Found | NotFound | Unclear


@dataclass(frozen=True)
class Receipt:
    """One delivery report. `event_id` is the provider's and comes again when the report does.

    `our_id` is None for messages that another system sent. `body` is the entry as it came, for keeping.
    """

    event_id: str
    our_id: str | None
    provider_id: str
    state: MessageState
    code: str
    fault: Fault | None
    at: datetime | None
    body: dict[str, Any]


class ReceiptError(InvalidError):
    """The body of a webhook call is not a list of reports."""

    code = "bad-receipt"


class Provider(Protocol):
    """A text provider. One call is at most one try; nothing is retried inside. Thread-safe; no database."""

    @property
    def name(self) -> str:
        """Which provider it is: `solapi`, `sens`, `nhn`."""
        ...

    @property
    def channels(self) -> frozenset[Channel]:
        """What this account can be asked for."""
        ...

    @property
    def batch(self) -> int:
        """How many texts one request may carry."""
        ...

    @property
    def polls(self) -> bool:
        """Whether results are only to be had by `reports`; else the provider posts them to our address."""
        ...

    def send_many(self, messages: Sequence[OutgoingMessage], *, now: datetime) -> list[SendOutcome]:
        """Hand over one of `requests_of`; an outcome a text, in their order. Never raises for its faults."""
        ...

    def find(self, message: OutgoingMessage, *, tried_at: datetime, now: datetime) -> FindOutcome:
        """Look for a text whose sending at `tried_at` ended unclear. Never raises for provider faults."""
        ...

    def reports(self, handed: Sequence[Handed], *, now: datetime) -> list[Receipt]:
        """What has become of these, as far as it is known by now. What is not answered is left out."""
        ...

    def parse_webhook(self, payload: object) -> list[Receipt]:
        """Read a decoded webhook body. Raises `ReceiptError`; entries in the order they came."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


def requests_of(messages: Iterable[OutgoingMessage], *, batch: int) -> list[list[OutgoingMessage]]:
    """Put texts into requests: one sender, channel, template and kind each, and no number twice.

    What a provider has of its own to say about a request then holds for each text in it, and a text can be
    told apart by its number alone where no id of ours comes back.
    """
    open_requests: dict[object, list[list[OutgoingMessage]]] = {}
    for message in messages:
        alike = open_requests.setdefault(
            (message.sender, message.channel, message.template, message.advert), []
        )
        for request in alike:
            if len(request) < batch and all(other.to != message.to for other in request):
                request.append(message)
                break
        else:
            alike.append([message])
    return [request for alike in open_requests.values() for request in alike]


def send_one(provider: Provider, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
    """Hand over a single text."""
    return provider.send_many([message], now=now)[0]


class NextStep(StrEnum):
    """What the outbox does with a notice whose send was unclear."""

    SETTLE = "settle"
    ASK_AGAIN = "ask_again"
    SEND_AGAIN = "send_again"
    GIVE_UP = "give_up"


SETTLING = timedelta(seconds=15)
"""How long a provider may take until its list shows what it took."""

PATIENCE = timedelta(minutes=10)
"""How long to go on asking before a person must look: most of these texts are worthless later."""


def after_unclear(
    outcome: FindOutcome,
    *,
    tried_at: datetime,
    now: datetime,
    settling: timedelta = SETTLING,
    patience: timedelta = PATIENCE,
) -> NextStep:
    """Decide after `find`, preferring one text too few (a person looks) to the same text twice.

    Found: SETTLE (take its state). Not found: SEND_AGAIN only when the list provably reaches back before
    the try and had `settling` time to show it. Otherwise ASK_AGAIN, until `patience` after the try, then
    GIVE_UP: the notice becomes `unknown` and a person is asked.
    """
    if isinstance(outcome, Found):
        return NextStep.SETTLE
    if isinstance(outcome, NotFound) and outcome.remembers and now - tried_at >= settling:
        return NextStep.SEND_AGAIN
    return NextStep.GIVE_UP if now - tried_at >= patience else NextStep.ASK_AGAIN


_RANK = {
    MessageState.QUEUED: 0,
    MessageState.ACCEPTED: 1,
    MessageState.UNKNOWN: 2,
    MessageState.FAILED: 3,
    MessageState.DELIVERED: 4,
}


def later_state(current: MessageState, reported: MessageState) -> MessageState:
    """The state after a report: reports come late, twice and out of order, and never undo a better one."""
    return max(current, reported, key=_RANK.__getitem__)
