"""Who decides: what touches a promise or a conversation waits for a named person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import operating_day
from core.db import Database
from dispatch.assignment import assign_by_hand
from dispatch.console.queue import QueueWish, list_queue
from dispatch.models import Ticket, Visit
from dispatch.planning import proposals
from dispatch.planning.deserted import watch_day
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.solving import (
    run_solve,
)
from dispatch.tasks import PLAN_BY_HAND, TaskInfo, list_tasks
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan
from tests.dispatch.planning.solves import SECONDS, InlineSolver, ask, file_ticket, zigzag
from tests.dispatch.planning.test_publishing import assert_sound
from workforce.models import Absence, Shift


class TestWhoDecides:
    """Automatic plans keep clear of promises; what touches them waits for a named person."""

    @pytest.fixture
    def gone(self, database: Database, now: datetime) -> tuple[Shop, int, int]:
        """A technician falls ill who has spoken with a family; another one could go."""
        with database.transaction() as session:
            shop = Shop(session)
            who = shop.technician(name="아픈")
            (visit,) = zigzag(session, shop, who, now, (2,))
            session.get_one(Ticket, visit.ticket_id).status = "CONTACTED"
            other = shop.technician(name="건강한")
            world.add(
                session,
                Absence(technician_id=who, start_at=now, end_at=now + timedelta(days=3), reason="병가"),
            )
        ask(database, shop, now)
        outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
        assert outcome is not None and outcome.result == "proposed"
        return shop, visit.id or 0, other

    def test_the_proposal_says_what_would_change(
        self, database: Database, gone: tuple[Shop, int, int]
    ) -> None:
        shop, visit_id, other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            (change,) = proposal.changes
            assert (change["visit_id"], change["to"]["technician_id"]) == (visit_id, other)
            assert "아픈 기사 → " in change["text"] and "건강한 기사" in change["text"]
            assert "통화한 기사" in proposal.reasons[0]
            assert session.get_one(Visit, visit_id).technician_id != other, "nothing has moved yet"

    def test_the_gain_is_weighed_when_it_is_proposed_and_kept(
        self, database: Database, gone: tuple[Shop, int, int]
    ) -> None:
        shop, _visit_id, _other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            gain = proposal.gain
            assert gain is not None and gain.after.left_out == 0 and not proposal.is_outdated
            assert gain.after.driven_s > 0 and gain.after.late_s >= 0
            row = session.exec(select(PointDay).where(col(PointDay.day) == proposal.day)).one()
            row.version += 1
            session.flush()
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            assert proposal.is_outdated, "the day has moved on"

    def test_accepted_it_is_the_plan(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, visit_id, other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            proposals.accept_proposal(
                session, plan_id=proposal.id, company_id=shop.company.id or 0, by=DISPATCHER, now=now
            )
        with database.transaction() as session:
            visit = session.get_one(Visit, visit_id)
            assert visit.technician_id == other and visit.told_technician_id == other
            assert session.get_one(Plan, proposal.id).decided_by == DISPATCHER.name
            assert_sound(session)
        with database.transaction() as session, pytest.raises(proposals.ProposalClosedError):
            proposals.accept_proposal(
                session, plan_id=proposal.id, company_id=shop.company.id or 0, by=DISPATCHER, now=now
            )

    def test_overtaken_it_cannot_be_accepted(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, _visit_id, _other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            plan(session, session.get_one(Ticket, file_ticket(session, shop)), now)
        with database.transaction() as session, pytest.raises(proposals.ProposalOutdatedError):
            proposals.accept_proposal(
                session, plan_id=proposal.id, company_id=shop.company.id or 0, by=DISPATCHER, now=now
            )

    def test_rejected_with_a_reason(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, visit_id, other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            proposals.reject_proposal(
                session,
                plan_id=proposal.id,
                company_id=shop.company.id or 0,
                reason="가족과 다시 통화함",
                by=DISPATCHER,
                now=now,
            )
        with database.transaction() as session:
            assert proposals.list_proposals(session, company_id=shop.company.id or 0) == []
            assert session.get_one(Visit, visit_id).technician_id != other

    def test_rejected_it_comes_back_only_when_something_has_changed(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, _visit_id, other = gone
        company_id = shop.company.id or 0

        def solve_again(at: datetime) -> str:
            ask(database, shop, at)
            outcome = run_solve(database, solver=InlineSolver(), clock=lambda: at, seconds=SECONDS)
            assert outcome is not None
            return outcome.result

        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=company_id)
            proposals.reject_proposal(
                session, plan_id=proposal.id, company_id=company_id, reason="통화함", by=DISPATCHER, now=now
            )
        assert solve_again(now + timedelta(minutes=2)) == "kept"
        with database.transaction() as session:
            assert proposals.list_proposals(session, company_id=company_id) == []
            for shift in session.exec(select(Shift).where(col(Shift.technician_id) == other)).all():
                shift.end_at += timedelta(hours=1)
        assert solve_again(now + timedelta(minutes=5)) == "proposed", "who would go works longer now"

    def test_rejected_it_leaves_a_task_until_somebody_goes(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        """The promise stands on somebody who is not there: a named person owns it, and it is seen."""
        shop, visit_id, other = gone
        company_id = shop.company.id or 0

        def open_tasks(session: Session) -> list[TaskInfo]:
            return list_tasks(session, company_id=company_id, kinds=[PLAN_BY_HAND])

        with database.transaction() as session:
            world.make_duty(session, company_id=company_id, now=now)
            ask_again = {"point_id": shop.point.id or 0, "day": operating_day(now), "now": now}
            watch_day(session, **ask_again)
            assert open_tasks(session) == [], "the proposal answers it"
            (proposal,) = proposals.list_proposals(session, company_id=company_id)
            proposals.reject_proposal(
                session, plan_id=proposal.id, company_id=company_id, reason="통화함", by=DISPATCHER, now=now
            )
        ask(database, shop, now + timedelta(minutes=2))
        run_solve(database, solver=InlineSolver(), clock=lambda: now + timedelta(minutes=2), seconds=SECONDS)
        with database.transaction() as session:
            (task,) = open_tasks(session)
            assert (task.owner.name, task.due_at) == ("정창구", now)
            assert "아픈 기사가 그때 쉬어" in task.detail and "이미 통화한 접수" in task.detail
            (entry,) = list_queue(session, company_id=company_id, wish=QueueWish(), now=now).entries
            assert entry.section == "unplanned" and entry.reasons == (task.detail,)
            ticket_id = session.get_one(Visit, visit_id).ticket_id
            fields = {"start": None, "reason": "전화로 부탁", "pin": (), "by": DISPATCHER, "now": now}
            assign_by_hand(session, ticket_id=ticket_id, technician_id=other, **fields)
            assert open_tasks(session) == []

    def test_no_plan_at_all_leaves_a_task_too(self, database: Database, now: datetime) -> None:
        """Nobody else works here: what the solve proposes takes the visit off, and that answers nothing."""
        with database.transaction() as session:
            shop = Shop(session)
            who = shop.technician(name="아픈")
            (visit,) = zigzag(session, shop, who, now, (2,))
            visit.window_start, visit.window_end = visit.planned_start, visit.planned_end
            session.get_one(Ticket, visit.ticket_id).status = "APPOINTED"
            away = Absence(technician_id=who, start_at=now, end_at=now + timedelta(days=3), reason="병가")
            world.add(session, away)
            world.make_duty(session, company_id=shop.company.id or 0, now=now)
        ask(database, shop, now)
        run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
        with database.transaction() as session:
            (task,) = list_tasks(session, company_id=shop.company.id or 0, kinds=[PLAN_BY_HAND])
            assert "고객과 약속한" in task.detail and "그대로입니다" in task.detail
            session.delete(session.get_one(Absence, away.id))
        with database.transaction() as session:
            watch_day(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
            assert list_tasks(session, company_id=shop.company.id or 0, kinds=[PLAN_BY_HAND]) == []

    def test_another_companys_proposal_does_not_exist(
        self, database: Database, gone: tuple[Shop, int, int], now: datetime
    ) -> None:
        shop, _visit_id, _other = gone
        with database.transaction() as session:
            (proposal,) = proposals.list_proposals(session, company_id=shop.company.id or 0)
            with pytest.raises(proposals.UnknownProposalError):
                proposals.accept_proposal(session, plan_id=proposal.id, company_id=0, by=DISPATCHER, now=now)

    def test_one_change_of_route_in_ten_minutes(
        self, database: Database, road: tuple[Shop, list[Visit]], now: datetime
    ) -> None:
        """The first solve may move jobs between two technicians, the next one not within the pause."""
        shop, _visits = road
        with database.transaction() as session:
            shop.session = session
            shop.technician(name="둘째", home=world.north_of(world.GANGNAM, 9))
        moved = []
        for minutes in (0, 2):
            at = now + timedelta(minutes=minutes)
            ask(database, shop, at)
            outcome = run_solve(database, solver=InlineSolver(), clock=lambda at=at: at, seconds=SECONDS)
            assert outcome is not None
            moved.append(outcome.result)
            with database.transaction() as session:
                newest = session.exec(select(Plan).order_by(col(Plan.id).desc())).first()
                assert newest is not None
                if minutes:
                    assert all(change["what"] == "retimed" for change in newest.changes) or (
                        outcome.result == "kept"
                    )
        assert moved[0] == "published" and "proposed" not in moved
