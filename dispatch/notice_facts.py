"""What a text says of a case: brand, people, technician, place, bill, gathered as plain frozen facts.

Names and notes are what people typed: a character that no phone shows is left out here, because a heart in
a note must not keep a family from being told, nor a technician from finishing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from billing.schemas import PricedLine
from core.i18n import DEFAULT_LANGUAGE
from core.masking import mask_address
from core.phones import PhoneError, parse_phone
from customers.consents import Purpose, refusing
from customers.languages import languages_of
from dispatch.approval_models import ApprovalLine
from dispatch.cases import parties_of, technician_of
from dispatch.intake_rules import CHECKS
from dispatch.models import Ticket, TicketClock, TicketParty, Visit
from dispatch.places import address_of
from dispatch.tickets import ticket_key
from dispatch.words import SYMPTOMS
from notifications import texts
from notifications.catalogue import Role
from notifications.messages import Case, CostLine, PartyRole, Window, Worker
from notifications.recipients import Party
from notifications.schemas import BrandFacts
from workforce.duty import duty_at
from workforce.queries import get_company
from workforce.schemas import CompanyInfo, TechnicianInfo

UNNAMED = "고객"
FAMILY_ROLES = {"resident": Role.RESIDENT, "requester": Role.REQUESTER, "payer": Role.PAYER}


@dataclass(frozen=True)
class TicketFacts:
    """A ticket as its texts need it; `parties` by role."""

    ticket: Ticket
    company: CompanyInfo
    case: Case
    parties: dict[str, TicketParty]

    @property
    def id(self) -> int:
        """The ticket's id."""
        return ticket_key(self.ticket)

    @property
    def sender(self) -> BrandFacts:
        """The company's own number; a text cannot go out under another brand."""
        return BrandFacts(self.company.id, self.company.sender_number)


def facts_of_ticket(session: Session, *, ticket_id: int) -> TicketFacts:
    """Gather what every text about a ticket says."""
    ticket = session.get_one(Ticket, ticket_id)
    company = get_company(session, company_id=ticket.company_id)
    parties = parties_of(session, ticket_id=ticket_id)
    return TicketFacts(ticket, company, _case(ticket, company, parties), parties)


def worker_of(session: Session, *, visit: Visit) -> Worker:
    """The technician as the family knows him."""
    technician = technician_of(session, visit=visit)
    if technician is None:
        return Worker(name="담당 기사", id_number="-")
    return Worker(name=sendable(technician.name, "담당 기사"), id_number=technician.badge_number or "-")


def window_of(visit: Visit) -> Window | None:
    """The agreed window."""
    if visit.window_start is None or visit.window_end is None:
        return None
    return Window(visit.window_start, visit.window_end)


def place_of(session: Session, *, ticket: Ticket) -> str:
    """Where it is, no nearer than the dong: texts to staff may go astray."""
    place = mask_address(address_of(session, ticket).raw).replace("***", "").strip()
    return sendable(place, "주소 확인 필요")


def symptom_of(ticket: Ticket) -> str:
    """The symptom in Korean, whatever language the screen has."""
    return SYMPTOMS.get(ticket.symptom, sendable(ticket.symptom, "고장"))


def urgency_of(ticket: Ticket) -> Literal["NORMAL", "CARE", "SAFETY"]:
    """What the technician must know first."""
    if ticket.safety:
        return "SAFETY"
    return "CARE" if ticket.priority_care else "NORMAL"


def contact_clock(session: Session, *, ticket_id: int) -> TicketClock | None:
    """The newest contact clock of a ticket."""
    query = (
        select(TicketClock)
        .where(col(TicketClock.ticket_id) == ticket_id, col(TicketClock.kind) == "contact")
        .order_by(col(TicketClock.generation).desc())
    )
    return session.exec(query).first()


def technician_party(technician: TechnicianInfo) -> Party:
    """The technician as a recipient."""
    return _staff(Role.TECHNICIAN, technician.name, technician.phone, technician.person_id)


def desk_party(session: Session, *, ticket: Ticket, now: datetime) -> Party:
    """Whoever is on duty at the point's desk, on his own mobile: a desk's landline takes no text."""
    duty = duty_at(session, company_id=ticket.company_id, point_id=ticket.service_point_id, at=now)
    return _staff(Role.POINT, duty.desk.name, duty.desk.phone, duty.desk.id)


def cost_lines(lines: Iterable[PricedLine | ApprovalLine]) -> tuple[CostLine, ...]:
    """A bill, or what is asked, as it is told; the same rows, the same won."""
    return tuple(CostLine(_label(line), line.amount, line.warranty) for line in lines)


def sendable(value: str, fallback: str) -> str:
    """What a phone can show of a typed value; the fallback when nothing is left."""
    plain = texts.normalise(value)
    hidden = set(texts.unsendable(plain))
    return "".join(c for c in plain if c not in hidden).strip() or fallback


def _label(line: PricedLine | ApprovalLine) -> str:
    return counted(sendable(line.label, line.code), line.quantity)


def counted(label: str, quantity: int) -> str:
    """A line of a bill, with how many there are of it."""
    return f"{label} {quantity}개" if quantity > 1 else label


def _case(ticket: Ticket, company: CompanyInfo, parties: dict[str, TicketParty]) -> Case:
    resident, requester, payer = (parties.get(role) for role in ("resident", "requester", "payer"))
    return Case(
        maker=sendable(company.brand_name, company.code),
        call_back=company.main_phone,
        ticket_number=ticket.number,
        resident=_name(resident) or UNNAMED,
        requester=_name(requester),
        relationship=requester.relationship if requester else None,
        payer=_payer_role(ticket.payer_role),
        payer_name=_name(payer),
        checkup=ticket.symptom in CHECKS,
    )


def _payer_role(role: str) -> PartyRole:
    return "requester" if role == "requester" else "payer" if role == "payer" else "resident"


def _name(party: TicketParty | None) -> str | None:
    return sendable(party.name, UNNAMED) if party else None


def family_of(
    session: Session, facts: TicketFacts, *, purposes: Sequence[Purpose] = (Purpose.VISIT,)
) -> tuple[Party, ...]:
    """The family as recipients; who refused notices for any of the purposes is among them and says so."""
    ticket = facts.ticket
    contacts = [party.contact_id for party in facts.parties.values()]
    home = {"company_id": ticket.company_id, "household_id": ticket.household_id}
    refused = {
        who
        for purpose in purposes
        for who in refusing(session, **home, contact_ids=contacts, purpose=purpose)
    }
    spoken = languages_of(session, contact_ids=contacts)
    return tuple(
        Party(
            role=FAMILY_ROLES[role],
            name=_name(party) or UNNAMED,
            phone=(party.phone or None) if party.phone_wrong_since is None else None,
            can_text=party.can_text,
            takes_notices=party.contact_id not in refused,
            language=spoken.get(party.contact_id, DEFAULT_LANGUAGE),
        )
        for role, party in facts.parties.items()
    )


def _staff(role: Role, name: str, phone: str, person_id: int) -> Party:
    try:
        can_text = parse_phone(phone).can_text
    except PhoneError:
        can_text = False
    return Party(
        role=role,
        name=sendable(name, "담당자"),
        phone=phone or None,
        can_text=can_text,
        person_id=person_id,
    )
