"""Which tickets a person may reach: their company's, their point's, or those of their own visits."""

from __future__ import annotations

from sqlmodel import Session

from core.actor import Principal
from core.errors import NotFoundError
from core.i18n import _
from dispatch.scopes import Scope, ticket_in_scope


def scope_of(principal: Principal) -> Scope:
    """The rows a person may see, as dispatch's queries take it."""
    return Scope(
        company_id=principal.company_id,
        service_point_id=principal.service_point_id,
        technician_id=principal.technician_id,
    )


def reach_ticket(session: Session, *, principal: Principal, number: str) -> int:
    """The id of a ticket by its number. Raises NotFoundError when it is unknown or not theirs to see."""
    ticket_id = ticket_in_scope(session, scope=scope_of(principal), number=number)
    if ticket_id is None:
        raise NotFoundError(_("그런 접수가 없습니다. 접수 번호를 확인해 주세요."))
    return ticket_id
