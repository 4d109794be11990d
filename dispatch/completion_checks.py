"""What a bill must have before it is written: the payer's agreement, a reason against a warranty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing import service as billing
from billing.schemas import PricedLine, VisitWork
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
    if completion.misuse:
        require_reason(session, work)
    limit = read_rules(session, company_id=work.company_id, at=now).approval_limit
    if completion.agreed_by_phone and priced.total > limit:
        approvals.agree_by_phone(session, visit_id=work.visit_id, lines=priced.lines, by=by, now=now)
    if completion.on_paper:
        look_at_unasked(session, work=work, lines=priced.lines, now=now)
    else:
        approvals.require_approval(session, visit_id=work.visit_id, lines=priced.lines, limit=limit)


def look_at_unasked(session: Session, *, work: VisitWork, lines: Sequence[PricedLine], now: datetime) -> None:
    """Work that was done is billed; when nobody agreed to so much, a desk asks whoever pays."""
    limit = read_rules(session, company_id=work.company_id, at=now).approval_limit
    try:
        approvals.require_approval(session, visit_id=work.visit_id, lines=lines, limit=limit)
    except approvals.ApprovalNeededError:
        total = f"{sum(line.amount for line in lines):,}"
        detail = N_("동의를 받은 기록 없이 {total}원이 청구되었습니다. 비용 내실 분께 확인해 주세요.")
        tasks.open_task(
            session,
            ticket_id=work.ticket_id,
            kind=tasks.CHECK_BILL,
            detail=detail.format(total=total),
            now=now,
        )


def require_reason(session: Session, work: VisitWork) -> None:
    """Raise `MisuseReasonError` unless the family can read why misuse takes its warranty away."""
    if work.paid_because:
        return
    if billing.price_visit(session, work=replace(work, misuse=False)).warranty.covered:
        text = _("보증 기간인데 유상이 되는 까닭을 적어 주세요. 비용 문자에 그대로 적힙니다.")
        raise MisuseReasonError(text, errors=(FieldError("misuse_reason", text),))
