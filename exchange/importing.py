"""A file becomes rows of the house: good ones stay, bad ones are told with line and reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from core.db import Database
from core.errors import DomainError
from core.held import hold_everything
from core.i18n import _
from core.ids import ask_ids_ahead
from exchange.records import add_up, begin_record, break_record, end_record
from exchange.rows import (
    Ground,
    Heading,
    Kind,
    Outcome,
    RefusedRowError,
    Row,
    make_row,
    read_heading,
    reason_of,
)
from exchange.table_file import Cut, read_table

log = structlog.get_logger(__name__)

CHUNK = 100
"""Rows of one transaction: so many are lost to do again when it breaks off, and so long others wait."""
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 13))")


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: its line in the file, and why."""

    line: int
    reason: str


@dataclass
class ImportReport:
    """What came of a file, row by row."""

    kind: Kind
    file_name: str
    sha256: str
    lines: int
    day: date | None = None
    """What every row counts for, because the file has no column for it."""
    unknown: tuple[str, ...] = ()
    """Headings that mean nothing here: those columns were not read."""
    taken: int = 0
    present: int = 0
    refused: list[Refusal] = field(default_factory=list)
    record_id: int | None = None
    """The import's record; None when it was only tried."""

    def count(self, results: Sequence[Outcome | Refusal]) -> None:
        """Add what came of some more rows."""
        for result in results:
            if isinstance(result, Refusal):
                self.refused.append(result)
            elif result is Outcome.TAKEN:
                self.taken += 1
            else:
                self.present += 1


def import_file(
    database: Database, *, kind: Kind, content: bytes, file_name: str, ground: Ground
) -> ImportReport:
    """Bring a file in, a chunk of rows a transaction; it leaves a record even when it breaks off.

    Raises UnreadableFileError: nothing of the file can be read; nothing was stored.
    """
    report, heading, rows = _open(kind, content, file_name, ground)
    with database.transaction() as session:
        record_id = begin_record(
            session,
            ground=ground,
            kind=kind.code,
            file_name=file_name,
            sha256=report.sha256,
            lines=report.lines,
        )
    report.record_id = record_id
    try:
        for chunk in _chunks(rows):
            with database.transaction() as session:
                ask_ids_ahead(session)
                session.execute(_ALONE, {"name": f"import/{ground.company_id}/{kind.code}"})
                results = _take_chunk(session, kind, heading, chunk, ground)
                add_up(session, record_id=record_id, results=[_plain(result) for result in results])
            report.count(results)
    except Exception:  # whatever it was, the record says that it broke off, and who asked hears of it
        # The database itself may be what is away: the first fault is the one to tell.
        with suppress(Exception), database.transaction() as session:
            break_record(session, record_id=record_id, now=ground.now)
        raise
    with database.transaction() as session:
        end_record(session, record_id=record_id, by=ground.by, now=ground.now)
    return report


def try_file(
    database: Database, *, kind: Kind, content: bytes, file_name: str, ground: Ground
) -> ImportReport:
    """What `import_file` would say, without keeping anything. Raises as it does.

    All rows in one transaction that is taken back, so that a row is seen by those below it.
    """
    report, heading, rows = _open(kind, content, file_name, ground)
    with suppress(_TakenBackError), database.transaction() as session:
        ask_ids_ahead(session)
        hold_everything(session)
        for chunk in _chunks(rows):
            report.count(_take_chunk(session, kind, heading, chunk, ground))
            session.expunge_all()
        raise _TakenBackError
    return report


class _TakenBackError(Exception):
    """Ends a transaction that must leave nothing."""


def _open(
    kind: Kind, content: bytes, file_name: str, ground: Ground
) -> tuple[ImportReport, Heading, tuple[Cut, ...]]:
    table = read_table(content)
    heading = read_heading(kind, table.header, day=ground.day)
    digest = hashlib.sha256(content).hexdigest()
    day = None if kind.day_column in heading.keys else ground.day
    report = ImportReport(kind, file_name, digest, len(table.rows), day, heading.unknown)
    return report, heading, table.rows


def _take_chunk(
    session: Session, kind: Kind, heading: Heading, chunk: Sequence[Cut], ground: Ground
) -> list[Outcome | Refusal]:
    """A chunk at once where the kind can, else row by row; so too when the database refuses one of them."""
    if kind.take_together is not None:
        with suppress(DataError, IntegrityError), session.begin_nested():
            return _take_together(session, kind, heading, chunk, ground)
    return [_take(session, kind, heading, cut, ground) for cut in chunk]


def _take_together(
    session: Session, kind: Kind, heading: Heading, chunk: Sequence[Cut], ground: Ground
) -> list[Outcome | Refusal]:
    results: dict[int, Outcome | Refusal] = {}
    rows = []
    for n, cut in enumerate(chunk):
        try:
            rows.append((n, make_row(kind, heading, cut, day=ground.day)))
        except DomainError as error:
            results[n] = Refusal(cut.line, reason_of(kind, error))
    assert kind.take_together is not None
    outcomes = kind.take_together(session, [row for _n, row in rows], ground)
    for (n, row), outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, DomainError):
            results[n] = Refusal(row.line, reason_of(kind, outcome, row.problems))
        else:
            noted = row.problems and outcome is Outcome.PRESENT
            results[n] = Refusal(row.line, _noted(row)) if noted else outcome
    return [results[n] for n in range(len(chunk))]


def _take(session: Session, kind: Kind, heading: Heading, cut: Cut, ground: Ground) -> Outcome | Refusal:
    """One row in a savepoint of its own: whole or not at all."""
    try:
        row = make_row(kind, heading, cut, day=ground.day)
    except DomainError as error:
        return Refusal(cut.line, reason_of(kind, error))
    try:
        with session.begin_nested():
            outcome = kind.take(session, row, ground)
            if row.problems:  # it is here already, and has an empty cell all the same
                raise RefusedRowError(_noted(row))
            return outcome
    except DomainError as error:
        return Refusal(cut.line, reason_of(kind, error, row.problems))
    except (DataError, IntegrityError) as error:
        log.warning("import_row_failed", kind=kind.code, line=cut.line, error=type(error.orig).__name__)
        return Refusal(
            cut.line, _("저장할 수 없는 줄입니다. 같은 것이 이미 있는지, 값이 너무 큰지 보아 주세요.")
        )


def _noted(row: Row) -> str:
    return " / ".join(dict.fromkeys(row.problems))


def _plain(result: Outcome | Refusal) -> tuple[str, int, str]:
    if isinstance(result, Refusal):
        return "refused", result.line, result.reason
    return result.value, 0, ""


def _chunks(rows: Sequence[Cut]) -> Iterator[Sequence[Cut]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
