"""What the page of one campaign shows: what it will send and when, whom it would invite, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from campaigns import opinions, picking, results, service
from campaigns.outlook import Around, outlook_of
from campaigns.rules import season_of, why_stop
from campaigns.schemas import CampaignInfo, OpinionInfo, PickedHome, Preview, WhyNot
from campaigns.texts_ahead import texts_ahead
from core import audit
from core.clock import today_kst
from core.dated import CompanyRules, read_rules
from core.i18n import _
from customers.queries import list_details
from customers.rules import Relationship
from customers.schemas import HouseholdDetail
from dispatch.past_work import open_tickets
from dispatch.pressure import read_pressure
from web.pages.campaign_forms import shown_criteria
from web.presenters import campaigns as words
from web.presenters.masks import MASKED
from workforce.queries import get_company, points_by_id

LISTED = 50
"""Homes on a page of those who are left out."""
CHANGES_SHOWN = 30
ENDED = ("stopped", "finished")
TO_BE_ASKED = (WhyNot.NO_CONSENT, WhyNot.OLD_CONSENT, WhyNot.REFUSED)
"""Left out by somebody's word, which stands on the home's page."""


@dataclass(frozen=True)
class Asked:
    """Which of those who are left out are listed, and which page of them."""

    reason: str = ""
    page: int = 1


NOTHING_ASKED = Asked()


def campaign_values(
    session: Session, company_id: int, campaign_id: int, *, asked: Asked, now: datetime
) -> dict[str, Any]:
    """Everything on the page. Raises UnknownCampaignError."""
    campaign = service.get_campaign(session, company_id=company_id, campaign_id=campaign_id)
    rules = read_rules(session, company_id=company_id, at=now)
    opinion = opinions.opinion_at(session, company_id=company_id, opinion_id=campaign.opinion_id, at=now)
    looked = _preview(session, campaign, as_advert=opinion is None, rules=rules, now=now)
    figures = results.figures_of(session, company_id=company_id, campaign_id=campaign_id)
    names = points_by_id(
        session,
        point_ids={
            *(each.service_point_id for each in figures if each.service_point_id),
            *(home.service_point_id for home in looked.homes),
            *campaign.criteria.point_ids,
        },
    )
    changes = audit.list_changes(
        session, company_id=company_id, subject=("campaign", campaign_id), limit=CHANGES_SHOWN
    )
    begun = campaign_id in results.begun(session, company_id=company_id, campaign_ids=[campaign_id])
    return {
        "campaign": campaign,
        "state": words.state_of(campaign, begun=begun),
        "steps": words.steps_of(campaign.state),
        "nobody_yet": _(words.NOBODY_YET.get(campaign.state, "")),
        "criteria": shown_criteria(campaign.criteria, names),
        "opinion": opinion,
        "figures": figures,
        "points": {key: point.name for key, point in names.items()},
        "by_point": words.by_point(looked.invitable),
        "invitable": len(looked.invitable),
        "picked": len(looked.homes),
        "reasons": [(why, words.WHY_NOT[why], len(looked.left_out(why))) for why in WhyNot],
        **_left_out(session, campaign, looked, asked),
        **_ahead(session, campaign, rules, opinion, looked, waiting=figures[0].waiting, now=now),
        "changes": [(entry, _(words.CHANGES.get(entry.what, entry.what))) for entry in changes],
    }


def _preview(
    session: Session, campaign: CampaignInfo, *, as_advert: bool, rules: CompanyRules, now: datetime
) -> Preview:
    """Of one that has ended nobody is picked any more."""
    if campaign.state in ENDED:
        return Preview()
    season = season_of(max(today_kst(now), campaign.starts_on), rules) or campaign.starts_on.year
    return picking.preview_of(session, campaign=campaign, season=season, as_advert=as_advert, now=now)


def _ahead(
    session: Session,
    campaign: CampaignInfo,
    rules: CompanyRules,
    opinion: OpinionInfo | None,
    looked: Preview,
    *,
    waiting: int,
    now: datetime,
) -> dict[str, Any]:
    """What will be sent, when, and what keeps it from going now; nothing of one that has ended."""
    if campaign.state in ENDED:
        return {"pressing": [], "outlook": [], "texts": [], "texts_else": []}
    company_id = campaign.company_id
    pressing = why_stop(read_pressure(session, company_id=company_id, now=now), rules)
    last_wave = (
        results.invited_since(session, campaign_id=campaign.id, since=campaign.looked_at)
        if campaign.looked_at is not None
        else 0
    )
    around = Around(bool(pressing), len(looked.invitable), last_wave)
    outlook = outlook_of(campaign, rules, opinion, around, now=now)
    texts, others = texts_ahead(
        session,
        maker=get_company(session, company_id=company_id),
        company=rules,
        opinion=opinion,
        homes=looked.invitable,
        years=campaign.criteria.age_years,
        now=now,
    )
    return {
        "pressing": [_(text).format(n=n, limit=limit) for text, n, limit in pressing],
        "outlook": words.outlook_words(campaign, outlook, waiting=waiting, now=now),
        "texts": [(words.reader_words(text), text) for text in texts],
        "texts_else": [(words.reader_words(text), text) for text in others],
    }


def _left_out(session: Session, campaign: CampaignInfo, looked: Preview, asked: Asked) -> dict[str, Any]:
    """The page of homes that are left out for the reason that was asked for."""
    if asked.reason not in set(WhyNot):
        return {"chosen": None, "listed": [], "older": None, "newer": None}
    chosen = WhyNot(asked.reason)
    homes = looked.left_out(chosen)
    pages = max(1, -(-len(homes) // LISTED))
    page = min(asked.page, pages)
    here = f"/campaigns/{campaign.id}?reason={chosen}&page="
    shown = homes[(page - 1) * LISTED : page * LISTED]
    return {
        "chosen": chosen,
        "chosen_words": _("{why} {n}댁").format(why=_(words.WHY_NOT[chosen]), n=len(homes)),
        "listed": _listed(session, campaign.company_id, shown, chosen),
        "older": f"{here}{page + 1}#left-out" if page < pages else None,
        "newer": f"{here}{page - 1}#left-out" if page > 1 else None,
        "page_words": f"{page} / {pages}",
    }


def _listed(
    session: Session, company_id: int, shown: tuple[PickedHome, ...], chosen: WhyNot
) -> list[dict[str, Any]]:
    """Who they are and where, no nearer than the dong, and where it can be mended by whoever may."""
    ids = [home.household_id for home in shown]
    known = list_details(session, company_id=company_id, household_ids=ids)
    is_open = chosen is WhyNot.OPEN_TICKET
    tickets = open_tickets(session, company_id=company_id, household_ids=ids) if is_open else {}
    return [
        {
            "place": MASKED.address(known[home.household_id].household.address.raw),
            "names": _residents(known[home.household_id]),
            "because": [_(words.BECAUSE[each]) for each in home.because],
            "years": home.years,
            **_mended_at(home.household_id, tickets.get(home.household_id, ""), chosen),
        }
        for home in shown
        if home.household_id in known
    ]


def _residents(home: HouseholdDetail) -> str:
    """Who lives there, masked: a list of homes of one dong tells nobody which is which."""
    names = [each.contact.name for each in home.members if each.relationship == Relationship.RESIDENT]
    return ", ".join(MASKED.name(name) for name in names)


def _mended_at(household_id: int, number: str, chosen: WhyNot) -> dict[str, str]:
    home = f"/agent/households/{household_id}"
    if number:
        return {"href": f"/agent/tickets/{number}", "leads": _("접수 {number}").format(number=number)}
    if chosen in TO_BE_ASKED:
        return {"href": f"{home}#notices", "leads": _("그 댁의 동의")}
    return {"href": home, "leads": _("그 댁")}
