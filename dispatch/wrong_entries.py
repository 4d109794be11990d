"""A technician typed a bill or a payment wrongly: he says so, and the desk that may put it right is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing.queries import charges_of_ticket
from billing.service import NoChargeError
from core.actor import Actor
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from dispatch.cases import author_of_step, lock_case
from dispatch.models import Visit
from dispatch.tasks import CHECK_BILL, list_tasks, open_task

FROM_TECHNICIAN = "technician"
"""The recipient of such a task: whom to ask back."""
LONGEST = 300


def ask_to_put_right(
    session: Session, *, ticket_id: int, visit_id: int, words: str, by: Actor, now: datetime
) -> int:
    """Ask the point's desk to correct what was billed or taken for a visit; returns the task's id.

    Nothing of the bill is changed here. The same words twice are one asking while the desk has not answered.

    Args:
        words: what is wrong, as he says it; cut at `LONGEST` characters.

    Raises:
        NotYourVisitError: it is another technician's visit (403).
        NoChargeError: the visit has no bill, or is another ticket's (404).
        InvalidError: he did not say what is wrong (422, `mistake`).
    """
    case = lock_case(session, ticket_id=ticket_id)
    visit = session.get(Visit, visit_id)
    billed = {charge.visit_id for charge in charges_of_ticket(session, ticket_id=ticket_id)}
    if visit is None or visit_id not in billed:
        raise NoChargeError(_("고칠 청구서가 없습니다. 방문을 먼저 완료해 주세요."))
    author = author_of_step(session, case=replace(case, visit=visit), by=by)
    said = " ".join(words.split())[:LONGEST]
    if not said:
        message = _("무엇을 어떻게 고쳐야 하는지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("mistake", message),))
    detail = N_("기사가 청구서나 받은 돈을 잘못 적었습니다: {words}").format(words=said)
    every = list_tasks(
        session, company_id=visit.company_id, ticket_id=ticket_id, kinds=[CHECK_BILL], state=None
    )
    earlier = [task for task in every if task.recipient == FROM_TECHNICIAN]
    about = {"visit_id": visit_id}
    for task in earlier:
        if (task.state, task.detail, task.data) == ("open", detail, about):
            return task.id
    return open_task(
        session,
        ticket_id=ticket_id,
        kind=CHECK_BILL,
        recipient=FROM_TECHNICIAN,
        generation=1 + len(earlier),
        detail=detail,
        data=about,
        now=now,
        by=author,
    )
