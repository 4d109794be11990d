"""What moving a planned visit costs: by who counts on it, and nothing where its technician cannot go."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from core.clock import kst, operating_day
from dispatch.planning.board import load_board
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.solving import is_broken
from scheduling.problem import Published
from tests import world
from tests.dispatch.plan_world import Shop
from tests.dispatch.planning.solves import zigzag
from workforce.models import Absence


def test_it_is_the_dearer_the_more_people_count_on_it(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    hidden, told, promised = zigzag(session, shop, who, now, (2, 3, 4))
    told.told_technician_id = who
    assert promised.planned_start is not None
    promised.window_start = promised.planned_start - timedelta(hours=1)
    promised.window_end = promised.planned_start + timedelta(hours=1)
    session.flush()
    # He is away for an hour before all of them: he has two stretches, and is the same person in both.
    today = operating_day(now)
    away = Absence(technician_id=who, start_at=kst(today, 10), end_at=kst(today, 11), reason="병원")
    world.add(session, away)

    def placed(freedom: Freedom, **given: object) -> dict[str, Published | None]:
        board = load_board(session, point_id=shop.point.id or 0, day=today, now=now)
        problem = to_problem(board, freedom=freedom, **given).problem  # type: ignore[arg-type]
        assert all(
            problem.person_cost(t, j) == 0
            for t in range(len(problem.technicians))
            for j in range(len(problem.jobs))
        )
        return {job.id: job.published for job in problem.jobs}

    board = load_board(session, point_id=shop.point.id or 0, day=today, now=now)
    costs, rates = board.rules.move_person_cost, board.rules.move_later_cost
    assert 0 < costs["tentative"] < costs["told"] < costs["promised"]
    found = placed(Freedom.IMPROVE)
    for visit, standing in ((hidden, "tentative"), (told, "told"), (promised, "promised")):
        place = found[str(visit.id)]
        assert place is not None and place.technician == str(who)
        assert (place.person_cost, place.time_cost) == (costs[standing], rates[standing])
    assert not is_broken(board)
    anew = board.find(told.id or 0)
    assert placed(Freedom.INSERT, anew=anew)[str(told.id)] is None, "it has no place to keep"

    away.end_at = kst(today, 20)
    session.add(away)
    session.flush()
    board = load_board(session, point_id=shop.point.id or 0, day=today, now=now)
    assert is_broken(board)
    free = placed(Freedom.IMPROVE)[str(promised.id)]
    assert free is not None and free.person_cost == 0, "somebody else has to go"
