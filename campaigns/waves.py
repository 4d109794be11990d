"""What time does to campaigns: waves that idle time can take, a halt when faults press, an end.

A campaign is looked at every minute and invites every hour. What the law or the faults forbid meanwhile is
taken back before it is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session, col, func, or_, select

from campaigns import rules
from campaigns.inviting import Sending, end_unsent, invite, note_withdrawn
from campaigns.models import Campaign, Invitation
from campaigns.opinions import opinion_at
from campaigns.outlook import next_wave
from campaigns.picking import preview_of
from campaigns.schemas import OpinionInfo, PickedHome
from campaigns.service import info_of, set_state
from campaigns.states import OPEN
from core.clock import today_kst
from core.dated import CompanyRules, read_rules
from core.errors import DomainError
from core.i18n import N_
from core.sweeping import EachAlone
from customers.consents import Purpose, agreeing, refusing_of
from dispatch.planning.board import load_horizon
from dispatch.planning.idle_time import idle_checkups
from dispatch.pressure import read_pressure
from dispatch.wrong_numbers import with_strangers_numbers
from notifications.invitations import states_of_invitations
from workforce.queries import get_company

log = structlog.get_logger(__name__)

LOOKED_EVERY = timedelta(minutes=1)
MOST_AT_ONCE = 50
"""Invitations of one point in one wave."""
HALTED = N_("고장이 많아 스스로 멈추었습니다. {why}")
OVER = N_("기간이 끝났습니다.")
OPINION_OVER = N_("법률 의견의 기간이 끝났거나 광고 동의가 바뀌어 보내지 않았습니다.")


def _find_due(session: Session, *, now: datetime) -> list[int]:
    query = select(Campaign.id).where(
        col(Campaign.state).in_(OPEN),
        or_(col(Campaign.checked_at).is_(None), col(Campaign.checked_at) <= now - LOOKED_EVERY),
    )
    return [key for key in session.exec(query.order_by(col(Campaign.id))) if key is not None]


def _advance(session: Session, campaign_id: int, *, now: datetime) -> int:
    row = session.exec(
        select(Campaign)
        .where(col(Campaign.id) == campaign_id, col(Campaign.state).in_(OPEN))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or (row.checked_at is not None and row.checked_at > now - LOOKED_EVERY):
        return 0
    row.checked_at = now
    session.add(row)
    company = read_rules(session, company_id=row.company_id, at=now)
    if today_kst(now) > row.ends_on:
        end_unsent(session, campaign_id=campaign_id, reason=OVER, now=now)
        set_state(session, row, state="finished", reason=OVER, now=now)
        return 1
    opinion = opinion_at(session, company_id=row.company_id, opinion_id=row.opinion_id, at=now)
    taken_back = _take_back_forbidden(session, row, opinion, now=now)
    if row.state != "running":
        return taken_back
    why = _pressing(session, row, company, now=now)
    if why is not None:
        end_unsent(session, campaign_id=campaign_id, reason=why, now=now)
        set_state(session, row, state="halted", reason=why, now=now)
        return 1
    return taken_back + _invite_on(session, row, company, opinion, now=now)


advance_campaigns = EachAlone("advance_campaigns", _find_due, _advance)
"""Sweep: invite as many as idle time takes, halt while faults press, end with the season."""


def _pressing(session: Session, row: Campaign, company: CompanyRules, *, now: datetime) -> str | None:
    found = rules.why_stop(read_pressure(session, company_id=row.company_id, now=now), company)
    if not found:
        return None
    words, number, limit = found[0]
    return HALTED.format(why=words.format(n=number, limit=limit))


def _take_back_forbidden(
    session: Session, row: Campaign, opinion: OpinionInfo | None, *, now: datetime
) -> int:
    """What may not go out any more: sent as information without an opinion, or to who agrees no more."""
    query = select(Invitation).where(
        col(Invitation.campaign_id) == row.id,
        col(Invitation.state) == "invited",
        col(Invitation.invited_at) > now - timedelta(days=2),
    )
    recent = {invitation.id or 0: invitation for invitation in session.exec(query)}
    if not recent:
        return 0
    states = states_of_invitations(session, invitation_ids=recent)
    waiting = {key: recent[key] for key, state in states.items() if state == "queued"}
    people = {i.contact_id for i in waiting.values() if i.contact_id is not None}
    company_id = row.company_id
    yes = agreeing(session, company_id=company_id, contact_ids=people, purpose=Purpose.ADVERT, now=now)
    no = refusing_of(session, company_id=company_id, contact_ids=people)
    no |= with_strangers_numbers(session, contact_ids=people)
    forbidden = [
        key
        for key, i in waiting.items()
        if i.contact_id in no or (i.contact_id not in yes if i.as_advert else opinion is None)
    ]
    gone = [key for key, state in states.items() if state == "withdrawn"]
    note_withdrawn(session, invitation_ids=gone, now=now)
    return end_unsent(session, campaign_id=row.id or 0, reason=OPINION_OVER, now=now, only=forbidden)


def _invite_on(
    session: Session, row: Campaign, company: CompanyRules, opinion: OpinionInfo | None, *, now: datetime
) -> int:
    campaign = info_of(row)
    due = next_wave(campaign, company, now=now)
    season = rules.season_of(today_kst(now), company)
    if season is None or due is None or due > now:
        return 0
    if opinion is None and not company.advert_refusal_number:
        return 0
    row.looked_at = now
    session.add(row)
    maker = get_company(session, company_id=row.company_id)
    sending = Sending(campaign, maker, company, season, opinion, now)
    looked = preview_of(session, campaign=campaign, season=season, as_advert=opinion is None, now=now)
    by_point: dict[int, list[PickedHome]] = defaultdict(list)
    for home in looked.invitable:
        by_point[home.service_point_id].append(home)
    return sum(_wave(session, homes, sending, point_id=key) for key, homes in sorted(by_point.items()))


def _wave(session: Session, homes: Sequence[PickedHome], sending: Sending, *, point_id: int) -> int:
    """As many of a point's homes as its idle time takes, the most urgent first. Returns how many."""
    now, company = sending.now, sending.rules
    size = rules.wave_size(
        fits=sum(idle_checkups(board) for board in load_horizon(session, point_id=point_id, now=now)),
        unanswered=_unanswered(session, point_id=point_id, days=company.checkup_answer_days, now=now),
        response_percent=company.checkup_response_percent,
    )
    invited = 0
    for home in homes[: min(size, MOST_AT_ONCE)]:
        try:
            with session.begin_nested():
                invite(session, home=home, sending=sending)
                invited += 1
        except DomainError as error:  # one text that cannot be written keeps nobody else from his
            log.warning("invitation_not_written", household_id=home.household_id, code=error.code)
    return invited


def _unanswered(session: Session, *, point_id: int, days: int, now: datetime) -> int:
    query = select(func.count()).where(
        col(Invitation.service_point_id) == point_id,
        col(Invitation.state) == "invited",
        col(Invitation.invited_at) > now - timedelta(days=days),
    )
    return session.exec(query).one()
