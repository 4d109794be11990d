"""A technician's day: what belongs to it, in which order, how far the ways are, and who is most pressed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from core.clock import kst, operating_day
from dispatch.models import Placement, Ticket, Visit
from dispatch.technician_day import technician_day
from dispatch.technician_shapes import TechnicianDay
from dispatch.technicians_at_work import technicians_with_work
from dispatch.travel_estimate import arrival
from tests import world
from workforce.models import Company, ServicePoint, Technician
from workforce.queries import list_technicians
from workforce.schemas import TechnicianInfo


class Scene:
    """A point with a technician; jobs are added at minutes from `now`."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.company: Company = world.make_company(session)
        self.point: ServicePoint = world.make_point(session, company=self.company)
        self.technician: Technician = world.make_technician(session, point=self.point)

    def job(
        self, minutes: int, *, km: float = 1, technician: Technician | None = None, **facts: Any
    ) -> Ticket:
        visit = {
            key: facts.pop(key) for key in list(facts) if key in ("state", "arrived_at", "ended_at", "window")
        }
        window = visit.pop("window", None)
        if window is not None:
            visit |= {"window_start": window[0], "window_end": window[1]}
        home = world.make_household(self.session, company=self.company, at=world.north_of(world.GANGNAM, km))
        ticket = world.make_ticket(
            self.session, company=self.company, point=self.point, household=home, status="ASSIGNED", **facts
        )
        world.make_visit(
            self.session,
            ticket=ticket,
            point=self.point,
            technician=technician or self.technician,
            start=self.now + timedelta(minutes=minutes),
            **visit,
        )
        return ticket

    def info(self) -> TechnicianInfo:
        crew = list_technicians(self.session, company_id=self.company.id or 0, at=self.now)
        return next(info for info in crew if info.id == self.technician.id)

    def day(self, ahead: int = 0) -> TechnicianDay:
        return technician_day(
            self.session,
            company_id=self.company.id or 0,
            technician=self.info(),
            day=operating_day(self.now) + timedelta(days=ahead),
            now=self.now,
        )


def test_the_route_runs_by_plan_after_what_is_under_way(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    later, soon = scene.job(300), scene.job(60)
    here = scene.job(400, state="arrived", arrived_at=now)
    done = scene.job(-60, state="completed", arrived_at=now - timedelta(hours=1), ended_at=now)
    tomorrow = scene.job(24 * 60)
    day = scene.day()
    assert [job.number for job in day.open_jobs] == [here.number, soon.number, later.number]
    assert [job.number for job in day.ended_jobs] == [done.number]
    assert [job.number for job in scene.day(1).open_jobs] == [tomorrow.number]


def test_a_missed_visit_of_yesterday_is_not_lost(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    missed = scene.job(-24 * 60)
    assert [job.number for job in scene.day().open_jobs] == [missed.number]


def test_before_five_today_is_the_shift_that_runs_and_the_calendars_today(
    session: Session, now: datetime
) -> None:
    scene = Scene(session, kst(operating_day(now), 28, 43))
    duty = world.make_shift(session, technician=scene.technician, point=scene.point, hours=(19, 32), now=now)
    morning_shift = kst(operating_day(now), 33)
    soon, morning = scene.job(33), scene.job(257)
    next_night = scene.job(20 * 60, state="agreed")
    today = scene.day()
    assert [job.number for job in today.open_jobs] == [soon.number, morning.number]
    assert all(job.contact is not None for job in today.open_jobs)
    assert [shift.start_at for shift in today.shifts] == [duty.start_at, morning_shift]
    later = scene.day(1)
    assert [job.number for job in later.open_jobs] == [next_night.number]
    assert later.shifts == () and later.begun
    (work,) = technicians_with_work(session, company_id=scene.company.id or 0, now=scene.now)
    assert work.open_jobs == 2


def test_standby_stands_beside_the_shift_until_it_is_over(session: Session, now: datetime) -> None:
    scene = Scene(session, kst(operating_day(now), 15))
    duty = {"start": kst(operating_day(now), 14), "end": kst(operating_day(now), 38)}
    ids = {"company_id": scene.company.id or 0, "point_id": scene.point.id or 0}
    world.make_duty(session, **ids, technician_id=scene.technician.id or 0, **duty)

    def spans(ahead: int) -> list[tuple[datetime, datetime]]:
        return [(each.start_at, each.end_at) for each in scene.day(ahead).standby]

    shift = scene.day().shifts[0]
    night = (shift.end_at, scene.day(1).shifts[0].start_at)
    assert spans(0) == [night] and spans(1) == [], "less his shifts, on the day on which it begins"
    scene.now = night[1]
    assert spans(0) == []


def test_a_night_duty_is_one_today_until_it_ends(session: Session, now: datetime) -> None:
    before = Scene(session, kst(operating_day(now), 23))
    duty = world.make_shift(
        session, technician=before.technician, point=before.point, hours=(19, 32), now=now
    )
    at_six = before.job(7 * 60)
    assert [job.number for job in before.day().open_jobs] == [at_six.number]
    before.now = kst(operating_day(now), 31)
    assert [job.number for job in before.day().open_jobs] == [at_six.number]
    shifts = [shift.start_at for shift in before.day().shifts]
    assert shifts == [duty.start_at, kst(operating_day(now), 33)]
    before.now = kst(operating_day(now), 32)
    assert [shift.start_at for shift in before.day().shifts] == shifts[1:]


def test_a_call_whose_hour_runs_is_today_whenever_the_visit_is(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    to_call = scene.job(24 * 60)
    scene.job(24 * 60, state="agreed", window=(now + timedelta(hours=24), now + timedelta(hours=26)))
    assert [job.number for job in scene.day().calls] == [to_call.number]
    assert scene.day().open_jobs == () and scene.day(1).calls == ()


def test_each_way_starts_where_the_stop_before_was(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    scene.job(60, km=5), scene.job(120, km=5.1)
    far, near = (job.travel_s for job in scene.day().open_jobs)
    assert far is not None and near is not None and near < 300 < far


@pytest.mark.parametrize("state", ["absent", "in_progress"])
def test_a_family_is_told_the_drive_of_his_list(session: Session, now: datetime, state: str) -> None:
    """At night too, and from a home that he leaves unfinished as from one that he has done."""
    night = kst(operating_day(now), 25, 7)
    scene = Scene(session, night)
    ended = night - timedelta(minutes=5) if state == "absent" else None
    scene.job(-30, km=8, state=state, arrived_at=night - timedelta(minutes=30), ended_at=ended)
    ticket = scene.job(120, km=0.1)
    (drive,) = (job.travel_s for job in scene.day().open_jobs if job.number == ticket.number)
    visit = session.exec(select(Visit).where(Visit.ticket_id == ticket.id)).one()
    assert drive is not None and drive > 900
    assert arrival(session, visit=visit, departed_at=night, now=night) == night + timedelta(seconds=drive)


def test_a_tentative_job_of_an_asked_point_is_not_shown(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    ticket = scene.job(60)
    session.add(
        Placement(
            ticket_id=ticket.id or 0,
            service_point_id=scene.point.id or 0,
            rank=0,
            travel_s=60,
            state="OFFERED",
            reason_code="NEAREST",
            reason_text="",
            at=now,
        )
    )
    session.flush()
    assert scene.day().open_jobs == ()
    assert technicians_with_work(session, company_id=scene.company.id or 0, now=now) == []


def test_the_most_pressed_technician_comes_first(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    calm, safe, talked = (
        world.make_technician(session, point=scene.point, name=name) for name in ("나", "다", "가")
    )
    scene.job(60, received_at=now - timedelta(minutes=40))
    scene.job(60, technician=calm, received_at=now - timedelta(minutes=10))
    scene.job(60, technician=safe, received_at=now, safety=True)
    scene.job(60, technician=talked, state="agreed", window=(now, now + timedelta(hours=2)))
    world.make_technician(session, point=scene.point, name="빈손")
    found = technicians_with_work(session, company_id=scene.company.id or 0, now=now)
    assert [work.technician.id for work in found] == [safe.id, scene.technician.id, calm.id, talked.id]
    assert found[3].contact_due_at is None and found[0].safety
    assert technicians_with_work(session, company_id=scene.company.id or 0, now=now, service_point_id=0) == []


def test_who_is_lent_to_another_point_is_at_work_there(session: Session, now: datetime) -> None:
    scene = Scene(session, now)
    other = world.make_point(session, company=scene.company, code="elsewhere", now=now)
    lent = world.make_technician(session, point=scene.point, name="빌려 간 기사", days=())
    world.make_shift(session, technician=lent, point=other, day=0, hours=(9, 18), now=now)
    (found,) = [
        each
        for each in list_technicians(session, company_id=scene.company.id or 0, at=now)
        if each.id == lent.id
    ]
    day = technician_day(
        session, company_id=scene.company.id or 0, technician=found, day=operating_day(now), now=now
    )
    assert [shift.service_point_id for shift in day.shifts] == [other.id]
