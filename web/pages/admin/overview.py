"""The first settings page: what needs somebody, and the guided start of a new company."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Principal, Role
from core.clock import today_kst
from core.faults import count_faults
from core.i18n import N_, _
from privacy.reviews import open_month
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.admin import readiness
from web.pages.admin.changes import WHAT, changes_of
from web.pages.admin.frame import look, show
from web.pages.admin.roads import roads_of
from web.pages.admin.subjects import names_of
from workforce.accounts import rules_of
from workforce.certificates import list_qualifications
from workforce.duty_gaps import gaps_of_company
from workforce.queries import get_company, list_points, list_technicians

router = APIRouter(prefix="/admin", route_class=GuardedRoute)

NOBODY_ASKED = N_(
    "2단계 확인을 아무에게도 묻지 않습니다. 기준값의 허용 네트워크에 회사의 인터넷 주소를 적으면 "
    "밖에서 들어오는 사람에게 묻습니다."
)
RUNS_OUT_IN = timedelta(days=60)


@router.get("")
@allow(Role.ADMIN)
def show_overview(request: Request, principal: Principal = SignedIn) -> Response:
    """Figures, what is missing, and the last changes."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        company_id, today = principal.company_id, today_kst(now)
        technicians = list_technicians(session, company_id=company_id, at=now)
        held = list_qualifications(session, technician_ids=[t.id for t in technicians])
        gaps = gaps_of_company(session, company_id=company_id, now=now)
        last = audit.list_changes(session, company_id=company_id, what=WHAT, limit=8)
        rules = rules_of(session, company_id=company_id, at=now)
        return {
            "hints": [] if rules.asks_somebody else [_(NOBODY_ASKED)],
            "company": get_company(session, company_id=company_id),
            "missing": readiness.missing(readiness.read_steps(session, company_id=company_id, now=now)),
            "open_month": open_month(session, company_id=company_id, now=now),
            "points": len(list_points(session, company_id=company_id, day=today)),
            "technicians": len({t.id for t in technicians}),
            "faults": count_faults(session, company_id=company_id),
            "gap_places": sum(1 for found in gaps.values() if found),
            "running_out": sum(
                1
                for rows in held.values()
                for q in rows
                if q.holds_on(today) and q.valid_to is not None and q.valid_to <= today + RUNS_OUT_IN
            ),
            "changes": changes_of(last, names_of(session, company_id=company_id, entries=last)),
        }

    values = look(request, read)
    return show(request, "overview.html", {**values, "roads": roads_of(request)}, section="/admin")


@router.get("/start")
@allow(Role.ADMIN)
def show_start(request: Request, principal: Principal = SignedIn) -> Response:
    """From a name to the first ticket, step by step."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        steps = readiness.read_steps(session, company_id=principal.company_id, now=now)
        return {
            "company": get_company(session, company_id=principal.company_id),
            "steps": steps,
            "missing": readiness.missing(steps),
        }

    return show(request, "start.html", look(request, read), section="/admin/start")
