"""Happy calls: what is owed, and what came of each try."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import rfc3339_kst
from happycall import attempts, queries
from happycall.schemas import Answers, AttemptRequest, CallInfo
from web.api.answers import act_once, read
from web.api.happy_call_shapes import HappyCallDoneShape, HappyCallListShape
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.presenters.masks import MASKED

router = APIRouter(prefix="/happy-calls", tags=["happy calls"], route_class=GuardedRoute)

LARGEST_ID = 2**63 - 1
"""A larger number is no id of ours: it is looked for as this one, and not found."""


@router.get("", summary="해피콜 목록", response_model=HappyCallListShape)
@allow(Role.QA, Role.MANAGER, Role.ADMIN, Role.DISPATCHER)
def get_happy_calls(
    request: Request,
    state: str | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    principal: Principal = SignedIn,
) -> Response:
    """Calls of the company, the earliest due first."""

    def look(session: Session, _now: datetime) -> dict[str, Any]:
        page = queries.list_calls(
            session,
            company_id=principal.company_id,
            state=state or None,
            cursor=cursor or None,
            limit=limit,
        )
        return {"items": [call_json(call) for call in page.items], "next_cursor": page.next_cursor}

    return read(request, look)


@router.post(
    "/{happy_call_id}/attempts",
    status_code=201,
    summary="해피콜 시도와 대답",
    response_model=HappyCallDoneShape,
)
@allow(Role.QA, Role.MANAGER)
def post_attempt(
    request: Request,
    happy_call_id: int,
    body: AttemptRequest,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """One try; an unhappy answer opens the case again."""
    happy_call_id = min(happy_call_id, LARGEST_ID)

    def act(session: Session, now: datetime) -> dict[str, Any]:
        result = attempts.record_attempt(
            session,
            happy_call_id=happy_call_id,
            company_id=principal.company_id,
            attempt=body,
            by=by,
            now=now,
        )
        session.flush()
        call = queries.get_call(session, company_id=principal.company_id, happy_call_id=happy_call_id)
        return {
            **call_json(call),
            "ticket_status": result.ticket_status,
            "reopened": result.reopened,
            "escalated": result.escalated,
            "unhappy": list(result.unhappy),
        }

    return act_once(request, act, body=body, status=201)


def call_json(call: CallInfo) -> dict[str, Any]:
    """A happy call, with the number of its ticket."""
    show = partial(MASKED.words, names=[person.name for person in call.case.people])
    return {
        "id": call.id,
        "number": call.number,
        "ticket": call.number,
        "state": call.state,
        "due_at": rfc3339_kst(call.due_at),
        "until_at": rfc3339_kst(call.until_at),
        "reason": show(call.reason),
        "reopened_ticket": call.reopened_ticket,
        "also": list(call.also),
        "attempts": [
            {
                "at": rfc3339_kst(attempt.at),
                "outcome": attempt.outcome,
                "with": attempt.with_role,
                "answers": _answers(attempt.answers, show) if attempt.answers else None,
            }
            for attempt in call.attempts
        ],
    }


def _answers(answers: Answers, show: Callable[[str], str]) -> dict[str, Any]:
    said = answers.model_dump(exclude_none=True)
    return {**said, "verbatim": show(answers.verbatim)} if answers.verbatim else said
