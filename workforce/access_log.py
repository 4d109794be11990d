"""Who saw whose personal data unmasked: a click with a reason, kept for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from core.actor import Principal
from core.errors import FieldError, InvalidError
from core.i18n import _
from workforce.models import AccessLog

OPEN_FOR = timedelta(minutes=30)
"""How long one unmasking lasts for the person who asked."""


def open_data(
    session: Session,
    *,
    principal: Principal,
    subject: tuple[str, int],
    fields: tuple[str, ...],
    reason: str,
    from_address: str,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Unmask a subject's data for one person, with a reason, and write it down. Raises InvalidError.

    Args:
        data: small facts of what it was opened for, for whoever asks `openings` a moment later.
    """
    why = reason.strip()
    if len(why) < 2:
        message = _("왜 보아야 하는지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    session.add(
        AccessLog(
            company_id=principal.company_id,
            account_id=principal.account_id,
            at=now,
            from_address=from_address,
            subject_kind=subject[0],
            subject_id=subject[1],
            fields=list(fields),
            reason=why[:500],
            data=data or {},
        )
    )


def is_open_for(session: Session, *, principal: Principal, subject: tuple[str, int], now: datetime) -> bool:
    """Whether this person has unmasked this subject a short while ago."""
    query = select(AccessLog.id).where(
        col(AccessLog.account_id) == principal.account_id,
        col(AccessLog.subject_kind) == subject[0],
        col(AccessLog.subject_id) == subject[1],
        col(AccessLog.at) > now - OPEN_FOR,
    )
    return session.exec(query).first() is not None


def openings(
    session: Session, *, principal: Principal, subject: tuple[str, int], now: datetime
) -> list[dict[str, Any]]:
    """What this person opened this subject for in the time that still counts, the newest first."""
    query = (
        select(AccessLog)
        .where(
            col(AccessLog.account_id) == principal.account_id,
            col(AccessLog.subject_kind) == subject[0],
            col(AccessLog.subject_id) == subject[1],
            col(AccessLog.at) > now - OPEN_FOR,
        )
        .order_by(col(AccessLog.id).desc())
    )
    return [row.data for row in session.exec(query)]
