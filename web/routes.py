"""Every router, by kind. A screen or a resource that is not named here does not exist."""

from __future__ import annotations

from fastapi import APIRouter

from web.api import happy_calls, health, plans, points, tickets, visits, webhooks
from web.pages import (
    account,
    admin,
    agent,
    api_docs,
    dispatch,
    family,
    live,
    manager_money,
    phones,
    point,
    provider_login,
    qa,
    second_factor,
    session,
    technician,
    technician_boiler,
    technician_correction,
    technician_job,
    technician_money,
    technician_steps,
    unlock,
    unmask,
)

API_ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    health.guarded,
    tickets.router,
    visits.router,
    plans.router,
    points.router,
    happy_calls.router,
)
PAGE_ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    second_factor.router,
    provider_login.router,
    unlock.router,
    account.router,
    live.router,
    unmask.router,
    api_docs.router,
    agent.router,
    dispatch.router,
    point.router,
    technician.router,
    technician_money.day_router,
    technician_job.router,
    technician_boiler.router,
    technician_correction.router,
    technician_money.router,
    technician_steps.router,
    qa.router,
    manager_money.router,
    phones.router,
    webhooks.router,
    *family.ROUTERS,
    *admin.ROUTERS,
)
