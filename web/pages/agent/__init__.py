"""`/agent`, the intake desk: find the caller, take a ticket, tell what happens next."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.agent import (
    actions,
    desk,
    echo,
    household,
    household_notices,
    intake,
    joining,
    open_cases,
    ticket,
)

router = APIRouter()
for screen in (desk, intake, echo, open_cases, ticket, actions, joining, household, household_notices):
    router.include_router(screen.router)
