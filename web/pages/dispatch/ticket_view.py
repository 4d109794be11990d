"""A ticket's dialog: what it is, why it stands so, what can be done with it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from core import audit
from core.actor import Principal
from core.clock import KST, today_kst
from core.i18n import N_, _
from dispatch.checklist import checklist_for
from dispatch.console.day_lanes import day_version
from dispatch.console.other_points import NO_LICENCE, list_other_points, nearest_points
from dispatch.detail_shapes import TicketDetail, VisitFacts
from dispatch.merging import merged_into, say_of
from dispatch.placement_rules import drive_words
from dispatch.planning.slots import rank_slots
from dispatch.queries import ticket_detail
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.tasks import PLAN_BY_HAND, TaskInfo
from dispatch.technician_job import price_choices
from dispatch.unplanned import ways_in
from dispatch.words import symptom_words
from notifications.queries import list_notices
from web.pages.dispatch.words import PARTIES, task_words
from web.presenters.late_entry import late_entry_line
from web.presenters.masks import known_of, masks_for_ticket
from web.presenters.messages import went_astray
from web.presenters.offers import offers_in_order, waiting_words, weigh_offers
from web.presenters.technician import (
    HOLD_WORDS,
    OUTCOME_WORDS,
    address_line,
    boiler_line,
    people_lines,
)
from web.presenters.timeline import timeline_items
from web.presenters.timeline_facts import names_in
from workforce.certificates import qualification_words
from workforce.queries import get_technicians, list_technicians

Show = Callable[[str], str]
"""Free text as this reader may see it."""
OFFERS_SHOWN = 8
HAND_OVER_REASONS = {
    "NO_QUALIFIED_TECHNICIAN": N_("이 서비스점에는 자격 있는 기사가 없음"),
    "NO_SHIFT": N_("이 서비스점에는 근무하는 기사가 없음"),
    "NO_TECHNICIAN": N_("이 서비스점에는 근무하는 기사가 없음"),
}
"""Why another point is asked, as the hand-over keeps it; the first that is true is written."""
ANSWERED = ("DECLINED", "EXPIRED", "PASSED_OVER")


def dialog_values(session: Session, *, principal: Principal, number: str, now: datetime) -> dict[str, Any]:
    """Everything that the dialog shows except what is fetched when asked for. Raises UnknownTicketError."""
    detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
    return {
        **facts_values(session, principal=principal, detail=detail, now=now),
        **_actions(session, principal, detail, now),
        "seen": newest_entry(session, company_id=principal.company_id, ticket_id=detail.id),
        "base_version": _base_version(session, detail),
    }


def facts_values(
    session: Session, *, principal: Principal, detail: TicketDetail, now: datetime
) -> dict[str, Any]:
    """The live half: what the ticket is and how it stands."""
    masks = masks_for_ticket(session, principal=principal, ticket_id=detail.id, now=now)
    visit = detail.visit
    known = known_of(detail)
    show = partial(masks.words, known=known)
    sent = partial(masks.sent, known=known)
    return {
        "show": show,
        "detail": detail,
        "merged_into": merged_into(detail),
        "number": detail.number,
        "now": now,
        "is_open": masks.is_open,
        "symptom": symptom_words(detail.symptom),
        "say": say_of(session, detail=detail, now=now),
        "people": people_lines(detail.parties, masks),
        "address": address_line(detail.address, masks),
        "boiler": boiler_line(detail.boiler, today=today_kst(now)),
        "note": show(detail.note),
        "late_line": late_entry_line(detail, show, now),
        "visit": visit,
        "ways": None if detail.planned else ways_in(session, ticket_id=detail.id, now=now),
        "skills": [qualification_words(code) for code in visit.skills] if visit else [],
        "clocks": [(clock.kind, clock) for clock in detail.clocks_meant],
        "deserted": next((show(t.detail) for t in detail.tasks if _is_deserted(t)), ""),
        "passed": [p for p in detail.placements if p.state in ANSWERED],
        "tasks": [_task(task, show) for task in detail.tasks if task.state == "open"],
        "attempts": [_attempt(attempt, show) for attempt in reversed(detail.attempts)],
        "notices": [
            _notice(notice, sent) | {"astray": went_astray(notice, detail)}
            for notice in reversed(list_notices(session, ticket_id=detail.id))
        ],
        "timeline": timeline_items(detail.timeline, show, names_in(session, detail, masks)),
    }


def _is_deserted(task: TaskInfo) -> bool:
    """Whoever is planned cannot go."""
    return task.kind == PLAN_BY_HAND and task.state == "open"


def window_values(session: Session, *, detail: TicketDetail, now: datetime) -> dict[str, Any]:
    """Windows that can be promised on the phone now: as planned, then soonest first."""
    found = rank_slots(session, ticket_id=detail.id, now=now)
    offers = weigh_offers(found, clocks=detail.clocks, now=now)
    shown = offers_in_order(offers.slots[:OFFERS_SHOWN])
    why = waiting_words(detail.part_due_at)
    return {"offers": shown, "late_warning": offers.warning, "why": why, "now": now}


def other_point_values(session: Session, *, ticket_id: int, now: datetime) -> dict[str, Any]:
    """Where else somebody may do the work: for a hand-over with one press."""
    others = list_other_points(session, ticket_id=ticket_id, now=now)

    def is_today(at: datetime | None) -> bool:
        return at is not None and today_kst(at) == today_kst(now)

    return {"others": [{**asdict(o), "is_today": is_today(o.earliest)} for o in others], "now": now}


def newest_entry(session: Session, *, company_id: int, ticket_id: int) -> int:
    """The id of the ticket's newest timeline entry: what somebody who opens the dialog has seen."""
    found = audit.list_changes(session, company_id=company_id, subject=("ticket", ticket_id), limit=1)
    return (found[0].id or 0) if found else 0


def _actions(session: Session, principal: Principal, detail: TicketDetail, now: datetime) -> dict[str, Any]:
    visit = detail.visit
    ended = detail.status in ENDED_STATUSES
    state = visit.state if visit is not None else None
    under_way = state in UNDER_WAY_STATES
    open_visit = visit if visit is not None and state in OPEN_VISIT_STATES else None
    has_technician = open_visit is not None and open_visit.technician is not None
    may_move = not ended and not under_way and principal.service_point_id is None
    lacking = set() if detail.planned else {each.code for each in detail.reasons} & NO_LICENCE
    offered = detail.placement if detail.placement and detail.placement.state == "OFFERED" else None
    return {
        "ended": ended,
        "under_way": under_way,
        "can_assign": not ended and not under_way and detail.placement is not None,
        "pinned": open_visit is not None and (open_visit.pinned_technician or open_visit.pinned_time),
        "points": _points(session, detail.id, now) if may_move else [],
        "colleagues": [] if ended else _colleagues(session, detail, now),
        "lacks_licence": bool(lacking),
        "hand_over_reason": next(
            (_(said) for code, said in HAND_OVER_REASONS.items() if code in lacking), ""
        ),
        "offered": offered,
        "can_agree": not ended and not under_way and detail.placement is not None and not detail.safety,
        "steps": _steps(open_visit) if has_technician and not ended else (),
        "checklist": checklist_for(safety=detail.safety or detail.safety_hold),
        "prices": _prices(session, detail, open_visit),
        "outcomes": [(code, _(name)) for code, name in OUTCOME_WORDS.items()],
        "holds": [(code, _(name)) for code, name in HOLD_WORDS.items()],
        "can_replan": detail.placement is not None,
        "start_value": _start_value(open_visit),
        "first_moment": now.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
        "act": "",
        "typed": None,
        "problem": None,
        "errors": {},
        "said": "",
    }


def _colleagues(session: Session, detail: TicketDetail, now: datetime) -> list[tuple[int, str]]:
    """The technicians of the ticket's point, and whoever a wish names."""
    if detail.placement is None:
        return []
    company, point_id = detail.company.id, detail.placement.point.id
    crew = {t.id: t.name for t in list_technicians(session, company_id=company, at=now, point_id=point_id)}
    named = {detail.preferred_technician_id, detail.excluded_technician_id} - {None, *crew}
    wished = get_technicians(session, technician_ids=[t for t in named if t is not None], company_id=company)
    return [*crew.items(), *((key, info.name) for key, info in wished.items())]


def _points(session: Session, ticket_id: int, now: datetime) -> list[dict[str, str]]:
    """Where else it could go, nearest first: its name, its kind, how long the drive is."""
    kinds = {"direct": _("직영"), "designated": _("지정점")}
    return [
        {
            "code": point.code,
            "text": " · ".join(
                part
                for part in (
                    point.name,
                    kinds.get(point.kind, ""),
                    drive_words(travel_s) if travel_s is not None else "",
                )
                if part
            ),
        }
        for point, travel_s in nearest_points(session, ticket_id=ticket_id, now=now)
    ]


def _steps(visit: VisitFacts | None) -> tuple[str, ...]:
    """What may follow now (dispatch.visit_rules)."""
    following = {
        "planned": ("departed", "hold"),
        "agreed": ("departed", "hold"),
        "en_route": ("arrived", "hold"),
        "arrived": ("started", "completed", "absent", "hold"),
        "in_progress": ("completed", "hold"),
    }
    return following.get(visit.state, ()) if visit is not None else ()


def _prices(session: Session, detail: TicketDetail, visit: VisitFacts | None) -> list[Any]:
    if visit is None or visit.state not in ("arrived", "in_progress") or visit.arrived_at is None:
        return []
    return price_choices(session, company_id=detail.company.id, arrived_at=visit.arrived_at)


def _start_value(visit: VisitFacts | None) -> str:
    """For a datetime-local field, in Korean time."""
    if visit is None or visit.planned_start is None:
        return ""
    return visit.planned_start.astimezone(KST).strftime("%Y-%m-%dT%H:%M")


CLOSED_BY_HAND = (
    "CALL_LANDLINE",
    "NOTICE_FAILED",
    "PART_CALL",
    "ARRIVAL_CHECK",
    "SAFETY_UNMOVED",
    "ESCALATION",
    "CHECK_BILL",
    "CORRECTION_CHECK",
    "RIGHT_NUMBER",
)


def _base_version(session: Session, detail: TicketDetail) -> int | None:
    visit = detail.visit
    if visit is None or visit.planned_start is None or visit.state not in OPEN_VISIT_STATES:
        return None
    return day_version(session, point_id=visit.service_point_id, at=visit.planned_start)


def _task(task: Any, show: Show) -> dict[str, Any]:
    return {
        "id": task.id,
        "kind": task.kind,
        "label": task_words(task.kind),
        "detail": show(task.detail),
        "owner": task.owner.name,
        "due_at": task.due_at,
        "whom": _(PARTIES[task.recipient]) if task.recipient in PARTIES else "",
        "can_close": task.kind in CLOSED_BY_HAND,
    }


def _attempt(attempt: Any, show: Show) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "outcome": _(OUTCOME_WORDS.get(attempt.outcome, attempt.outcome)),
        "with": _(PARTIES[attempt.with_role]) if attempt.with_role in PARTIES else "",
        "note": show(attempt.note),
        "late": attempt.late_entry,
    }


def _notice(notice: Any, show: Show) -> dict[str, Any]:
    return {
        "recipient": _(PARTIES.get(notice.recipient, notice.recipient)),
        "channel": notice.channel,
        "state": notice.state,
        "text": show(notice.text),
        "at": notice.created_at,
        "bytes": notice.bytes,
    }
