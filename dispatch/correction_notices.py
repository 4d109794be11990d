"""시정 권고문: written by the technician who is there, told to both parties, kept with the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import kst, today_kst
from core.dated import read_rules
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from dispatch import notice_facts, notices, tasks
from dispatch.cases import WrongStateError, author_of_step, lock_case
from dispatch.correction_rules import ITEMS, gravest, put_right_by
from dispatch.family_models import CorrectionNotice
from dispatch.tickets import note_change
from notifications import messages

Acknowledged = Literal["signed", "refused", "nobody"]
ACKNOWLEDGED: tuple[Acknowledged, ...] = ("signed", "refused", "nobody")
NOTE_CHARS = 500
WHILE_THERE = ("arrived", "in_progress")


class BadCorrectionError(InvalidError):
    """A notice without an item, or with one that nobody knows (422)."""

    code = "bad-correction"


@dataclass(frozen=True)
class CorrectionInfo:
    """A notice as it was given; `items` are codes of `correction_rules.ITEMS`, gravest first."""

    id: int
    items: tuple[str, ...]
    use_stop: bool
    put_right_by: date
    note: str
    acknowledged: str
    written_at: datetime


def write_correction_notice(
    session: Session,
    *,
    ticket_id: int,
    items: Sequence[str],
    acknowledged: Acknowledged,
    note: str,
    by: Actor,
    now: datetime,
) -> CorrectionInfo:
    """Write a notice during a visit and tell both parties; who must not use the boiler is followed up.

    The follow-up is a named person's task, due on the day by which it is to be put right.

    Raises:
        WrongStateError: nobody is at the home now (409).
        BadCorrectionError: no item, or an unknown one (422).
        NotYourVisitError: it is another technician's visit (403).
    """
    case = lock_case(session, ticket_id=ticket_id)
    visit = case.visit
    if visit is None or visit.technician_id is None or visit.state not in WHILE_THERE:
        raise WrongStateError(_("시정 권고는 도착한 뒤, 마치기 전에 적을 수 있습니다."))
    codes = _in_order(items)
    author = author_of_step(session, case=case, by=by)
    rules = read_rules(session, company_id=case.ticket.company_id, at=now)
    row = CorrectionNotice(
        company_id=case.ticket.company_id,
        ticket_id=ticket_id,
        visit_id=case.visit_id,
        technician_id=visit.technician_id,
        items=list(codes),
        use_stop=gravest(codes) == "use_stop",
        put_right_by=put_right_by(codes, days=rules.correction_days, today=today_kst(now)),
        note=note.strip()[:NOTE_CHARS],
        acknowledged=acknowledged,
        written_at=now,
    )
    session.add(row)
    session.flush()
    data = {"notice_id": row.id, "items": list(codes), "use_stop": row.use_stop, "acknowledged": acknowledged}
    note_change(session, ticket=case.ticket, what="CorrectionNoticeWritten", by=author, now=now, data=data)
    _tell(session, row, now=now)
    if row.use_stop:
        _follow_up(session, row, now=now)
    return _info(row)


def correction_notices_of(session: Session, *, ticket_id: int) -> list[CorrectionInfo]:
    """The notices of a case, oldest first."""
    query = select(CorrectionNotice).where(col(CorrectionNotice.ticket_id) == ticket_id)
    return [_info(row) for row in session.exec(query.order_by(col(CorrectionNotice.id)))]


def _in_order(items: Sequence[str]) -> tuple[str, ...]:
    unknown = [code for code in items if code not in ITEMS]
    if not items or unknown:
        message = _("고쳐야 할 것을 하나 이상 골라 주세요.")
        raise BadCorrectionError(message, errors=(FieldError("items", message),))
    return tuple(code for code in ITEMS if code in items)


def _tell(session: Session, row: CorrectionNotice, *, now: datetime) -> None:
    facts = notice_facts.facts_of_ticket(session, ticket_id=row.ticket_id)
    context = messages.CorrectionNotice(
        case=facts.case,
        items=tuple(ITEMS[code].plain for code in row.items),
        use_stop=row.use_stop,
        put_right_by=kst(row.put_right_by, 12),
    )
    notices.tell_family(session, facts=facts, context=context, generation=row.id or 0, now=now)


def _follow_up(session: Session, row: CorrectionNotice, *, now: datetime) -> None:
    tasks.open_task(
        session,
        ticket_id=row.ticket_id,
        kind=tasks.CORRECTION_CHECK,
        detail=N_("보일러를 쓰지 말라고 권고했습니다. 고쳤는지 가족에게 전화로 확인해 주세요."),
        generation=row.id or 0,
        due_at=kst(row.put_right_by, 12),
        now=now,
    )


def _info(row: CorrectionNotice) -> CorrectionInfo:
    return CorrectionInfo(
        id=row.id or 0,
        items=tuple(row.items),
        use_stop=row.use_stop,
        put_right_by=row.put_right_by,
        note=row.note,
        acknowledged=row.acknowledged,
        written_at=row.written_at,
    )
