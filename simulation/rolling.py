"""Moving the seeded world to a later day: what is the generator's own goes and comes back, the rest stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, SQLModel

from core.clock import operating_day, operating_day_bounds
from simulation.building import Built
from simulation.bulk import Batch, Row, first_free_ids, load, table_of
from simulation.crews import add_rota_rows, add_shift_rows
from simulation.marker import add_owned
from simulation.shapes import DAYS_BEFORE, World
from simulation.story_shapes import Leg, Story
from workforce.models import Absence, DutyRota, Shift

Spans = dict[int, list[tuple[datetime, datetime]]]
"""Times that are taken, by technician."""

_OWN_TIMES: tuple[type[SQLModel], ...] = (Shift, Absence, DutyRota)
_TOUCHED = text("""
    SELECT subject_id FROM timeline_entry
    WHERE subject_kind = 'ticket' AND subject_id = ANY(:ids)
      AND source <> 'demo' AND actor_kind IN ('person', 'command', 'family')
    UNION SELECT suspected_duplicate_of_id FROM ticket
    WHERE suspected_duplicate_of_id = ANY(:ids) AND NOT id = ANY(:ids)
    UNION SELECT reopened_from_id FROM ticket WHERE reopened_from_id = ANY(:ids) AND NOT id = ANY(:ids)
    UNION SELECT h.ticket_id FROM happy_call m JOIN happy_call h ON h.id = m.merged_into_id
    WHERE h.ticket_id = ANY(:ids) AND NOT m.ticket_id = ANY(:ids)
    UNION SELECT m.ticket_id FROM happy_call m JOIN happy_call h ON h.id = m.merged_into_id
    WHERE m.ticket_id = ANY(:ids) AND NOT h.ticket_id = ANY(:ids)
""")
_OF_TICKETS = (
    "DELETE FROM notice_attempt WHERE notice_id IN (SELECT id FROM notice WHERE ticket_id = ANY(:ids))",
    "DELETE FROM provider_receipt WHERE notice_id IN (SELECT id FROM notice WHERE ticket_id = ANY(:ids))",
    "DELETE FROM notice WHERE ticket_id = ANY(:ids)",
    "DELETE FROM happy_call_attempt WHERE happy_call_id IN"
    " (SELECT id FROM happy_call WHERE ticket_id = ANY(:ids))",
    "UPDATE happy_call SET merged_into_id = NULL WHERE ticket_id = ANY(:ids)",
    "DELETE FROM happy_call WHERE ticket_id = ANY(:ids)",
    "DELETE FROM payment WHERE ticket_id = ANY(:ids)",
    "DELETE FROM charge_line WHERE charge_id IN (SELECT id FROM charge WHERE ticket_id = ANY(:ids))",
    "DELETE FROM charge WHERE ticket_id = ANY(:ids)",
    "DELETE FROM cost_approval WHERE ticket_id = ANY(:ids)",
    "DELETE FROM task WHERE ticket_id = ANY(:ids)",
    "DELETE FROM contact_attempt WHERE ticket_id = ANY(:ids)",
    "DELETE FROM booking WHERE visit_id IN (SELECT id FROM visit WHERE ticket_id = ANY(:ids))",
    "DELETE FROM job_seen WHERE visit_id IN (SELECT id FROM visit WHERE ticket_id = ANY(:ids))",
    "DELETE FROM family_link WHERE ticket_id = ANY(:ids)",
    "DELETE FROM visit WHERE ticket_id = ANY(:ids)",
    "DELETE FROM placement WHERE ticket_id = ANY(:ids)",
    "DELETE FROM ticket_clock WHERE ticket_id = ANY(:ids)",
    "DELETE FROM triage_step WHERE ticket_id = ANY(:ids)",
    "DELETE FROM wished_window WHERE ticket_id = ANY(:ids)",
    "DELETE FROM ticket_party WHERE ticket_id = ANY(:ids)",
    "DELETE FROM ticket WHERE id = ANY(:ids)",
)
_HANDLED = text("""
    UPDATE event SET handled_at = :now
    WHERE handled_at IS NULL AND CAST(payload ->> 'ticket_id' AS bigint) = ANY(:ids)
""")
_OVERDUE = text("""
    SELECT DISTINCT ticket_id FROM ticket_clock
    WHERE kind = 'contact' AND stopped_at IS NULL AND state = 'running' AND next_stage_at <= :before
      AND ticket_id = ANY(:ids)
""")
_OWN = (
    "EXISTS (SELECT 1 FROM demo.owned o WHERE o.table_name = :name AND id BETWEEN o.first_id AND o.last_id)"
)
_UNUSED = {
    "shift": " AND NOT EXISTS (SELECT 1 FROM booking b WHERE b.technician_id = shift.technician_id"
    " AND b.start_at < shift.end_at AND b.end_at > shift.start_at)"
}
"""A shift in which a person's own ticket is booked stays: somebody comes for it."""
_VOID = text("""
    UPDATE ticket_clock SET state = 'void', next_stage_at = NULL
    WHERE kind = 'contact' AND stopped_at IS NULL AND ticket_id = ANY(:ids)
""")
_KNOWN_CHILDREN = (
    *("ticket", "ticket_party", "wished_window", "triage_step", "ticket_clock", "placement", "visit"),
    *("contact_attempt", "task", "charge", "payment", "notice", "happy_call", "family_link"),
    *("booking", "job_seen", "cost_approval"),
)
_CHILDREN = text("""
    SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid IN ('ticket'::regclass, 'visit'::regclass)
""")
_POINTED_AT = {
    "ticket": "SELECT DISTINCT {column} FROM {table} WHERE {column} = ANY(:ids)",
    "visit": "SELECT DISTINCT v.ticket_id FROM {table} JOIN visit v ON v.id = {table}.{column}"
    " WHERE v.ticket_id = ANY(:ids)",
}


def zero_of(world: World) -> datetime:
    """05:00 of the seeded day."""
    return operating_day_bounds(world.base_day)[0]


def find_touched(session: Session, ticket_ids: Sequence[int]) -> set[int]:
    """Seeded tickets that a person has done something with, or that a person's own ticket points at."""
    ids = {"ids": list(ticket_ids)}
    touched = set(session.execute(_TOUCHED, ids).scalars())
    for table, column, of in session.execute(_CHILDREN).all():
        if table not in _KNOWN_CHILDREN:
            query = _POINTED_AT[of].format(table=table, column=column)  # the catalogue's names
            touched |= set(session.execute(text(query), ids).scalars())
    return {ticket_id for ticket_id in touched if ticket_id is not None}


def last_activity(session: Session) -> datetime:
    """When anything was last written into a timeline: while the demo runs that is never long ago."""
    found: datetime = session.execute(text("SELECT max(at) FROM timeline_entry")).scalar_one()
    return found


def find_overdue(session: Session, ticket_ids: Sequence[int], *, before: datetime) -> list[int]:
    """Tickets whose family should have been rung, reminded of or handed over before a moment."""
    return list(session.execute(_OVERDUE, {"ids": list(ticket_ids), "before": before}).scalars())


def void_clocks(session: Session, ticket_ids: Sequence[int]) -> None:
    """Contact clocks that ran while nobody could ring end without a verdict."""
    session.execute(_VOID, {"ids": list(ticket_ids)})


def delete_tickets(session: Session, ticket_ids: Sequence[int], *, now: datetime) -> None:
    """Take seeded tickets away, their timeline too: the generator alone may, and only here."""
    ids = {"ids": list(ticket_ids)}
    session.execute(_HANDLED, {**ids, "now": now})
    for statement in _OF_TICKETS:
        session.execute(text(statement), ids)
    session.execute(text("ALTER TABLE timeline_entry DISABLE TRIGGER timeline_entry_append_only"))
    session.execute(
        text("DELETE FROM timeline_entry WHERE subject_kind = 'ticket' AND subject_id = ANY(:ids)"), ids
    )
    session.execute(text("ALTER TABLE timeline_entry ENABLE TRIGGER timeline_entry_append_only"))


def find_bookings(session: Session, *, after: datetime, besides: Sequence[int] = ()) -> Spans:
    """Times that technicians are booked for, `besides` the visits of some tickets."""
    taken: Spans = defaultdict(list)
    query = text("""
        SELECT b.technician_id, b.start_at, b.end_at FROM booking b JOIN visit v ON v.id = b.visit_id
        WHERE b.end_at > :after AND NOT v.ticket_id = ANY(:besides)
    """)
    for technician_id, start, end in session.execute(query, {"after": after, "besides": list(besides)}):
        taken[technician_id].append((start, end))
    return taken


def collides(story: Story, taken: Spans, away: set[tuple[int, int]], built: Built, *, now: datetime) -> bool:
    """Whether a story needs a technician who is booked by now, or no longer works that day."""
    zero = zero_of(built.world)
    return any(
        (leg.technician_id, leg.day) in away
        or (
            zero + timedelta(seconds=leg.end) > now
            and _overlaps(zero, leg.start, leg.end, taken.get(leg.technician_id, []))
        )
        for leg in _legs(story)
    )


def _legs(story: Story) -> list[Leg]:
    return [leg for leg in (story.leg, story.second) if leg is not None]


def _overlaps(zero: datetime, start: int, end: int, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    opens, closes = zero + timedelta(seconds=start), zero + timedelta(seconds=end)
    return any(a < closes and b > opens for a, b in spans)


def add_times(session: Session, batch: Batch, built: Built) -> None:
    """Shifts, absences and rotas around the seeded day, remembered as the generator's own."""
    before = {model: batch.next_id(model) for model in _OWN_TIMES}
    world = built.world
    add_shift_rows(batch, world.shifts, base_day=world.base_day)
    add_rota_rows(
        batch,
        base_day=world.base_day,
        points=world.points,
        desks=world.desks,
        call_desks=world.call_desks,
        chiefs=world.chiefs,
        technicians=world.technicians.values(),
    )
    for model in _OWN_TIMES:
        add_owned(session, table_of(model).name, before[model], batch.next_id(model) - 1)


def renew_times(session: Session, built: Built) -> set[tuple[int, int]]:
    """The generator's shifts, absences and rotas from today - 2 on, made anew around the new day.

    Seeded tickets that are written anew hold nobody any more: what is booked now is a person's.

    Returns:
        (technician, day) of shifts that gave way to one that a person entered or needs.
    """
    world = built.world
    since = zero_of(world) - timedelta(days=DAYS_BEFORE)
    for model in _OWN_TIMES:
        name = table_of(model).name
        session.execute(
            text(f"DELETE FROM {name} WHERE start_at >= :since AND {_OWN}{_UNUSED.get(name, '')}"),  # noqa: S608 - our own tables
            {"name": name, "since": since},
        )
    batch = Batch(first_free_ids(session))
    add_times(session, batch, built)
    away = _give_way(session, batch, world, since)
    load(session, batch)
    return away


def _give_way(session: Session, batch: Batch, world: World, since: datetime) -> set[tuple[int, int]]:
    taken: Spans = defaultdict(list)
    query = text("SELECT technician_id, start_at, end_at FROM shift WHERE end_at > :since")
    for technician_id, start, end in session.execute(query, {"since": since}):
        taken[technician_id].append((start, end))
    away: set[tuple[int, int]] = set()
    kept: list[Row] = []
    for row in batch.rows[Shift]:
        spans = taken.get(row["technician_id"], [])
        if any(a < row["end_at"] and b > row["start_at"] for a, b in spans):
            away.add((row["technician_id"], (operating_day(row["start_at"]) - world.base_day).days))
        else:
            kept.append(row)
    batch.rows[Shift] = kept
    return away


def point_days_of(session: Session, ticket_ids: Sequence[int]) -> set[tuple[int, date]]:
    """The points and days whose plans hold visits of these tickets."""
    query = text("""
        SELECT service_point_id, planned_start FROM visit
        WHERE ticket_id = ANY(:ids) AND planned_start IS NOT NULL
    """)
    rows = session.execute(query, {"ids": list(ticket_ids)})
    return {(point_id, operating_day(start)) for point_id, start in rows}
