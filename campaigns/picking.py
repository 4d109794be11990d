"""Who is picked, and who of them may not be invited and why: the same for the preview and for a wave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from campaigns import rules
from campaigns.models import Invitation
from campaigns.schemas import CampaignInfo, Criteria, PickedHome, Preview, WhyNot
from core.clock import KST, today_kst
from core.dated import CompanyRules, read_rules
from customers.at_risk import BoilerHome, PersonOfHome, boiler_homes
from customers.consent_rules import Purpose, Standing, years_after
from customers.consents import refusing_of
from customers.standings import standings
from dispatch.past_work import NOTHING, PastWork, past_work
from dispatch.wrong_numbers import with_strangers_numbers
from notifications.catalogue import Role
from notifications.languages import in_language
from workforce.queries import list_points
from workforce.schemas import PointInfo


def preview(
    session: Session, *, company_id: int, criteria: Criteria, season: int, as_advert: bool, now: datetime
) -> Preview:
    """Every home that the criteria pick at this moment, the most urgent first.

    Args:
        as_advert: only who said yes to advertisements is invited; else whoever did not say no.
    """
    ground = _read(session, company_id=company_id, criteria=criteria, season=season, now=now)
    homes = [_judge(home, ground, as_advert=as_advert) for home in ground.homes]
    picked = [home for home in homes if home is not None]
    return Preview(tuple(sorted(picked, key=lambda home: (-home.weight, home.household_id))))


def preview_of(
    session: Session, *, campaign: CampaignInfo, season: int, as_advert: bool, now: datetime
) -> Preview:
    """The same for a campaign that stands."""
    return preview(
        session,
        company_id=campaign.company_id,
        criteria=campaign.criteria,
        season=season,
        as_advert=as_advert,
        now=now,
    )


OPEN_TO_ASK = (Standing.AGREED, Standing.LAPSED, Standing.NEVER)
"""Whoever has not said no, by whatever door."""


@dataclass(frozen=True)
class _Ground:
    """What was read once for all homes."""

    criteria: Criteria
    company: CompanyRules
    homes: Sequence[BoilerHome]
    past: Mapping[int, PastWork]
    invited: Collection[int]
    points: Mapping[int, PointInfo]
    """The nearest, by home."""
    consents: Mapping[int, Standing]
    """To advertisements, by person."""
    refused: Collection[int]
    strangers: Collection[int]
    """Whose number was found to be somebody else's."""
    now: datetime


def _read(session: Session, *, company_id: int, criteria: Criteria, season: int, now: datetime) -> _Ground:
    company = read_rules(session, company_id=company_id, at=now)
    since = _months_before(now, criteria.repairs_months)
    past = past_work(session, company_id=company_id, since=since)
    also = [home for home, done in past.items() if rules.reasons_to_pick(None, done, criteria)]
    oldest = years_after(now, -criteria.age_years).date()
    homes = boiler_homes(session, company_id=company_id, built_before=oldest, also=also)
    people = {person.contact_id for home in homes for person in home.people}
    said = standings(session, company_id=company_id, contact_ids=people, purpose=Purpose.ADVERT, now=now)
    invited = select(Invitation.household_id).where(
        col(Invitation.company_id) == company_id,
        col(Invitation.season) == season,
        col(Invitation.state) != "withdrawn",
    )
    return _Ground(
        criteria=criteria,
        company=company,
        homes=homes,
        past=past,
        invited=set(session.exec(invited)),
        points=rules.nearest_points(homes, list_points(session, company_id=company_id, day=today_kst(now))),
        consents={person: standing for person, (standing, _heard) in said.items()},
        refused=refusing_of(session, company_id=company_id, contact_ids=people),
        strangers=with_strangers_numbers(session, contact_ids=people),
        now=now,
    )


def _judge(home: BoilerHome, ground: _Ground, *, as_advert: bool) -> PickedHome | None:
    """None: the criteria do not pick it, or its point is not among the campaign's."""
    past = ground.past.get(home.household_id, NOTHING)
    years = rules.years_of(home.since, now=ground.now)
    because = rules.reasons_to_pick(years, past, ground.criteria)
    point = ground.points.get(home.household_id)
    if not because or (point is None and ground.criteria.point_ids):
        return None
    if point is not None and ground.criteria.point_ids and point.id not in ground.criteria.point_ids:
        return None
    person, why_not = _whom(home.people, ground, as_advert=as_advert)
    why_not = _of_the_home(home, past, ground, point) or why_not
    return PickedHome(
        household_id=home.household_id,
        boiler_id=home.boiler_id,
        service_point_id=point.id if point is not None else 0,
        because=because,
        years=years,
        weight=rules.weight_of(years, past, because),
        contact_id=person.contact_id if person is not None and why_not is None else None,
        relationship=person.relationship if person is not None else "",
        why_not=why_not,
        variant=variant_for(person) if person is not None else "",
    )


def _of_the_home(home: BoilerHome, past: PastWork, ground: _Ground, point: PointInfo | None) -> WhyNot | None:
    lately = _months_before(ground.now, ground.company.checkup_visited_months)
    if home.household_id in ground.invited:
        return WhyNot.INVITED
    if past.open:
        return WhyNot.OPEN_TICKET
    if past.visited_at is not None and past.visited_at >= lately:
        return WhyNot.VISITED
    return WhyNot.NO_PLACE if point is None else None


def _whom(
    people: Sequence[PersonOfHome], ground: _Ground, *, as_advert: bool
) -> tuple[PersonOfHome | None, WhyNot | None]:
    """Through whom the home is invited, the resident before others; or why through nobody."""
    mobile = [p for p in people if p.can_text and p.contact_id not in ground.strangers]
    if not mobile:
        return None, WhyNot.NO_MOBILE
    open_to = [
        person
        for person in mobile
        if person.contact_id not in ground.refused and _says(person, ground) in OPEN_TO_ASK
    ]
    if not open_to:
        return None, WhyNot.REFUSED
    if not as_advert:
        return open_to[0], None
    agreed = next((person for person in open_to if _says(person, ground) is Standing.AGREED), None)
    if agreed is not None:
        return agreed, None
    old = any(_says(person, ground) is Standing.LAPSED for person in open_to)
    return None, WhyNot.OLD_CONSENT if old else WhyNot.NO_CONSENT


def role_of(relationship: str) -> Role:
    """In which part somebody of a home is written to."""
    return Role.RESIDENT if relationship == "resident" else Role.REQUESTER


def variant_for(person: PersonOfHome) -> str:
    """Whose wording somebody gets, in his language."""
    return in_language(role_of(person.relationship).value, person.language)


def _says(person: PersonOfHome, ground: _Ground) -> Standing:
    return ground.consents.get(person.contact_id, Standing.NEVER)


def _months_before(at: datetime, months: int) -> datetime:
    """The same day so many Korean months earlier, or the last one that the month has up to the 28th."""
    local = at.astimezone(KST)
    years, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    return local.replace(year=years, month=month + 1, day=min(local.day, 28))
