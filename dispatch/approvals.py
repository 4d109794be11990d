"""Whoever pays agrees to dear work before it is done: asked from the door, answered on a page or by phone.

One asking is open a visit. Other lines are another asking, and the one before is withdrawn: nobody agrees to
what is not done, and nothing is billed above the limit that was not in what they agreed to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, cast

from sqlmodel import Session, col, select

from billing.schemas import PricedLine
from core.actor import Actor, Role
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import N_, _
from dispatch import money_notices, tasks
from dispatch.approval_models import ApprovalLine, CostApproval
from dispatch.cases import WrongStateError, author_of_step, lock_case
from dispatch.models import Ticket, Visit
from dispatch.states import OPEN_VISIT_STATES
from dispatch.tickets import note_change

ApprovalState = Literal["asked", "agreed", "refused", "withdrawn"]
How = Literal["FAMILY", "PHONE"]


class UnknownApprovalError(NotFoundError):
    """No such asking, or another company's."""

    code = "unknown-approval"


class ApprovalClosedError(ConflictError):
    """It was answered otherwise, or is not asked any more."""

    code = "approval-closed"


class ApprovalNeededError(InvalidError):
    """The bill is above the limit and whoever pays has not agreed to it (422, `lines`)."""

    code = "approval-needed"


@dataclass(frozen=True)
class ApprovalFacts:
    """One asking and what came of it. The lines add up to `total` (won, VAT included)."""

    id: int
    visit_id: int
    ticket_id: int
    asked_at: datetime
    lines: tuple[ApprovalLine, ...]
    total: int
    state: ApprovalState
    answered_at: datetime | None
    answered_by: str
    how: How | None


def open_approval(session: Session, *, visit_id: int) -> ApprovalFacts | None:
    """What is asked of whoever pays for a visit and not answered yet."""
    found = _newest(session, visit_id)
    return _facts(found) if found is not None and found.state == "asked" else None


def last_approval(session: Session, *, visit_id: int) -> ApprovalFacts | None:
    """The newest asking of a visit, answered or not."""
    found = _newest(session, visit_id)
    return _facts(found) if found is not None else None


def approvals_of_ticket(session: Session, *, ticket_id: int) -> list[ApprovalFacts]:
    """Every asking of a ticket's visits, the oldest first."""
    query = (
        select(CostApproval).where(col(CostApproval.ticket_id) == ticket_id).order_by(col(CostApproval.id))
    )
    return [_facts(row) for row in session.exec(query)]


def ask_approval(
    session: Session, *, visit_id: int, lines: Sequence[PricedLine], by: Actor, now: datetime
) -> ApprovalFacts:
    """Ask whoever pays whether the work may be done at this price; he is told in the same transaction.

    The same lines asked twice are one asking.

    Args:
        lines: as `pricing.preview_bill` prices them, the visit fee among them.

    Raises:
        WrongStateError: the technician has not arrived, or the visit is over (409).
        NotYourVisitError: it is another technician's visit (403).
        InvalidError: there is nothing to pay (422).
    """
    asked = _open_asking(session, visit_id=visit_id, lines=lines, by=by, now=now)
    if asked.state == "asked":
        _tell(session, asked, now=now)
    return asked


def ring_payer_again(session: Session, *, ticket_id: int, now: datetime) -> None:
    """Have whoever pays rung about what is asked of him: its text is not sent to him any more."""
    query = select(CostApproval).where(
        col(CostApproval.ticket_id) == ticket_id, col(CostApproval.state) == "asked"
    )
    row = session.exec(query.order_by(col(CostApproval.id).desc())).first()
    if row is not None:
        _tell(session, _facts(row), now=now)


def _tell(session: Session, asked: ApprovalFacts, *, now: datetime) -> None:
    money_notices.tell_approval(
        session,
        visit=session.get_one(Visit, asked.visit_id),
        lines=asked.lines,
        total=asked.total,
        generation=_count(session, asked.ticket_id),
        now=now,
    )


def answer_approval(
    session: Session, *, approval_id: int, agrees: bool, by: Actor, now: datetime, how: How
) -> ApprovalFacts:
    """Whoever pays agrees or refuses; the technician's page shows it at once. The same answer twice is one.

    Args:
        how: `FAMILY` on their own page, `PHONE` when they said it to the technician or the desk (`by`).

    Raises:
        UnknownApprovalError: no such asking (404).
        ApprovalClosedError: it was answered the other way, or the technician asks about other work by now,
            or the visit is over (409).
    """
    row = session.get(CostApproval, approval_id)
    if row is None:
        raise UnknownApprovalError(_("그런 비용 확인이 없습니다."))
    visit = _lock(session, visit_id=row.visit_id, by=by)
    session.refresh(row, with_for_update=True)
    wanted = "agreed" if agrees else "refused"
    if row.state == wanted:
        return _facts(row)
    if row.state != "asked" or visit.state not in OPEN_VISIT_STATES:
        raise ApprovalClosedError(_("이미 답하셨거나 내용이 바뀐 비용입니다. 화면을 새로 고쳐 주세요."))
    row.state, row.answered_at, row.answered_by, row.how = wanted, now, by.name, how
    session.add(row)
    what = "ApprovalGiven" if agrees else "ApprovalRefused"
    _note(session, row, what=what, by=by, now=now, data={"total": row.total, "how": how})
    money_notices.silence_approval(
        session, ticket_id=row.ticket_id, why=N_("비용 내실 분이 답하셨습니다."), now=now
    )
    session.flush()
    return _facts(row)


def require_of_ticket(session: Session, *, approval_id: int, ticket_id: int) -> None:
    """Raises UnknownApprovalError for an asking of another ticket."""
    row = session.get(CostApproval, approval_id)
    if row is None or row.ticket_id != ticket_id:
        raise UnknownApprovalError(_("그런 비용 확인이 없습니다."))


def agree_by_phone(
    session: Session, *, visit_id: int, lines: Sequence[PricedLine], by: Actor, now: datetime
) -> ApprovalFacts:
    """Whoever pays agreed on the phone or at the door: nobody has to be told what he has just said.

    Against what they said on their own page a technician's word is looked at by a desk.

    Raises as `ask_approval`.
    """
    if by.role is Role.TECHNICIAN and _refused_on_page(session, visit_id):
        detail = N_(
            "비용 내실 분이 안내 화면에서 원하지 않는다고 하셨는데, 기사가 전화나 현장에서 동의를 받았다고 "
            "적었습니다. 비용 내실 분께 확인해 주세요."
        )
        ticket_id = session.get_one(Visit, visit_id).ticket_id
        tasks.open_task(session, ticket_id=ticket_id, kind=tasks.CHECK_BILL, detail=detail, now=now)
    asked = _open_asking(session, visit_id=visit_id, lines=lines, by=by, now=now)
    return answer_approval(session, approval_id=asked.id, agrees=True, by=by, now=now, how="PHONE")


def require_approval(session: Session, *, visit_id: int, lines: Sequence[PricedLine], limit: int) -> None:
    """Raise `ApprovalNeededError` for a bill above `limit` (won) that nobody who pays has agreed to.

    Less than was agreed to may be billed; other work, or more of it, is agreed to anew.
    """
    if sum(line.amount for line in lines) <= limit:
        return
    last = _newest(session, visit_id)
    known = last is not None and _covers(last, lines)
    if last is not None and known and last.state == "agreed":
        return
    text = {
        "asked": _(
            "비용 내실 분의 답을 기다리고 있습니다. 전화로 동의를 받으셨으면 ‘말로 동의받음’을 눌러 주세요."
        ),
        "refused": _("비용 내실 분이 이 비용을 원하지 않으십니다. 항목을 줄이거나 전화로 의논해 주세요."),
    }.get(
        last.state if last is not None and known else "",
        _("{limit}원이 넘는 작업입니다. 비용 내실 분의 동의를 먼저 받아 주세요.").format(limit=f"{limit:,}"),
    )
    raise ApprovalNeededError(text, errors=(FieldError("lines", text),))


def withdraw_open(session: Session, *, visit_id: int, now: datetime) -> None:
    """Nobody need answer any more: the visit ended in another way."""
    row = _newest(session, visit_id)
    if row is not None and row.state == "asked":
        _withdraw(session, row, now=now)


def _open_asking(
    session: Session, *, visit_id: int, lines: Sequence[PricedLine], by: Actor, now: datetime
) -> ApprovalFacts:
    """The asking about these lines, made unless it is there; an open one about other lines is withdrawn."""
    visit = _lock(session, visit_id=visit_id, by=by)
    if visit.state not in OPEN_VISIT_STATES or visit.arrived_at is None:
        raise WrongStateError(_("도착한 뒤, 방문을 마치기 전에 동의를 구할 수 있습니다."))
    asked = [
        asdict(ApprovalLine(each.code, each.quantity, each.label, each.amount, each.warranty))
        for each in lines
    ]
    total = sum(line.amount for line in lines)
    if total <= 0:
        message = _("내실 금액이 없는 방문은 동의를 구하지 않아도 됩니다.")
        raise InvalidError(message, errors=(FieldError("lines", message),))
    before = _newest(session, visit_id)
    if before is not None and before.state in ("asked", "agreed") and before.lines == asked:
        return _facts(before)
    if before is not None and before.state == "asked":
        _withdraw(session, before, now=now)
    row = CostApproval(
        company_id=visit.company_id,
        ticket_id=visit.ticket_id,
        visit_id=visit_id,
        lines=asked,
        total=total,
        state="asked",
        asked_at=now,
        asked_by=by.account_id,
    )
    session.add(row)
    session.flush()
    _note(session, row, what="ApprovalAsked", by=by, now=now, data={"total": total})
    return _facts(row)


def _withdraw(session: Session, row: CostApproval, *, now: datetime) -> None:
    row.state, row.answered_at = "withdrawn", now
    session.add(row)
    session.flush()
    money_notices.silence_approval(
        session, ticket_id=row.ticket_id, why=N_("더 묻지 않아도 되는 비용입니다."), now=now
    )


def _lock(session: Session, *, visit_id: int, by: Actor) -> Visit:
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise UnknownApprovalError(_("그런 방문이 없습니다."))
    case = lock_case(session, ticket_id=visit.ticket_id)
    author_of_step(session, case=case, by=by)
    session.refresh(visit)
    return visit


def _newest(session: Session, visit_id: int) -> CostApproval | None:
    query = select(CostApproval).where(col(CostApproval.visit_id) == visit_id)
    return session.exec(query.order_by(col(CostApproval.id).desc()).limit(1)).first()


def _covers(asked: CostApproval, lines: Sequence[PricedLine]) -> bool:
    """Whether nothing is billed beyond what was asked: no other work, no more of it, no more won."""
    left = Counter({line["code"]: line["quantity"] for line in asked.lines})
    left.subtract({line.code: line.quantity for line in lines if line.amount > 0})
    return min(left.values()) >= 0 and sum(line.amount for line in lines) <= asked.total


def _refused_on_page(session: Session, visit_id: int) -> bool:
    """Whether the last answer about a visit is a no that whoever pays gave himself."""
    answers = select(CostApproval).where(
        col(CostApproval.visit_id) == visit_id, col(CostApproval.state).in_(("agreed", "refused"))
    )
    last = session.exec(answers.order_by(col(CostApproval.id).desc()).limit(1)).first()
    return last is not None and (last.state, last.how) == ("refused", "FAMILY")


def _count(session: Session, ticket_id: int) -> int:
    return len(session.exec(select(CostApproval.id).where(col(CostApproval.ticket_id) == ticket_id)).all())


def _note(
    session: Session,
    row: CostApproval,
    *,
    what: str,
    by: Actor,
    now: datetime,
    data: dict[str, object],
) -> None:
    ticket = session.get_one(Ticket, row.ticket_id)
    about = {"approval_id": row.id, "visit_id": row.visit_id, **data}
    note_change(session, ticket=ticket, what=what, by=by, now=now, data=about)


def _facts(row: CostApproval) -> ApprovalFacts:
    return ApprovalFacts(
        id=row.id or 0,
        visit_id=row.visit_id,
        ticket_id=row.ticket_id,
        asked_at=row.asked_at,
        lines=tuple(ApprovalLine(**line) for line in row.lines),
        total=row.total,
        state=cast(ApprovalState, row.state),
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        how=cast(How | None, row.how),
    )
