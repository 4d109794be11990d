"""Who answers for a ticket: at every minute each open ticket has exactly one named person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from core.i18n import _
from core.together import Together
from dispatch.list_facts import OpenTasks, sort_open_tasks
from dispatch.models import Task, Ticket, Visit
from dispatch.schemas import Owner
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.tasks import CONTACT_CALL, UNPLACED_KINDS
from dispatch.tickets import has_ended, ticket_key
from workforce.duty import duties_at, duty_at, list_shifts_of_points
from workforce.queries import get_technicians, people_by_id
from workforce.schemas import DutyInfo, PersonInfo, TechnicianInfo

DESK_STATUSES = ("RECEIVED", "UNASSIGNED", "REOPENED", "ABSENT", "ON_HOLD")

_WORK = Together(
    {
        Task: "ticket_id = %(ticket_id)s AND state = 'open'",
        Visit: "ticket_id = %(ticket_id)s",
    }
)


@dataclass(frozen=True)
class OpenWork:
    """What is to be done for some tickets: kinds of open tasks, and open visits that a technician has."""

    tasks: Mapping[int, Collection[str]]
    visits: Mapping[int, Visit]
    """The newest open visit that a technician has."""
    callers: Mapping[int, int] = field(default_factory=dict)
    """Who has the caller of an unplaced ticket on the line: person ids by ticket."""


def owner_of(session: Session, *, ticket: Ticket, at: datetime, work: OpenWork | None = None) -> Owner | None:
    """The owner of an open ticket at a moment; None once nobody has to go any more.

    Args:
        work: when the caller has read it already.
    """
    if has_ended(ticket):
        return None
    work = work or _read_work(session, ticket_key(ticket))
    return _Duties(session, [ticket], work, at).owners()[ticket_key(ticket)]


def desk_that_calls(session: Session, *, visit: Visit, at: datetime) -> PersonInfo | None:
    """Who at the desk agrees the time while the technician is not at work; None: he does it himself."""
    shifts = list_shifts_of_points(
        session, point_ids=[visit.service_point_id], start=at, end=at + timedelta(seconds=1)
    )
    if any(shift.technician_id == visit.technician_id for shift in shifts):
        return None
    return duty_at(session, company_id=visit.company_id, point_id=visit.service_point_id, at=at).desk


def work_of(tasks: OpenTasks, visits: Iterable[Visit]) -> OpenWork:
    """The open work among open tasks and all visits that some tickets ever had."""
    assigned = {
        visit.ticket_id: visit
        for visit in sorted(visits, key=lambda visit: visit.sequence)
        if visit.state in OPEN_VISIT_STATES and visit.technician_id is not None
    }
    return OpenWork(tasks.kinds, assigned, tasks.callers)


def owners_of(
    session: Session, *, tickets: Sequence[Ticket], work: OpenWork, at: datetime
) -> dict[int, Owner]:
    """Owners of many tickets at once, by ticket id; ended tickets have none."""
    standing = [ticket for ticket in tickets if not has_ended(ticket)]
    return _Duties(session, standing, work, at).owners() if standing else {}


def _read_work(session: Session, ticket_id: int) -> OpenWork:
    rows = _WORK.read(session, ticket_id=ticket_id)
    return work_of(sort_open_tasks(session, rows.of(Task)), rows.of(Visit))


class _Duties:
    """What deciding needs, read once for all tickets: open work, who is on duty and on shift."""

    def __init__(self, session: Session, tickets: list[Ticket], work: OpenWork, at: datetime) -> None:
        self.session, self.tickets, self.at = session, tickets, at
        self.tasks, self.visits, self.callers = work.tasks, work.visits, work.callers
        chiefs = {t.escalation_owner_id for t in tickets if t.escalation_owner_id is not None}
        self.people = people_by_id(session, person_ids=chiefs.union(work.callers.values()))
        self.technicians: dict[int, dict[int, TechnicianInfo]] = {}
        self.duties = self._read_duties()
        self.on_shift: set[tuple[int, int]] | None = None

    def owners(self) -> dict[int, Owner]:
        return {ticket.id: self._owner(ticket) for ticket in self.tickets if ticket.id is not None}

    def _owner(self, ticket: Ticket) -> Owner:
        assert ticket.id is not None
        kinds = self.tasks.get(ticket.id, ())
        if ticket.escalated_at is not None:
            person = self.people.get(ticket.escalation_owner_id or 0)
            person = person or self._duty(ticket.company_id, ticket.service_point_id).escalation
            return _owner(person, "escalation", _("책임자가 직접 챙기는 접수"))
        if any(kind in UNPLACED_KINDS for kind in kinds) or ticket.service_point_id is None:
            why = _("위치를 골라야 함") if "MAP_PICK" in kinds else _("서비스점을 정하기 전")
            on_the_line = self.people.get(self.callers.get(ticket.id, 0))
            return _owner(on_the_line or self._duty(ticket.company_id, None).desk, "desk", why)
        desk = self._duty(ticket.company_id, ticket.service_point_id).desk
        if CONTACT_CALL in kinds:
            return _owner(desk, "desk", _("창구가 고객에게 전화할 차례"))
        visit = self.visits.get(ticket.id)
        if visit is None or ticket.status in DESK_STATUSES:
            return _owner(desk, "desk", _("기사를 정하거나 다시 약속해야 함"))
        technician = self._technician(visit)
        if technician is not None and self._works_now(visit):
            person = PersonInfo(technician.person_id, technician.name, technician.phone)
            return _owner(person, "technician", _("담당 기사"))
        return _owner(desk, "desk", _("담당 기사의 근무 시간 밖"), off_duty=True)

    def _read_duties(self) -> dict[tuple[int, int | None], DutyInfo]:
        """The points of the tickets; the call desk is asked once it is needed."""
        points: dict[int, set[int | None]] = {}
        for ticket in self.tickets:
            points.setdefault(ticket.company_id, set()).add(ticket.service_point_id)
        return {
            (company_id, point_id): duty
            for company_id, point_ids in points.items()
            for point_id, duty in duties_at(
                self.session, company_id=company_id, point_ids=point_ids, at=self.at
            ).items()
        }

    def _duty(self, company_id: int, point_id: int | None) -> DutyInfo:
        key = (company_id, point_id)
        if key not in self.duties:
            self.duties[key] = duty_at(self.session, company_id=company_id, point_id=point_id, at=self.at)
        return self.duties[key]

    def _technician(self, visit: Visit) -> TechnicianInfo | None:
        if visit.company_id not in self.technicians:
            ids = {v.technician_id for v in self.visits.values() if v.technician_id is not None}
            self.technicians[visit.company_id] = get_technicians(
                self.session, technician_ids=ids, company_id=visit.company_id
            )
        return self.technicians[visit.company_id].get(visit.technician_id or 0)

    def _works_now(self, visit: Visit) -> bool:
        if visit.state in UNDER_WAY_STATES:
            return True
        if self.on_shift is None:
            shifts = list_shifts_of_points(
                self.session,
                point_ids={v.service_point_id for v in self.visits.values()},
                start=self.at,
                end=self.at + timedelta(seconds=1),
            )
            self.on_shift = {(shift.service_point_id, shift.technician_id) for shift in shifts}
        return (visit.service_point_id, visit.technician_id) in self.on_shift


def _owner(person: PersonInfo, role: str, why: str, *, off_duty: bool = False) -> Owner:
    return Owner(person_id=person.id, name=person.name, role=role, why=why, off_duty=off_duty)
