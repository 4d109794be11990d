"""Plans that wait for a person: asked for, read and decided on the console."""

from __future__ import annotations

from datetime import timedelta

from httpx import Client
from sqlmodel import col, select

from core.clock import operating_day
from dispatch.models import Visit
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from tests.web.conftest import WebWorld
from tests.web.dispatch_world import (
    PART,
    dispatcher,
    file_ticket,
    ticket_of,
)

__all__ = ["dispatcher"]
"""The fixture; pytest finds it by its name here."""


def test_a_replan_is_asked_for_by_name(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world, planned=True)
    assert dispatcher.post(f"/dispatch/tickets/{number}/replan", headers=PART).status_code == 200
    with web_world.database.reading() as session:
        wish = session.exec(select(SolveRequest).where(col(SolveRequest.urgent))).one()
        assert wish.asked_by.startswith("dispatcher")


def test_proposals_are_read_and_decided_by_a_person(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world, planned=True)
    plan_id = _propose(web_world, number)
    assert "계획 제안 1건" in dispatcher.get("/dispatch").text
    listed = dispatcher.get("/dispatch/proposals", headers=PART).text
    assert number in listed and "박기사" in listed and "4,000" in listed
    url = f"/dispatch/proposals/{plan_id}/decision"
    silent = dispatcher.post(url, data={"decision": "REJECT", "reason": ""}, headers=PART)
    assert silent.status_code == 422
    done = dispatcher.post(url, data={"decision": "REJECT", "reason": "고객이 싫어함"}, headers=PART)
    assert done.status_code == 200
    assert "계획 제안" not in dispatcher.get("/dispatch/proposals/bar").text
    late = dispatcher.post(url, data={"decision": "ACCEPT"}, headers=PART)
    assert late.status_code == 409 and "이미 처리한" in late.text
    with web_world.database.reading() as session:
        assert session.get_one(Plan, plan_id).state == "rejected"


def _propose(web: WebWorld, number: str) -> int:
    """A plan like the published one, an hour later, that waits for somebody."""
    with web.database.transaction() as session:
        ticket = ticket_of(session, number)
        visit = session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()
        assert visit.planned_start is not None and visit.technician_id is not None
        day = operating_day(visit.planned_start)
        row = session.exec(select(PointDay).where(col(PointDay.day) == day)).one()
        side = {"technician_id": visit.technician_id, "start": visit.planned_start.isoformat()}
        later = {**side, "start": (visit.planned_start + timedelta(hours=1)).isoformat()}
        made = Plan(
            service_point_id=web.point.id or 0,
            company_id=web.company.id or 0,
            day=day,
            version=row.version + 1,
            base_version=row.version,
            origin="solve",
            state="proposed",
            made_at=web.now,
            made_by="온돌",
            cost=4000,
            baseline_cost=5000,
            decision_reason="다음 방문이 바뀝니다.",
            routes=[],
            changes=[
                {
                    "visit_id": visit.id,
                    "ticket_id": ticket.id,
                    "number": number,
                    "what": "retimed",
                    "from": side,
                    "to": later,
                    "text": "",
                }
            ],
        )
        session.add(made)
        session.flush()
        return made.id or 0
