"""`/m`, the technician's phone: today's route, the next days, what he has been asked to do."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.dated import read_rules
from core.errors import NotFoundError
from core.i18n import _
from core.phones import parse_phone
from core.wall import across_the_company
from dispatch.call_desk import party_names
from dispatch.escalation import finish_task
from dispatch.planning.board import horizon
from dispatch.tasks import TaskInfo, get_task, list_tasks
from dispatch.technician_day import technician_day
from dispatch.technician_shapes import Job, TechnicianDay
from dispatch.technicians_at_work import TechnicianWork, technicians_with_work
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.live import OWN_STREAM
from web.pages.posting import Posted, take_once
from web.pages.push import ask_values
from web.paths import own_path
from web.presenters.masks import MASKED
from web.presenters.technician import JobCard, cards_of
from web.scope import reach_ticket
from web.templating import render_page
from workforce.queries import get_technicians, list_technicians, points_by_id
from workforce.schemas import TechnicianInfo

router = APIRouter(prefix="/m", route_class=GuardedRoute)

ROLES = (Role.TECHNICIAN, Role.POINT, Role.DISPATCHER)
VIEWS = ("", "later", "tasks")
HOME_OF_DESK = {Role.POINT: "/point", Role.DISPATCHER: "/dispatch"}


@dataclass(frozen=True)
class Whose:
    """Whose day is shown. `choices` is empty for a technician, who sees his own alone."""

    technician: TechnicianInfo | None
    choices: tuple[TechnicianWork, ...]
    is_own: bool

    @property
    def suffix(self) -> str:
        """What links carry so that a desk stays with the technician it chose."""
        return "" if self.is_own or self.technician is None else f"?technician={self.technician.id}"


@router.get("")
@allow(*ROLES)
def show_day(
    request: Request,
    technician: int | None = None,
    view: str = "",
    gone: str = "",
    principal: Principal = SignedIn,
) -> Response:
    """Today's route; `view=later` for the next days, `view=tasks` for what somebody asked him to do.

    `gone`: the number of a ticket that has just become another technician's.
    """
    chosen = view if view in VIEWS else ""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        whose = _whose(session, principal, technician, now)
        values: dict[str, Any] = {
            **frame_of(session, whose, principal, view=chosen),
            "whose": whose,
            "gone": gone[:40],
        }
        if whose.technician is None:
            return render_page(request, "technician/nobody.html", values)
        load = {"": _today, "later": _later, "tasks": _tasks}[chosen]
        values |= ask_values(context, principal)
        values |= load(session, principal, whose.technician, now)
    template = {"": "day", "later": "later", "tasks": "tasks"}[chosen]
    return render_page(request, f"technician/{template}.html", values)


@router.get("/route")
@allow(*ROLES)
def show_route(request: Request, technician: int | None = None, principal: Principal = SignedIn) -> Response:
    """Today's route alone, for the live page."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        whose = _whose(session, principal, technician, now)
        if whose.technician is None:
            raise NotFoundError(_("오늘 일이 있는 기사가 없습니다."))
        values = {"whose": whose, **_today(session, principal, whose.technician, now)}
        return render_page(request, "technician/_route.html", values)


@router.post("/tasks/{task_id}/done")
@allow(*ROLES)
def post_task_done(
    request: Request, task_id: int, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A task that was his to do is done; what came of it is written down."""
    context = context_of(request)
    with context.database.transaction() as session:
        now = context.clock()
        task = get_task(session, company_id=principal.company_id, task_id=task_id)
        if task.owner.id != principal.person_id:
            if principal.role is Role.TECHNICIAN:
                raise NotFoundError(_("이미 끝났거나 다른 사람에게 넘어간 할 일입니다."))
            reach_ticket(session, principal=principal, number=task.number)
        if take_once(session, request, principal=principal, posted=posted, now=now):
            outcome = posted.get("outcome")[:500] or _("마쳤습니다.")
            with across_the_company(session):
                finish_task(
                    session, ticket_id=task.ticket_id, task_id=task_id, outcome=outcome, by=by, now=now
                )
    return RedirectResponse(own_path(posted.get("back") or "/m?view=tasks"), status_code=303)


def frame_of(session: Session, whose: Whose, principal: Principal, *, view: str | None) -> dict[str, Any]:
    """The bottom bar, in which desks find the way back to their own screen, and whom to ring offline.

    `view` None: none of its pages.
    """
    mark = "&" if whose.suffix else "?"
    tabs = [
        (f"/m{whose.suffix}", _("오늘"), "list", view == ""),
        (f"/m{whose.suffix}{mark}view=later", _("다음 일정"), "calendar", view == "later"),
        (f"/m{whose.suffix}{mark}view=tasks", _("할 일"), "bell", view == "tasks"),
    ]
    if whose.is_own:
        tabs.append(("/m/money", _("받은 돈"), "won", view == "money"))
    if principal.role in HOME_OF_DESK:
        tabs.append((HOME_OF_DESK[principal.role], _("내 화면"), "headset", False))
    return {"tabs": tabs, "help_phone": _help_phone(session, whose.technician), "live_url": OWN_STREAM}


def _help_phone(session: Session, technician: TechnicianInfo | None) -> dict[str, str] | None:
    """His point's desk, for when a press does not reach the server."""
    point_id = technician.service_point_id if technician is not None else None
    point = points_by_id(session, point_ids=[point_id]).get(point_id) if point_id is not None else None
    if point is None or not point.desk_phone:
        return None
    phone = parse_phone(point.desk_phone)
    return {"name": point.name, "phone": phone.display, "tel": phone.digits}


def _whose(session: Session, principal: Principal, asked: int | None, now: datetime) -> Whose:
    company_id = principal.company_id
    if principal.technician_id is not None:
        own = get_technicians(session, technician_ids=[principal.technician_id], company_id=company_id)
        return Whose(own.get(principal.technician_id), (), is_own=True)
    point_id = principal.service_point_id
    choices = technicians_with_work(session, company_id=company_id, now=now, service_point_id=point_id)
    if asked is None:
        return Whose(choices[0].technician if choices else None, tuple(choices), is_own=False)
    crew = list_technicians(session, company_id=company_id, at=now, point_id=point_id)
    found = next((info for info in crew if info.id == asked), None)
    if found is None:
        raise NotFoundError(_("그런 기사가 없습니다. 목록에서 다시 골라 주세요."))
    return Whose(found, tuple(choices), is_own=False)


def _today(
    session: Session, principal: Principal, technician: TechnicianInfo, now: datetime
) -> dict[str, Any]:
    rules = read_rules(session, company_id=principal.company_id, at=now)
    day = technician_day(
        session,
        company_id=principal.company_id,
        technician=technician,
        day=horizon(rules, now)[0],
        now=now,
    )
    route, ended, calls = (
        _cards(session, principal, technician, day, jobs, now)
        for jobs in (day.open_jobs, day.ended_jobs, day.calls)
    )
    return {
        "day": day,
        "news": sorted((card for card in (*route, *calls) if card.job.is_news), key=_by_urgency),
        "calls": sorted((card for card in calls if not card.job.is_news), key=_by_urgency),
        "route": [card for card in route if not card.job.is_news],
        "ended": [card for card in ended if card.job.is_done],
        "unfinished": [card for card in ended if not card.job.is_done],
        "at_work_for": {s.service_point_id for s in day.shifts if s.start_at <= now < s.end_at},
        "may_acknowledge": principal.role is Role.TECHNICIAN,
        "live_topics": " ".join(_topics(technician, day)),
    }


def _by_urgency(card: JobCard) -> tuple[bool, bool, datetime]:
    """Danger first, then families whose hour runs by when it ends, then what is agreed by when it begins."""
    job, clock = card.job, card.job.contact
    runs = clock is not None and clock.runs
    moment = clock.due_at if clock is not None and clock.runs else job.planned_start or job.received_at
    return (not job.safety, not runs, moment)


def _later(
    session: Session, principal: Principal, technician: TechnicianInfo, now: datetime
) -> dict[str, Any]:
    rules = read_rules(session, company_id=principal.company_id, at=now)
    days = [
        technician_day(session, company_id=principal.company_id, technician=technician, day=each, now=now)
        for each in horizon(rules, now)[1:]
    ]
    return {
        "may_acknowledge": False,
        "days": [
            (day, _cards(session, principal, technician, day, day.open_jobs, now))
            for day in days
            if day.open_jobs or day.shifts or not day.begun
        ],
    }


def _tasks(
    session: Session, principal: Principal, technician: TechnicianInfo, now: datetime
) -> dict[str, Any]:
    del now
    tasks: list[TaskInfo] = list_tasks(
        session, company_id=principal.company_id, owner_person_id=technician.person_id
    )
    names = party_names(session, ticket_ids={task.ticket_id for task in tasks})
    details = {task.id: MASKED.words(task.detail, names=names.get(task.ticket_id, ())) for task in tasks}
    return {"tasks": tasks, "details": details, "quote": quote, "form_key": secrets.token_urlsafe(18)}


def _cards(
    session: Session,
    principal: Principal,
    technician: TechnicianInfo,
    day: TechnicianDay,
    jobs: Sequence[Job],
    now: datetime,
) -> list[JobCard]:
    return cards_of(session, principal=principal, technician_id=technician.id, day=day, jobs=jobs, now=now)


def _topics(technician: TechnicianInfo, day: TechnicianDay) -> list[str]:
    """His own topic, his point's shifts, and each ticket of the day: not whatever happens at his point, or
    one step of a colleague would have everybody's phone look."""
    numbers = [job.number for job in (*day.open_jobs, *day.ended_jobs, *day.calls)]
    return [
        f"technician:{technician.id}",
        f"shift:{technician.service_point_id or 0}",
        *(f"ticket:{number}" for number in numbers),
    ]
