"""Whose desk is shown: a member's own point, or the one that a company-wide member has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import Request
from sqlmodel import Session

from billing.service import NoChargeError
from core.actor import Principal, Role
from core.clock import operating_day
from core.errors import ForbiddenError, NotFoundError
from core.i18n import _
from dispatch.bill_correction import BilledVisit, billed_visits
from dispatch.list_queries import TicketItem, items_by_id
from dispatch.point_desk import had_ticket, waiting_by_point
from web.scope import reach_ticket
from workforce.queries import get_point, get_point_by_code, list_points, list_technicians
from workforce.schemas import PointInfo, TechnicianInfo

ROLES = (Role.POINT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN)
HANDS = (Role.POINT, Role.DISPATCHER)
"""Who answers, calls and logs for the point. Managers look on, and set people's time."""


class PassedOnError(NotFoundError):
    """The point's own desk had the ticket, and another point has it now."""

    code = "passed-on"


class NotPlacedError(NotFoundError):
    """No point has the ticket just now: the next one is looked for."""

    code = "not-placed"


@dataclass(frozen=True)
class Desk:
    """One point's desk as one reader sees it. `chooses`: a company-wide member, who may look at any point."""

    point: PointInfo
    chooses: bool
    acts: bool

    def address(self, path: str = "/point", **more: str | int | None) -> str:
        """An address that keeps the choice of point."""
        pairs = [("point", self.point.code)] if self.chooses else []
        pairs += [(name, str(value)) for name, value in more.items() if value not in (None, "")]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def ticket(self, number: str, **more: str | int | None) -> str:
        """A ticket's page, at what is to be done there. The ticket itself knows its point."""
        pairs = [(name, str(value)) for name, value in more.items() if value not in (None, "")]
        place = f"#{more['do']}" if more.get("do") else ""
        return f"/point/tickets/{number}" + (f"?{urlencode(pairs)}{place}" if pairs else "")


class NoPointError(NotFoundError):
    """The company has no open service point."""

    code = "no-point"


def read_desk(session: Session, request: Request, *, principal: Principal, now: datetime) -> Desk:
    """The desk of `?point=CODE`; without it one's own, or the one at which most waits.

    Raises:
        NotFoundError: unknown, another company's, or not one's own. NoPointError.
    """
    asked = request.query_params.get("point", "")
    own_id = principal.service_point_id
    if own_id is not None:
        own = get_point(session, point_id=own_id)
        if asked and asked != own.code:
            raise _unknown()
        return _desk(own, principal)
    if asked:
        return _desk(get_point_by_code(session, company_id=principal.company_id, code=asked), principal)
    points = list_points(session, company_id=principal.company_id, day=operating_day(now))
    if not points:
        raise NoPointError(_("아직 서비스점이 없습니다. 관리 화면에서 먼저 넣어 주세요."))
    waiting = waiting_by_point(session, company_id=principal.company_id)
    weights = {point_id: found.weight for point_id, found in waiting.items()}
    return _desk(max(points, key=lambda point: weights.get(point.id, (0, 0, 0))), principal)


def reach_item(
    session: Session, *, principal: Principal, number: str, now: datetime
) -> tuple[Desk, TicketItem]:
    """A ticket with the desk it belongs to.

    Raises NotFoundError: unknown, another's; PassedOnError, NotPlacedError where there is more to say.
    """
    try:
        ticket_id = reach_ticket(session, principal=principal, number=number)
    except NotFoundError as error:
        raise _passed_on(session, principal, number) or error from None
    items = items_by_id(session, company_id=principal.company_id, ticket_ids=[ticket_id], now=now)
    if not items or items[0].service_point is None:
        raise NotPlacedError(
            _("지금은 맡은 서비스점이 없는 접수입니다. 다음 서비스점이 없으면 배차 담당자가 정합니다.")
        )
    return _desk(items[0].service_point, principal), items[0]


def require_still_here(request: Request, desk: Desk) -> None:
    """A page that was opened at one point's desk speaks of no other's. Raises PassedOnError."""
    asked = request.query_params.get("point", "")
    if desk.chooses and asked and asked != desk.point.code:
        text = _("다른 서비스점으로 넘어간 접수입니다. 지금은 {point}에 있습니다.")
        raise PassedOnError(text.format(point=desk.point.name))


def reach_bill(
    session: Session, *, principal: Principal, number: str, visit_id: int
) -> tuple[Desk, BilledVisit]:
    """A visit's bill with the desk that answers for it: the point that made it, whoever has the ticket now.

    Raises NotFoundError: unknown, another's or no bill; ForbiddenError: another point billed one's ticket.
    """
    found = billed_visits(session, company_id=principal.company_id, number=number)
    visit = next((each for each in found if each.id == visit_id), None)
    own_id = principal.service_point_id
    if visit is None or own_id not in (None, visit.service_point_id):
        reach_ticket(session, principal=principal, number=number)
        if visit is None:
            raise NoChargeError(_("고칠 청구서가 없습니다. 방문을 먼저 완료해 주세요."))
        name = get_point(session, point_id=visit.service_point_id).name
        text = _("{point}에서 청구한 방문입니다. 그 서비스점이나 배차 담당자에게 청구 정정을 부탁해 주세요.")
        raise ForbiddenError(text.format(point=name))
    return _desk(get_point(session, point_id=visit.service_point_id), principal), visit


def crew_of(session: Session, desk: Desk, *, now: datetime) -> list[TechnicianInfo]:
    """The point's own technicians by name, each once."""
    crew = list_technicians(session, company_id=desk.point.company_id, at=now, point_id=desk.point.id)
    return sorted({info.id: info for info in crew}.values(), key=lambda info: (info.name, info.id))


def require_technician(session: Session, desk: Desk, technician_id: int, *, now: datetime) -> TechnicianInfo:
    """One of the point's own technicians. Raises NotFoundError for everybody else."""
    for info in crew_of(session, desk, now=now):
        if info.id == technician_id:
            return info
    raise NotFoundError(_("이 서비스점의 기사가 아닙니다. 목록에서 다시 골라 주세요."))


def _desk(point: PointInfo, principal: Principal) -> Desk:
    return Desk(point, chooses=principal.service_point_id is None, acts=principal.role in HANDS)


def _passed_on(session: Session, principal: Principal, number: str) -> PassedOnError | None:
    """Its own point knows the number: that it does not exist would be untrue."""
    point_id = principal.service_point_id
    if point_id is None or not had_ticket(
        session, company_id=principal.company_id, point_id=point_id, number=number
    ):
        return None
    return PassedOnError(_("다른 서비스점으로 넘어간 접수입니다. 이제 이 서비스점에서 할 일은 없습니다."))


def _unknown() -> NotFoundError:
    return NotFoundError(_("그런 서비스점이 없습니다. 코드를 확인해 주세요."))
