"""What every step does with a call's row: lock it, write the ticket's timeline, tell the open pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from core import audit, live
from core.actor import Actor
from core.errors import NotFoundError
from core.i18n import _
from dispatch.closing import close_ticket
from happycall.models import HappyCall


class UnknownHappyCallError(NotFoundError):
    """No such call, or another company's."""

    code = "unknown-happy-call"


def lock_call(session: Session, *, call_id: int, company_id: int) -> HappyCall:
    """The call's row, fresh and held until the transaction ends. Raises `UnknownHappyCallError`."""
    query = (
        select(HappyCall)
        .where(col(HappyCall.id) == call_id, col(HappyCall.company_id) == company_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    call = session.exec(query).one_or_none()
    if call is None:
        raise UnknownHappyCallError(_("그런 해피콜이 없습니다. 목록을 새로 고쳐 주세요."))
    return call


def lock_home(session: Session, *, household_id: int) -> None:
    """Calls of one home are scheduled one after the other, so that two never miss each other."""
    key = f"happycall-home-{household_id}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def call_key(call: HappyCall) -> int:
    """The id of a stored call."""
    if call.id is None:
        raise ValueError("the call is not stored yet")
    return call.id


def end_call(
    session: Session,
    *,
    call: HappyCall,
    state: str,
    what: str,
    reason: str,
    by: Actor,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """No (more) ringing: the state, and why."""
    call.state, call.reason, call.closed_at = state, reason, now
    note_change(session, call=call, what=what, by=by, now=now, reason=reason, data=data)


def close_tickets_of(
    session: Session, *, call: HappyCall, reason: str, by: Actor, now: datetime, own_too: bool
) -> None:
    """Close the call's ticket (unless it goes on) and every ticket whose call was merged into this one."""
    query = select(HappyCall.ticket_id).where(col(HappyCall.merged_into_id) == call.id)
    for ticket_id in sorted({*session.exec(query), *([call.ticket_id] if own_too else [])}):
        if own_too or ticket_id != call.ticket_id:
            close_ticket(session, ticket_id=ticket_id, reason=reason, by=by, now=now)


def merge_call(session: Session, *, call: HappyCall, into: HappyCall, by: Actor, now: datetime) -> None:
    """One call for the home: this one, and what was merged into it before, goes into the other."""
    session.execute(
        update(HappyCall)
        .where(col(HappyCall.merged_into_id) == call.id)
        .values(merged_into_id=into.id)
        .execution_options(synchronize_session=False)
    )
    call.merged_into_id = into.id
    reason = _("같은 댁의 다른 접수와 한 번에 여쭙니다.")
    data = {"into": into.id, "ticket_id": into.ticket_id}
    end_call(
        session, call=call, state="merged", what="HappyCallMerged", reason=reason, by=by, now=now, data=data
    )


def note_change(
    session: Session,
    *,
    call: HappyCall,
    what: str,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write the ticket's timeline and announce the call, in the caller's transaction."""
    session.add(call)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("ticket", call.ticket_id),
        company_id=call.company_id,
        reason=reason,
        data={"happy_call_id": call.id, **(data or {})},
    )
    live.announce(
        session,
        company_id=call.company_id,
        topic="happy_call",
        ticket_id=call.ticket_id,
        happy_call_id=call.id,
    )
