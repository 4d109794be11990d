"""What a text is about, for the screen of texts: a case, or the home that a campaign invited."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session

from campaigns.invited import InvitedHome, invited_homes
from dispatch.message_facts import CaseOfNotice, cases_of_notices
from notifications.schemas import NoticeInfo


def subjects_of(
    session: Session, *, company_id: int, notices: Collection[NoticeInfo]
) -> tuple[dict[int, CaseOfNotice], dict[int, InvitedHome]]:
    """(cases, homes), each by the id of its notice. A home stands in as a case without a number as well."""
    cases = cases_of_notices(
        session,
        company_id=company_id,
        ticket_ids={it.ticket_id for it in notices if it.ticket_id is not None},
    )
    homes = invited_homes(
        session,
        company_id=company_id,
        invitation_ids={it.invitation_id for it in notices if it.invitation_id is not None},
    )
    of_cases = {it.id: cases[it.ticket_id] for it in notices if it.ticket_id in cases}
    of_homes = {it.id: homes[it.invitation_id] for it in notices if it.invitation_id in homes}
    by_role = {it.id: it.recipient for it in notices}
    named = {key: CaseOfNotice("", {by_role[key]: home.name}) for key, home in of_homes.items()}
    return of_cases | named, of_homes
