"""Figures of an installation that only the process that made them knows: the last of each, for `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import Session, col, select

from core.last_acts import at_the_end
from core.models import OperatingFact

SOLVE_SECONDS = "solve_seconds"
"""Seconds of the last improving solve, from the claim to the stored result."""
BACKUP = "backup"
"""The last `run.py backup` that was finished; its value is its size in bytes."""
RETENTION = "retention"
"""The last round of destroying in which no kind failed; its value is the number of rows."""


def note_fact(session: Session, *, name: str, value: float, now: datetime) -> None:
    """Keep a figure in the caller's transaction; the one before is forgotten."""

    def write(last: Session) -> None:
        new = insert(OperatingFact).values(name=name, value=value, at=now)
        last.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": value, "at": now}))

    # Every worker writes the same row: nobody waits for another lock while holding it.
    at_the_end(session, ("operating_fact", name), write)


def count_facts(session: Session, *, counts: Mapping[str, int], now: datetime) -> None:
    """Add to figures that only grow, in the caller's transaction; those that stand still are left alone."""
    for name, more in sorted(counts.items()):
        if more:
            new = insert(OperatingFact).values(name=name, value=more, at=now)
            grown = {"value": OperatingFact.value + new.excluded.value, "at": now}
            write = new.on_conflict_do_update(index_elements=["name"], set_=grown)
            at_the_end(session, ("operating_fact", name), _do(write))


def read_facts(session: Session, *, names: Sequence[str]) -> dict[str, tuple[float, datetime]]:
    """Value and moment of each of these figures that is known."""
    rows = session.exec(select(OperatingFact).where(col(OperatingFact.name).in_(names)))
    return {row.name: (row.value, row.at) for row in rows}


def _do(statement: Insert) -> Callable[[Session], None]:
    def write(last: Session) -> None:
        last.execute(statement)

    return write
