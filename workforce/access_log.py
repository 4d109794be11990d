"""Who saw whose personal data (접속기록): a line for each unmasking, page, search and download."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, tuple_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.actor import Principal
from core.db import any_of
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from workforce.models import AccessLog

OPEN_FOR = timedelta(minutes=30)
"""How long one unmasking lasts for the person who asked; a page looked at again within it is one line."""
SHORTEST_REASON = 2
LONGEST_REASON = 500


class Act(StrEnum):
    """How somebody came to see a person's data."""

    OPENED = "opened"
    VIEWED = "viewed"
    SEARCHED = "searched"
    DOWNLOADED = "downloaded"


# Put together once: every page about people asks it.
_OPENED = columns(col(AccessLog.subject_kind), col(AccessLog.subject_id)).where(
    col(AccessLog.account_id) == bindparam("account_id"),
    col(AccessLog.act) == Act.OPENED.value,
    any_of(AccessLog.subject_kind, "kinds"),
    any_of(AccessLog.subject_id, "ids"),
    col(AccessLog.at) > bindparam("since"),
)


ASK_WHY_TAKEN = N_("왜 내려받는지 적어 주세요.")
"""Of whoever takes a file out of the house."""


def require_reason(reason: str, *, ask: str = N_("왜 보아야 하는지 적어 주세요.")) -> str:
    """The reason as it is kept. Raises InvalidError, in the words of `ask`, when there is none."""
    why = reason.strip()
    if len(why) < SHORTEST_REASON:
        message = _(ask)
        raise InvalidError(message, errors=(FieldError("reason", message),))
    return why[:LONGEST_REASON]


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
    note_access(
        session,
        principal=principal,
        act=Act.OPENED,
        subject=subject,
        fields=fields,
        reason=require_reason(reason),
        from_address=from_address,
        now=now,
        data=data,
    )


def note_access(
    session: Session,
    *,
    principal: Principal,
    act: Act,
    subject: tuple[str, int],
    fields: tuple[str, ...],
    reason: str,
    from_address: str,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Write one line: who, whose data, which fields, from where, why."""
    session.add(
        AccessLog(
            company_id=principal.company_id,
            account_id=principal.account_id,
            at=now,
            from_address=from_address,
            session_id=principal.session_id,
            act=act.value,
            subject_kind=subject[0],
            subject_id=subject[1],
            fields=list(fields),
            reason=reason,
            data=data or {},
        )
    )


def note_page(
    session: Session,
    *,
    principal: Principal,
    subject: tuple[str, int],
    fields: tuple[str, ...],
    from_address: str,
    now: datetime,
) -> None:
    """A page about somebody was looked at: one line, however often it is loaded in the half-hour."""
    note_each(
        session,
        principal=principal,
        act=Act.VIEWED,
        subjects=(subject,),
        fields=fields,
        reason="",
        from_address=from_address,
        now=now,
    )


def note_each(
    session: Session,
    *,
    principal: Principal,
    act: Act,
    subjects: Iterable[tuple[str, int]],
    fields: tuple[str, ...],
    reason: str,
    from_address: str,
    now: datetime,
) -> None:
    """A page about several was looked at: a line for each that has no such line from the last half-hour."""
    wanted = list(dict.fromkeys(subjects))
    noted = _noted(select(AccessLog.subject_kind, AccessLog.subject_id), principal, act, wanted, now=now)
    known = {(kind, key) for kind, key in session.exec(noted)}
    for subject in wanted:
        if subject not in known:
            note_access(
                session,
                principal=principal,
                act=act,
                subject=subject,
                fields=fields,
                reason=reason,
                from_address=from_address,
                now=now,
            )


def opened_among(
    session: Session, *, principal: Principal, subjects: Collection[tuple[str, int]], now: datetime
) -> set[tuple[str, int]]:
    """Those of these subjects that this person has unmasked a short while ago."""
    if not subjects:
        return set()
    asked = {
        "account_id": principal.account_id,
        "kinds": sorted({kind for kind, _key in subjects}),
        "ids": [key for _kind, key in subjects],
        "since": now - OPEN_FOR,
    }
    return {(kind, key) for kind, key in session.execute(_OPENED, asked)}.intersection(subjects)


def reason_of_opening(
    session: Session, *, principal: Principal, subject: tuple[str, int], now: datetime
) -> str | None:
    """Why this person has unmasked this subject a short while ago; None: he has not."""
    query = _noted(select(AccessLog.reason), principal, Act.OPENED, [subject], now=now)
    found: str | None = session.exec(query.order_by(col(AccessLog.id).desc())).first()
    return found


def openings(
    session: Session, *, principal: Principal, subject: tuple[str, int], now: datetime
) -> list[dict[str, Any]]:
    """What this person opened this subject for in the time that still counts, the newest first."""
    query = _noted(select(AccessLog), principal, Act.OPENED, [subject], now=now)
    return [row.data for row in session.exec(query.order_by(col(AccessLog.id).desc()))]


def _noted(
    query: Any, principal: Principal, act: Act, subjects: Sequence[tuple[str, int]], *, now: datetime
) -> Any:
    """Lines of this person about these that are from a short while ago."""
    return query.where(
        col(AccessLog.account_id) == principal.account_id,
        col(AccessLog.act) == act.value,
        tuple_(col(AccessLog.subject_kind), col(AccessLog.subject_id)).in_(subjects),
        col(AccessLog.at) > now - OPEN_FOR,
    )
