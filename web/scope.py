"""Which tickets a person may reach: their company's, their point's, or those of their own visits."""

from __future__ import annotations

from fastapi import Request
from sqlmodel import Session

from core.actor import Principal
from core.errors import ForbiddenError, NotFoundError
from core.i18n import _
from dispatch.merging import suspected_number
from dispatch.scopes import Scope, ticket_in_scope
from web.identity import current_principal


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


def require_older(session: Session, *, principal: Principal, ticket_id: int) -> None:
    """Whoever merges a ticket sees both. Raises ForbiddenError when the older one is not theirs to see."""
    older = suspected_number(session, ticket_id=ticket_id)
    if older is not None and ticket_in_scope(session, scope=scope_of(principal), number=older) is None:
        raise ForbiddenError(
            _(
                "앞선 접수는 다른 서비스점에 있습니다. 합치는 일은 회사 전체의 배차 담당자만 할 수 있으니 "
                "책임자에게 넘겨 주세요."
            )
        )


def must_be_company_wide(request: Request) -> None:
    """Settings, figures and money of all points are nobody's who works for one. Raises ForbiddenError."""
    if current_principal(request).service_point_id is not None:
        raise ForbiddenError(_("회사 전체의 관리자만 쓸 수 있는 화면입니다."))
