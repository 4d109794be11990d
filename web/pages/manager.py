"""`/manager`: how a stretch of days went, in figures that lead to what is behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal, Role
from core.clock import kst, today_kst
from core.dated import read_rules
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from dispatch.figures import (
    Figures,
    Hour,
    calls_by_day,
    calls_by_hour,
    calls_by_symptom,
    figures_by_point,
    late_contacts,
    total_of,
)
from dispatch.words import symptom_words
from happycall.figures import ENOUGH, what_families_said
from happycall.queries import coverage
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.presenters.figures import bars_of_days, bars_of_hours, difference, heat_of, share
from web.scope import must_be_company_wide
from web.templating import render_page
from workforce.queries import points_by_id

router = APIRouter(prefix="/manager", route_class=GuardedRoute)

ROLES = (Role.MANAGER, Role.ADMIN)
MOST_LATE = 50
PERIODS = {"today": N_("오늘"), "yesterday": N_("어제"), "week": N_("7일"), "month": N_("30일")}
DAYS = {"week": 7, "month": 30}
AGAINST = {
    "today": N_("어제 이맘때보다"),
    "yesterday": N_("그저께보다"),
    "week": N_("앞 7일보다"),
    "month": N_("앞 30일보다"),
}
"""What a figure is compared with."""


class UnknownPeriodError(InvalidError):
    """A stretch that no link leads to (422)."""

    code = "unknown-period"


@dataclass(frozen=True)
class Stretch:
    """What is counted, [start, end), and as long a stretch `before` it to compare with."""

    name: str
    start: datetime
    end: datetime
    before: tuple[datetime, datetime]

    @property
    def is_one_day(self) -> bool:
        """Shown by the hour."""
        return self.name not in DAYS


@router.get("")
@allow(*ROLES)
def show_figures(request: Request, period: str = "", principal: Principal = SignedIn) -> Response:
    """The figures of `period`: `today` (unless another is asked for), `yesterday`, `week`, `month`."""
    must_be_company_wide(request)
    context = context_of(request)
    now = context.clock()
    problem = None
    try:
        stretch = stretch_of(period or "today", now)
    except UnknownPeriodError as error:
        stretch, problem = stretch_of("today", now), error
    with context.database.reading() as session:
        values = _values(session, principal.company_id, stretch, now)
    status = problem.status if problem else 200
    return render_page(request, "manager/figures.html", {**values, "error": problem}, status_code=status)


def stretch_of(name: str, now: datetime) -> Stretch:
    """The days that a name means at this moment (KST). Raises UnknownPeriodError."""
    if name not in PERIODS:
        message = _("그런 기간은 없어 오늘을 보여 드립니다. 위에서 기간을 골라 주세요.")
        raise UnknownPeriodError(message, errors=(FieldError("period", message),))
    today = kst(today_kst(now), 0)
    if name == "yesterday":
        start, end, back = today - timedelta(days=1), today, timedelta(days=1)
    else:
        back = timedelta(days=DAYS.get(name, 1))
        start, end = today - back + timedelta(days=1), now
    return Stretch(name, start, end, (start - back, end - back))


def _values(session: Session, company_id: int, stretch: Stretch, now: datetime) -> dict[str, Any]:
    asked: dict[str, Any] = {"company_id": company_id, "start": stretch.start, "end": stretch.end}
    rules = read_rules(session, company_id=company_id, at=now)
    by_point = figures_by_point(session, **asked, now=now)
    start, end = stretch.before
    total = total_of(by_point)
    before = total_of(figures_by_point(session, company_id=company_id, start=start, end=end, now=now))
    hours = calls_by_hour(session, **asked, now=now)
    late = late_contacts(session, **asked, now=now, most=MOST_LATE)
    ids = {*by_point, *(each.service_point_id for each in late)} - {None}
    points = points_by_id(session, point_ids=[i for i in ids if i is not None])
    return {
        "stretch": stretch,
        "periods": [
            (f"/manager?period={k}", _(words), k == stretch.name, None) for k, words in PERIODS.items()
        ],
        "against": _(AGAINST[stretch.name]),
        "total": total,
        "tiles": _tiles(total, before, minutes=rules.handled_limit_s // 60),
        "bars": _bars(stretch, hours),
        "heat": None if stretch.is_one_day else heat_of(hours),
        "symptoms": [
            (symptom_words(each.symptom), each.received, share(each.by_phone, each.received))
            for each in calls_by_symptom(session, **asked)
        ],
        "rows": _rows(by_point, {i: (point.code, point.name) for i, point in points.items()}),
        "late": late,
        "symptom_words": symptom_words,
        "names": {i: point.name for i, point in points.items()},
        "said": what_families_said(session, **asked),
        "enough": ENOUGH,
        "coverage": coverage(session, **asked),
    }


def _tiles(total: Figures, before: Figures, *, minutes: int) -> list[dict[str, Any]]:
    """The figures at the top: label, value in its unit, from how many, and against the stretch before.

    Args:
        minutes: in which a case should be done.
    """

    def part(label: str, name: str, of: Sequence[str], href: str | None = None) -> dict[str, Any]:
        counted, whole = getattr(total, name), sum(getattr(total, each) for each in of)
        earlier = share(getattr(before, name), sum(getattr(before, each) for each in of))
        value = share(counted, whole)
        return {
            "label": label,
            "value": value,
            "unit": "%",
            "of": (counted, whole),
            "difference": difference(value, earlier),
            "href": href,
        }

    contact = ("contact_kept", "contact_late")
    return [
        {
            "label": _("접수"),
            "value": total.received,
            "unit": _("건"),
            "of": None,
            "difference": difference(total.received, before.received or None),
            "href": "#points",
        },
        part(_("시간 안에 첫 통화"), "contact_kept", contact, "#late"),
        part(_("전화로 해결"), "by_phone", ("received",)),
        part(_("약속한 시간에 도착"), "arrived_in_time", ("arrived_in_time", "arrived_late")),
        part(_("접수한 날 끝냄"), "done_the_same_day", ("done",)),
        part(_("접수 뒤 {n}분 안에 끝냄").format(n=minutes), "quick_from_call", ("done",)),
        part(_("도착 뒤 {n}분 안에 끝냄").format(n=minutes), "quick_from_arrival", ("done",)),
    ]


def _bars(stretch: Stretch, hours: Sequence[Hour]) -> list[dict[str, Any]]:
    if stretch.is_one_day:
        return bars_of_hours(hours)
    days: list[tuple[date, int, int]] = calls_by_day(hours, start=stretch.start, end=stretch.end)
    return bars_of_days(days)


def _rows(
    by_point: Mapping[int | None, Figures], names: Mapping[int, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Service points, most calls first: no order of merit is made of a few cases."""
    rows = []
    for point_id, counted in sorted(by_point.items(), key=lambda item: (-item[1].received, item[0] or 0)):
        code, name = names.get(point_id or 0, ("", _("아직 서비스점 없음")))
        contacts = counted.contact_kept + counted.contact_late
        rows.append(
            {
                "code": code,
                "name": name,
                "counted": counted,
                "contact": share(counted.contact_kept, contacts),
                "arrived": share(counted.arrived_in_time, counted.arrived_in_time + counted.arrived_late),
                "same_day": share(counted.done_the_same_day, counted.done),
            }
        )
    return rows
