"""The demo's preseason campaign: planned by the doors; what it sends, the worker sends as on any day."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from campaigns.picking import preview
from campaigns.schemas import Criteria, Draft
from campaigns.service import CampaignStateError, plan_campaign, take_step
from core.actor import SYSTEM, Actor, Role
from core.clock import KST, today_kst
from core.dated import set_rule
from customers.consents import Choice, Door, Purpose, record_choice
from workforce.models import Company

MAKER = "onnuri"
REFUSALS = "0808501588"
AGREED = 12
"""So many of the picked homes have said yes to adverts."""
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
    campaign_id = plan_campaign(session, company_id=company_id, draft=draft, by=MANAGER, now=now)
    try:
        take_step(
            session,
            company_id=company_id,
            campaign_id=campaign_id,
            step="start",
            reason="",
            by=MANAGER,
            now=now,
        )
    except CampaignStateError:  # the demo's day is too busy just now: it waits as a draft
        return


def _let_agree(session: Session, *, company_id: int, criteria: Criteria, now: datetime) -> None:
    found = preview(
        session, company_id=company_id, criteria=criteria, season=now.year, as_advert=False, now=now
    ).invitable
    for home in found[:: max(1, len(found) // AGREED)][:AGREED]:
        assert home.contact_id is not None, "who may be invited has somebody to invite"
        record_choice(
            session,
            company_id=company_id,
            household_id=home.household_id,
            contact_id=home.contact_id,
            decided_by_id=home.contact_id,
            choice=Choice.AGREED,
            door=Door.CALL,
            purpose=Purpose.ADVERT,
            by=SYSTEM,
            now=now - BEFORE,
        )
