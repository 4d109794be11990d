"""What a technician's phone shows of his visits, read for all of a day's at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select as columns
from sqlmodel import Session, col, func

from billing.schemas import WarrantyAnswer
from core.db import any_of
from customers.languages import languages_of
from customers.queries import list_boilers, list_homes
from customers.schemas import BoilerInfo, HouseholdInfo
from dispatch.detail_shapes import ClockFacts, PartyFacts, WindowFacts
from dispatch.models import ContactAttempt, Ticket, TicketParty, Visit
from dispatch.pricing import warranties_ahead
from dispatch.states import OPEN_VISIT_STATES
from dispatch.technician_shapes import Job
from dispatch.tickets import ticket_key
from geo.travel_times import Leg

PARTY_ORDER = ("resident", "requester", "payer")


@dataclass(frozen=True)
class DayFacts:
    """By household, boiler, ticket or visit id: what the jobs of a day are put together from."""

    homes: Mapping[int, HouseholdInfo]
    boilers: Mapping[int, BoilerInfo]
    """Those that still stand in the homes."""
    parties: Mapping[int, tuple[PartyFacts, ...]]
    clocks: Mapping[int, ClockFacts]
    attempts: Mapping[int, int]
    warranties: Mapping[int, WarrantyAnswer]

    def job(self, visit: Visit, ticket: Ticket, drive: Leg | None = None) -> Job:
        """A visit with all that is shown of it; `drive`: from the stop before, None if unknown."""
        key = ticket_key(ticket)
        home = self.homes[ticket.household_id]
        boiler = self.boilers.get(ticket.boiler_id or 0)
        return Job(
            visit_id=visit.id or 0,
            ticket_id=key,
            number=ticket.number,
            status=ticket.status,
            state=visit.state,
            sequence=visit.sequence,
            symptom=ticket.symptom,
            error_code=ticket.error_code,
            priority=ticket.priority,
            safety=ticket.safety,
            priority_care=ticket.priority_care,
            age_band=ticket.age_band,
            note=ticket.note,
            received_at=ticket.received_at,
            escalated=ticket.escalated_at is not None,
            reopened=ticket.reopened_at is not None,
            service_point_id=visit.service_point_id,
            window=_window(visit),
            planned_start=visit.planned_start,
            planned_end=visit.planned_end,
            travel_s=drive.seconds if drive else None,
            travel_source=drive.source if drive else None,
            pinned_time=visit.pinned_time,
            hold_reason=visit.hold_reason,
            acknowledged_at=visit.acknowledged_at,
            en_route_at=visit.en_route_at,
            arrived_at=visit.arrived_at,
            started_at=visit.started_at,
            ended_at=visit.ended_at,
            household=home,
            boiler=boiler if boiler and boiler.address_id == home.address.id else None,
            parties=self.parties.get(key, ()),
            contact=self.clocks.get(key),
            attempts=self.attempts.get(key, 0),
            warranty=self.warranties.get(visit.id or 0),
        )


def read_facts(
    session: Session,
    rows: Sequence[tuple[Visit, Ticket]],
    clocks: Mapping[int, ClockFacts],
    *,
    company_id: int,
    now: datetime,
) -> DayFacts:
    """The facts of some visits of one company. `clocks`: their contact clocks by ticket id."""
    homes = list_homes(session, company_id=company_id, household_ids={t.household_id for _, t in rows})
    standing = list_boilers(session, address_ids={home.address.id for home in homes.values()})
    boilers = {boiler.id: boiler for found in standing.values() for boiler in found}
    ahead = [row for row in rows if row[0].state in OPEN_VISIT_STATES]
    ticket_ids = {ticket_key(ticket) for _, ticket in rows}
    return DayFacts(
        homes=homes,
        boilers=boilers,
        parties=_parties(session, ticket_ids),
        clocks=clocks,
        attempts=_attempts(session, ticket_ids),
        warranties=warranties_ahead(session, visits=ahead, boilers=boilers, now=now),
    )


def _window(visit: Visit) -> WindowFacts | None:
    if visit.window_start is None or visit.window_end is None:
        return None
    return WindowFacts(visit.window_start, visit.window_end)


_PARTIES = columns(
    col(TicketParty.ticket_id),
    col(TicketParty.role),
    col(TicketParty.name),
    col(TicketParty.phone),
    col(TicketParty.phone_raw),
    col(TicketParty.can_text),
    col(TicketParty.relationship),
    col(TicketParty.contact_id),
    col(TicketParty.phone_wrong_since).is_not(None),
).where(any_of(TicketParty.ticket_id, "ticket_ids"))
"""The columns after the first are the fields of `PartyFacts`, in their order."""
_ATTEMPTS = (
    columns(col(ContactAttempt.ticket_id), func.count().label("tries"))
    .where(any_of(ContactAttempt.ticket_id, "ticket_ids"))
    .group_by(col(ContactAttempt.ticket_id))
)


def _parties(session: Session, ticket_ids: Iterable[int]) -> dict[int, tuple[PartyFacts, ...]]:
    found: dict[int, list[PartyFacts]] = {}
    for ticket_id, *facts in session.execute(_PARTIES, {"ticket_ids": list(ticket_ids)}):
        found.setdefault(ticket_id, []).append(PartyFacts(*facts))
    people = {party.contact_id for parties in found.values() for party in parties}
    spoken = languages_of(session, contact_ids=people)
    return {
        ticket_id: tuple(
            replace(party, language=spoken.get(party.contact_id, party.language))
            for party in sorted(parties, key=lambda party: PARTY_ORDER.index(party.role))
        )
        for ticket_id, parties in found.items()
    }


def _attempts(session: Session, ticket_ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(_ATTEMPTS, {"ticket_ids": list(ticket_ids)})
    return {row.ticket_id: row.tries for row in rows}
