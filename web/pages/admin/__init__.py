"""The settings of a company, for its administrators."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.admin import (
    access,
    badges,
    calendars,
    companies,
    duty,
    faults,
    history,
    overview,
    people,
    point_time,
    points,
    price_recall,
    prices,
    qualifications,
    settings,
    shifts,
    warranty,
)

ROUTERS: tuple[APIRouter, ...] = (
    overview.router,
    companies.router,
    points.router,
    point_time.router,
    people.router,
    access.router,
    badges.router,
    qualifications.router,
    shifts.router,
    duty.router,
    prices.router,
    price_recall.router,
    warranty.router,
    calendars.router,
    settings.router,
    faults.router,
    history.router,
)
