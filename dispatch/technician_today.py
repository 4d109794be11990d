"""What "today" is on a technician's phone: the operating day, the calendar's, what runs, his standby."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import kst, operating_day, operating_day_bounds, today_kst
from dispatch.planning.stretches import standby_shifts
from workforce.duty import list_rota, list_shifts_of_technician, standby_spans
from workforce.schemas import ShiftInfo, TechnicianInfo


@dataclass(frozen=True)
class Today:
    """From when to when his today reaches; its shifts, those that are over only when nothing else is left."""

    start: datetime
    end: datetime
    shifts: tuple[ShiftInfo, ...]


def end_of_today(now: datetime) -> datetime:
    """Before 05:00 what is due by the calendar's today counts too: nobody calls the coming 09:00 tomorrow."""
    _start, end = operating_day_bounds(operating_day(now))
    return max(end, kst(today_kst(now) + timedelta(days=1)))


def today_of(session: Session, *, technician: TechnicianInfo, now: datetime) -> Today:
    """His today. A night duty runs over 05:00: until it ends, all of it is today."""
    start, _end = operating_day_bounds(operating_day(now))
    end = end_of_today(now)
    shifts = shifts_of(session, technician=technician, start=start, end=end)
    running = [shift for shift in shifts if shift.start_at <= now < shift.end_at]
    ahead = tuple(shift for shift in shifts if shift.end_at > now)
    return Today(
        start=min([start, *(shift.start_at for shift in running)]),
        end=max([end, *(shift.end_at for shift in running)]),
        shifts=ahead or tuple(shift for shift in shifts if shift.start_at >= start),
    )


def shifts_of(
    session: Session, *, technician: TechnicianInfo, start: datetime, end: datetime
) -> tuple[ShiftInfo, ...]:
    """The technician's shifts that touch [start, end), at his own point or lent, the earliest first."""
    return tuple(list_shifts_of_technician(session, technician_id=technician.id, start=start, end=end))


def standby_of(
    session: Session, *, company_id: int, technician: TechnicianInfo, start: datetime, end: datetime
) -> tuple[ShiftInfo, ...]:
    """When he is on standby (당직) at his point within [start, end), whole spans, less his own shifts."""
    point_id = technician.service_point_id
    if point_id is None:
        return ()
    rota = list_rota(session, company_id=company_id, point_id=point_id, start=start, end=end)
    duties = [(who, span) for who, span in standby_spans(rota) if who == technician.id]
    if not duties:
        return ()
    first, last = min(span[0] for _who, span in duties), max(span[1] for _who, span in duties)
    shifts = shifts_of(session, technician=technician, start=first, end=last)
    found = standby_shifts(duties, shifts, point_id=point_id)
    inside = (each for each in found if each.start_at < end and each.end_at > start)
    return tuple(sorted(inside, key=lambda each: each.start_at))
