"""`/dispatch`, the dispatcher's console: queue, timeline and map together, live within a second."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.dispatch import actions, console, duplicates, pieces, proposals, steps, ticket

router = APIRouter()
for part in (console, pieces, proposals, ticket, actions, duplicates, steps):
    router.include_router(part.router)
