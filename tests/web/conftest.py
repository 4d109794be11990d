"""The web as tests meet it: one application over a test's database, a clock that stands, signed-in browsers.

`web_world` founds a company with a point and a technician (all committed); `client_as(role)` signs in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import httpx
import pytest
from sqlmodel import Session, col, select

from core.actor import Role
from core.db import Database
from core.settings import Settings
from tests import world
from tests.serving import client_of, serving_context
from web.context import WebContext
from web.identity import COOKIE
from web.live_hub import LiveHub
from workforce.accounts import open_session
from workforce.models import Account, Company, Membership, Person, ServicePoint, Technician

ClientAs = Callable[..., httpx.Client]

_serial = count(1)


@dataclass
class WebWorld:
    """The pieces; `now` is what the application's clock says and may be moved."""

    database: Database
    now: datetime
    company: Company
    point: ServicePoint
    technician: Technician
    url: str = ""
    clients: list[httpx.Client] = field(default_factory=list)

    def wait(self, **span: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**span)
        return self.now

    def sign_in(
        self,
        role: Role | str,
        *,
        company: Company | None = None,
        point: ServicePoint | None = None,
        technician: Technician | None = None,
    ) -> httpx.Client:
        """A browser of a member: company-wide, of a point, or of one technician."""
        role = Role(role)
        company = company or self.company
        with self.database.transaction() as session:
            token = _member(session, role, company, point, technician, now=self.now)
        client = client_of(self.url, cookies={COOKIE: token})
        self.clients.append(client)
        return client


@pytest.fixture
def web_world(database: Database, database_url: str, now: datetime) -> Iterator[WebWorld]:
    """A company with one point and one technician, and the application over it."""
    with database.transaction() as session:
        company = world.make_company(session, now=now)
        point = world.make_point(session, company=company, now=now)
        technician = world.make_technician(session, point=point, now=now)
        session.flush()
        session.expunge_all()
    made = WebWorld(database, now, company, point, technician)
    settings = Settings(database_url=database_url, sms_provider="fake", webhook_token="test")
    context = WebContext(
        settings=settings, database=database, clock=lambda: made.now, live=LiveHub(database_url)
    )
    with serving_context(context) as url:
        made.url = url
        yield made
        for client in made.clients:
            client.close()


@pytest.fixture
def client_as(web_world: WebWorld) -> ClientAs:
    """`client_as("agent")`, `client_as("point", point=…)`, `client_as("technician", technician=…)`."""
    return web_world.sign_in


def _member(
    session: Session,
    role: Role,
    company: Company,
    point: ServicePoint | None,
    technician: Technician | None,
    *,
    now: datetime,
) -> str:
    n = next(_serial)
    if technician is not None:
        person = session.get_one(Person, technician.person_id)
        query = select(Membership).where(
            col(Membership.person_id) == person.id, col(Membership.role) == "technician"
        )
        membership = session.exec(query).first() or pytest.fail("not a technician's membership")
    else:
        person = world.make_person(session, name=f"{role.value} {n}")
        membership = Membership(
            person_id=person.id or 0,
            company_id=company.id or 0,
            service_point_id=point.id if point else None,
            role=role.value,
            badge_number="",
            valid_from=now - timedelta(days=1),
        )
    account = Account(person_id=person.id or 0, login=f"{role.value}-{n}", created_at=now)
    session.add_all([account, membership])
    session.flush()
    return open_session(session, account=account, membership=membership, from_address="127.0.0.1", now=now)
