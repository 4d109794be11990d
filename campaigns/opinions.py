"""Legal opinions: recorded once with everything that they rest on, never changed, over on their day."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from campaigns.models import LegalOpinion
from campaigns.schemas import OpinionDraft, OpinionInfo
from core import audit
from core.actor import Actor
from core.clock import kst
from core.errors import FieldError, InvalidError
from core.i18n import _

LONGEST = {"author": 100, "reference": 200, "covers": 2000, "reason": 500}
MOST_DAYS = 731
"""Two years: the law and its reading change."""


class BadOpinionError(InvalidError):
    """Something that an opinion must name is missing, or its days make no sense (422)."""

    code = "bad-opinion"


def record_opinion(
    session: Session, *, company_id: int, draft: OpinionDraft, by: Actor, now: datetime
) -> int:
    """Keep an opinion, who recorded it and why. Returns its id.

    Raises BadOpinionError: with every bad field.
    """
    errors = _faults(draft, now=now)
    if errors:
        raise BadOpinionError(_("빨간 칸을 고쳐 주세요."), errors=tuple(errors))
    row = LegalOpinion(
        company_id=company_id,
        author=draft.author.strip(),
        reference=draft.reference.strip(),
        covers=draft.covers.strip(),
        valid_from=kst(draft.valid_from),
        valid_until=kst(draft.valid_until + timedelta(days=1)),
        reason=draft.reason.strip(),
        recorded_by=by.name,
        recorded_by_id=by.account_id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="LegalOpinionRecorded",
        subject=("company", company_id),
        company_id=company_id,
        reason=row.reason,
        data={"opinion_id": row.id, "reference": row.reference, "until": draft.valid_until.isoformat()},
    )
    return row.id or 0


def list_opinions(session: Session, *, company_id: int) -> list[OpinionInfo]:
    """Everything that was recorded, the newest first."""
    query = (
        select(LegalOpinion)
        .where(col(LegalOpinion.company_id) == company_id)
        .order_by(col(LegalOpinion.id).desc())
    )
    return [_info(row) for row in session.exec(query)]


def opinion_at(
    session: Session, *, company_id: int, opinion_id: int | None, at: datetime
) -> OpinionInfo | None:
    """The opinion if it is the company's and holds at a moment; None: invitations are advertisements."""
    row = session.get(LegalOpinion, opinion_id) if opinion_id is not None else None
    found = _info(row) if row is not None and row.company_id == company_id else None
    return found if found is not None and found.holds_at(at) else None


def _faults(draft: OpinionDraft, *, now: datetime) -> list[FieldError]:
    errors = []
    for name, longest in LONGEST.items():
        value = getattr(draft, name).strip()
        if not value:
            errors.append(FieldError(name, _("빈칸입니다. 적어 주세요.")))
        elif len(value) > longest:
            errors.append(FieldError(name, _("{n}자까지 적어 주세요.").format(n=longest)))
    days = (draft.valid_until - draft.valid_from).days
    if days < 0 or kst(draft.valid_until + timedelta(days=1)) <= now:
        errors.append(FieldError("valid_until", _("끝나는 날은 시작하는 날과 오늘보다 앞설 수 없습니다.")))
    elif days > MOST_DAYS:
        errors.append(FieldError("valid_until", _("의견은 2년까지만 쓸 수 있습니다. 다시 받아 주세요.")))
    return errors


def _info(row: LegalOpinion) -> OpinionInfo:
    return OpinionInfo(
        id=row.id or 0,
        author=row.author,
        reference=row.reference,
        covers=row.covers,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        reason=row.reason,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
    )
