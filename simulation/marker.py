"""What the generator remembers of its own work, in a schema that only the demo has."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session

from simulation.day_rows import Numbered

COMPANY_CODES = ("onnuri", "haedam")
_CREATE = """
CREATE SCHEMA demo;
CREATE TABLE demo.world (
    version integer NOT NULL, founded date NOT NULL, founded_at timestamptz NOT NULL,
    base_day date NOT NULL, starts jsonb NOT NULL
);
CREATE TABLE demo.story (
    story_no integer PRIMARY KEY, ticket_id bigint UNIQUE NOT NULL, number text NOT NULL
);
CREATE TABLE demo.owned (table_name text NOT NULL, first_id bigint NOT NULL, last_id bigint NOT NULL);
"""


@dataclass(frozen=True)
class Marker:
    """When the world was made, on which day its stories play now, and where its ids began."""

    version: int
    founded: date
    founded_at: datetime
    base_day: date
    starts: dict[str, int]

    def moved_to(self, day: date) -> Marker:
        """The same world on a later day."""
        return replace(self, base_day=day)


def create(session: Session) -> None:
    """The empty schema."""
    for statement in _CREATE.split(";\n"):
        if statement.strip():
            session.execute(text(statement))


def read(session: Session) -> Marker | None:
    """The marker, or None on a database without a demo."""
    if session.execute(text("SELECT to_regclass('demo.world')")).scalar_one() is None:
        return None
    row = session.execute(text("SELECT version, founded, founded_at, base_day, starts FROM demo.world")).one()
    return Marker(*row)


def strangers(session: Session) -> list[str]:
    """Companies that were there before the demo's world, or are there without one; also before migrating."""
    if session.execute(text("SELECT to_regclass('company')")).scalar_one() is None:
        return []
    found = read(session)
    if found is None:
        return list(session.execute(text("SELECT name FROM company ORDER BY id")).scalars())
    query = text("SELECT name FROM company WHERE created_at < :at AND NOT code = ANY(:own) ORDER BY id")
    return list(session.execute(query, {"at": found.founded_at, "own": list(COMPANY_CODES)}).scalars())


def write(session: Session, marker: Marker) -> None:
    """Keep the marker; there is one."""
    session.execute(text("DELETE FROM demo.world"))
    session.execute(
        text(
            "INSERT INTO demo.world"
            " VALUES (:version, :founded, :founded_at, :base_day, CAST(:starts AS jsonb))"
        ),
        {
            "version": marker.version,
            "founded": marker.founded,
            "founded_at": marker.founded_at,
            "base_day": marker.base_day,
            "starts": json.dumps(marker.starts),
        },
    )


def stories(session: Session) -> dict[int, Numbered]:
    """The seeded tickets by story."""
    rows = session.execute(text("SELECT story_no, ticket_id, number FROM demo.story"))
    return {no: Numbered(ticket_id, number) for no, ticket_id, number in rows}


def add_stories(session: Session, numbers: dict[int, Numbered]) -> None:
    """Remember which tickets are seeded."""
    session.execute(
        text("INSERT INTO demo.story VALUES (:no, :ticket_id, :number)"),
        [{"no": no, "ticket_id": n.ticket_id, "number": n.number} for no, n in numbers.items()],
    )


def keep_stories(session: Session, numbers: set[int]) -> None:
    """Forget the tickets of other stories: they are a person's now, or gone."""
    session.execute(text("DELETE FROM demo.story WHERE NOT story_no = ANY(:kept)"), {"kept": sorted(numbers)})


def add_owned(session: Session, table: str, first_id: int, last_id: int) -> None:
    """Remember a stretch of rows as the generator's."""
    if last_id >= first_id:
        session.execute(
            text("INSERT INTO demo.owned VALUES (:table, :first, :last)"),
            {"table": table, "first": first_id, "last": last_id},
        )
