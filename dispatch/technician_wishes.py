"""Whom a family would like to come, and whom not: a price for planning, or a prohibition."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.clock import operating_day
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.assignment import plan_now, release_visit
from dispatch.cancellation import require_reason
from dispatch.cases import WrongStateError, lock_case
from dispatch.models import Visit
from dispatch.planning.solve_requests import request_solve
from dispatch.states import ENDED_STATUSES, UNDER_WAY_STATES
from dispatch.tickets import note_change
from workforce.queries import get_technicians


class UnknownWishError(InvalidError):
    """Nobody of this company, or the same technician wished for and left out (422)."""

    code = "unknown-technician"


def wish_technician(
    session: Session,
    *,
    ticket_id: int,
    preferred_id: int | None,
    excluded_id: int | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> bool:
    """Keep who should come and who must not; None takes a wish back. Planning follows.

    Whoever must not come loses the visit at once, unless he is on the way, a person pinned him or the family
    has agreed to a time: that a person decides anew.

    Returns:
        Whether the visit still stands with the technician who must not come.

    Raises:
        UnknownTicketError: no such ticket (404).
        NoReasonError: no reason (422).
        UnknownWishError: see there (422).
        WrongStateError: the case has ended (409).
    """
    why = require_reason(reason)
    case = lock_case(session, ticket_id=ticket_id)
    ticket, visit = case.ticket, case.visit
    if ticket.status in ENDED_STATUSES:
        raise WrongStateError(_("이미 끝난 접수입니다. 다시 연 뒤에 정해 주세요."))
    _require_known(session, company_id=ticket.company_id, preferred_id=preferred_id, excluded_id=excluded_id)
    ticket.preferred_technician_id, ticket.excluded_technician_id = preferred_id, excluded_id
    data = {"preferred_technician_id": preferred_id, "excluded_technician_id": excluded_id}
    note_change(session, ticket=ticket, what="TechnicianWished", by=by, now=now, reason=why, data=data)
    session.flush()
    if visit is None or visit.id is None or visit.planned_start is None:
        return False
    unwanted = excluded_id is not None and visit.technician_id == excluded_id
    if not unwanted or _is_settled(visit):
        if visit.state not in UNDER_WAY_STATES:
            day = operating_day(max(visit.planned_start, now))
            request_solve(session, point_id=visit.service_point_id, day=day, now=now)
        return unwanted
    point_id = visit.service_point_id
    release_visit(session, visit_id=visit.id, why=why, by=by, now=now)
    plan_now(session, ticket_id=ticket_id, point_id=point_id, now=now, by=by)
    return False


def _is_settled(visit: Visit) -> bool:
    """What only a person gives to somebody else."""
    return visit.state in UNDER_WAY_STATES or visit.pinned_technician or visit.window_start is not None


def _require_known(
    session: Session, *, company_id: int, preferred_id: int | None, excluded_id: int | None
) -> None:
    asked = {"preferred": preferred_id, "excluded": excluded_id}
    wanted = {field: technician for field, technician in asked.items() if technician is not None}
    known = get_technicians(session, technician_ids=wanted.values(), company_id=company_id)
    for field, technician in wanted.items():
        if technician not in known:
            message = _("우리 회사의 기사가 아닙니다. 목록에서 다시 골라 주세요.")
            raise UnknownWishError(message, errors=(FieldError(field, message),))
    if preferred_id is not None and preferred_id == excluded_id:
        message = _("보내고 싶은 기사와 보내지 않을 기사가 같습니다.")
        raise UnknownWishError(message, errors=(FieldError("excluded", message),))
