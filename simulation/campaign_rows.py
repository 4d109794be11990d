"""The demo's preseason campaign: begun yesterday by the doors; the worker goes on with it as on any day."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from campaigns.inviting import Sending, invite
from campaigns.picking import preview, preview_of
from campaigns.schemas import CampaignInfo, Criteria, Draft
from campaigns.service import info_of, lock_campaign, plan_campaign, set_state
from core.actor import SYSTEM, Actor, Role
from core.clock import KST, kst, today_kst
from core.dated import read_rules, set_rule
from customers.consents import Choice, Door, Purpose, record_choice
from notifications.models import Notice
from simulation.telling import deliver
from workforce.models import Company
from workforce.queries import get_company

MAKER = "onnuri"
REFUSALS = "0808501588"
AGREED = 12
"""So many of the picked homes have said yes to adverts, and one more has said no."""
BEFORE, AFTER = timedelta(days=30), timedelta(days=45)
MANAGER = Actor(kind="person", name="한서윤", source="demo", role=Role.MANAGER)


def add_campaign(session: Session, *, now: datetime) -> None:
    """One campaign in season, whenever the demo is first started, and a few homes that may be written to."""
    company_id = session.exec(select(Company.id).where(col(Company.code) == MAKER)).one() or 0
    today = today_kst(now)
    season = {
        "campaign_season_from": (now - BEFORE).astimezone(KST).strftime("%m-%d"),
        "campaign_season_to": (now + AFTER).astimezone(KST).strftime("%m-%d"),
        "advert_refusal_number": REFUSALS,
    }
    for key, value in season.items():
        set_rule(
            session,
            company_id=company_id,
            key=key,
            value=value,
            valid_from=now - BEFORE,
            source="데모",
            by=SYSTEM,
            now=now,
        )
    criteria = Criteria(age_years=7, repairs=2, repairs_months=24, risky=True)
    _let_agree(session, company_id=company_id, criteria=criteria, now=now)
    draft = Draft("겨울맞이 사전점검", today - timedelta(days=7), today + AFTER, criteria)
    began = kst(today - timedelta(days=1), 10)
    campaign_id = plan_campaign(session, company_id=company_id, draft=draft, by=MANAGER, now=began)
    row = lock_campaign(session, company_id=company_id, campaign_id=campaign_id)
    set_state(session, row, state="running", reason="", by=MANAGER, now=began)
    row.looked_at = began
    session.add(row)
    _invite_one(session, info_of(row), season=now.year, now=began)


def _invite_one(session: Session, campaign: CampaignInfo, *, season: int, now: datetime) -> None:
    """The most urgent home was invited yesterday morning, has its text, and has not answered yet."""
    company_id = campaign.company_id
    (home, *_others) = preview_of(
        session, campaign=campaign, season=season, as_advert=True, now=now
    ).invitable
    sending = Sending(
        campaign,
        get_company(session, company_id=company_id),
        read_rules(session, company_id=company_id, at=now),
        season,
        None,
        now,
    )
    invitation_id = invite(session, home=home, sending=sending)
    for notice in session.exec(select(Notice).where(col(Notice.invitation_id) == invitation_id)):
        deliver(notice, at=now)
        session.add(notice)


def _let_agree(session: Session, *, company_id: int, criteria: Criteria, now: datetime) -> None:
    found = preview(
        session, company_id=company_id, criteria=criteria, season=now.year, as_advert=False, now=now
    ).invitable
    asked = found[:: max(1, len(found) // (AGREED + 1))][: AGREED + 1]
    for home in asked:
        assert home.contact_id is not None, "who may be invited has somebody to invite"
        record_choice(
            session,
            company_id=company_id,
            household_id=home.household_id,
            contact_id=home.contact_id,
            decided_by_id=home.contact_id,
            choice=Choice.REFUSED if home is asked[-1] else Choice.AGREED,
            door=Door.CALL,
            purpose=Purpose.ADVERT,
            by=SYSTEM,
            now=now - BEFORE,
        )
