"""One case in hand: its ticket under lock, the visit that counts now, and the people it concerns.

Lock order, everywhere in dispatch: the point's day, then the ticket, then its visits. Whoever publishes a
plan holds the day first, so a step that takes the ticket first could wait for it in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.actor import Actor, Role
from core.clock import operating_day
from core.errors import ConflictError, FieldError, ForbiddenError, InvalidError
from core.i18n import _
from dispatch.models import Ticket, TicketParty, Visit
from dispatch.planning.plan_models import PointDay
from dispatch.tickets import lock_ticket, ticket_key
from workforce.queries import get_technicians, technician_of_person
from workforce.schemas import TechnicianInfo

DESK_ROLES = (Role.POINT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN)
"""Who logs a technician's steps for him; the timeline names both."""


class WrongStateError(ConflictError):
    """The ticket or its visit is in a state that this step does not follow; the detail names it."""

    code = "wrong-state"


class NotYourVisitError(ForbiddenError):
    """A technician acts on another technician's visit."""

    code = "not-your-visit"


@dataclass(frozen=True)
class Case:
    """A ticket and its newest visit, both locked until the transaction ends."""

    ticket: Ticket
    visit: Visit | None

    @property
    def ticket_id(self) -> int:
        """The ticket's id."""
        return ticket_key(self.ticket)

    @property
    def visit_id(self) -> int:
        """The newest visit's id; 0 without one."""
        return (self.visit.id or 0) if self.visit else 0


def lock_case(session: Session, *, ticket_id: int) -> Case:
    """Lock the visit's day, the ticket and its newest visit, in this order. Raises `UnknownTicketError`."""
    lock_day_of(session, ticket_id=ticket_id)
    ticket = lock_ticket(session, ticket_id=ticket_id)
    query = _newest_visit(ticket_id).with_for_update().execution_options(populate_existing=True)
    return Case(ticket, session.exec(query).first())


def lock_day_of(session: Session, *, ticket_id: int) -> None:
    """Lock the day of a ticket's newest visit, before any ticket is locked."""
    seen = current_visit(session, ticket_id=ticket_id)
    if seen is not None and seen.planned_start is not None:
        session.exec(
            select(PointDay.id)
            .where(
                col(PointDay.service_point_id) == seen.service_point_id,
                col(PointDay.day) == operating_day(seen.planned_start),
            )
            .with_for_update()
        ).first()


def current_visit(session: Session, *, ticket_id: int) -> Visit | None:
    """The newest visit of a ticket, whatever its state."""
    return session.exec(_newest_visit(ticket_id)).first()


def parties_of(session: Session, *, ticket_id: int) -> dict[str, TicketParty]:
    """The ticket's people by role: `resident`, perhaps `requester` and a third `payer`."""
    rows = session.exec(select(TicketParty).where(col(TicketParty.ticket_id) == ticket_id))
    return {row.role: row for row in rows}


def technician_of(session: Session, *, visit: Visit | None) -> TechnicianInfo | None:
    """The technician of a visit, None while it has none."""
    if visit is None or visit.technician_id is None:
        return None
    found = get_technicians(session, technician_ids=[visit.technician_id], company_id=visit.company_id)
    return found.get(visit.technician_id)


def author_of_step(session: Session, *, case: Case, by: Actor) -> Actor:
    """Who is written down for a step of the visit: a desk's entry names the technician it was made for.

    Raises:
        NotYourVisitError: a technician acts on a visit that is another's (403).
    """
    visit = case.visit
    if visit is None or visit.technician_id is None:
        return by
    if by.role is Role.TECHNICIAN and by.person_id is not None:
        own = technician_of_person(session, person_id=by.person_id)
        if own is not None and own != visit.technician_id:
            raise NotYourVisitError(_("다른 기사에게 배정된 방문입니다. 목록을 새로 고쳐 주세요."))
    if by.role in DESK_ROLES:
        technician = technician_of(session, visit=visit)
        return replace(by, on_behalf_of=technician.name if technician else None)
    return by


def require_moment(*, at: datetime | None, not_before: datetime, now: datetime) -> datetime:
    """When something happened: `at` (default now), which must lie between `not_before` and now (422).

    Moments are told to the outside in whole seconds, so `not_before` counts from its second on.
    """
    if at is None:
        return now
    if not_before.replace(microsecond=0) <= at <= now:
        return at
    if at > now:
        message = _("아직 오지 않은 시각입니다. 실제로 한 시각을 적어 주세요.")
    else:
        message = _("너무 이른 시각입니다. 접수나 앞 단계보다 뒤의 시각을 적어 주세요.")
    raise InvalidError(message, errors=(FieldError("at", message),))


def _newest_visit(ticket_id: int) -> SelectOfScalar[Visit]:
    return (
        select(Visit).where(col(Visit.ticket_id) == ticket_id).order_by(col(Visit.sequence).desc()).limit(1)
    )
