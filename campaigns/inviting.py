"""One home is invited: its row, its text, the link that only the text knows; unsent ones are taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from campaigns.models import Invitation
from campaigns.picking import role_of
from campaigns.schemas import CampaignInfo, OpinionInfo, PickedHome
from core import audit
from core.actor import SYSTEM
from core.dated import CompanyRules
from core.secrets import hash_token
from customers.queries import household_detail
from customers.schemas import HouseholdDetail
from dispatch.checkups import checkup_fee
from dispatch.family_links import LINKS_AT, new_token, url_of
from dispatch.notice_facts import UNNAMED, sendable
from notifications.invitations import Frame, advert_frame, put_invitation, withdraw_invitations
from notifications.messages import Case, CheckupInvited
from notifications.policy import quiet_end
from notifications.recipients import Delivery
from notifications.schemas import BrandFacts
from workforce.schemas import CompanyInfo

HOME_KEY = ["company_id", "season", "household_id"]
"""One invitation a home and season."""


@dataclass(frozen=True)
class Sending:
    """What all invitations of one wave share. Without an `opinion` they are advertisements."""

    campaign: CampaignInfo
    company: CompanyInfo
    rules: CompanyRules
    season: int
    opinion: OpinionInfo | None
    now: datetime

    @property
    def frame(self) -> Frame:
        """How they go out."""
        return frame_at(self.opinion, self.rules, now=self.now)


def frame_at(opinion: OpinionInfo | None, company: CompanyRules, *, now: datetime) -> Frame:
    """How invitations of a moment go out: an opinion carries them until its last moment and not beyond."""
    if opinion is None:
        return advert_frame(company, now=now)
    held = quiet_end(company, at=now)
    return Frame(refuse_by=None, held_until=held, not_after=opinion.valid_until)


def invite(session: Session, *, home: PickedHome, sending: Sending) -> int:
    """Invite one home through the person who was picked. Returns the invitation's id.

    A home whose earlier text was withdrawn unsent is invited anew under the same row.

    Raises:
        BadAdvertError, texts.TextError, PhoneError: no text can be written that may go out.
    """
    if home.contact_id is None:
        raise ValueError("nobody of this home may be invited")
    detail = household_detail(session, company_id=sending.company.id, household_id=home.household_id)
    token = new_token()
    row = _store(session, home=home, sending=sending, token_hash=hash_token(token))
    base = session.info.get(LINKS_AT)
    facts = CheckupInvited(
        case=_case(detail, sending.company, link=url_of(base, token) if base else None),
        years=home.years,
        fee=checkup_fee(session, company_id=sending.company.id, now=sending.now),
    )
    put_invitation(
        session,
        invitation_id=row.id or 0,
        generation=row.generation,
        facts=facts,
        delivery=_delivery(detail, home),
        frame=sending.frame,
        sender=BrandFacts(sending.company.id, sending.company.sender_number),
        now=sending.now,
    )
    audit.record(
        session,
        by=SYSTEM,
        at=sending.now,
        what="CheckupInvited",
        subject=("household", home.household_id),
        company_id=sending.company.id,
        data={"campaign_id": sending.campaign.id, "as_advert": row.as_advert, "because": list(home.because)},
    )
    return row.id or 0


def end_unsent(
    session: Session,
    *,
    campaign_id: int,
    reason: str,
    now: datetime,
    only: Collection[int] | None = None,
) -> int:
    """Take back what waits to be sent of a campaign; those homes may be invited again. Returns how many.

    Args:
        only: of these invitations alone.
    """
    query = select(Invitation.id).where(
        col(Invitation.campaign_id) == campaign_id, col(Invitation.state) == "invited"
    )
    if only is not None:
        query = query.where(col(Invitation.id).in_(only))
    ids = [key for key in session.exec(query) if key is not None]
    gone = withdraw_invitations(session, invitation_ids=ids, reason=reason, now=now)
    note_withdrawn(session, invitation_ids=gone, now=now)
    return len(gone)


def note_withdrawn(session: Session, *, invitation_ids: Collection[int], now: datetime) -> None:
    """Nobody has been told of these."""
    query = select(Invitation).where(
        col(Invitation.id).in_(invitation_ids), col(Invitation.state) == "invited"
    )
    for row in session.exec(query.with_for_update().execution_options(populate_existing=True)):
        row.state, row.answered_at = "withdrawn", now
        session.add(row)
    session.flush()


def _store(session: Session, *, home: PickedHome, sending: Sending, token_hash: str) -> Invitation:
    values = {
        "company_id": sending.company.id,
        "campaign_id": sending.campaign.id,
        "season": sending.season,
        "household_id": home.household_id,
        "contact_id": home.contact_id,
        "boiler_id": home.boiler_id,
        "service_point_id": home.service_point_id,
        "because": list(home.because),
        "state": "invited",
        "generation": 1,
        "as_advert": sending.opinion is None,
        "token_hash": token_hash,
        "invited_at": sending.now,
    }
    again = {key: value for key, value in values.items() if key not in HOME_KEY}
    put = insert(Invitation).on_conflict_do_update(
        index_elements=HOME_KEY,
        set_={**again, "answered_at": None, "generation": col(Invitation.generation) + 1},
        where=col(Invitation.state) == "withdrawn",
    )
    row: Invitation = session.execute(
        put.returning(Invitation), values, execution_options={"populate_existing": True}
    ).scalar_one()
    return row


def _case(detail: HouseholdDetail, company: CompanyInfo, *, link: str | None) -> Case:
    resident = next((m.contact.name for m in detail.members if m.relationship == "resident"), UNNAMED)
    return Case(
        maker=sendable(company.brand_name, company.code),
        call_back=company.main_phone,
        ticket_number="",
        resident=sendable(resident, UNNAMED),
        checkup=True,
        link=link,
    )


def _delivery(detail: HouseholdDetail, home: PickedHome) -> Delivery:
    person = next(m.contact for m in detail.members if m.contact.id == home.contact_id)
    role = role_of(home.relationship)
    return Delivery(role, person.phone, home.variant, (role,))
