"""Shapes of the follow-up desk that cross its border."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.follow_up import FollowUpCase
from dispatch.schemas import Moment, Paragraph

CallState = Literal["scheduled", "done", "no_answer", "refused", "merged", "withdrawn"]
CALL_STATES: tuple[CallState, ...] = ("scheduled", "done", "no_answer", "refused", "merged", "withdrawn")


class Outcome(StrEnum):
    """What came of a try."""

    CONNECTED = "CONNECTED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    WRONG_NUMBER = "WRONG_NUMBER"
    CALL_BACK = "CALL_BACK"
    REFUSED = "REFUSED"


Question = Literal["overall", "nps", "cost_matches", "came_on_time", "told_before", "contacted_in_time"]
"""What a family may leave open when it is asked; whether it works again is what the call is for."""


class Answers(BaseModel):
    """What the family said. Only whether it works has to be answered; None: not asked or left open.

    `unanswered` names the questions that were asked and that nobody could or would answer.
    """

    fixed: bool
    overall: Annotated[int, Field(ge=1, le=7)] | None = None
    nps: Annotated[int, Field(ge=0, le=10)] | None = None
    cost_matches: bool | None = None
    """The cost was explained, and the text and what was paid are the same."""
    came_on_time: bool | None = None
    told_before: bool | None = None
    """Who comes, and when, was told before the visit."""
    contacted_in_time: bool | None = None
    verbatim: Paragraph | None = None
    unanswered: tuple[Question, ...] | None = None


class AttemptRequest(BaseModel):
    """A try of a happy call. `answers` belong to CONNECTED, `call_back_at` to CALL_BACK.

    `why_now` says why a family was rung outside the calling hours.
    """

    model_config = ConfigDict(populate_by_name=True)

    outcome: Outcome
    with_role: Annotated[Literal["resident", "requester", "payer"] | None, Field(alias="with")] = None
    at: Moment | None = None
    answers: Answers | None = None
    call_back_at: Moment | None = None
    note: Paragraph = ""
    why_now: Paragraph = ""


@dataclass(frozen=True)
class AttemptResult:
    """Where a call stands after a try. `unhappy` lists why the case was taken up again, if it was."""

    id: int
    number: str
    state: str
    due_at: datetime
    ticket_status: str
    reopened: bool
    escalated: bool
    unhappy: tuple[str, ...]


@dataclass(frozen=True)
class AttemptInfo:
    """A try as it was written down."""

    at: datetime
    outcome: str
    with_role: str | None
    call_back_at: datetime | None
    note: str
    answers: Answers | None


@dataclass(frozen=True)
class CallInfo:
    """A happy call with its case; names and numbers unmasked. `also` are tickets that it asks after too."""

    id: int
    company_id: int
    state: str
    due_at: datetime
    until_at: datetime
    reason: str
    created_at: datetime
    closed_at: datetime | None
    reopened_ticket: bool
    visit_id: int | None
    case: FollowUpCase
    attempts: tuple[AttemptInfo, ...]
    also: tuple[str, ...]

    @property
    def number(self) -> str:
        """The ticket's number."""
        return self.case.number

    @property
    def answers(self) -> Answers | None:
        """What the family said, once it was reached."""
        return next((it.answers for it in reversed(self.attempts) if it.answers is not None), None)


@dataclass(frozen=True)
class CallPage:
    """One page of calls; `next_cursor` None on the last one."""

    items: tuple[CallInfo, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class CallBrief:
    """What a ticket's page says of its call."""

    id: int
    state: str
    due_at: datetime
    reason: str


@dataclass(frozen=True)
class Coverage:
    """Of the tickets whose work was done in a stretch: asked, to be asked, and why the rest was not.

    `completed == asked + waiting + explained + missing`; `missing` must be 0.
    """

    completed: int
    asked: int
    waiting: int
    explained: int
    missing: int


@dataclass(frozen=True)
class ScriptLine:
    """One sentence to read out. `answer` names the field of `Answers` that it fills, `kind` how."""

    code: str
    text: str
    answer: str | None = None
    kind: Literal["say", "yes_no", "seven", "ten", "words"] = "say"
