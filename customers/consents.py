"""Who is told of what: what people agreed to or refused, each word a dated row that is never changed.

Two words count about one telephone, and either "no" is enough: that of the person himself, about anything of
the company, and that of a home's resident, about what becomes of that home.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, or_, select

from core.actor import Actor
from core.clock import KST
from core.dated import read_rules
from core.db import any_of
from core.errors import ForbiddenError, NotFoundError
from core.i18n import _
from customers.models import Contact, HouseholdMember, NoticeChoice


class Choice(StrEnum):
    """What was said."""

    AGREED = "AGREED"
    REFUSED = "REFUSED"


class Purpose(StrEnum):
    """What the notices are for. Only `ADVERT` needs a yes; the others hold until a no."""

    VISIT = "VISIT"
    SURVEY = "SURVEY"
    ADVERT = "ADVERT"


class Door(StrEnum):
    """Where it was said."""

    INTAKE = "INTAKE"
    CALL = "CALL"
    TEXT = "TEXT"
    PAGE = "PAGE"


class NotTheirsToSayError(ForbiddenError):
    """Only the person himself, or the resident about what becomes of his own home, has a say."""

    code = "not-theirs-to-say"


@dataclass(frozen=True)
class ChoiceInfo:
    """One word. `household_id` None: about anything; `decided_by_id`: whose word it was, if it was asked."""

    contact_id: int
    household_id: int | None
    purpose: Purpose
    choice: Choice
    decided_by_id: int | None
    door: Door
    reason: str
    at: datetime


_REFUSING = text(
    """
    SELECT c.id FROM contact AS c WHERE c.company_id = :company_id AND c.id = ANY(:ids) AND (
        (:purpose = 'VISIT' AND c.notices_refused_at IS NOT NULL)
        OR (SELECT n.choice FROM notice_choice AS n WHERE n.contact_id = c.id AND n.purpose = :purpose
            AND n.household_id IS NULL ORDER BY n.id DESC LIMIT 1) = 'REFUSED'
        OR (SELECT n.choice FROM notice_choice AS n WHERE n.contact_id = c.id AND n.purpose = :purpose
            AND n.household_id = :household_id ORDER BY n.id DESC LIMIT 1) = 'REFUSED'
    )
    """
)


def refusing(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    contact_ids: Collection[int],
    purpose: Purpose = Purpose.VISIT,
) -> set[int]:
    """Which of these people must not be told about a home, because they or its resident said no."""
    asked: dict[str, Any] = {
        "company_id": company_id,
        "household_id": household_id,
        "ids": list(contact_ids),
        "purpose": purpose.value,
    }
    return set(session.execute(_REFUSING, asked).scalars())


_AGREEING = text(
    """
    SELECT last.contact_id FROM (
        SELECT DISTINCT ON (n.contact_id) n.contact_id, n.choice, n.at FROM notice_choice AS n
        WHERE n.company_id = :company_id AND n.contact_id = ANY(:ids) AND n.purpose = :purpose
            AND n.household_id IS NULL
        ORDER BY n.contact_id, n.id DESC
    ) AS last
    WHERE last.choice = 'AGREED' AND (CAST(:since AS timestamptz) IS NULL OR last.at > :since)
    """
)


def agreeing(
    session: Session, *, company_id: int, contact_ids: Collection[int], purpose: Purpose, now: datetime
) -> set[int]:
    """Which of these people said yes themselves; to advertisements no longer ago than a yes holds."""
    rules = read_rules(session, company_id=company_id, at=now)
    since = years_before(now, rules.advert_consent_years) if purpose is Purpose.ADVERT else None
    asked: dict[str, Any] = {"company_id": company_id, "ids": list(contact_ids), "since": since}
    return set(session.execute(_AGREEING, {**asked, "purpose": purpose.value}).scalars())


def years_before(at: datetime, years: int) -> datetime:
    """The same Korean date so many years earlier; 29 February counts as the 28th."""
    local = at.astimezone(KST)
    last = 28 if (local.month, local.day) == (2, 29) else local.day
    return local.replace(year=local.year - years, day=last)


_SAID_NO = text(
    """
    SELECT c.id FROM contact AS c WHERE c.company_id = :company_id AND c.id = ANY(:ids) AND (
        c.notices_refused_at IS NOT NULL
        OR EXISTS (SELECT FROM (
            SELECT DISTINCT ON (n.purpose, n.household_id) n.purpose, n.choice FROM notice_choice AS n
            WHERE n.contact_id = c.id AND n.purpose IN ('VISIT', 'ADVERT')
            ORDER BY n.purpose, n.household_id, n.id DESC
        ) AS last WHERE last.choice = 'REFUSED')
    )
    """
)


def refusing_of(session: Session, *, company_id: int, contact_ids: Collection[int]) -> set[int]:
    """Which of these people must not be written to unasked: they, or a resident about them, said no."""
    asked = {"company_id": company_id, "ids": list(contact_ids)}
    return set(session.execute(_SAID_NO, asked).scalars())


def last_words(
    session: Session, *, company_id: int, contact_ids: Collection[int], purpose: Purpose
) -> dict[int, Choice]:
    """What each of these people said last of a purpose for himself; who said nothing is left out."""
    query = (
        select(NoticeChoice.contact_id, NoticeChoice.choice)
        .where(
            col(NoticeChoice.company_id) == company_id,
            any_of(NoticeChoice.contact_id, "ids"),
            col(NoticeChoice.purpose) == purpose.value,
            col(NoticeChoice.household_id).is_(None),
        )
        .order_by(col(NoticeChoice.id))
    )
    rows = session.execute(query, {"ids": list(contact_ids)})
    return {contact_id: Choice(choice) for contact_id, choice in rows}


def list_choices(session: Session, *, company_id: int, contact_ids: Iterable[int]) -> list[ChoiceInfo]:
    """Everything these people, or others about them, ever said, the newest first."""
    query = (
        select(NoticeChoice)
        .where(col(NoticeChoice.company_id) == company_id, any_of(NoticeChoice.contact_id, "ids"))
        .order_by(col(NoticeChoice.id).desc())
    )
    return [_info(row) for row in session.execute(query, {"ids": list(contact_ids)}).scalars()]


def record_choice(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    contact_id: int,
    decided_by_id: int,
    choice: Choice,
    door: Door,
    by: Actor,
    now: datetime,
    purpose: Purpose = Purpose.VISIT,
    reason: str = "",
) -> bool:
    """Keep what somebody of a home said about notices to somebody of it. The same word again adds nothing.

    His own word holds for whatever the company has to tell him; the resident's about another for this home. A
    child may say that the parent agrees; only the parent can say no, and take it back.

    Returns:
        Whether it was another word than the last one.

    Raises:
        NotFoundError: no such person in this home (404).
        NotTheirsToSayError: a no, or taking one back, by neither the person nor a resident (403).
    """
    contact = session.get(Contact, contact_id, with_for_update=True)
    if contact is None or contact.company_id != company_id:
        raise NotFoundError(_("그런 사람이 없습니다."))
    members = _members(session, household_id, {contact_id, decided_by_id})
    if not {contact_id, decided_by_id} <= members.keys():
        raise NotFoundError(_("이 댁의 사람이 아닙니다."))
    own = contact_id == decided_by_id
    about = None if own else household_id
    last = _last(session, contact_id, about, purpose)
    if last == choice:
        return False
    has_a_say = own or "resident" in members[decided_by_id]
    if not has_a_say and Choice.REFUSED in (choice, last):
        raise NotTheirsToSayError(_("본인이나, 그 댁에 사시는 분만 정할 수 있습니다."))
    session.add(
        NoticeChoice(
            company_id=company_id,
            contact_id=contact_id,
            household_id=about,
            purpose=purpose.value,
            choice=choice.value,
            decided_by_id=decided_by_id,
            door=door.value,
            reason=reason.strip(),
            at=now,
            account_id=by.account_id,
        )
    )
    if own and purpose is Purpose.VISIT:
        contact.notices_refused_at = now if choice is Choice.REFUSED else None
        session.add(contact)
    session.flush()
    return True


def _members(session: Session, household_id: int, contact_ids: Collection[int]) -> dict[int, set[str]]:
    query = select(HouseholdMember).where(
        col(HouseholdMember.household_id) == household_id, col(HouseholdMember.contact_id).in_(contact_ids)
    )
    found: dict[int, set[str]] = {}
    for row in session.exec(query):
        found.setdefault(row.contact_id, set()).add(row.relationship)
    return found


def _last(session: Session, contact_id: int, household_id: int | None, purpose: Purpose) -> Choice | None:
    query = (
        select(NoticeChoice.choice)
        .where(
            col(NoticeChoice.contact_id) == contact_id,
            col(NoticeChoice.household_id).is_not_distinct_from(household_id),
            col(NoticeChoice.purpose) == purpose.value,
        )
        .order_by(col(NoticeChoice.id).desc())
    )
    found = session.exec(query).first()
    return Choice(found) if found else None


def choices_about(*contact_ids: int) -> Any:
    """Rows that name any of these people, as whose telephone it is or as whose word it was."""
    return or_(
        col(NoticeChoice.contact_id).in_(contact_ids), col(NoticeChoice.decided_by_id).in_(contact_ids)
    )


def _info(row: NoticeChoice) -> ChoiceInfo:
    return ChoiceInfo(
        contact_id=row.contact_id,
        household_id=row.household_id,
        purpose=Purpose(row.purpose),
        choice=Choice(row.choice),
        decided_by_id=row.decided_by_id,
        door=Door(row.door),
        reason=row.reason,
        at=row.at,
    )
