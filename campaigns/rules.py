"""Pure decisions of a campaign: who is picked, how many are invited at once, when it stops by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from campaigns.schemas import Criteria
from core.clock import KST
from core.dated import CompanyRules
from core.i18n import N_
from customers.at_risk import BoilerHome
from dispatch.past_work import PastWork
from dispatch.pressure import Pressure
from workforce.schemas import PointInfo

HOMES_AT_ONCE = 10_000
"""Of a whole country's homes the distances to all points would not fit into memory."""

AGE, REPAIRS, RISKY = "age", "repairs", "risky"

WAITING = N_("기사를 기다리는 고장이 {n}건입니다 (기준 {limit}건)")
OVERDUE = N_("기한이 지나도록 통화하지 못한 댁이 {n}곳입니다 (기준 {limit}곳)")
SURGE = N_("하루 접수가 평소의 {n}%입니다 (기준 {limit}%)")


def season_of(day: date, rules: CompanyRules) -> int | None:
    """The year whose season a Korean date lies in; None outside. A season may run over the new year."""
    first, last, at = rules.campaign_season_from, rules.campaign_season_to, day.strftime("%m-%d")
    if first <= last:
        return day.year if first <= at <= last else None
    return day.year if at >= first else day.year - 1 if at <= last else None


def season_ahead(day: date, rules: CompanyRules) -> tuple[date, date]:
    """The first and last day of the season that a Korean date lies in, or else of the next one."""
    first, last = (
        tuple(int(part) for part in text.split("-"))
        for text in (rules.campaign_season_from, rules.campaign_season_to)
    )
    for year in (day.year - 1, day.year, day.year + 1):
        ends = date(year + (last < first), last[0], last[1])
        if ends >= day:
            return date(year, first[0], first[1]), ends
    raise AssertionError("a season ends within two years")


def years_of(since: date | None, *, now: datetime) -> int | None:
    """Whole years since a date."""
    if since is None:
        return None
    today = now.astimezone(KST).date()
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))


def reasons_to_pick(years: int | None, past: PastWork, wanted: Criteria) -> tuple[str, ...]:
    """Which of the criteria a home meets; empty: none."""
    met = {
        AGE: years is not None and years >= wanted.age_years,
        REPAIRS: wanted.repairs > 0 and past.repairs >= wanted.repairs,
        RISKY: wanted.risky and past.risky,
    }
    return tuple(reason for reason, holds in met.items() if holds)


def weight_of(years: int | None, past: PastWork, because: Sequence[str]) -> int:
    """What comes first: gas, fumes and frost before all, then repairs, then age."""
    return 1000 * (RISKY in because) + 10 * past.repairs + (years or 0)


def nearest_points(homes: Sequence[BoilerHome], points: Sequence[PointInfo]) -> dict[int, PointInfo]:
    """By household id the point that serves it as the crow flies; a home that nobody can find is not in it.

    The roads decide when the family chooses a time: here hundred thousands of homes are counted by point.
    """
    found = [
        (home.household_id, home.lat, home.lon)
        for home in homes
        if home.lat is not None and home.lon is not None
    ]
    ranked = sorted(points, key=lambda point: point.id)  # of two as near, the older
    if not ranked:
        return {}
    there = np.array([(point.lat, point.lon) for point in ranked])
    nearest: dict[int, PointInfo] = {}
    for begin in range(0, len(found), HOMES_AT_ONCE):
        some = found[begin : begin + HOMES_AT_ONCE]
        here = np.array([(lat, lon) for _, lat, lon in some])
        north = there[:, 0] - here[:, :1]
        east = (there[:, 1] - here[:, 1:]) * np.cos(np.radians(here[:, :1]))
        places = (north**2 + east**2).argmin(axis=1).tolist()
        nearest |= {home: ranked[place] for (home, _, _), place in zip(some, places, strict=True)}
    return nearest


def wave_size(*, fits: int, unanswered: int, response_percent: int) -> int:
    """How many more may be invited so that the bookings to expect fit.

    Args:
        fits: check-ups that fit into idle time.
        unanswered: invitations that can still be answered; each may take a place.
    """
    if response_percent <= 0:
        return 0
    return max(0, fits * 100 // response_percent - unanswered)


def why_stop(pressure: Pressure, rules: CompanyRules) -> list[tuple[str, int, int]]:
    """What presses too hard to invite anybody: the sentence with its number and its limit; empty: nothing."""
    surge = pressure.surge_percent
    found = [
        (WAITING, pressure.waiting, rules.checkup_stop_waiting),
        (OVERDUE, pressure.overdue, rules.checkup_stop_overdue),
        (SURGE, surge if surge is not None else -1, rules.checkup_stop_surge_percent),
    ]
    return [(words, number, limit) for words, number, limit in found if number >= limit]
