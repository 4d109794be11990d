"""Makes the demo's world on its first start, and moves it to the present on a later one.

What the generator has made is kept apart in a schema of its own, `demo`: which tickets, shifts and rotas are
its own. What a person or the API entered or touched is never moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from core.clock import operating_day
from core.dated import read_calendar, read_rules
from core.db import Database
from core.secrets import hash_password
from core.settings import StartupRefusedError
from dispatch.family_links import LINKS_AT
from dispatch.numbers import count_on
from simulation import marker, rolling
from simulation.building import Built, build
from simulation.bulk import Batch, first_free_ids, load
from simulation.campaign_rows import MAKER, add_campaign
from simulation.day_rows import Numbered, add_story_rows
from simulation.logins import PASSWORD
from simulation.marker import Marker
from simulation.moments import moments_of
from simulation.money_rows import add_money
from simulation.office import Office
from simulation.plans import publish_plans
from simulation.shapes import WORLD_VERSION
from simulation.small_hours import still_at_work
from simulation.story_shapes import Story

Tell = Callable[[str], None]
CATCH_UP_AFTER = timedelta(minutes=45)
"""After so long without a sign of life the world is told anew as far as now."""
PATIENCE = timedelta(minutes=3)
NATIONAL = 0
"""No company: the national rules alone."""


def refuse_strangers(database: Database) -> None:
    """Before anything is written: is there a company that the demo neither made nor let its people found?

    Raises:
        StartupRefusedError: yes; the demo's log-ins are public, so it never moves in there.
    """
    with database.reading() as session:
        names = marker.strangers(session)
    if names:
        raise StartupRefusedError(
            f"DATABASE_URL의 데이터베이스에 다른 회사({', '.join(names)})의 자료가 있어 "
            "데모를 시작하지 않았습니다. 아무것도 바꾸지 않았습니다.\n"
            "DATABASE_URL을 지우고(unset DATABASE_URL) 다시 실행하거나 빈 데이터베이스를 주세요.\n"
            "This database holds a company of its own: the demo was not started and nothing was changed. "
            "Unset DATABASE_URL, or give an empty database."
        )


def prepare_world(database: Database, *, now: datetime, tell: Tell) -> None:
    """Make the world, or bring it to the present; hardly anything to do on a second start soon after.

    Everything happens in one transaction: a start that is broken off leaves no half of a world.
    """
    with database.transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('ondol demo world'))"))
        session.execute(text("SET LOCAL statement_timeout = '300s'"))
        found = marker.read(session)
        today = operating_day(now)
        if found is None:
            _seed(session, now=now, tell=tell)
        elif found.version != WORLD_VERSION:
            tell("이 데모 자료는 다른 판에서 만들었습니다. 새로 만들려면 --fresh · made by another version")
        elif found.base_day < today or (
            found.base_day == today and now - rolling.last_activity(session) > CATCH_UP_AFTER
        ):
            _bring_to_now(session, found, now=now, tell=tell)
        elif found.base_day == today:
            _settle(session, found, now=now, tell=tell)


def _seed(session: Session, *, now: datetime, tell: Tell) -> None:
    tell("데모 세계 만드는 중 · making the world (두 제조사, 기사 1,000명, 3,000가구)")
    marker.create(session)
    starts = first_free_ids(session)
    found = Marker(WORLD_VERSION, operating_day(now), now, operating_day(now), starts)
    marker.write(session, found)
    batch = Batch(starts)
    built = _build(session, batch, found, password_hash=hash_password(PASSWORD))
    rolling.add_times(session, batch, built)
    rows = load(session, batch)
    tell(f"  회사·서비스점·사람·집 · standing rows {rows:,}")
    numbers = _write_day(session, built, _at_any_hour(built, built.stories.all, now), known={}, now=now)
    marker.add_stories(session, numbers)
    for company_id in built.world.makers:  # they count on after the seeded tickets
        count_on(session, company_id=company_id, beyond=max(n.ticket_id for n in numbers.values()))
    tell(f"  접수 · tickets {len(numbers):,}")
    plans = _publish(session, built, now=now)
    tell(f"  일정 · plans {plans:,}")
    add_campaign(session, now=now)
    add_money(session, now=now)
    session.execute(text("ANALYZE"))


def _bring_to_now(session: Session, found: Marker, *, now: datetime, tell: Tell) -> None:
    """All seeded tickets that nobody touched, moved by whole days to today and told as far as now."""
    days = (operating_day(now) - found.base_day).days
    tell(f"데모 세계를 지금으로 옮기는 중 · moving the world {days} day(s) ahead, to now")
    found = found.moved_to(operating_day(now))
    built = _build(session, Batch(found.starts), found, password_hash="")
    known = marker.stories(session)
    touched = rolling.find_touched(session, [n.ticket_id for n in known.values()])
    free = {no: n for no, n in known.items() if n.ticket_id not in touched}
    rolling.delete_tickets(session, [n.ticket_id for n in free.values()], now=now)
    away = rolling.renew_times(session, built) if days else set()
    taken = rolling.find_bookings(session, after=now)
    stories = [
        s for s in built.stories.all if s.no in free and not rolling.collides(s, taken, away, built, now=now)
    ]
    _write_day(session, built, _at_any_hour(built, stories, now), known=free, now=now)
    marker.keep_stories(session, {s.no for s in stories})
    marker.write(session, found)
    _publish(session, built, now=now)
    add_money(session, now=now)
    tell(f"  접수 {len(stories):,}건을 옮겼고 {len(touched):,}건은 그대로 · moved, left as they are")


def _settle(session: Session, found: Marker, *, now: datetime, tell: Tell) -> None:
    """Who should have been rung while the demo was off for a while, has been: no storm of reminders."""
    known = marker.stories(session)
    numbers = {n.ticket_id: no for no, n in known.items()}
    overdue = set(rolling.find_overdue(session, list(numbers), before=now - PATIENCE))
    overdue -= rolling.find_touched(session, sorted(overdue))
    if not overdue:
        return
    tell(f"그사이 밀린 첫 통화 {len(overdue)}건을 정리하는 중 · settling first calls")
    built = _build(session, Batch(found.starts), found, password_hash="")
    taken = rolling.find_bookings(session, after=now, besides=sorted(overdue))
    stories = [s for s in built.stories.all if s.no in known and known[s.no].ticket_id in overdue]
    free = [s for s in stories if not rolling.collides(s, taken, set(), built, now=now)]
    ids = [known[s.no].ticket_id for s in free]
    rolling.void_clocks(session, sorted(overdue.difference(ids)))
    days = rolling.point_days_of(session, ids)
    rolling.delete_tickets(session, ids, now=now)
    _write_day(session, built, free, known=known, now=now)
    _publish(session, built, now=now, only=days | rolling.point_days_of(session, ids))


def _build(session: Session, batch: Batch, found: Marker, *, password_hash: str) -> Built:
    return build(
        batch,
        base_day=found.base_day,
        founded=found.founded,
        now=found.founded_at,
        rules=read_rules(session, company_id=NATIONAL, at=found.founded_at),
        password_hash=password_hash,
    )


def _at_any_hour(built: Built, stories: Sequence[Story], now: datetime) -> list[Story]:
    """Somebody of the maker whose screens are looked at first is always at work."""
    company_id = next(maker.id for maker in built.world.makers.values() if maker.code == MAKER)
    seconds = int((now - rolling.zero_of(built.world)).total_seconds())
    return still_at_work(stories, company_id=company_id, now=seconds)


def _write_day(
    session: Session, built: Built, stories: Iterable[Story], *, known: dict[int, Numbered], now: datetime
) -> dict[int, Numbered]:
    """The rows of these stories at `now`, oldest intake first; returns the tickets by story."""
    world = built.world
    office = Office(
        world=world,
        now=now,
        rules={i: read_rules(session, company_id=i, at=now) for i in world.makers},
        calendars={i: read_calendar(session, company_id=i) for i in world.makers},
        links_at=session.info.get(LINKS_AT, ""),
    )
    batch = Batch(first_free_ids(session))
    ordered = sorted(stories, key=lambda s: moments_of(s, now=office.seconds, designated=False).received)
    numbers = {s.no: add_story_rows(batch, office, s, known.get(s.no)) for s in ordered}
    load(session, batch)
    return numbers


def _publish(
    session: Session, built: Built, *, now: datetime, only: set[tuple[int, date]] | None = None
) -> int:
    world = built.world
    zero = rolling.zero_of(world)
    lunches = {
        (technician_id, world.base_day + timedelta(days=day)): zero + timedelta(seconds=start)
        for (technician_id, day), start in built.stories.lunches.items()
    }
    points = [(point.id, point.company_id) for point in world.points.values()]
    return publish_plans(session, points=points, first=world.base_day, lunches=lunches, now=now, only=only)
