"""The duty rota (당직): who answers for the call desk and each point, and where nobody does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, new_key, press, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.point_forms import weekday_names
from web.pages.admin.subjects import names_of
from web.pages.admin.typed import FormFields, Typed
from workforce.duty_gaps import (
    LOOK_AHEAD,
    DutyPattern,
    Gap,
    add_duty_pattern,
    duty_candidates,
    fill_gaps,
    gaps_of_company,
    list_duty,
)
from workforce.points import own_point, search_points
from workforce.queries import list_technicians

router = APIRouter(prefix="/admin/duty", route_class=GuardedRoute)

SECTION = "/admin/duty"
DESK = "desk"
"""Stands for the company's call desk where a point's code would stand; no point may have this code."""


@router.get("")
@allow(Role.ADMIN)
def show_duty(request: Request, only: str = "", q: str = "", principal: Principal = SignedIn) -> Response:
    """The call desk and every open point with their next 14 days."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        gaps = gaps_of_company(session, company_id=principal.company_id, now=now)
        found = search_points(session, company_id=principal.company_id, query=q[:60])
        places: list[tuple[str, str, list[Gap]]] = []
        if not q.strip():
            places.append((DESK, _("회사 접수 창구"), gaps.get(None, [])))
        places += [(p.code, p.name, gaps[p.id]) for p in found if p.id in gaps]
        if only == "gaps":
            places = [place for place in places if place[2]]
        return {
            "places": [(code, name, held, _cover(held, now)) for code, name, held in places],
            "days": _days(now),
            "only": only,
            "q": q[:60],
            "open": sum(1 for held in gaps.values() if held),
            "key": new_key(),
        }

    return show(request, "duty.html", look(request, read), section=SECTION)


@router.post("/fill")
@allow(Role.ADMIN)
def fill_all(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Fill every gap of every place with whoever answered there last, else with who stands in."""

    def act(session: Session, now: datetime) -> Done:
        places = gaps_of_company(session, company_id=principal.company_id, now=now)
        filled = sum(
            fill_gaps(session, company_id=principal.company_id, point_id=point_id, by=by, now=now)
            for point_id, held in places.items()
            if held
        )
        return Done(SECTION, "filled", (filled,))

    return press(request, typed=typed, act=act)


@router.get("/{place}")
@allow(Role.ADMIN)
def show_place(request: Request, place: str, principal: Principal = SignedIn) -> Response:
    """One place: gaps, rows, history."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        point_id, name = _place(session, principal, place)
        gaps = gaps_of_company(session, company_id=principal.company_id, now=now).get(point_id, [])
        subject = ("service_point", point_id) if point_id else ("company", principal.company_id)
        entries = audit.list_changes(
            session, company_id=principal.company_id, what=("DutySet",), subject=subject, limit=15
        )
        rows = list_duty(
            session,
            company_id=principal.company_id,
            point_id=point_id,
            start=now - timedelta(days=1),
            end=now + timedelta(days=60),
        )
        return {
            "place": place,
            "name": name,
            "gaps": gaps,
            "cover": _cover(gaps, now),
            "days": _days(now),
            "rows": rows,
            "changes": changes_of(
                entries,
                names_of(session, company_id=principal.company_id, entries=entries),
                on_its_page=True,
            ),
            "key": new_key(),
        }

    return show(request, "duty_place.html", look(request, read), section=SECTION)


@router.post("/{place}/fill")
@allow(Role.ADMIN)
def fill(
    request: Request,
    place: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Fill every gap of one place."""

    def act(session: Session, now: datetime) -> Done:
        point_id, _name = _place(session, principal, place)
        filled = fill_gaps(session, company_id=principal.company_id, point_id=point_id, by=by, now=now)
        return Done(f"{SECTION}/{place}", "filled", (filled,))

    return press(request, typed=typed, act=act)


@router.get("/{place}/new")
@allow(Role.ADMIN)
def new_duty(request: Request, place: str, principal: Principal = SignedIn) -> Response:
    """The form of duty over some days."""
    return show_form(request, lambda session, now: _form(session, principal, place, now))


@router.post("/{place}/new")
@allow(Role.ADMIN)
def add(
    request: Request,
    place: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        point_id, _name = _place(session, principal, place)
        company_id = principal.company_id
        people = {p.id for p in duty_candidates(session, company_id=company_id, point_id=point_id, at=now)}
        crew = {t.id for t in list_technicians(session, company_id=company_id, at=now, point_id=point_id)}
        points = {p.code: p.id for p in search_points(session, company_id=company_id) if p.id != point_id}
        first, last = typed.day("first_day", not_before=today_kst(now)), typed.day("last_day")
        starts, ends = typed.clock_time("starts"), typed.clock_time("ends")
        desk = typed.number_choice("desk", people)
        escalation = typed.number_choice("escalation", people)
        technician = typed.number_choice("technician", crew, required=False)
        substitute = typed.choice("substitute", points, required=False)
        typed.check()
        assert first and last and starts is not None and ends is not None and desk and escalation
        count = add_duty_pattern(
            session,
            company_id=company_id,
            point_id=point_id,
            pattern=DutyPattern(first, last, starts, ends),
            technician_id=technician,
            desk_person_id=desk,
            escalation_person_id=escalation,
            substitute_point_id=points.get(substitute),
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{place}", "duty", (count,))

    return submit(
        request, build=lambda session, now: _form(session, principal, place, now), typed=typed, act=act
    )


def _place(session: Session, principal: Principal, place: str) -> tuple[int | None, str]:
    if place == DESK:
        return None, _("회사 접수 창구")
    row = own_point(session, company_id=principal.company_id, code=place)
    return row.id, row.name


def _days(now: datetime) -> list[tuple[str, str]]:
    days = [today_kst(now) + timedelta(days=n) for n in range(LOOK_AHEAD.days)]
    return [(str(day.day), weekday_names()[day.weekday()]) for day in days]


def _cover(gaps: list[Gap], now: datetime) -> list[str]:
    """Of each of the next 14 Korean days: `full`, `part` or `none`."""
    covers = []
    for n in range(LOOK_AHEAD.days):
        day = today_kst(now) + timedelta(days=n)
        start, end = max(kst(day), now), kst(day + timedelta(days=1))
        missing = sum(
            (min(gap.end_at, end) - max(gap.start_at, start)).total_seconds()
            for gap in gaps
            if gap.start_at < end and gap.end_at > start
        )
        whole = (end - start).total_seconds()
        covers.append("full" if missing <= 0 else "none" if missing >= whole else "part")
    return covers


def _form(session: Session, principal: Principal, place: str, now: datetime) -> FormPage:
    point_id, name = _place(session, principal, place)
    company_id = principal.company_id
    people = duty_candidates(session, company_id=company_id, point_id=point_id, at=now)
    options = [(p.id, p.name) for p in people]
    crew = list_technicians(session, company_id=company_id, at=now, point_id=point_id) if point_id else []
    points = [p for p in search_points(session, company_id=company_id) if p.id != point_id]
    today = today_kst(now)
    gaps = gaps_of_company(session, company_id=company_id, now=now).get(point_id, [])
    first = today_kst(gaps[0].start_at) if gaps else today
    entries = [
        Entry("first_day", _("첫날"), "date", first.isoformat(), attrs={"min": today.isoformat()}),
        Entry("last_day", _("끝날"), "date", (first + timedelta(days=13)).isoformat()),
        Entry("starts", _("날마다 시작"), "time", "00:00"),
        Entry("ends", _("날마다 끝"), "time", "00:00", hint=_("시작과 같으면 하루 종일, 이르면 다음 날까지")),
        Entry("desk", _("창구 당직"), "select", options=options, blank=_("골라 주세요")),
        Entry(
            "escalation",
            _("책임자"),
            "select",
            options=options,
            blank=_("골라 주세요"),
            hint=_("기한이 지나면 넘겨받는 사람"),
        ),
    ]
    if point_id is not None:
        entries += [
            Entry(
                "technician",
                _("당직 기사"),
                "select",
                options=[(t.id, t.name) for t in crew],
                blank=_("없음"),
                required=False,
                hint=_("근무가 따로 있어야 방문이 잡힙니다."),
            ),
            Entry(
                "substitute",
                _("대신 받는 서비스점"),
                "select",
                options=[(p.code, p.name) for p in points],
                blank=_("없음"),
                required=False,
            ),
        ]
    return FormPage(
        title=_("{name} 당직 넣기").format(name=name),
        action=f"{SECTION}/{place}/new",
        section=SECTION,
        back=f"{SECTION}/{place}",
        submit=_("당직 넣기"),
        entries=entries,
        lead=_("같은 시간에 여러 줄이 있으면 나중에 넣은 줄을 씁니다."),
        notes=[] if people else [("warn", _("맡을 사람이 없습니다. 먼저 사람을 넣어 주세요."))],
    )
