"""What would let a visit in: it does when it is done, and each who reads of it gets words of his own."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from core.clock import operating_day
from core.i18n import set_language
from dispatch.console.why import why_this_technician
from dispatch.models import Ticket
from dispatch.planning.ways_in import WaysIn, tell_ways
from dispatch.unplanned import ways_in
from tests import world
from tests.dispatch.plan_world import Shop, book, plan
from workforce.models import Absence, Shift

MINUTE = 60


def kept(code: str, **params: Any) -> dict[str, Any]:
    """A repair as a plan's row has it."""
    return {
        "code": code,
        "params": {"cost": 4711, "position": 2, **params},
        "technician": "박기사",
        "technician_id": 7,
        "tried": True,
    }


EVERYTHING = {
    "reasons": [
        {"code": "NO_TIME_LEFT", "technician": "박기사", "kind": "best_guess", "text": "", "params": {}}
    ],
    "repairs": [
        kept("WIDEN_WINDOW", seconds=21 * MINUTE),
        kept("EXTEND_SHIFT", seconds=100),
        kept("REPLACE_JOB", job="ON-2026-000123", drop_cost=6000),
        kept("OTHER_TIME", at="2026-12-02T09:30:00+09:00"),
    ],
}


def test_one_record_is_told_to_three_people() -> None:
    ways = tell_ways([EVERYTHING])
    assert all(way.startswith("박기사: ") for way in ways.dispatcher) and len(ways.dispatcher) == 4
    assert "25분" in ways.dispatcher[0] and "ON-2026-000123" in ways.dispatcher[2]
    assert [re.findall(r"\d+", offer) for offer in ways.agent] == [["25"], ["12", "2", "09", "30"]]
    assert "25분쯤 늦게" in ways.family
    for said in (*ways.agent, ways.family):
        assert not re.search("박기사|ON-|4711|6000|비용|초과", said), said


def test_every_telling_has_its_english() -> None:
    records = [
        EVERYTHING,
        {"reasons": [{"code": "NO_QUALIFIED_TECHNICIAN"}]},
        {"reasons": [{"code": "NO_SHIFT"}]},
    ]
    records += [{"reasons": [], "repairs": [repair]} for repair in EVERYTHING["repairs"]]
    set_language("en")
    try:
        told = [tell_ways([record]) for record in records]
    finally:
        set_language("ko")
    texts = [text for ways in told for text in (*ways.dispatcher, *ways.agent, ways.family)]
    assert not [text for text in texts if re.search("[가-힣]", text.removeprefix("박기사: "))], texts
    assert len({ways.family for ways in told}) == 4, "later, another day, a licence, and all are busy"


def left_out_beside(session: Session, now: datetime, **fields: Any) -> tuple[Ticket, Ticket, WaysIn]:
    """A promise that meets another one on the same technician's only day: both tickets, and the ways in."""
    shop = Shop(session)
    who = session.get_one(world.Technician, shop.technician(days=(0,)))
    start = now + timedelta(hours=4)
    window = {"window_start": start, "window_end": start + timedelta(minutes=30)}
    taken, asked = (shop.ticket(status="APPOINTED", **fields) for _ in range(2))
    agreed = {"point": shop.point, "state": "agreed", **window}
    book(
        session,
        world.make_visit(session, ticket=taken, technician=who, start=start, duration_s=3600, **agreed),
    )
    world.make_visit(session, ticket=asked, duration_s=3600, **agreed)
    assert plan(session, asked, now).technician_id is None
    ways = ways_in(session, ticket_id=asked.id or 0, now=now)
    assert ways is not None
    return taken, asked, ways


def test_a_promise_that_cannot_be_kept_is_moved_by_the_minutes_that_are_told(
    session: Session, now: datetime
) -> None:
    taken, asked, ways = left_out_beside(session, now)
    later = next(int(found.group(1)) for offer in ways.agent if (found := re.search(r"(\d+)분 늦게", offer)))
    assert f"{later}분쯤 늦게" in ways.family or "일찍" in ways.family
    assert taken.number not in "".join((*ways.agent, ways.family))
    visit = plan(session, asked, now)
    assert visit.window_end is not None
    visit.window_end += timedelta(minutes=later - 5)
    session.flush()
    assert plan(session, asked, now).technician_id is None, "five minutes less are not enough"
    visit.window_end += timedelta(minutes=5)
    session.flush()
    assert plan(session, asked, now).technician_id is not None


def test_the_dispatcher_asks_why_this_one(session: Session, now: datetime) -> None:
    shop = Shop(session)
    near, far = (
        shop.technician(name="가까운"),
        shop.technician(name="먼", home=world.north_of(world.GANGNAM, 9)),
    )
    shop.technician(name="무자격", qualifications=())
    ticket = shop.ticket(symptom="IGNITION")
    assert plan(session, ticket, now).technician_id == near != far
    why = why_this_technician(session, ticket_id=ticket.id or 0, now=now)
    assert why is not None
    names = [(stand.technician, stand.is_current, stand.proof) for stand in why.stands]
    assert names == [("가까운", True, False), ("먼", False, False), ("무자격", False, True)]
    assert why.stands[0].difference == 0 and (why.stands[1].difference or 0) > 0
    assert why.stands[1].text == "", "the difference says it all, and nobody reads the planner's units"
    assert not re.search(r"\d", why.stands[0].text)
    assert "자격" in why.stands[2].text and why.stands[2].difference is None


def test_who_is_asked_about_a_visit_left_out_says_what_would_make_a_place(
    session: Session, now: datetime
) -> None:
    _, asked, _ = left_out_beside(session, now)
    why = why_this_technician(session, ticket_id=asked.id or 0, now=now)
    assert why is not None and operating_day(why.day) == operating_day(now)
    (stand,) = why.stands
    assert (
        not stand.is_current and stand.difference is None and any("분 늦추면" in way for way in stand.repairs)
    )


def test_nobody_is_asked_to_stay_on_into_an_absence(session: Session, now: datetime) -> None:
    """Overtime is offered where the technician goes home afterwards, never where he has to be elsewhere."""
    shop = Shop(session)
    who = shop.technician(days=(0,))
    for _ in range(14):
        asked = shop.ticket(priority=1)
        if plan(session, asked, now).technician_id is None:
            break
    ways = ways_in(session, ticket_id=asked.id or 0, now=now)
    assert ways is not None and any("늘리면" in way for way in ways.dispatcher), ways
    ends = session.exec(select(Shift)).one().end_at
    away = ends - timedelta(minutes=1), ends + timedelta(hours=4)
    world.add(session, Absence(technician_id=who, start_at=away[0], end_at=away[1], reason="병가"))
    assert plan(session, asked, now).technician_id is None
    ways = ways_in(session, ticket_id=asked.id or 0, now=now)
    assert ways is not None and not any("늘리면" in way for way in ways.dispatcher), ways
