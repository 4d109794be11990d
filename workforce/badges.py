"""Badge numbers: a family knows by it that the right technician stands at the door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from core import audit
from core.actor import Actor
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from workforce.models import Membership, Person


class BadgeTakenError(ConflictError):
    """Somebody else of the company has this badge number."""

    code = "badge-taken"


def refuse_taken_badge(
    session: Session, *, company_id: int, badge_number: str, person_id: int, at: datetime
) -> None:
    """Refuse a number that a colleague has at a moment or will have; one's own may be kept in each seat.

    Raises BadgeTakenError, which names who has it.
    """
    if not badge_number:
        return
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"badge {company_id}"))))
    name = session.exec(
        select(Person.name)
        .join(Membership, col(Membership.person_id) == col(Person.id))
        .where(
            col(Membership.company_id) == company_id,
            func.upper(col(Membership.badge_number)) == badge_number.upper(),
            col(Membership.person_id) != person_id,
            or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) > at),
        )
        .order_by(col(Membership.id))
    ).first()
    if name is not None:
        message = _("{name} 님이 쓰는 번호입니다. 고객이 기사를 알아보는 번호라 다른 번호를 적어 주세요.")
        message = message.format(name=name)
        raise BadgeTakenError(message, errors=(FieldError("badge_number", message),))


def correct_badge(
    session: Session,
    *,
    membership_id: int,
    company_id: int,
    badge_number: str,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Write a membership's badge number anew; shifts and visits stay as they are.

    Raises:
        NotFoundError: another company's membership. InvalidError: empty. BadgeTakenError.
        ConflictError: the membership is over.
    """
    row = session.get(Membership, membership_id, with_for_update=True)
    if row is None or row.company_id != company_id:
        raise NotFoundError(_("그런 소속이 없습니다."))
    if row.valid_to is not None and row.valid_to <= now:
        raise ConflictError(_("이미 끝난 소속입니다. 지금 소속의 번호를 고쳐 주세요."))
    badge_number = badge_number.strip()
    if not badge_number:
        message = _("고객에게 알려 주는 기사 번호를 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("badge_number", message),))
    refuse_taken_badge(
        session, company_id=company_id, badge_number=badge_number, person_id=row.person_id, at=now
    )
    before = row.badge_number
    row.badge_number = badge_number
    session.add(row)
    audit.record(
        session,
        by=by,
        at=now,
        what="BadgeCorrected",
        subject=("person", row.person_id),
        company_id=company_id,
        reason=reason,
        data={"membership_id": membership_id, "badge_number": badge_number, "before": before},
    )
