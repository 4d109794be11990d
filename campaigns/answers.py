"""What an invited home answers behind its link: a time, not this year, or no advertisements any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from campaigns.models import Campaign, Invitation
from campaigns.states import OPEN
from core import audit
from core.actor import Actor
from core.clock import operating_day, rfc3339_kst
from core.dated import read_rules
from core.errors import ConflictError
from core.i18n import N_, _
from core.secrets import hash_token
from customers.consents import Choice, Door
from dispatch.advert_words import take_advert_word
from dispatch.appointments import WindowNotReachableError
from dispatch.checkups import (
    CheckupHome,
    checkup_fee,
    checkup_minutes,
    file_checkup,
    offer_checkup,
)
from dispatch.family_links import LinkOverError, UnknownLinkError
from dispatch.tickets import number_of
from dispatch.wrong_numbers import with_strangers_numbers
from notifications.invitations import withdraw_invitations
from notifications.messages import Window
from workforce.queries import get_company
from workforce.schemas import CompanyInfo

NAME = N_("가족이 사전점검 안내에서")
MOST_OFFERED, MOST_A_DAY = 9, 4
REFUSED_ON_PAGE = N_("광고를 더 받지 않겠다고 하셨습니다.")


class CampaignRestsError(ConflictError):
    """Faults come first just now, or the campaign has ended: no time can be chosen."""

    code = "campaign-rests"


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation whose link answers, and how its campaign stands. `minutes`: how long a check-up takes."""

    id: int
    company: CompanyInfo
    household_id: int
    service_point_id: int
    state: str
    campaign_state: str
    fee: int
    minutes: int
    ticket_number: str | None
    as_advert: bool

    @property
    def rests(self) -> bool:
        """No time can be chosen now."""
        return self.campaign_state != "running"

    @property
    def is_over(self) -> bool:
        """Nor later."""
        return self.campaign_state not in OPEN


def find_invitation(session: Session, *, token: str, now: datetime) -> tuple[int, int]:
    """(id, company) of the invitation behind a token.

    Raises:
        UnknownLinkError: there is none (404).
        LinkOverError: it was withdrawn, went to a stranger's number, or nobody answered it within the
            company's days (410).
    """
    row = session.exec(select(Invitation).where(col(Invitation.token_hash) == hash_token(token))).first()
    if row is None:
        raise UnknownLinkError(_("이 주소로는 열 수 있는 것이 없습니다. 문자의 주소를 다시 눌러 보세요."))
    rules = read_rules(session, company_id=row.company_id, at=now)
    answers = rules.link_days if row.answered_at is not None else rules.checkup_answer_days
    over = now > (row.answered_at or row.invited_at) + timedelta(days=answers)
    if (
        over
        or row.state == "withdrawn"
        or row.contact_id is None
        or with_strangers_numbers(session, contact_ids=[row.contact_id])
    ):
        raise LinkOverError(_("이 주소는 이제 열리지 않습니다."), company_id=row.company_id)
    return row.id or 0, row.company_id


def see_invitation(session: Session, *, invitation_id: int, now: datetime) -> OpenInvitation:
    """What its page shows."""
    row = session.get_one(Invitation, invitation_id)
    campaign = session.get_one(Campaign, row.campaign_id)
    return OpenInvitation(
        id=invitation_id,
        company=get_company(session, company_id=row.company_id),
        household_id=row.household_id,
        service_point_id=row.service_point_id,
        state=row.state,
        campaign_state=campaign.state,
        fee=checkup_fee(session, company_id=row.company_id, now=now),
        minutes=checkup_minutes(session, company_id=row.company_id, now=now),
        ticket_number=number_of(session, row.ticket_id),
        as_advert=row.as_advert,
    )


def offer(session: Session, *, invitation_id: int, now: datetime) -> list[Window]:
    """Times that idle time can keep, in their order; empty while the campaign rests."""
    seen = see_invitation(session, invitation_id=invitation_id, now=now)
    if seen.rests:
        return []
    home = CheckupHome(seen.company.id, seen.household_id, seen.service_point_id)
    a_day: Counter[date] = Counter()
    best: list[Window] = []
    slots = offer_checkup(session, home=home, now=now)
    for window in dict.fromkeys(Window(slot.start, slot.end) for slot in slots):
        day = operating_day(window.start)
        if a_day[day] < MOST_A_DAY:
            a_day[day] += 1
            best.append(window)
    return sorted(best[:MOST_OFFERED], key=lambda window: window.start)


def choose(session: Session, *, invitation_id: int, window: Window, now: datetime) -> int:
    """The home takes a time: its case is filed with it. Returns the ticket's id, also twice.

    Raises:
        CampaignRestsError: it was paused or ended meanwhile, or the answer was another one (409).
        appointments.WindowNotReachableError: taken in the meantime (409).
    """
    row = _lock(session, invitation_id)
    if row.ticket_id is not None:
        return row.ticket_id
    offered = offer(session, invitation_id=invitation_id, now=now)
    if row.state == "refused" or (not offered and _rests(session, row)):
        raise CampaignRestsError(_("지금은 점검 시간을 고를 수 없습니다. 아래 번호로 전화해 주세요."))
    if window not in offered or row.contact_id is None:
        reachable = tuple((each.start, each.end) for each in offered)
        raise WindowNotReachableError(_("그 시간은 방금 다른 댁과 약속되었습니다."), reachable=reachable)
    row.ticket_id = file_checkup(
        session,
        home=CheckupHome(row.company_id, row.household_id, row.service_point_id),
        contact_id=row.contact_id,
        boiler_id=row.boiler_id,
        window=window,
        by=_author(row),
        now=now,
    )
    _answer(session, row, "booked", now=now, data={"start": rfc3339_kst(window.start)})
    return row.ticket_id


def decline(session: Session, *, invitation_id: int, now: datetime) -> None:
    """Not this year. A home that has chosen a time calls it off on its case's own page."""
    row = _lock(session, invitation_id)
    if row.state == "invited":
        _answer(session, row, "declined", now=now)


def refuse(session: Session, *, invitation_id: int, now: datetime) -> None:
    """No advertisements to this person any more, from this moment on; a time that was chosen stands."""
    row = _lock(session, invitation_id)
    if row.contact_id is None:
        return
    take_advert_word(
        session,
        company_id=row.company_id,
        household_id=row.household_id,
        contact_ids=[row.contact_id],
        choice=Choice.REFUSED,
        door=Door.PAGE,
        by=_author(row),
        now=now,
    )
    others = select(Invitation.id).where(
        col(Invitation.contact_id) == row.contact_id, col(Invitation.state) == "invited"
    )
    ids = [key for key in session.exec(others) if key is not None]
    withdraw_invitations(session, invitation_ids=ids, reason=REFUSED_ON_PAGE, now=now)
    if row.state in ("invited", "declined"):
        _answer(session, row, "refused", now=now)


def _lock(session: Session, invitation_id: int) -> Invitation:
    query = select(Invitation).where(col(Invitation.id) == invitation_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one()


def _rests(session: Session, row: Invitation) -> bool:
    return session.get_one(Campaign, row.campaign_id).state != "running"


def _author(row: Invitation) -> Actor:
    return Actor(kind="family", name=NAME, source=f"invitation:{row.id}")


def _answer(
    session: Session, row: Invitation, state: str, *, now: datetime, data: dict[str, object] | None = None
) -> None:
    row.state, row.answered_at = state, now
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=_author(row),
        at=now,
        what=f"Checkup{state.capitalize()}",
        subject=("household", row.household_id),
        company_id=row.company_id,
        data={"campaign_id": row.campaign_id, **(data or {})},
    )
