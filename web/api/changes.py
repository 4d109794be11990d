"""How the API changes a ticket: reach it in scope, change it, answer with it as it then stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from core.wall import across_the_company
from web.api.answers import act_once
from web.context import context_of
from web.identity import current_principal
from web.presenters.ticket import ticket_json
from web.scope import reach_ticket

Change = Callable[[Session, int, datetime], object]
"""`change(session, ticket_id, now)`"""


def change_ticket(
    request: Request, number: str, body: BaseModel | None, change: Change, *, status: int = 200
) -> Response:
    """One change of one ticket in one transaction, once per Idempotency-Key."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        principal = current_principal(request)
        ticket_id = reach_ticket(session, principal=principal, number=number)
        with across_the_company(session):
            change(session, ticket_id, now)
            session.flush()
            # As it then stands, also when the step has just given it to another.
            return ticket_json(
                session,
                principal=principal,
                number=number,
                now=now,
                texts_whole=context_of(request).settings.is_demo,
            )

    return act_once(request, act, body=body, status=status)
