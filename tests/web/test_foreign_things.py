"""Another company's things, and another point's, look like things that do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import text
from sqlmodel import Session, col, select

from billing.payment_models import Payment
from core.actor import Role
from dispatch.approval_models import CostApproval
from dispatch.models import Task, Visit
from dispatch.planning.plan_models import Plan
from happycall.models import HappyCall
from tests import world
from tests.web.conftest import WebWorld
from tests.web.rights_table import ALLOWED, GUARDED, OWN_WORDS, concrete
from web.app import API_PREFIX
from workforce.access_models import Device
from workforce.models import (
    Absence,
    Account,
    ApiToken,
    Company,
    Membership,
    PointClosure,
    Qualification,
    Shift,
    Technician,
    WebSession,
)


@dataclass(frozen=True)
class Foreign:
    """Names and ids of one company's things, by the name that routes give them."""

    values: dict[str, str]
    household_id: int


def other_company(session: Session, now: datetime) -> tuple[Company, Foreign]:
    """A second maker with one thing of each kind."""
    company = world.make_company(session, code="haedam", now=now)
    point = world.make_point(session, company=company, code="yonder", now=now)
    technician = world.make_technician(session, point=point, now=now)
    home = world.make_household(session, company=company)
    ticket = world.make_ticket(session, company=company, household=home, point=point, status="ASSIGNED")
    visit = world.make_visit(
        session, ticket=ticket, point=point, technician=technician, start=now + timedelta(hours=3)
    )
    owner = world.make_person(session)
    span: dict[str, Any] = {"start_at": now, "end_at": now + timedelta(days=1)}
    technician_id, point_id, ticket_id = technician.id or 0, point.id or 0, ticket.id or 0
    rows: dict[str, Any] = {
        "closure_id": PointClosure(service_point_id=point_id, reason="수해", **span),
        "absence_id": Absence(technician_id=technician_id, reason="병가", **span),
        "task_id": Task(
            ticket_id=ticket_id,
            company_id=company.id or 0,
            service_point_id=point_id,
            kind="CALL_LANDLINE",
            owner_person_id=owner.id or 0,
            state="open",
            created_at=now,
        ),
        "plan_id": Plan(
            service_point_id=point_id,
            company_id=company.id or 0,
            day=now.date(),
            version=1,
            base_version=0,
            origin="solve",
            state="proposed",
            made_at=now,
            made_by="온돌",
            routes=[],
        ),
        "happy_call_id": HappyCall(
            company_id=company.id or 0,
            ticket_id=ticket_id,
            visit_id=visit.id,
            state="scheduled",
            due_at=now,
            until_at=now + timedelta(days=3),
            created_at=now,
        ),
        **_money_of(visit, now),
    }
    session.add_all(rows.values())
    session.flush()
    found = {name: str(row.id) for name, row in rows.items()}
    found |= _log_in_of(session, technician, now)
    own = {
        "membership_id": select(Membership.id).where(col(Membership.company_id) == company.id),
        "qualification_id": select(Qualification.id).where(col(Qualification.technician_id) == technician_id),
        "shift_id": select(Shift.id).where(col(Shift.technician_id) == technician_id),
    }
    found |= {name: str(session.exec(query).first()) for name, query in own.items()}
    found |= {
        "number": ticket.number,
        "household_id": str(home.id),
        "person_id": str(session.get_one(Technician, technician_id).person_id),
        "service_point": point.code,
        "code": point.code,
        "place": point.code,
    }
    return company, Foreign(found, home.id or 0)


def _money_of(visit: Visit, now: datetime) -> dict[str, Any]:
    """What was asked of whoever pays for a visit, and what he paid."""
    of: dict[str, Any] = {
        "company_id": visit.company_id,
        "ticket_id": visit.ticket_id,
        "visit_id": visit.id,
    }
    paid = {"kind": "paid", "method": "card", "amount": 1000, "taken_at": now, "entered_at": now}
    return {
        "approval_id": CostApproval(**of, lines=[], total=1000, state="asked", asked_at=now),
        "payment_id": Payment(**of, **paid),
    }


def _log_in_of(session: Session, technician: Technician, now: datetime) -> dict[str, str]:
    """A colleague's session, device and token."""
    account = Account(person_id=technician.person_id, login="yonder", created_at=now)
    session.add(account)
    session.flush()
    seat = session.exec(select(Membership).where(col(Membership.person_id) == technician.person_id)).one()
    of: dict[str, Any] = {"account_id": account.id, "token_hash": "x"}
    times: dict[str, Any] = {"created_at": now, "expires_at": now + timedelta(hours=9)}
    rows: dict[str, Any] = {
        "session_id": WebSession(**of, membership_id=seat.id, **times),
        "token_id": ApiToken(**of, membership_id=seat.id, **times),
        "device_id": Device(
            **of,
            name="x",
            browser="",
            created_at=now,
            trusted_until=now + timedelta(days=9),
            last_seen_at=now,
            last_address="",
        ),
    }
    session.add_all(rows.values())
    session.flush()
    return {name: str(row.id) for name, row in rows.items()}


PLAIN = {"Accept": "application/json"}
UNKNOWN = {"number": "T-NO-SUCH", "service_point": "no-such", "code": "no-such", "place": "no-such"}
PLAUSIBLE: dict[str, dict[str, Any]] = {
    "self-fix": {"result": "FAILED"},
    "calls": {},
    "cancellation": {"reason": "x"},
    "reopening": {"reason": "x"},
    "escalation": {"reason": "x"},
    "acceptance": {"decision": "ACCEPT"},
    "contact-attempts": {"outcome": "NO_ANSWER"},
    "hold": {"reason": "parts_wait"},
    "completed": {"checklist": {}},
    "assignment": {"technician_id": 1, "reason": "x"},
    "attempts": {"outcome": "NO_ANSWER"},
    "approvals": {"lines": []},
    "answer": {"agrees": True},
    "payments": {"method": "card", "amount": 1},
    "refunds": {"amount": 1, "reason": "x"},
    "corrections": {"reason": "x"},
}
"""Bodies of API calls by the last word of their path; the visit's other steps need none."""


def foreign_routes() -> list[str]:
    """Guarded routes with a name or id of a company's thing in their path."""
    parts = {route: {p.strip("{}") for p in route.split("/") if p.startswith("{")} for route in GUARDED}
    return [route for route, names in parts.items() if names - OWN_WORDS]


def snapshot(session: Session) -> list[tuple[Any, ...]]:
    """What a successful change would leave behind."""
    counted = ", ".join(f"(SELECT count(*) FROM {name})" for name in ("timeline_entry", "event", "notice"))
    return [tuple(row) for row in session.execute(text(f"SELECT {counted}"))]


def test_foreign_things_look_unknown(web_world: WebWorld) -> None:
    with web_world.database.transaction() as session:
        _company, foreign = other_company(session, web_world.now)
        session.expunge_all()
    words = {
        "day": web_world.now.date().isoformat(),
        "key": "contact_limit_s",
        "tier": "day",
        "event": "EN_ROUTE",
    }
    numbers = {name: str(2**40) for name in foreign.values}
    with web_world.database.reading() as session:
        before = snapshot(session)
    wrong = []
    clients = {role: web_world.sign_in(role) for role in Role}
    for route in foreign_routes():
        role = min(ALLOWED[route] - {Role.TECHNICIAN}, default=Role.TECHNICIAN)
        theirs = _send(clients[role], concrete(route, {**words, **foreign.values}))
        unknown = _send(clients[role], concrete(route, {**words, **numbers, **UNKNOWN}))
        if (theirs.status_code, unknown.status_code) != (404, 404):
            wrong.append((route, role.value, theirs.status_code, unknown.status_code))
    with web_world.database.reading() as session:
        after = snapshot(session)
    assert not wrong, "\n".join(map(str, wrong))
    assert after == before, "nothing has changed"


def test_a_colleagues_desk_does_not_reach_other_points(web_world: WebWorld) -> None:
    """The desk of a point and a technician see their own tickets, and nothing of the point beside."""
    now = web_world.now
    with web_world.database.transaction() as session:
        company = session.get_one(Company, web_world.company.id)
        beside = world.make_point(session, company=company, code="beside", now=now)
        other = world.make_technician(session, point=beside, now=now)
        ticket = world.make_ticket(session, company=company, point=beside, status="ASSIGNED")
        world.make_visit(
            session, ticket=ticket, point=beside, technician=other, start=now + timedelta(hours=3)
        )
        number = ticket.number
        session.expunge_all()
    desk = web_world.sign_in("point", point=web_world.point)
    technician = web_world.sign_in("technician", technician=web_world.technician)
    for who, role in ((desk, Role.POINT), (technician, Role.TECHNICIAN)):
        assert who.get("/api/v1/tickets").json()["items"] == []
        reachable = [r for r in foreign_routes() if role in ALLOWED[r] and "{number}" in r]
        answers = {r: _send(who, concrete(r, {"number": number})).status_code for r in reachable}
        assert {route: status for route, status in answers.items() if status != 404} == {}, role


def _send(client: httpx.Client, route: str) -> httpx.Response:
    """The answer; refusals as a problem: only the status is looked at, their page is drawn elsewhere."""
    method, path = route.split(" ")
    if method == "GET":
        dialog = {"HX-Request": "true"} if path.startswith("/dispatch/") else {}
        return client.get(path, headers={**dialog, **PLAIN}, follow_redirects=path.startswith("/m/"))
    if path.startswith(API_PREFIX):
        return client.post(path, json=PLAUSIBLE.get(path.rsplit("/", 1)[1]))
    return client.post(path, data={"reason": "x"}, headers=PLAIN)
