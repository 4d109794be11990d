"""A case as its family sees it: where things stand, who comes and when, what they may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from core import audit
from core.models import TimelineEntry
from dispatch.agreeing import window_of
from dispatch.approvals import ApprovalFacts, last_approval
from dispatch.cases import current_visit, technician_of
from dispatch.family_links import OpenLink
from dispatch.family_rules import waits_for_part, why_no_time, why_not_put_off
from dispatch.merging import MERGED_AWAY
from dispatch.models import Ticket, Visit
from dispatch.notice_facts import contact_clock, facts_of_ticket
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from notifications.messages import Case, Window
from workforce.photos import has_photo
from workforce.schemas import CompanyInfo


class Stage(StrEnum):
    """Where a case stands, as a family would say it."""

    ARRANGING = "arranging"
    AGREED = "agreed"
    ON_THE_WAY = "on_the_way"
    AT_HOME = "at_home"
    MISSED = "missed"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"
    MERGED = "merged"
    SELF_FIXED = "self_fixed"


OVER = frozenset({Stage.DONE, Stage.CANCELLED, Stage.MERGED, Stage.SELF_FIXED})
_UNDER_WAY = {"en_route": Stage.ON_THE_WAY, "arrived": Stage.AT_HOME, "in_progress": Stage.AT_HOME}
CHOOSING = frozenset({Stage.ARRANGING, Stage.AGREED, Stage.MISSED, Stage.WAITING})


@dataclass(frozen=True)
class Comer:
    """The technician who comes: name and the number on his card. Never where he is."""

    id: int
    name: str
    badge: str
    has_photo: bool = False


@dataclass(frozen=True)
class FamilyView:
    """What the page of one link shows.

    `call_by`: until when a technician was to ring, while nobody has; `talk_pending`: a window is agreed, but
    nobody has rung yet. `part_due_at`: when the part comes for which the case waits. `missed_early`: we came
    before the agreed time. `may_choose`, `may_put_off`: what the steps of these names would take now.
    """

    link: OpenLink
    stage: Stage
    case: Case
    company: CompanyInfo
    symptom: str
    safety: bool
    payer_role: str
    comer: Comer | None = None
    window: Window | None = None
    arrives_at: datetime | None = None
    call_by: datetime | None = None
    talk_pending: bool = False
    waits_for_part: bool = False
    part_due_at: datetime | None = None
    missed_early: bool = False
    reopened: bool = False
    asked: ApprovalFacts | None = None
    """What the technician asks whoever pays before he does it."""
    refused: ApprovalFacts | None = None
    """What he asked last and they did not want."""
    may_choose: bool = False
    may_put_off: bool = False

    @property
    def is_over(self) -> bool:
        """Nobody has to come (any more)."""
        return self.stage in OVER

    @property
    def pays(self) -> bool:
        """Whether one of the link's people pays the bill."""
        return self.payer_role in self.link.roles


def family_view(session: Session, *, link: OpenLink) -> FamilyView:
    """What this link's people see of their case, and of nothing else."""
    facts = facts_of_ticket(session, ticket_id=link.ticket_id)
    ticket = facts.ticket
    visit = current_visit(session, ticket_id=link.ticket_id)
    miss = _last_miss(session, ticket, visit)
    stage = _stage(session, ticket, visit, missed=miss is not None)
    open_visit = visit is not None and visit.state in OPEN_VISIT_STATES
    clock = contact_clock(session, ticket_id=link.ticket_id) if stage in CHOOSING else None
    unrung = clock is not None and clock.stopped_at is None and clock.state != "void"
    part = stage is Stage.WAITING and waits_for_part(ticket, visit)
    own = not link.pays_alone
    last = last_approval(session, visit_id=visit.id or 0) if visit is not None else None
    return FamilyView(
        link=link,
        stage=stage,
        case=facts.case,
        company=facts.company,
        symptom=ticket.symptom,
        safety=ticket.safety,
        payer_role=ticket.payer_role,
        comer=_comer(session, visit) if stage in (Stage.AGREED, *_UNDER_WAY.values(), Stage.DONE) else None,
        window=window_of(visit) if visit is not None and open_visit else None,
        arrives_at=visit.arrives_at if visit is not None and stage is Stage.ON_THE_WAY else None,
        call_by=clock.due_at if clock is not None and unrung else None,
        talk_pending=unrung and stage is Stage.AGREED,
        waits_for_part=part,
        part_due_at=visit.hold_due_at if visit is not None and part else None,
        missed_early=miss is not None and bool(miss.data.get("early_s")),
        reopened=ticket.reopened_at is not None and ticket.status not in ENDED_STATUSES,
        asked=last if last is not None and open_visit and last.state == "asked" else None,
        refused=last if last is not None and last.state == "refused" else None,
        may_choose=own and why_no_time(ticket, visit) is None,
        may_put_off=own and why_not_put_off(ticket, visit) is None,
    )


def _stage(session: Session, ticket: Ticket, visit: Visit | None, *, missed: bool) -> Stage:
    if ticket.status in ENDED_STATUSES:
        return _end_of(session, ticket)
    if visit is not None and visit.state in _UNDER_WAY:
        return _UNDER_WAY[visit.state]
    if visit is not None and visit.state in OPEN_VISIT_STATES and window_of(visit) is not None:
        return Stage.AGREED
    if ticket.status == "ON_HOLD":
        return Stage.WAITING
    return Stage.MISSED if missed else Stage.ARRANGING


def _end_of(session: Session, ticket: Ticket) -> Stage:
    if ticket.status == "CANCELLED":
        return Stage.MERGED if _was_merged(session, ticket) else Stage.CANCELLED
    return Stage.SELF_FIXED if ticket.status == "SELF_FIXED" else Stage.DONE


def _was_merged(session: Session, ticket: Ticket) -> bool:
    last = audit.list_changes(
        session,
        company_id=ticket.company_id,
        what=(MERGED_AWAY, "TicketCancelled"),
        subject=("ticket", ticket.id or 0),
        limit=1,
    )
    return bool(last) and last[0].what == MERGED_AWAY


def _last_miss(session: Session, ticket: Ticket, visit: Visit | None) -> TimelineEntry | None:
    """That nobody opened, when that was the last that came of a visit; also once the next is planned."""
    if visit is None or (visit.state != "absent" and visit.sequence == 1):
        return None
    last = audit.list_changes(
        session,
        company_id=ticket.company_id,
        what=("FamilyAbsent", "VisitHeld", "VisitCompleted", "TicketReopened"),
        subject=("ticket", ticket.id or 0),
        limit=1,
    )
    return last[0] if last and last[0].what == "FamilyAbsent" else None


def _comer(session: Session, visit: Visit | None) -> Comer | None:
    technician = technician_of(session, visit=visit)
    if technician is None:
        return None
    pictured = has_photo(session, technician_id=technician.id)
    return Comer(technician.id, technician.name, technician.badge_number, pictured)
