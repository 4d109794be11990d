"""A promise is planned for, or refused with what can be promised; nothing later breaks it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.errors import InvalidError
from dispatch import assignment
from dispatch.planning.plan_models import PointDay
from notifications.models import Notice
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, agree, plan


class TestWindows:
    """fit_window: a promise is planned for, or refused with what can be promised."""

    def test_the_visit_moves_into_the_window_and_stays_with_its_technician(
        self, session: Session, now: datetime
    ) -> None:
        shop = Shop(session)
        first = shop.technician(name="가까운")
        shop.technician(name="먼", home=world.north_of(world.GANGNAM, 20))
        visit = plan(session, shop.ticket(), now)
        start = kst(operating_day(now) + timedelta(days=1), 14)

        planned, _end = agree(session, visit, start, start + timedelta(hours=2), now)

        assert start <= planned <= start + timedelta(hours=2)
        assert visit.technician_id == first and visit.state == "agreed" and visit.window_generation == 1
        days = session.exec(select(PointDay).order_by(col(PointDay.day))).all()
        assert [day.version for day in days] == [2, 1, 0], "it left today's plan and entered tomorrow's"

    def test_technicians_are_told_of_the_promise_as_it_is_now(self, session: Session, now: datetime) -> None:
        """Whoever gets the job by it, and whoever keeps it: on a later day, without another time, too."""
        shop = Shop(session)
        first = shop.technician(name="가까운")
        visit = plan(session, shop.ticket(), now)
        day = operating_day(now) + timedelta(days=1)
        for hour in (13, 14):
            world.deliver_texts(session)
            agree(session, visit, kst(day, hour), kst(day, hour + 2), now)
        world.deliver_texts(session)
        other = shop.technician(name="둘째", home=world.north_of(world.GANGNAM, 3))
        assignment.fit_window(
            session,
            visit_id=visit.id or 0,
            start=kst(day, 16),
            end=kst(day, 18),
            by=DISPATCHER,
            now=now,
            technician_id=other,
        )

        told = [
            (notice.event, "오후 1시~" in notice.text, "오후 2시~" in notice.text, "오후 4시~" in notice.text)
            for notice in session.exec(select(Notice).order_by(col(Notice.id)))
        ]
        assert told[:3] == [
            ("JOB_ASSIGNED", False, False, False),
            ("JOB_CHANGED", True, False, False),
            ("JOB_CHANGED", False, True, False),
        ]
        assert visit.technician_id == other != first
        assert ("JOB_ASSIGNED", False, False, True) in told[3:]
        newest = session.exec(
            select(Notice).where(col(Notice.event) == "JOB_ASSIGNED").order_by(col(Notice.id))
        ).all()[-1]
        assert "전화해 방문 시간을" not in newest.text, "the time is agreed already"

    def test_what_nobody_can_keep_is_refused_with_what_can_be_kept(
        self, session: Session, now: datetime
    ) -> None:
        shop = Shop(session)
        shop.technician()
        visit = plan(session, shop.ticket(), now)
        start = kst(operating_day(now), 20)

        with pytest.raises(assignment.WindowNotReachableError) as refused:
            agree(session, visit, start, start + timedelta(hours=2), now)

        assert refused.value.reachable and refused.value.status == 409
        assert visit.window_start is None and visit.state == "planned"

    @pytest.mark.parametrize("hours", [(-3, -1), (4, 4), (90, 92)])
    def test_nonsense_is_refused(self, session: Session, now: datetime, hours: tuple[int, int]) -> None:
        shop = Shop(session)
        shop.technician()
        visit = plan(session, shop.ticket(), now)
        with pytest.raises(InvalidError):
            assignment.fit_window(
                session,
                visit_id=visit.id or 0,
                start=now + timedelta(hours=hours[0]),
                end=now + timedelta(hours=hours[1]),
                by=DISPATCHER,
                now=now,
            )

    def test_a_later_ticket_never_breaks_the_promise(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        shop.technician()
        promised = plan(session, shop.ticket(), now)
        start = kst(operating_day(now), 14)
        end = start + timedelta(minutes=30)
        agree(session, promised, start, end, now)
        for km in range(1, 12):
            plan(session, shop.ticket(km, priority=0), now)
        assert promised.planned_start is not None and start <= promised.planned_start <= end
