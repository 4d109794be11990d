"""A technician cannot come after all; the point takes nothing new for a while (휴무)."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.reach import ROLES, Desk, crew_of, require_technician
from web.pages.point.rota import take_time
from web.pages.point.typed import read_number, refuse, require_moment
from web.pages.posting import Posted
from workforce.absence_changes import end_absence
from workforce.points import end_closure
from workforce.rosters import add_absence, close_point

router = APIRouter(prefix="/point", route_class=GuardedRoute)

REASON_CHARS = 200
LONGEST = timedelta(days=92)


@router.post("/absences")
@allow(*ROLES)
def post_absence(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He does not come; the days it touches are planned anew."""

    def act(session: Session, desk: Desk, now: datetime) -> str:
        technician_id = read_number(posted, "technician")
        if technician_id is None:
            raise refuse("technician", _("누가 못 나오는지 골라 주세요."))
        require_technician(session, desk, technician_id, now=now)
        start, end = require_moment(posted, "away_from"), require_moment(posted, "away_to")
        if end <= max(start, now):
            raise refuse("away_to", _("다시 나오는 때가 시작하는 때와 지금보다 뒤여야 합니다."))
        if end - start > LONGEST:
            raise refuse("away_to", _("한 번에 92일까지 넣을 수 있습니다."))
        reason = posted.get("away_reason")[:REASON_CHARS]
        if not reason:
            raise refuse("away_reason", _("왜 못 나오는지 적어 주세요."))
        add_absence(
            session,
            technician_id=technician_id,
            company_id=desk.point.company_id,
            start_at=max(start, now),
            end_at=end,
            reason=reason,
            by=by,
            now=now,
        )
        return "away"

    return take_time(request, principal, posted, act)


@router.post("/absences/{absence_id}/end")
@allow(*ROLES)
def post_absence_end(
    request: Request, absence_id: int, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He comes after all."""

    def act(session: Session, desk: Desk, now: datetime) -> str:
        end_absence(
            session,
            absence_id=absence_id,
            technician_ids={info.id for info in crew_of(session, desk, now=now)},
            company_id=desk.point.company_id,
            by=by,
            now=now,
        )
        return "back"

    return take_time(request, principal, posted, act)


@router.post("/closures")
@allow(*ROLES)
def post_closure(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Nothing new until a moment; what has been agreed stays."""

    def act(session: Session, desk: Desk, now: datetime) -> str:
        start, end = max(require_moment(posted, "closed_from"), now), require_moment(posted, "closed_to")
        if end <= start:
            raise refuse("closed_to", _("다시 여는 때가 쉬기 시작하는 때와 지금보다 뒤여야 합니다."))
        if end - start > LONGEST:
            raise refuse("closed_to", _("한 번에 92일까지 넣을 수 있습니다."))
        reason = posted.get("closed_reason")[:REASON_CHARS]
        if not reason:
            raise refuse("closed_reason", _("왜 쉬는지 적어 주세요."))
        close_point(
            session,
            point_id=desk.point.id,
            company_id=desk.point.company_id,
            start_at=start,
            end_at=end,
            reason=reason,
            by=by,
            now=now,
        )
        return "closed"

    return take_time(request, principal, posted, act)


@router.post("/closures/{closure_id}/end")
@allow(*ROLES)
def post_closure_end(
    request: Request, closure_id: int, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Open again before the time."""

    def act(session: Session, desk: Desk, now: datetime) -> str:
        end_closure(
            session,
            company_id=desk.point.company_id,
            code=desk.point.code,
            closure_id=closure_id,
            by=by,
            now=now,
        )
        return "opened"

    return take_time(request, principal, posted, act)
