"""Who is told of what: what people agreed to or refused, each word a dated row that is never changed.

Two words count about one telephone, and either "no" is enough: that of the person himself, about anything of
the company, and that of a home's resident, about what becomes of that home. Who is first named on a number
after its owner said no is taken for him, in whatever way the name was typed, until he says otherwise himself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, or_, select

from core.actor import Actor
from core.clock import today_kst
from core.db import any_of
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.i18n import _
from customers.consent_rules import Choice, Door, Purpose, Standing
from customers.models import Contact, HouseholdMember, NoticeChoice, RefusedNumber
from customers.standings import standings

__all__ = ["Choice", "Door", "Purpose", "Standing", "agreeing", "record_choice", "refusing"]


class NotTheirsToSayError(ForbiddenError):
    """Only the person himself, or the resident about what becomes of his own home, has a say."""

    code = "not-theirs-to-say"


class NumberRefusedError(ConflictError):
    """The number itself refused by the free call: only a yes from that telephone takes it back."""

    code = "number-refused"


@dataclass(frozen=True)
class ChoiceInfo:
    """One word. `household_id` None: about anything; `decided_by_id`: whose word it was, if it was asked."""

    id: int
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
        OR (
            NOT EXISTS (SELECT FROM notice_choice AS n WHERE n.contact_id = c.id AND n.purpose = :purpose
                AND n.household_id IS NULL)
            AND EXISTS (SELECT FROM contact AS o, LATERAL (
                SELECT n.choice, n.at FROM notice_choice AS n WHERE n.contact_id = o.id
                    AND n.purpose = :purpose AND n.household_id IS NULL ORDER BY n.id DESC LIMIT 1) AS word
                WHERE o.company_id = c.company_id AND o.phone_digits = c.phone_digits AND o.id <> c.id
                    AND word.choice = 'REFUSED' AND word.at < c.created_at)
        )
    )
    """
)


def refusing(
    session: Session,
    *,
    company_id: int,
    household_id: int | None,
    contact_ids: Collection[int],
    purpose: Purpose = Purpose.VISIT,
) -> set[int]:
    """Which of these people must not be told about a home, because they or its resident said no.

    Without a home their own words alone count.
    """
    asked: dict[str, Any] = {
        "company_id": company_id,
        "household_id": household_id,
        "ids": list(contact_ids),
        "purpose": purpose.value,
    }
    return set(session.execute(_REFUSING, asked).scalars())


def agreeing(
    session: Session, *, company_id: int, contact_ids: Collection[int], purpose: Purpose, now: datetime
) -> set[int]:
    """Which of these people said yes to a purpose themselves, within the dated years, and nothing counters.

    Against it is a later no, theirs or of somebody else on the number, one about all notices, and the
    number's own by the free call.
    """
    found = standings(session, company_id=company_id, contact_ids=contact_ids, purpose=purpose, now=now)
    return {contact_id for contact_id, (standing, _heard) in found.items() if standing is Standing.AGREED}


_SAID_NO = text(
    """
    SELECT c.id FROM contact AS c WHERE c.company_id = :company_id AND c.id = ANY(:ids) AND (
        c.notices_refused_at IS NOT NULL
        OR EXISTS (SELECT FROM (
            SELECT DISTINCT ON (n.purpose, n.household_id) n.purpose, n.choice FROM notice_choice AS n
            WHERE n.contact_id = c.id AND n.purpose IN ('VISIT', 'ADVERT')
            ORDER BY n.purpose, n.household_id, n.id DESC
        ) AS last WHERE last.choice = 'REFUSED')
        OR EXISTS (
            SELECT FROM contact AS o WHERE o.company_id = c.company_id AND o.phone_digits = c.phone_digits
            AND o.id <> c.id AND (o.notices_refused_at IS NOT NULL OR (
                SELECT n.choice FROM notice_choice AS n WHERE n.contact_id = o.id AND n.purpose = 'VISIT'
                AND n.household_id IS NULL ORDER BY n.id DESC LIMIT 1) = 'REFUSED')
        )
    )
    """
)


def refusing_of(session: Session, *, company_id: int, contact_ids: Collection[int]) -> set[int]:
    """Which of these people must not be written to unasked.

    They said no, or a resident about them, or anybody on their number about all notices of visits.
    """
    asked = {"company_id": company_id, "ids": list(contact_ids)}
    return set(session.execute(_SAID_NO, asked).scalars())


def list_choices(session: Session, *, company_id: int, contact_ids: Iterable[int]) -> list[ChoiceInfo]:
    """Everything these people, or others about them, ever said, the newest first."""
    query = (
        select(NoticeChoice)
        .where(col(NoticeChoice.company_id) == company_id, any_of(NoticeChoice.contact_id, "ids"))
        .order_by(col(NoticeChoice.id).desc())
    )
    return [as_info(row) for row in session.execute(query, {"ids": list(contact_ids)}).scalars()]


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
) -> ChoiceInfo | None:
    """Keep what somebody of a home said about notices to somebody of it. The same word again adds nothing.

    His own word holds for whatever the company has to tell him; the resident's about another for this home. A
    child may say that the parent agrees; only the parent can say no, and take it back. About advertisements
    everybody speaks for himself alone, and a yes on a later day is a new one: its years begin anew.

    Returns:
        The word that was kept; None where it was the same as the last one.

    Raises:
        NotFoundError: no such person in this home (404).
        NotTheirsToSayError: a no, or taking one back, by neither the person nor a resident (403).
        NumberRefusedError: a yes to advertisements that is typed, to a number that refused by itself (409).
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
    if last is not None and last.choice == choice and not _renews(last, choice, purpose, now):
        return None
    _require_their_say(
        own=own,
        resident="resident" in members[decided_by_id],
        refusal=choice is Choice.REFUSED or (last is not None and last.choice == Choice.REFUSED),
        purpose=purpose,
    )
    if (purpose, choice) == (Purpose.ADVERT, Choice.AGREED) and door is not Door.PAGE:
        _require_number_open(session, contact)
    row = NoticeChoice(
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
    session.add(row)
    if own and purpose is Purpose.VISIT:
        contact.notices_refused_at = now if choice is Choice.REFUSED else None
        session.add(contact)
    session.flush()
    return as_info(row)


def _require_their_say(*, own: bool, resident: bool, refusal: bool, purpose: Purpose) -> None:
    if own:
        return
    if purpose is Purpose.ADVERT:
        raise NotTheirsToSayError(_("광고를 받을지는 본인만 정할 수 있습니다."))
    if refusal and not resident:
        raise NotTheirsToSayError(_("본인이나 거주자만 정할 수 있습니다."))


def _require_number_open(session: Session, contact: Contact) -> None:
    query = select(RefusedNumber.id).where(
        col(RefusedNumber.company_id) == contact.company_id, col(RefusedNumber.phone) == contact.phone
    )
    if session.exec(query.limit(1)).first() is not None:
        raise NumberRefusedError(
            _("무료 전화로 광고를 거부한 번호입니다. 그 전화로 받은 문자의 주소에서 직접 동의하셔야 합니다.")
        )


def _renews(last: NoticeChoice, choice: Choice, purpose: Purpose, now: datetime) -> bool:
    later = today_kst(last.at) < today_kst(now)
    return purpose is Purpose.ADVERT and choice is Choice.AGREED and later


def _members(session: Session, household_id: int, contact_ids: Collection[int]) -> dict[int, set[str]]:
    query = select(HouseholdMember).where(
        col(HouseholdMember.household_id) == household_id, col(HouseholdMember.contact_id).in_(contact_ids)
    )
    found: dict[int, set[str]] = {}
    for row in session.exec(query):
        found.setdefault(row.contact_id, set()).add(row.relationship)
    return found


def _last(
    session: Session, contact_id: int, household_id: int | None, purpose: Purpose
) -> NoticeChoice | None:
    query = (
        select(NoticeChoice)
        .where(
            col(NoticeChoice.contact_id) == contact_id,
            col(NoticeChoice.household_id).is_not_distinct_from(household_id),
            col(NoticeChoice.purpose) == purpose.value,
        )
        .order_by(col(NoticeChoice.id).desc())
    )
    return session.exec(query).first()


def choices_about(*contact_ids: int) -> Any:
    """Rows that name any of these people, as whose telephone it is or as whose word it was."""
    return or_(
        col(NoticeChoice.contact_id).in_(contact_ids), col(NoticeChoice.decided_by_id).in_(contact_ids)
    )


def as_info(row: NoticeChoice) -> ChoiceInfo:
    """A stored word as it crosses the border."""
    return ChoiceInfo(
        id=row.id or 0,
        contact_id=row.contact_id,
        household_id=row.household_id,
        purpose=Purpose(row.purpose),
        choice=Choice(row.choice),
        decided_by_id=row.decided_by_id,
        door=Door(row.door),
        reason=row.reason,
        at=row.at,
    )
