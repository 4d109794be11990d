"""Whose tickets are whose: the one place that turns a person's scope into conditions on rows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists
from sqlmodel import Session, col, select

from dispatch.models import Ticket, Visit


@dataclass(frozen=True)
class Scope:
    """What a reader may see. `service_point_id` narrows to a point, `technician_id` to own visits."""

    company_id: int
    service_point_id: int | None = None
    technician_id: int | None = None


def visible(scope: Scope) -> ColumnElement[bool]:
    """The condition on `ticket` rows. A technician's visits show their tickets also after they end.

    A case whose people retention has destroyed is nobody's to see any more; the figures alone count it.
    """
    conditions = [col(Ticket.company_id) == scope.company_id, col(Ticket.destroyed_at).is_(None)]
    if scope.technician_id is not None:
        own = exists().where(
            col(Visit.ticket_id) == col(Ticket.id), col(Visit.technician_id) == scope.technician_id
        )
        conditions.append(own)
    elif scope.service_point_id is not None:
        conditions.append(col(Ticket.service_point_id) == scope.service_point_id)
    return and_(*conditions)


def ticket_in_scope(session: Session, *, scope: Scope, number: str) -> int | None:
    """The id of a ticket by its number, or None when it does not exist for this reader."""
    query = select(Ticket.id).where(col(Ticket.number) == number, visible(scope))
    return session.exec(query).first()
