"""A whole house for journeys: real web server, real worker, real provider-shaped server, a settable clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import text

from core.actor import SYSTEM, Role
from core.db import Database
from core.jobs import make_worker_app
from core.settings import Settings
from dispatch.family_links import LINKS_AT
from dispatch.planning.solving import SolverPool
from notifications.fake_provider import Controls, create_fake_provider
from notifications.providers.choice import make_carriers
from notifications.push_choice import make_push_service
from tests.serving import application, client_of, serving
from tests.world import never_lock
from web.context import WebContext
from web.live_hub import LiveHub
from worker import WorkerContext, add_tasks, run_sweeps
from workforce.accounts import issue_login_link, issue_token
from workforce.founding import found_company
from workforce.staff import add_person, grant_membership

PASSWORD = "a good password"
ROLES = (Role.AGENT, Role.DISPATCHER, Role.POINT, Role.TECHNICIAN, Role.QA, Role.MANAGER)
WEBHOOK_TOKEN = "journey"


@dataclass
class Clock:
    """The time of a journey; it moves when the story says so."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> datetime:
        """Let time pass."""
        self.at += timedelta(**delta)
        return self.at


@dataclass
class House:
    """One installation. `url` answers HTTP; `work()` runs the worker until it has nothing to do."""

    url: str
    provider_url: str
    database: Database
    settings: Settings
    clock: Clock
    worker: WorkerContext
    clients: list[httpx.Client] = field(default_factory=list)
    stop_web: Callable[[], None] = lambda: None
    """The web process goes away and does not come back."""

    def add_company(self, code: str, *, kind: str = "direct") -> int:
        """A maker with one company-wide member of each role. Returns its id."""
        with self.database.transaction() as session:
            company = found_company(
                session,
                code=code,
                name=f"{code} 보일러",
                phone="1588-1000",
                admin_login=f"{code}-admin",
                admin_name="관리자",
                password=PASSWORD,
                now=self.clock() - timedelta(days=400),
            )
            for role in ROLES:
                person = add_person(
                    session,
                    name=f"{role.value} 담당",
                    phone="010-9000-0001",
                    login=f"{code}-{role.value}",
                    password=None,
                    company_id=company.id,
                    by=SYSTEM,
                    now=self.clock() - timedelta(days=400),
                )
                grant_membership(
                    session,
                    person_id=person,
                    company_id=company.id,
                    role=role,
                    point_id=None,
                    by=SYSTEM,
                    now=self.clock() - timedelta(days=400),
                )
            never_lock(session, company_id=company.id)
        return company.id

    def api(self, role: str, *, company: str = "onnuri", user: str | None = None) -> httpx.Client:
        """A client of the JSON API with a bearer token of a role."""
        with self.database.transaction() as session:
            token = issue_token(
                session, role=Role(role), company_code=company, login=user, by=SYSTEM, now=self.clock()
            )
        client = client_of(f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"})
        self.clients.append(client)
        return client

    def browser(self, role: str, *, user: str | None = None) -> httpx.Client:
        """A browser into which a member of a role has logged in by a link."""
        with self.database.transaction() as session:
            link = issue_login_link(
                session, role=Role(role), company_code="onnuri", login=user, by=SYSTEM, now=self.clock()
            )
        browser = client_of(self.url)
        self.clients.append(browser)
        assert browser.get(link).status_code == 303
        return browser

    def work(self, *, rounds: int = 6) -> None:
        """Run sweeps and every waiting job until nothing moves any more."""
        for _round in range(rounds):
            moved = sum(run_sweeps(self.worker).values())
            ran = self._run_jobs()
            self.flush_reports()
            if not moved and not ran:
                return

    def flush_reports(self) -> None:
        """Let the provider report what it has delivered."""
        with client_of(self.provider_url) as client:
            client.post("/control/flush").raise_for_status()

    def control_provider(self, **changes: Any) -> None:
        """Let the provider misbehave."""
        with client_of(self.provider_url) as client:
            client.post("/control", json=changes).raise_for_status()

    def texts(self, *, to: str | None = None) -> list[dict[str, Any]]:
        """What the provider has taken."""
        with client_of(self.provider_url) as client:
            found: list[dict[str, Any]] = client.get(
                "/control/messages", params={"to": to} if to else {}
            ).json()
            return found

    def _run_jobs(self) -> int:
        app = make_worker_app(self.settings.database_url)
        add_tasks(app, self.worker)
        app.periodic_registry.periodic_tasks.clear()
        waiting = self._waiting_jobs()
        asyncio.run(_run_until_empty(app))
        return waiting

    def _waiting_jobs(self) -> int:
        with self.database.reading() as session:
            query = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
            return int(session.execute(query).scalar_one())


async def _run_until_empty(app: Any) -> None:
    async with app.open_async():
        await app.run_worker_async(
            wait=False, concurrency=4, listen_notify=False, install_signal_handlers=False
        )


@contextmanager
def open_house(
    database: Database, database_url: str, *, now: datetime, solves: bool = True
) -> Iterator[House]:
    """Start everything for one test and stop it afterwards; without `solves` plans are only inserted into."""
    clock = Clock(now)
    controls = Controls(delay_s=None)
    with serving(create_fake_provider(controls=controls, clock=clock)) as provider_url:
        settings = Settings(
            database_url=database_url,
            ondol_mode="demo",
            sms_provider="fake",
            fake_provider_url=provider_url,
            webhook_token=WEBHOOK_TOKEN,
            web_threads=6,
            solve_seconds=1.0,
            push_services="127.0.0.1",
        )
        memory: dict[str, Any] = {**database.info, LINKS_AT: None}
        database = Database(database.engine, info=memory)
        context = WebContext(settings=settings, database=database, clock=clock, live=LiveHub(database_url))
        with (
            application(context) as app,
            serving(app) as url,
            SolverPool() if solves else nullcontext() as solver,
        ):
            memory[LINKS_AT] = url
            carriers, push = make_carriers(settings), make_push_service(settings)
            assert push is not None
            worker = WorkerContext(
                settings=settings,
                database=database,
                replayable=database,
                clock=clock,
                carriers=carriers,
                push=push,
                solver=solver,
            )
            house = House(url, provider_url, database, settings, clock, worker)
            house.stop_web = app.state.stop_serving
            house.control_provider(webhook_url=f"{url}/webhooks/solapi/{WEBHOOK_TOKEN}")
            try:
                yield house
            finally:
                for client in house.clients:
                    client.close()
                carriers.close()
                push.close()
