"""The settings of a company, for its administrators."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.admin import (
    access,
    access_log,
    badges,
    calendars,
    companies,
    duty,
    faults,
    history,
    imports,
    notices,
    overview,
    people,
    people_access,
    person_data,
    point_time,
    points,
    price_recall,
    prices,
    qualifications,
    retention,
    settings,
    shifts,
    tokens,
    warranty,
)

ROUTERS: tuple[APIRouter, ...] = (
    overview.router,
    companies.router,
    points.router,
    point_time.router,
    people.router,
    access.router,
    access_log.router,
    badges.router,
    people_access.router,
    qualifications.router,
    shifts.router,
    duty.router,
    prices.router,
    price_recall.router,
    warranty.router,
    calendars.router,
    notices.router,
    settings.router,
    retention.router,
    person_data.router,
    tokens.router,
    imports.router,
    faults.router,
    history.router,
)
