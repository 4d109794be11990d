"""A ticket's open visit: made once, with the needs that the company's rules give its symptom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from core.dated import CompanyRules, read_rules
from dispatch.intake_rules import SAFETY_SYMPTOMS, UNKNOWN_DANGER
from dispatch.models import Ticket, Visit
from dispatch.states import OPEN_VISIT_STATES
from dispatch.tickets import ticket_key

_OPEN = (
    select(Visit)
    .where(col(Visit.ticket_id) == bindparam("ticket_id"), col(Visit.state).in_(OPEN_VISIT_STATES))
    .order_by(col(Visit.sequence).desc())
    .execution_options(populate_existing=True)
)


def ensure_open_visit(session: Session, *, ticket: Ticket, point_id: int, now: datetime) -> Visit:
    """The ticket's open visit at this point: the one there is, moved over if need be, or a new one.

    The caller holds the ticket's row. A visit under way is never moved to another point.
    """
    query = select(Visit).where(col(Visit.ticket_id) == ticket_key(ticket)).order_by(col(Visit.sequence))
    known = session.exec(query.execution_options(populate_existing=True)).all()
    visit = next((row for row in reversed(known) if row.state in OPEN_VISIT_STATES), None)
    if visit is None:
        rules = read_rules(session, company_id=ticket.company_id, at=now)
        visit = Visit(
            ticket_id=ticket_key(ticket),
            company_id=ticket.company_id,
            sequence=known[-1].sequence + 1 if known else 1,
            service_point_id=point_id,
            state="planned",
            duration_s=duration_of(rules, ticket.symptom),
            skills=sorted(skills_of(rules, ticket.symptom)),
            created_at=now,
        )
    elif visit.service_point_id != point_id and visit.planned_start is None:
        visit.service_point_id = point_id
    session.add(visit)
    session.flush()
    return visit


def find_open_visit(session: Session, *, ticket_id: int) -> Visit | None:
    """The ticket's newest visit that has neither ended nor been cancelled."""
    return session.exec(_OPEN, params={"ticket_id": ticket_id}).first()


def duration_of(rules: CompanyRules, symptom: str) -> int:
    """Seconds that a visit for this symptom takes, by the company's rules."""
    return rules.job_duration_s.get(symptom, rules.job_duration_s["default"])


def skills_of(rules: CompanyRules, symptom: str) -> frozenset[str]:
    """Qualifications that a visit for this symptom needs; for a danger that is not known, of every danger."""
    if symptom == UNKNOWN_DANGER and symptom not in rules.symptom_skills:
        return frozenset[str]().union(*(skills_of(rules, danger) for danger in SAFETY_SYMPTOMS))
    return frozenset(rules.symptom_skills.get(symptom, rules.symptom_skills.get("default", [])))
