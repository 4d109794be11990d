"""Which danger it is: asked once somebody is on the way, because filing must not wait for the answer."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.cases import WrongStateError
from dispatch.intake_rules import SAFETY_SYMPTOMS, UNKNOWN_DANGER
from dispatch.tickets import has_ended, lock_ticket, note_change


def name_danger(session: Session, *, ticket_id: int, symptom: str, by: Actor, now: datetime) -> None:
    """Write down which danger it is; said twice is said once. Whoever has the case keeps it.

    Raises:
        UnknownTicketError.
        InvalidError: no danger.
        WrongStateError: it has ended, or what is wrong is known already.
    """
    if symptom not in SAFETY_SYMPTOMS:
        message = _("무엇이 위험한지 골라 주세요: 가스 냄새, 일산화탄소 경보, 배기통, 탄 냄새나 연기.")
        raise InvalidError(message, errors=(FieldError("symptom", message),))
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if ticket.symptom == symptom:
        return
    if has_ended(ticket) or ticket.symptom != UNKNOWN_DANGER:
        raise WrongStateError(_("그사이 바뀐 접수입니다. 화면을 새로 고쳐 다시 봐 주세요."))
    ticket.symptom = symptom
    note_change(session, ticket=ticket, what="DangerNamed", by=by, now=now, data={"symptom": symptom})
