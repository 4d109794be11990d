"""The boiler of a case as somebody at the home reads it off: entered or corrected, with its history."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.i18n import _
from customers.boilers import BadBoilerError, correct_boiler, find_or_add_boiler
from customers.queries import household_detail
from customers.schemas import BoilerFactsSeen, NewBoiler
from dispatch.cases import WrongStateError, author_of_step, lock_case
from dispatch.states import ENDED_STATUSES
from dispatch.tickets import note_change

__all__ = ["BadBoilerError", "note_boiler"]


def note_boiler(
    session: Session, *, ticket_id: int, facts: BoilerFactsSeen, by: Actor, now: datetime
) -> None:
    """Write down which boiler it is; the bill that is not written yet is reckoned by it.

    Raises:
        UnknownTicketError: no such ticket (404).
        NotYourVisitError: a technician acts on another technician's visit (403).
        WrongStateError: the case has ended; its bill is corrected instead (409).
        BadBoilerError: as `correct_boiler` (422).
    """
    case = lock_case(session, ticket_id=ticket_id)
    ticket = case.ticket
    if ticket.status in ENDED_STATUSES:
        raise WrongStateError(_("끝난 접수입니다. 비용이 틀렸으면 데스크에 청구 정정을 부탁해 주세요."))
    author = author_of_step(session, case=case, by=by)
    boiler_id = ticket.boiler_id or _meant(
        session, case.ticket.household_id, ticket.company_id, facts, by, now
    )
    changed = correct_boiler(
        session, company_id=ticket.company_id, boiler_id=boiler_id, facts=facts, by=author, now=now
    )
    if changed or ticket.boiler_id is None:
        ticket.boiler_id = boiler_id
        data = {"boiler_id": boiler_id, "changed": changed}
        note_change(session, ticket=ticket, what="BoilerCorrected", by=author, now=now, data=data)


def _meant(
    session: Session, household_id: int, company_id: int, facts: BoilerFactsSeen, by: Actor, now: datetime
) -> int:
    """The boiler that stands there by serial or model, else a new one."""
    home = household_detail(session, company_id=company_id, household_id=household_id).household
    new = NewBoiler(facts.model.strip() or None, facts.serial.strip() or None, facts.installed_on)
    found = find_or_add_boiler(
        session, company_id=company_id, address_id=home.address.id, boiler=new, by=by, now=now
    )
    if found is None:
        raise BadBoilerError(_("모델이나 제조 번호 가운데 하나는 적어 주세요."))
    return found.id
