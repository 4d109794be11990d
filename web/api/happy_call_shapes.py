"""What the API answers about happy calls; see `web/api/shapes.py`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from happycall.schemas import Answers
from web.api.shapes import CallState, PartyRole, TicketStatus


class HappyCallAttemptShape(BaseModel):
    """A try of a happy call."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    outcome: str
    with_: PartyRole | None = Field(alias="with")
    answers: Answers | None


class HappyCallShape(BaseModel):
    """A call that is owed, or was made. `also` are tickets that it asks after too."""

    id: int
    number: str
    ticket: str
    state: CallState
    due_at: datetime
    until_at: datetime
    reason: str
    reopened_ticket: bool
    also: list[str]
    attempts: list[HappyCallAttemptShape]


class HappyCallListShape(BaseModel):
    """A page of calls, the earliest due first."""

    items: list[HappyCallShape]
    next_cursor: str | None


class HappyCallDoneShape(HappyCallShape):
    """Where the call and its ticket stand after a try; `unhappy` says why the case was taken up again."""

    ticket_status: TicketStatus
    reopened: bool
    escalated: bool
    unhappy: list[str]
