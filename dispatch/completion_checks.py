"""What a bill must have before it is written: the payer's agreement, a reason against a warranty."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing import service as billing
from billing.schemas import PricedVisit, VisitWork
from core.actor import Actor
from core.dated import read_rules
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from dispatch import approvals, tasks
from dispatch.visit_schemas import CompletionRequest


class MisuseReasonError(InvalidError):
    """A defect within its warranty is to be paid, and nobody wrote why (422, `misuse_reason`)."""

    code = "misuse-reason"


def check_bill(
    session: Session, *, work: VisitWork, completion: CompletionRequest, by: Actor, now: datetime
) -> None:
    """Refuse a bill that the family would rightly dispute.

    What was done before anybody could be asked (paper) is billed, and somebody looks at it.

    Raises:
        MisuseReasonError: misuse takes a warranty away and no reason is written (422).
        approvals.ApprovalNeededError: above the limit and not agreed to (422).
        billing.rules.BadLinesError: as `billing.price_visit` (422).
    """
    priced = billing.price_visit(session, work=work)
    if completion.misuse and not (completion.misuse_reason or completion.note).strip():
        require_reason(session, work)
    limit = read_rules(session, company_id=work.company_id, at=now).approval_limit
    if completion.agreed_by_phone and priced.total > limit:
        approvals.agree_by_phone(session, visit_id=work.visit_id, lines=priced.lines, by=by, now=now)
    try:
        approvals.require_approval(session, visit_id=work.visit_id, total=priced.total, limit=limit)
    except approvals.ApprovalNeededError:
        if not completion.on_paper:
            raise
        _ask_to_look(session, work, priced, now=now)


def require_reason(session: Session, work: VisitWork) -> None:
    """Raise `MisuseReasonError` for misuse that takes a warranty away; elsewhere it changes nothing."""
    if billing.price_visit(session, work=replace(work, misuse=False)).warranty.covered:
        text = _("보증 기간인데 유상이 되는 까닭을 적어 주세요. 비용 문자에 그대로 적힙니다.")
        raise MisuseReasonError(text, errors=(FieldError("misuse_reason", text),))


def _ask_to_look(session: Session, work: VisitWork, priced: PricedVisit, *, now: datetime) -> None:
    tasks.open_task(
        session,
        ticket_id=work.ticket_id,
        kind=tasks.CHECK_BILL,
        detail=N_("동의를 받은 기록 없이 {total}원이 청구되었습니다. 비용 내실 분께 확인해 주세요.").format(
            total=f"{priced.total:,}"
        ),
        now=now,
    )
