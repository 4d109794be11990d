"""Every route by every role: who is let in, before a body is read; and foreign ids look like unknown ones.

A new route fails here until it is written into `TABLE`: that is the moment to think about who may call it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlmodel import Session, col, select

from core.actor import Role
from core.settings import Settings
from dispatch.models import Task
from dispatch.planning.plan_models import Plan
from happycall.models import HappyCall
from tests import world
from tests.serving import application
from tests.web.conftest import WebWorld
from web.app import API_PREFIX
from web.context import WebContext
from web.identity import COOKIE
from web.live_hub import LiveHub
from web.routes import API_ROUTERS, PAGE_ROUTERS
from workforce.models import Absence, Company, Membership, PointClosure, Qualification, Shift, Technician

LETTERS = {
    "A": Role.AGENT,
    "D": Role.DISPATCHER,
    "P": Role.POINT,
    "T": Role.TECHNICIAN,
    "Q": Role.QA,
    "M": Role.MANAGER,
    "X": Role.ADMIN,
}
TABLE = {
    "-": """
        GET /
        GET /api/v1/health
        GET /docs
        POST /language
        GET /login
        POST /login
        GET /login/once/{token}
        POST /logout
        POST /webhooks/solapi/{token}
    """,
    "ADMX": """
        GET /agent
        GET /agent/households/{household_id}
        GET /agent/new
        POST /agent/new
        POST /agent/new/echo/{field}
        POST /agent/new/guide
        GET /agent/search
        GET /agent/tickets/{number}
        POST /agent/tickets/{number}/cancellation
        POST /agent/tickets/{number}/escalation
        GET /agent/tickets/{number}/head
        GET /agent/tickets/{number}/live
        POST /agent/tickets/{number}/location
        POST /agent/tickets/{number}/note
        POST /agent/tickets/{number}/reopening
        POST /agent/tickets/{number}/self-fix
        GET /agent/tickets/{number}/tasks
        POST /agent/tickets/{number}/tasks/{task_id}
        POST /agent/tickets/{number}/window
        GET /agent/tickets/{number}/windows
        GET /agent/waiting
        POST /api/v1/tickets
        POST /api/v1/tickets/{number}/calls
        POST /api/v1/tickets/{number}/self-fix
    """,
    "ADPMX": """
        POST /api/v1/tickets/{number}/cancellation
    """,
    "ADPT": """
        POST /api/v1/tickets/{number}/contact-attempts
    """,
    "ADPTQMX": """
        GET /api/v1/metrics
        GET /api/v1/plans/{service_point}/{day}
        GET /api/v1/service-points
        GET /api/v1/slots
        GET /api/v1/technicians
        GET /api/v1/tickets
        GET /api/v1/tickets/{number}
        POST /api/v1/tickets/{number}/escalation
        GET /live
        GET /phones
        GET /phones/list
        POST /unmask/household/{household_id}
        POST /unmask/ticket/{number}
    """,
    "ADQMX": """
        POST /api/v1/tickets/{number}/reopening
    """,
    "DMX": """
        GET /dispatch
        GET /dispatch/lanes/{code}
        GET /dispatch/map.json
        GET /dispatch/proposals
        GET /dispatch/proposals/bar
        POST /dispatch/proposals/{plan_id}/decision
        GET /dispatch/queue
        GET /dispatch/tickets/{number}
        POST /dispatch/tickets/{number}/acceptance
        POST /dispatch/tickets/{number}/assignment
        POST /dispatch/tickets/{number}/assignment/preview
        POST /dispatch/tickets/{number}/attempt
        POST /dispatch/tickets/{number}/cancellation
        GET /dispatch/tickets/{number}/crew
        POST /dispatch/tickets/{number}/escalation
        GET /dispatch/tickets/{number}/facts
        POST /dispatch/tickets/{number}/reopening
        POST /dispatch/tickets/{number}/replan
        POST /dispatch/tickets/{number}/tasks/{task_id}
        POST /dispatch/tickets/{number}/transfer
        POST /dispatch/tickets/{number}/unpinning
        POST /dispatch/tickets/{number}/visit/absent
        POST /dispatch/tickets/{number}/visit/completed
        POST /dispatch/tickets/{number}/visit/hold
        POST /dispatch/tickets/{number}/visit/{step_name}
        GET /dispatch/tickets/{number}/windows
    """,
    "DP": """
        POST /api/v1/tickets/{number}/acceptance
        POST /point/replans
        POST /point/tickets/{number}/acceptance
        POST /point/tickets/{number}/attempt
        POST /point/tickets/{number}/numbers
        POST /point/tickets/{number}/refusal
        POST /point/tickets/{number}/tasks/{task_id}/done
    """,
    "DPMX": """
        POST /api/v1/plans/{service_point}/{day}/replans
        POST /api/v1/tickets/{number}/assignment
        GET /point
        POST /point/absences
        POST /point/absences/{absence_id}/end
        POST /point/closures
        POST /point/closures/{closure_id}/end
        POST /point/duty
        POST /point/duty/gaps
        GET /point/parts/{part}
        GET /point/pick
        POST /point/proposals/{plan_id}
        GET /point/rota
        GET /point/tickets
        GET /point/tickets/{number}
        POST /point/tickets/{number}/assignment
        GET /point/tickets/{number}/decline
        GET /point/tickets/{number}/head
    """,
    "DPT": """
        POST /api/v1/tickets/{number}/visit/absent
        POST /api/v1/tickets/{number}/visit/arrived
        POST /api/v1/tickets/{number}/visit/completed
        POST /api/v1/tickets/{number}/visit/en-route
        POST /api/v1/tickets/{number}/visit/hold
        POST /api/v1/tickets/{number}/visit/started
        GET /m
        GET /m/route
        POST /m/tasks/{task_id}/done
        GET /m/{number}
        POST /m/{number}/absent
        POST /m/{number}/acknowledged
        POST /m/{number}/arrived
        POST /m/{number}/attempt
        POST /m/{number}/bill
        POST /m/{number}/completed
        POST /m/{number}/departed
        POST /m/{number}/hold
        GET /m/{number}/now
        POST /m/{number}/started
        GET /m/{number}/{step}
    """,
    "DQMX": """
        GET /api/v1/happy-calls
    """,
    "QM": """
        POST /api/v1/happy-calls/{happy_call_id}/attempts
    """,
    "QMX": """
        GET /qa
        GET /qa/list
        GET /qa/{happy_call_id}
        POST /qa/{happy_call_id}/attempts
        POST /qa/{happy_call_id}/dial
        GET /qa/{happy_call_id}/state
    """,
    "X": """
        GET /admin
        GET /admin/calendar
        GET /admin/calendar/new
        POST /admin/calendar/new
        POST /admin/calendar/{day}/clear
        GET /admin/companies
        GET /admin/companies/edit
        POST /admin/companies/edit
        GET /admin/companies/new
        POST /admin/companies/new
        POST /admin/companies/switch/{membership_id}
        GET /admin/duty
        POST /admin/duty/fill
        GET /admin/duty/{place}
        POST /admin/duty/{place}/fill
        GET /admin/duty/{place}/new
        POST /admin/duty/{place}/new
        GET /admin/history
        GET /admin/people
        GET /admin/people/new
        POST /admin/people/new
        GET /admin/people/{person_id}
        GET /admin/people/{person_id}/disable
        POST /admin/people/{person_id}/disable
        GET /admin/people/{person_id}/edit
        POST /admin/people/{person_id}/edit
        POST /admin/people/{person_id}/enable
        GET /admin/people/{person_id}/login
        POST /admin/people/{person_id}/login
        GET /admin/people/{person_id}/memberships
        POST /admin/people/{person_id}/memberships
        GET /admin/people/{person_id}/memberships/{membership_id}/end
        POST /admin/people/{person_id}/memberships/{membership_id}/end
        GET /admin/points
        GET /admin/points/map
        GET /admin/points/new
        POST /admin/points/new
        GET /admin/points/{code}
        GET /admin/points/{code}/closures
        POST /admin/points/{code}/closures
        POST /admin/points/{code}/closures/{closure_id}/end
        GET /admin/points/{code}/edit
        POST /admin/points/{code}/edit
        GET /admin/points/{code}/end
        POST /admin/points/{code}/end
        GET /admin/points/{code}/hours
        POST /admin/points/{code}/hours
        GET /admin/prices
        POST /admin/prices/fee
        GET /admin/prices/new
        POST /admin/prices/new
        GET /admin/prices/{code}/{tier}
        GET /admin/prices/{code}/{tier}/change
        POST /admin/prices/{code}/{tier}/change
        GET /admin/prices/{code}/{tier}/withdraw
        POST /admin/prices/{code}/{tier}/withdraw
        GET /admin/qualifications
        GET /admin/qualifications/new
        POST /admin/qualifications/new
        GET /admin/qualifications/{qualification_id}/end
        POST /admin/qualifications/{qualification_id}/end
        GET /admin/settings
        GET /admin/settings/{key}
        GET /admin/settings/{key}/change
        POST /admin/settings/{key}/change
        GET /admin/shifts
        GET /admin/shifts/absence
        POST /admin/shifts/absence
        GET /admin/shifts/new
        POST /admin/shifts/new
        POST /admin/shifts/{shift_id}/remove
        GET /admin/start
        GET /admin/warranty
        GET /admin/warranty/new
        POST /admin/warranty/new
    """,
}
"""Roles by their letters -> `METHOD path`. `-`: nobody has to sign in."""

ALLOWED: dict[str, frozenset[Role]] = {
    line.strip(): frozenset(LETTERS[letter] for letter in roles if letter != "-")
    for roles, lines in TABLE.items()
    for line in lines.strip().splitlines()
}
GUARDED = sorted(route for route, roles in ALLOWED.items() if roles)

OWN_WORDS = {"day", "key", "field", "part", "tier", "step", "step_name", "token"}
"""Parts of a path that name nothing of a company."""


def routes_of(routers: Iterable[Any], prefix: str) -> Iterator[tuple[str, APIRoute]]:
    """`METHOD path` of every route below these routers."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in (route.methods or set()) - {"HEAD"}:
                    yield f"{method} {prefix}{route.path}", route
            else:
                yield from routes_of([route.original_router], prefix + route.include_context.prefix)


def test_every_route_is_in_the_table_with_its_roles() -> None:
    found = {}
    for name, route in (*routes_of(API_ROUTERS, API_PREFIX), *routes_of(PAGE_ROUTERS, "")):
        assert name not in found, f"{name} is there twice"
        found[name] = frozenset(getattr(route.endpoint, "allowed_roles", frozenset()))
    assert found == ALLOWED


@dataclass
class Answer:
    """What an application sent back to one request, and how often it asked for the body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reads: int = 0


async def call(app: FastAPI, route: str, headers: dict[str, str]) -> Answer:
    """One request straight into the application, with a body that is announced and never comes."""
    method, path = route.split(" ")
    answer = Answer()

    async def receive() -> dict[str, Any]:
        answer.reads += 1
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    sent = {"host": "test", "content-type": "application/json", "content-length": "9999", **headers}
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        },
        receive,
        send,
    )
    return answer


def call_all(app: FastAPI, calls: list[tuple[str, dict[str, str]]]) -> list[Answer]:
    async def one_after_the_other() -> list[Answer]:
        return [await call(app, route, headers) for route, headers in calls]

    return asyncio.run(one_after_the_other())


@pytest.fixture
def app(web_world: WebWorld) -> Iterator[FastAPI]:
    """A second application over the same rows, called without a network."""
    settings = Settings(database_url="postgresql://nowhere", sms_provider="fake", webhook_token="test")
    context = WebContext(
        settings=settings,
        database=web_world.database,
        clock=lambda: web_world.now,
        live=LiveHub("postgresql://nowhere"),
    )
    with application(context) as made:
        yield made


def concrete(route: str, values: dict[str, str] | None = None) -> str:
    """The route with something in the place of its parameters."""
    method, path = route.split(" ")
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            path = path.replace(part, (values or {}).get(name, "1"))
    return f"{method} {path}"


def test_without_signing_in_there_is_nothing(app: FastAPI) -> None:
    bad: tuple[dict[str, str], ...] = (
        {},
        {"authorization": "Bearer nonsense"},
        {"cookie": f"{COOKIE}=nonsense"},
    )
    calls = [(concrete(route), headers) for route in GUARDED for headers in bad]
    for (route, _headers), answer in zip(calls, call_all(app, calls), strict=True):
        is_page = route.startswith("GET ") and API_PREFIX not in route
        assert answer.status == (303 if is_page else 401), route
        assert answer.reads == 0, f"{route} read the body"
        if is_page:
            assert answer.headers["location"].startswith("/login")
        elif API_PREFIX in route:
            assert answer.headers["content-type"] == "application/problem+json"


def test_other_roles_are_refused_before_the_body_is_read(app: FastAPI, web_world: WebWorld) -> None:
    cookies = {role: web_world.sign_in(role).cookies[COOKIE] for role in Role}
    calls = [
        (route, role, {"cookie": f"{COOKIE}={cookies[role]}"})
        for route in GUARDED
        for role in Role
        if role not in ALLOWED[route]
    ]
    answers = call_all(app, [(concrete(route), headers) for route, _role, headers in calls])
    for (route, role, _headers), answer in zip(calls, answers, strict=True):
        assert answer.status == 403, f"{route} as {role}"
        assert answer.reads == 0, f"{route} read the body"


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
    }
    session.add_all(rows.values())
    session.flush()
    found = {name: str(row.id) for name, row in rows.items()}
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
    words = {"day": web_world.now.date().isoformat(), "key": "contact_limit_s", "tier": "day"}
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
    method, path = route.split(" ")
    if method == "GET":
        dialog = {"HX-Request": "true"} if path.startswith("/dispatch/") else {}
        return client.get(path, headers=dialog, follow_redirects=path.startswith("/m/"))
    if path.startswith(API_PREFIX):
        return client.post(path, json=PLAUSIBLE.get(path.rsplit("/", 1)[1]))
    return client.post(path, data={"reason": "x"})


def test_the_letters_are_all_roles() -> None:
    assert set(LETTERS.values()) == set(Role)
    assert all(len(set(roles)) == len(roles) for roles in TABLE)
    listed = list(itertools.chain.from_iterable(lines.split("\n") for lines in TABLE.values()))
    assert len([line for line in listed if line.strip()]) == len(ALLOWED), "no route is listed twice"
