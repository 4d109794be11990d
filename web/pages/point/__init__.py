"""`/point`, the service point's desk: what it is asked, whom it calls, its day, its people's time."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.point import (
    answers,
    bills,
    calls,
    day_sheet,
    desk,
    hands,
    paper,
    payments,
    pick,
    rota,
    ticket,
    tickets,
    time_off,
)

router = APIRouter()
for part in (
    desk,
    day_sheet,
    paper,
    pick,
    tickets,
    ticket,
    answers,
    calls,
    hands,
    bills,
    payments,
    rota,
    time_off,
):
    router.include_router(part.router)
