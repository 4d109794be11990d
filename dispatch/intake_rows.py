"""The rows that a checked call becomes, made alike for one call and for a list of earlier tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from customers.schemas import BoilerInfo, HouseholdInfo, NewBoiler
from dispatch.intake_check import CheckedTicket
from dispatch.intake_rules import is_safety, priority_of
from dispatch.late_entry import late_reason
from dispatch.models import Ticket, TicketParty, WishedWindow
from dispatch.schemas import CodeFact, TicketRequest
from dispatch.tickets import ticket_key


@dataclass(frozen=True)
class Home:
    """A stored family: its home, the boiler that is meant, and its people's ids by role."""

    household: HouseholdInfo
    boiler: BoilerInfo | None
    contact_ids: dict[str, int]


def boiler_told(request: TicketRequest) -> NewBoiler:
    """What the caller said of the appliance."""
    said = request.boiler
    return NewBoiler(said.model or None, said.serial or None, said.installed_on) if said else NewBoiler()


def make_ticket(
    checked: CheckedTicket,
    request: TicketRequest,
    home: Home,
    *,
    ticket_id: int,
    number: str,
    code: CodeFact | None,
    now: datetime,
) -> Ticket:
    """The row of a ticket that was just received, not yet added. `code`: what is known of its error code."""
    safe = is_safety(
        symptom=checked.symptom, flagged=request.safety, code_is_safety=bool(code and code.safety)
    )
    care = home.household.priority_care
    return Ticket(
        id=ticket_id,
        number=number,
        company_id=home.household.company_id,
        household_id=home.household.id,
        boiler_id=home.boiler.id if home.boiler else None,
        channel=checked.channel,
        symptom=checked.symptom,
        error_code=checked.error_code,
        error_code_known=None if checked.error_code is None else code is not None,
        priority=priority_of(symptom=checked.symptom, priority_care=care, safety=safe),
        safety=safe,
        safety_hold=safe,
        priority_care=care,
        age_band=checked.age_band or home.household.age_band,
        note=request.note or "",
        status="RECEIVED",
        received_at=checked.received_at,
        recorded_at=now,
        payer_role=checked.payer_role,
        script_version=request.script_version or "",
        late_entry_reason=late_reason(request),
        late_entry_note=(request.late_entry_note or None) if late_reason(request) else None,
    )


def add_parties(
    session: Session, ticket: Ticket, checked: CheckedTicket, request: TicketRequest, home: Home
) -> None:
    """Add the people of a stored ticket as they were named, and the times they wished for."""
    for party in checked.parties:
        session.add(
            TicketParty(
                ticket_id=ticket_key(ticket),
                role=party.role,
                contact_id=home.contact_ids[party.role],
                name=party.person.name,
                phone=party.person.phone.e164,
                phone_raw=party.phone_raw,
                can_text=party.person.phone.can_text,
                relationship="" if party.role == "resident" else party.relationship,
            )
        )
    for window in request.wished_windows or ():
        if window.end <= ticket.recorded_at:  # a wish for what is over is none
            continue
        session.add(WishedWindow(ticket_id=ticket_key(ticket), start_at=window.start, end_at=window.end))
