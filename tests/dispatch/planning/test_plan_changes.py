"""What a plan may change by itself: a danger is served sooner, never later; what is under way stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.clock import operating_day
from dispatch import assignment
from dispatch.planning.board import load_board
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.drafts import DayDraft, PlannedStop
from dispatch.planning.plan_changes import list_changes, reasons_to_ask
from tests.dispatch.plan_world import Shop, agree, plan, visit_of


def board_of(session: Session, shop: Shop, now: datetime) -> DayBoard:
    return load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)


def draft_with(board: DayBoard, visit: BoardVisit, who: int, start: datetime) -> DayDraft:
    return DayDraft(board, (PlannedStop(visit, who, start, start, start + timedelta(hours=1)),))


@pytest.mark.parametrize(("later_min", "asks"), [(-20, False), (5, False), (90, True), (None, True)])
def test_a_danger_is_never_put_off_by_itself(
    session: Session, now: datetime, later_min: int | None, asks: bool
) -> None:
    shop = Shop(session)
    first, second = shop.technician(), shop.technician()
    ticket = shop.ticket(symptom="GAS_SMELL", priority=0, safety=True)
    assert assignment.pin_safety(session, ticket_id=ticket.id or 0, now=now)
    planned = visit_of(session, ticket)
    board = board_of(session, shop, now)
    visit = board.find(planned.id or 0)
    assert visit is not None and visit.planned_start is not None
    other = second if planned.technician_id == first else first
    empty = DayDraft(replace(board, waiting=(*board.waiting, visit)), ())
    draft = (
        empty
        if later_min is None
        else draft_with(board, visit, other, visit.planned_start + timedelta(minutes=later_min))
    )
    reasons = reasons_to_ask([draft], list_changes([draft]), now=now)
    assert bool([reason for reason in reasons if "안전" in reason]) is asks


def test_who_is_at_the_door_early_is_no_change(session: Session, now: datetime) -> None:
    """Agreed for tomorrow morning and begun before the day has turned: nothing is left to decide."""
    shop = Shop(session)
    who = shop.technician()
    ticket = shop.ticket()
    visit = plan(session, ticket, now)
    tomorrow = now + timedelta(days=1)
    agree(session, visit, tomorrow, tomorrow + timedelta(hours=2), now)
    visit.state, visit.arrived_at = "arrived", now
    session.flush()
    board = board_of(session, shop, now)
    seen = board.find(visit.id or 0)
    assert seen is not None and seen.under_way and seen.planned_start is not None
    assert operating_day(seen.planned_start) != board.day
    draft = draft_with(board, seen, who, now)
    [change] = list_changes([draft])
    assert change.what == "retimed"
    assert reasons_to_ask([draft], [change], now=now) == []
