"""`/dispatch`, the dispatcher's console: queue, timeline and map together, live within a second."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.dispatch import actions, console, pieces, proposals, steps, ticket

router = APIRouter()
for part in (console, pieces, proposals, ticket, actions, steps):
    router.include_router(part.router)
