"""A person decides who goes and when; licences and booked times stay hard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from core.actor import SYSTEM, Actor, Role
from core.clock import kst, operating_day
from core.errors import InvalidError
from core.models import TimelineEntry
from dispatch import assignment
from dispatch.by_hand import ExcludedTechnicianError
from dispatch.models import Ticket
from dispatch.planning.plan_models import Plan
from tests import world
from tests.dispatch.plan_world import DISPATCHER, OTHER, Shop, agree, plan, version_of, visit_of


class TestByHand:
    """A person decides; licences and booked times stay hard."""

    def assign(self, session: Session, ticket: Ticket, who: int, now: datetime, **fields: Any) -> Any:
        wanted: dict[str, Any] = {
            "start": None,
            "reason": "고객 부탁",
            "pin": ("technician",),
            "by": DISPATCHER,
        }
        return assignment.assign_by_hand(
            session, ticket_id=ticket.id or 0, technician_id=who, now=now, **(wanted | fields)
        )

    def test_the_wanted_technician_at_the_wanted_time(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        shop.technician(name="가까운")
        far = shop.technician(name="먼", home=world.north_of(world.GANGNAM, 15))
        ticket = shop.ticket()
        plan(session, ticket, now)
        start = kst(operating_day(now), 15, 10)

        done = self.assign(session, ticket, far, now, start=start, pin=("technician", "time"))

        visit = visit_of(session, ticket)
        assert (visit.technician_id, visit.planned_start, done.start_at) == (far, start, start)
        assert done.added_travel_s > 0 and done.late == 0
        assert visit.pinned_technician and visit.pinned_time
        assert visit.told_technician_id == far
        lines = session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == "VisitAssignedByHand"))
        assert [line.reason for line in lines] == ["고객 부탁"]

    def test_what_stands_already_can_be_pinned_and_let_go(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        who = shop.technician()
        ticket = shop.ticket()
        start = plan(session, ticket, now).planned_start
        for pin in (("technician",), ("technician", "time"), ()):
            again = self.assign(session, ticket, who, now, start=start, pin=pin)
            assert again.added_travel_s == 0, "he drives there already"
            visit = visit_of(session, ticket)
            assert (visit.technician_id, visit.planned_start) == (who, start)
            assert (visit.pinned_technician, visit.pinned_time) == ("technician" in pin, "time" in pin)

    def test_no_licence_no_override(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        shop.technician()
        without = shop.technician(name="무자격", qualifications=())
        ticket = shop.ticket(symptom="IGNITION")
        plan(session, ticket, now)
        with pytest.raises(assignment.LicenceMissingError) as refused:
            self.assign(session, ticket, without, now)
        assert refused.value.status == 422 and "가스시설 시공" in refused.value.detail

    def test_booked_time_is_named(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        who = shop.technician()
        first, second = shop.ticket(), shop.ticket()
        start = kst(operating_day(now), 15)
        plan(session, first, now)
        self.assign(session, first, who, now, start=start, pin=("technician", "time"))
        plan(session, second, now)
        with pytest.raises(assignment.BookedTimeError) as refused:
            self.assign(session, second, who, now, start=start + timedelta(minutes=5))
        assert first.number in refused.value.detail

    def test_what_is_moved_is_shown(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        who = shop.technician()
        first, second = shop.ticket(), shop.ticket(3)
        planned = plan(session, first, now)
        assert planned.planned_start is not None
        plan(session, second, now)
        start = planned.planned_start + timedelta(minutes=20)
        done = self.assign(session, second, who, now, start=start, pin=("time",))
        assert [change["number"] for change in done.moved] == [first.number]

    def test_the_first_of_two_dispatchers_is_named(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        one, two = shop.technician(name="하나"), shop.technician(name="둘")
        ticket = shop.ticket()
        plan(session, ticket, now)
        seen = version_of(session)
        self.assign(session, ticket, one, now, start=kst(operating_day(now), 15), base_version=seen, by=OTHER)
        with pytest.raises(assignment.SomebodyElseWasFasterError) as refused:
            self.assign(session, ticket, two, now, base_version=seen)
        assert OTHER.name in refused.value.detail and refused.value.status == 409

    def test_another_tickets_change_does_not_stand_in_the_way(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        one = shop.technician(name="하나")
        ticket = shop.ticket()
        plan(session, ticket, now)
        seen = version_of(session)
        plan(session, shop.ticket(5), now)
        assert self.assign(session, ticket, one, now, base_version=seen).technician_id == one

    @pytest.mark.parametrize(("what", "refused"), [("retimed", False), ("moved", True)])
    def test_a_solvers_other_minute_is_no_conflict_another_technician_is(
        self, session: Session, now: datetime, what: str, refused: bool
    ) -> None:
        shop = Shop(session)
        one = shop.technician(name="하나")
        ticket = shop.ticket()
        visit = plan(session, ticket, now)
        seen = version_of(session)
        plan(session, shop.ticket(5), now)
        newest = session.exec(select(Plan).order_by(col(Plan.id).desc())).first()
        assert newest is not None and newest.made_by == SYSTEM.name
        newest.changes = [*newest.changes, {"visit_id": visit.id, "what": what}]
        session.flush()
        if not refused:
            assert self.assign(session, ticket, one, now, base_version=seen).technician_id == one
            return
        with pytest.raises(assignment.SomebodyElseWasFasterError) as told:
            self.assign(session, ticket, one, now, base_version=seen)
        assert "자동 계획이" in told.value.detail and "님이" not in told.value.detail

    def test_an_agreed_window_is_not_left_silently(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        who = shop.technician()
        ticket = shop.ticket()
        visit = plan(session, ticket, now)
        start = kst(operating_day(now), 14)
        agree(session, visit, start, start + timedelta(hours=2), now)
        with pytest.raises(assignment.BookedTimeError):
            self.assign(session, ticket, who, now, start=start + timedelta(hours=3))

    def test_only_a_manager_sends_an_excluded_technician(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        who = shop.technician()
        ticket = shop.ticket(excluded_technician_id=who)
        plan(session, ticket, now)
        with pytest.raises(ExcludedTechnicianError):
            self.assign(session, ticket, who, now)
        manager = Actor(kind="person", name="윤책임", source="test", role=Role.MANAGER)
        assert self.assign(session, ticket, who, now, by=manager).technician_id == who

    @pytest.mark.parametrize(
        "fields",
        [{"reason": "  "}, {"pin": ("both",)}, {"start": datetime.fromisoformat("2026-12-01T00:00:00Z")}],
    )
    def test_bad_fields_are_named(self, session: Session, now: datetime, fields: dict[str, Any]) -> None:
        shop = Shop(session)
        who = shop.technician()
        ticket = shop.ticket()
        plan(session, ticket, now)
        with pytest.raises(InvalidError) as refused:
            self.assign(session, ticket, who, now, **fields)
        assert [error.field for error in refused.value.errors] == [next(iter(fields))]

    def test_unpinned_it_may_be_planned_again(self, session: Session, now: datetime) -> None:
        shop = Shop(session)
        who = shop.technician()
        ticket = shop.ticket()
        plan(session, ticket, now)
        self.assign(session, ticket, who, now, pin=("technician", "time"), start=kst(operating_day(now), 15))
        visit = visit_of(session, ticket)
        before = version_of(session)
        assignment.unpin(session, visit_id=visit.id or 0, reason="필요 없음", by=DISPATCHER, now=now)
        assert not visit.pinned_technician and not visit.pinned_time
        assert version_of(session) > before
