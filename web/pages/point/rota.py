"""Who answers for the point in the coming 14 days (당직): gaps shown, filled, and changed by hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.clock import kst, operating_day, today_kst
from core.errors import DomainError, ForbiddenError, NotFoundError, UnauthorizedError
from core.i18n import _
from core.wall import across_the_company
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.desk import duty_values, frame
from web.pages.point.duty_kept import KEEP, Keep, RotaWish, holding_rows, is_kept, parts_of
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
        desk_person = _one_of(posted, "desk_person", allowed)
        wish = RotaWish(
            technician_id=_technician(session, desk, posted, now=now),
            escalation_id=KEEP if is_kept(posted, "escalation") else _one_of(posted, "escalation", allowed),
            substitute_id=_substitute(session, desk, posted),
        )
        for part in parts_of(session, point=point, wish=wish, start=start, end=end):
            set_duty(
                session,
                company_id=point.company_id,
                point_id=point.id,
                start_at=part.start,
                end_at=part.end,
                technician_id=part.technician_id,
                desk_person_id=desk_person,
                escalation_person_id=part.escalation_id,
                substitute_point_id=part.substitute_id,
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
                with across_the_company(session):  # absences and closures give visits away
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
        "kept": _kept_choice,
        "others": [(other.id, other.name) for other in others if other.id != point.id],
        "from_default": moment_text(now),
        "to_default": moment_text(kst(operating_day(now) + timedelta(days=1), 9)),
        "typed": typed,
        "error": error,
        "errors": {found.field: found.message for found in error.errors} if error else {},
        "form_key": secrets.token_urlsafe(18),
    }


def _kept_choice(standing: str) -> list[tuple[str, str]]:
    """The choice that leaves a field as it stands, with who stands there now."""
    return [(KEEP.value, _("그대로 둠 (지금 {who})").format(who=standing or _("없음")))]


def _one_of(posted: PostedForm, name: str, allowed: set[int]) -> int:
    person_id = read_number(posted, name)
    if person_id is None or person_id not in allowed:
        raise refuse(name, _("목록에서 사람을 골라 주세요."))
    return person_id


def _technician(session: Session, desk: Desk, posted: PostedForm, *, now: datetime) -> int | Keep | None:
    if is_kept(posted, "duty_technician"):
        return KEEP
    technician_id = read_number(posted, "duty_technician")
    if technician_id is not None:
        require_technician(session, desk, technician_id, now=now)
    return technician_id


def _substitute(session: Session, desk: Desk, posted: PostedForm) -> int | Keep | None:
    if is_kept(posted, "substitute"):
        return KEEP
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
    holding = holding_rows(rows, start=now, end=end)
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
