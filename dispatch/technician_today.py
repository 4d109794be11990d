"""What "today" is on a technician's phone: the operating day, the calendar's day and the shift that runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import kst, operating_day, operating_day_bounds, today_kst
from workforce.duty import list_shifts
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
    """The technician's shifts that touch [start, end), the earliest first."""
    if technician.service_point_id is None:
        return ()
    found = list_shifts(session, point_id=technician.service_point_id, start=start, end=end)
    own = (shift for shift in found if shift.technician_id == technician.id)
    return tuple(sorted(own, key=lambda shift: shift.start_at))
