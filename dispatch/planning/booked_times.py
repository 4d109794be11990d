"""Why a technician cannot be there at a time, in words for the person who chose it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.clock import KST
from core.i18n import _
from core.wall import outside_the_wall
from dispatch.models import Ticket, Visit
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.plan_models import Booking


def why_not(
    session: Session,
    boards: Sequence[DayBoard],
    visit: BoardVisit,
    technician_id: int,
    start: datetime | None,
) -> str:
    """What stands in the way, for the person who chose."""
    name = boards[0].names.get(technician_id, "")
    if start is None and visit.window is not None:
        return _(
            "{name} 기사는 고객과 약속한 {span}에 갈 수 없습니다. "
            "다른 기사를 고르거나 고객과 시간을 다시 정해 주세요."
        ).format(name=name, span=span_words(*visit.window))
    if start is None:
        return _("{name} 기사에게는 오늘부터 이틀 뒤까지 빈 시간이 없습니다.").format(name=name)
    end = start + timedelta(seconds=visit.duration_s)
    query = (
        select(Booking, Visit.company_id, Ticket.number)
        .join(Visit, col(Visit.id) == col(Booking.visit_id))
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Booking.technician_id) == technician_id,
            col(Booking.start_at) < end,
            col(Booking.end_at) > start,
            col(Booking.visit_id) != visit.visit_id,
        )
        .order_by(col(Booking.start_at))
    )
    with outside_the_wall(session):
        booked = session.exec(query).all()
    for booking, company_id, number in booked:
        own = company_id == boards[0].company_id
        what = number if own else _("다른 회사 일정")
        return _("{name} 기사는 {span}에 다른 일({what})이 잡혀 있습니다. 다른 시각을 골라 주세요.").format(
            name=name, span=span_words(booking.start_at, booking.end_at), what=what
        )
    at_work = any(
        s.technician_id == technician_id and s.start_at <= start and end <= s.end_at
        for board in boards
        for s in board.stretches
    )
    if not at_work:
        return _("{name} 기사는 그 시각에 근무하지 않습니다. 다른 시각이나 기사를 골라 주세요.").format(
            name=name
        )
    return _("{name} 기사는 앞뒤 방문 때문에 그 시각에 갈 수 없습니다. 다른 시각을 골라 주세요.").format(
        name=name
    )


def span_words(start: datetime, end: datetime) -> str:
    """`12/1 14:00-14:45`, in Korea."""
    one, other = start.astimezone(KST), end.astimezone(KST)
    return f"{one.month}/{one.day} {one:%H:%M}-{other:%H:%M}"
