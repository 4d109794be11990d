"""A family with a link, and whoever opens it: a browser without cookies."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import httpx
from sqlmodel import col, select

from core.models import TimelineEntry
from core.secrets import hash_token
from dispatch.family_links import new_token
from dispatch.family_models import FamilyLink
from dispatch.models import Ticket, TicketClock, Visit
from tests.dispatch.case_world import set_prices
from tests.serving import client_of
from tests.web.conftest import WebWorld
from tests.web.technician_world import add_job

RESIDENT = ("나리카나", "010-7731-4492")


@dataclass
class Family:
    """A link to one case and the phone that opens it."""

    web: WebWorld
    client: httpx.Client
    token: str
    ticket_id: int
    visit_id: int

    def get(self, page: str = "") -> httpx.Response:
        return self.client.get(f"/t/{self.token}{page}")

    def post(self, page: str, *, follow: bool = True, **fields: str) -> httpx.Response:
        return self.client.post(f"/t/{self.token}{page}", data=fields, follow_redirects=follow)

    def offered(self) -> list[str]:
        return re.findall(r'name="window" value="([^"]+)"', self.get("/time").text)

    def ticket(self) -> Ticket:
        with self.web.database.reading() as session:
            return session.get_one(Ticket, self.ticket_id)

    def visits(self) -> list[Visit]:
        query = select(Visit).where(Visit.ticket_id == self.ticket_id).order_by(col(Visit.sequence))
        with self.web.database.reading() as session:
            return list(session.exec(query))

    def clock(self, kind: str) -> TicketClock:
        query = select(TicketClock).where(TicketClock.ticket_id == self.ticket_id, TicketClock.kind == kind)
        with self.web.database.reading() as session:
            return session.exec(query).one()

    def done(self, what: str) -> list[TimelineEntry]:
        query = select(TimelineEntry).where(
            TimelineEntry.subject_kind == "ticket",
            TimelineEntry.subject_id == self.ticket_id,
            TimelineEntry.what == what,
        )
        with self.web.database.reading() as session:
            return list(session.exec(query))


def open_link(web: WebWorld, *, roles: tuple[str, ...] = ("requester",), **job: Any) -> Family:
    """A case of its own with a link for these parties."""
    with web.database.transaction() as session:
        set_prices(session, web.company, web.now)
        ticket, visit = add_job(web, session, resident=RESIDENT, **job)
        ids = ticket.id or 0, visit.id or 0
    return Family(web, _browser(web), link_to(web, ids[0], ids[1], roles), *ids)


def link_to(web: WebWorld, ticket_id: int, visit_id: int | None, roles: tuple[str, ...]) -> str:
    """A further link to a case. Returns its token."""
    token = new_token()
    with web.database.transaction() as session:
        session.add(
            FamilyLink(
                company_id=web.company.id or 0,
                ticket_id=ticket_id,
                visit_id=visit_id,
                roles=list(roles),
                token_hash=hash_token(token),
                created_at=web.now,
            )
        )
    return token


def _browser(web: WebWorld) -> httpx.Client:
    client = client_of(web.url)
    web.clients.append(client)
    return client


def read(answer: httpx.Response) -> str:
    """What a person reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
