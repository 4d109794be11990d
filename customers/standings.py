"""How it stands with people and their numbers about what they are told: every word there is, put together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.dated import read_rules
from customers.consent_rules import Choice, Door, Heard, Purpose, Standing, judge
from customers.models import Contact, NoticeChoice

# His newest own word, a no of somebody else on the number, and the number's own; each by an index.
_HEARD = text(
    """
    SELECT c.id, own.choice, own.door, own.at,
        c.notices_refused_at IS NOT NULL AS refused_all,
        EXISTS (
            SELECT FROM contact AS o WHERE o.company_id = c.company_id AND o.phone_digits = c.phone_digits
            AND o.id <> c.id AND (
                SELECT n.choice FROM notice_choice AS n WHERE n.contact_id = o.id AND n.purpose = :purpose
                AND n.household_id IS NULL ORDER BY n.id DESC LIMIT 1) = 'REFUSED'
        ) AS shared_refused,
        (SELECT max(r.at) FROM refused_number AS r WHERE r.company_id = c.company_id AND r.phone = c.phone
            AND :purpose = 'ADVERT') AS number_refused_at
    FROM contact AS c
    LEFT JOIN LATERAL (
        SELECT n.choice, n.door, n.at FROM notice_choice AS n WHERE n.contact_id = c.id
        AND n.purpose = :purpose AND n.household_id IS NULL ORDER BY n.id DESC LIMIT 1
    ) AS own ON true
    WHERE c.company_id = :company_id AND c.id = ANY(:ids)
    """
)


def standings(
    session: Session, *, company_id: int, contact_ids: Collection[int], purpose: Purpose, now: datetime
) -> dict[int, tuple[Standing, Heard]]:
    """How it stands with each of these people about a purpose, and on what; unknown ids are left out."""
    if not contact_ids:
        return {}
    asked = {"company_id": company_id, "ids": list(contact_ids), "purpose": purpose.value}
    years = read_rules(session, company_id=company_id, at=now).advert_consent_years
    found = {}
    for row in session.execute(_HEARD, asked):
        heard = Heard(
            choice=Choice(row.choice) if row.choice else None,
            door=Door(row.door) if row.door else None,
            at=row.at,
            refused_all=row.refused_all,
            shared_refused=row.shared_refused,
            number_refused_at=row.number_refused_at,
        )
        found[row.id] = judge(heard, years=years, now=now), heard
    return found


def agreeing_numbers(
    session: Session, *, company_id: int, phones: Collection[str], now: datetime
) -> set[str]:
    """Which of these numbers (E.164) an advertisement may go to: somebody agrees, nobody refuses."""
    query = select(Contact.id, Contact.phone).where(
        col(Contact.company_id) == company_id, col(Contact.phone).in_(phones)
    )
    by_id = {contact_id: phone for contact_id, phone in session.exec(query) if contact_id is not None}
    found = standings(session, company_id=company_id, contact_ids=by_id, purpose=Purpose.ADVERT, now=now)
    return {by_id[each] for each, (standing, _heard) in found.items() if standing is Standing.AGREED}


def yes_between(
    session: Session, *, company_id: int, after: datetime, until: datetime
) -> list[tuple[int, int, datetime]]:
    """(word, person, when) of everybody whose newest word about advertisements is a yes said in between.

    Only who can be told by text; `after` is left out, `until` is in. The oldest first.
    """
    later = aliased(NoticeChoice)
    same = (
        col(later.contact_id) == col(NoticeChoice.contact_id),
        col(later.purpose) == Purpose.ADVERT.value,
        col(later.household_id).is_(None),
        col(later.id) > col(NoticeChoice.id),
    )
    query = (
        select(NoticeChoice.id, NoticeChoice.contact_id, NoticeChoice.at)
        .join(Contact, col(Contact.id) == col(NoticeChoice.contact_id))
        .where(
            col(NoticeChoice.company_id) == company_id,
            col(NoticeChoice.purpose) == Purpose.ADVERT.value,
            col(NoticeChoice.choice) == Choice.AGREED.value,
            col(NoticeChoice.household_id).is_(None),
            col(NoticeChoice.at) > after,
            col(NoticeChoice.at) <= until,
            col(Contact.can_text),
            ~exists().where(*same),
        )
        .order_by(col(NoticeChoice.at))
    )
    return [(word_id or 0, contact_id, at) for word_id, contact_id, at in session.exec(query)]
