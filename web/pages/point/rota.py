"""Who answers for the point in the coming 14 days (당직): gaps shown, filled, and changed by hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.clock import kst, operating_day, today_kst
from core.errors import DomainError, ForbiddenError, NotFoundError, UnauthorizedError
from core.i18n import _
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.desk import duty_values, frame
from web.pages.point.reach import ROLES, Desk, crew_of, read_desk, require_technician
from web.pages.point.typed import moment_text, read_number, refuse, require_moment
from web.pages.point.words import done_flash
from web.pages.posting import Posted, PostedForm, take_once
from web.templating import render_page
from workforce.absences import list_absences
from workforce.duty_gaps import LOOK_AHEAD, DutyRow, Gap, duty_candidates, fill_gaps, find_gaps, list_duty
from workforce.points import list_closures, search_points
from workforce.rosters import set_duty
from workforce.schemas import TechnicianInfo
from workforce.shift_patterns import ShiftRow, list_week

router = APIRouter(prefix="/point", route_class=GuardedRoute)

SHIFT_DAYS = 4
LONGEST_DUTY = timedelta(days=31)

Act = Callable[[Session, Desk, datetime], str]
"""Does it for (session, desk, now) and returns the code of the message that follows."""


@dataclass(frozen=True)
class RotaDay:
    """A calendar day of the rota: who answers in it, by start, and the stretches nobody covers."""

    start: datetime
    rows: tuple[tuple[datetime, datetime, DutyRow], ...]
    gaps: tuple[Gap, ...]


@router.get("/rota")
@allow(*ROLES)
def show_rota(request: Request, done: str = "", principal: Principal = SignedIn) -> Response:
    """Duty, shifts and closures on one page."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        values = rota_values(session, desk, now=now, typed=PostedForm(), error=None)
    return render_page(request, "point/rota.html", {**values, "flash": done_flash(done)})


@router.post("/duty")
@allow(*ROLES)
def post_duty(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Somebody answers from one moment to another; a later entry goes before an earlier one."""

    def act(session: Session, desk: Desk, now: datetime) -> str:
        point = desk.point
        start, end = max(require_moment(posted, "from"), now), require_moment(posted, "to")
        if end <= start:
            raise refuse("to", _("끝나는 때가 시작하는 때와 지금보다 뒤여야 합니다."))
        if end - start > LONGEST_DUTY:
            raise refuse("to", _("한 번에 31일까지 정할 수 있습니다."))
        allowed = {
            p.id for p in duty_candidates(session, company_id=point.company_id, point_id=point.id, at=now)
        }
        people = {}
        for name in ("desk_person", "escalation"):
            person_id = read_number(posted, name)
            if person_id not in allowed:
                raise refuse(name, _("목록에서 사람을 골라 주세요."))
            people[name] = person_id or 0
        technician_id = read_number(posted, "duty_technician")
        if technician_id is not None:
            require_technician(session, desk, technician_id, now=now)
        set_duty(
            session,
            company_id=point.company_id,
            point_id=point.id,
            start_at=start,
            end_at=end,
            technician_id=technician_id,
            desk_person_id=people["desk_person"],
            escalation_person_id=people["escalation"],
            substitute_point_id=_substitute(session, desk, posted),
            by=by,
            now=now,
        )
        return "duty"

    return take_time(request, principal, posted, act)


@router.post("/duty/gaps")
@allow(*ROLES)
def post_gaps(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Fill every gap with whom the rota named last."""

    def act(session: Session, desk: Desk, now: datetime) -> str:
        point = desk.point
        fill_gaps(session, company_id=point.company_id, point_id=point.id, by=by, now=now)
        return "filled"

    return take_time(request, principal, posted, act)


def take_time(request: Request, principal: Principal, posted: PostedForm, act: Act) -> Response:
    """One change of people's time in one transaction; a refusal shows the page again as it was typed."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            desk = read_desk(session, request, principal=principal, now=now)
            done = ""
            if take_once(session, request, principal=principal, posted=posted, now=now):
                done = act(session, desk, now)
    except (ForbiddenError, NotFoundError, UnauthorizedError):
        raise
    except DomainError as error:
        with context.database.reading() as session:
            now = context.clock()
            desk = read_desk(session, request, principal=principal, now=now)
            values = rota_values(session, desk, now=now, typed=posted, error=error)
        return render_page(request, "point/rota.html", {**values, "flash": []}, status_code=error.status)
    return RedirectResponse(desk.address("/point/rota", done=done), status_code=303)


def rota_values(
    session: Session, desk: Desk, *, now: datetime, typed: PostedForm, error: DomainError | None
) -> dict[str, Any]:
    """Everything on the page of people's time."""
    point = desk.point
    crew = crew_of(session, desk, now=now)
    people = duty_candidates(session, company_id=point.company_id, point_id=point.id, at=now)
    others = search_points(session, company_id=point.company_id) if desk.chooses or len(people) else []
    return {
        **frame(desk, "rota"),
        **duty_values(session, desk, now=now),
        **_time_off(session, desk, crew, now=now),
        "rota": _rota(session, desk, now=now),
        "people": [(person.id, person.name) for person in people],
        "crew": [(info.id, info.name) for info in crew],
        "others": [(other.id, other.name) for other in others if other.id != point.id],
        "from_default": moment_text(now),
        "to_default": moment_text(kst(operating_day(now) + timedelta(days=1), 9)),
        "typed": typed,
        "error": error,
        "errors": {found.field: found.message for found in error.errors} if error else {},
        "form_key": secrets.token_urlsafe(18),
    }


def _substitute(session: Session, desk: Desk, posted: PostedForm) -> int | None:
    chosen = read_number(posted, "substitute")
    if chosen is None:
        return None
    points = search_points(session, company_id=desk.point.company_id)
    if chosen == desk.point.id or chosen not in {point.id for point in points}:
        raise refuse("substitute", _("목록에서 서비스점을 골라 주세요."))
    return chosen


def _rota(session: Session, desk: Desk, *, now: datetime) -> list[RotaDay]:
    """The 14 days from today, as rows that hold: of two for one time the later entry goes first."""
    point = desk.point
    end = now + LOOK_AHEAD
    rows = list_duty(session, company_id=point.company_id, point_id=point.id, start=now, end=end)
    holding = _holding(rows, start=now, end=end)
    gaps = find_gaps(((row.start_at, row.end_at) for row in rows), start=now, end=end)
    days = []
    for n in range(LOOK_AHEAD.days):
        begins = kst(today_kst(now) + timedelta(days=n))
        ends = begins + timedelta(days=1)
        days.append(
            RotaDay(
                start=begins,
                rows=tuple(
                    (max(a, begins), min(b, ends), row) for a, b, row in holding if a < ends and b > begins
                ),
                gaps=tuple(
                    Gap(max(g.start_at, begins), min(g.end_at, ends))
                    for g in gaps
                    if g.start_at < ends and g.end_at > begins
                ),
            )
        )
    return days


def _holding(
    rows: list[DutyRow], *, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, DutyRow]]:
    """Who really answers when: stretches cut at every border, the newest row of each, joined again."""
    borders = sorted({start, end, *(m for r in rows for m in (r.start_at, r.end_at) if start < m < end)})
    found: list[tuple[datetime, datetime, DutyRow]] = []
    for a, b in pairwise(borders):
        over = [row for row in rows if row.start_at <= a and row.end_at >= b]
        if not over:
            continue
        newest = max(over, key=lambda row: row.id)
        if found and found[-1][2] is newest and found[-1][1] == a:
            found[-1] = (found[-1][0], b, newest)
        else:
            found.append((a, b, newest))
    return found


def _time_off(session: Session, desk: Desk, crew: list[TechnicianInfo], *, now: datetime) -> dict[str, Any]:
    """Shifts of the next days by day, absences that have not ended, closures."""
    names = {info.id: info.name for info in crew}
    first = operating_day(now)
    shifts = list_week(session, point_id=desk.point.id, first_day=first, days=SHIFT_DAYS)
    days: list[tuple[datetime, list[ShiftRow]]] = [
        (kst(first + timedelta(days=n)), []) for n in range(SHIFT_DAYS)
    ]
    for shift in shifts:
        n = (today_kst(shift.start_at) - first).days
        if 0 <= n < SHIFT_DAYS and shift.end_at > now:
            days[n][1].append(shift)
    away = list_absences(session, technician_ids=names, start=now, end=now + LOOK_AHEAD * 4)
    return {
        "shift_days": days,
        "names": names,
        "away": away,
        "closures": list_closures(session, point_id=desk.point.id, since=now),
    }
