"""What `run.py` says while it brings data in and out. The exit code says whether all went well."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import InternalError, ProgrammingError
from sqlmodel import Session

from callcenter.error_codes import ErrorCodeBook
from core import audit
from core.actor import this_command
from core.db import Database
from core.errors import InvalidError
from core.facts import BACKUP, note_fact
from core.i18n import _
from exchange.backup import back_up, count_tickets, restore
from exchange.cells import BadCellError, read_day
from exchange.export import export_everything
from exchange.importing import ImportReport, import_file, try_file
from exchange.kinds import find_kind
from exchange.rows import Ground
from exchange.table_file import MAX_FILE_BYTES, UnreadableFileError
from workforce.queries import company_by_code, company_ids


def import_command(
    database: Database,
    *,
    kind: str,
    path: Path,
    company: str,
    dry_run: bool,
    now: datetime,
    day: str = "",
) -> int:
    """Bring a file in and tell what came of it. Returns 1 when a row was refused or nothing can be read.

    Args:
        day: as written; of every row of a list that has no column for it.
    """
    try:
        content = _read(path)
        with database.reading() as session:
            company_id = company_by_code(session, code=company).id
        ground = Ground(company_id, ErrorCodeBook(), this_command(), now, day=read_day(day) if day else None)
        run = try_file if dry_run else import_file
        report = run(database, kind=find_kind(kind), content=content, file_name=path.name, ground=ground)
    except BadCellError as error:
        _tell([f"--date: {error.detail}"])
        return 1
    except UnreadableFileError as error:
        _tell([f"{path}: {error.detail}"])
        return 1
    _tell(report_lines(report))
    if dry_run:
        _tell([_("시험 실행이라 아무것도 저장하지 않았습니다.")])
    return 1 if report.refused else 0


def backup_command(database: Database, database_url: str, *, path: Path, now: datetime) -> int:
    """Write a backup, tell its SHA-256, and leave a line in each company's history: its people are in it."""
    try:
        made = back_up(database_url, path)
    except OSError as error:
        raise InvalidError(
            _("백업을 쓸 수 없습니다. 폴더와 남은 자리를 확인해 주세요. ({reason})").format(
                reason=os.strerror(error.errno or 0)
            )
        ) from error
    # A database of the version before is backed up before it is migrated, and cannot be written to as ours; a
    # standby not at all. The file is good all the same.
    with suppress(ProgrammingError, InternalError), database.transaction() as session:
        note_fact(session, name=BACKUP, value=made.size, now=now)
        _note_in_each_company(session, what="DataBackedUp", file=made.path.name, now=now)
    _tell([_("백업했습니다: {path} ({size}바이트)").format(path=made.path, size=f"{made.size:,}")])
    _tell([f"SHA-256 {made.sha256}"])
    return 0


def restore_command(database_url: str, *, path: Path, replacing: bool, revisions: Collection[str]) -> int:
    """Put a backup back and tell what the database holds now."""
    used = restore(database_url, path, replacing=replacing, revisions=revisions)
    tickets = count_tickets(database_url)
    _tell([_("되살렸습니다: {path}, 접수 {tickets}건").format(path=used.path, tickets=f"{tickets:,}")])
    _tell([f"SHA-256 {used.sha256}"])
    return 0


def export_command(database: Database, database_url: str, *, folder: Path, now: datetime) -> int:
    """Write every table as CSV, tell how much, and leave a line in each company's history."""
    try:
        exported = export_everything(database_url, folder)
    except OSError as error:
        raise InvalidError(
            _("내보낼 수 없습니다. 폴더와 남은 자리를 확인해 주세요. ({reason})").format(
                reason=os.strerror(error.errno or 0)
            )
        ) from error
    with database.transaction() as session:
        _note_in_each_company(session, what="DataExported", file=folder.name, now=now)
    rows = sum(each.rows for each in exported)
    _tell(
        [
            _("내보냈습니다: {folder}, 표 {tables}개, 모두 {rows}줄").format(
                folder=folder, tables=len(exported), rows=f"{rows:,}"
            )
        ]
    )
    return 0


def report_lines(report: ImportReport) -> list[str]:
    """A report in lines."""
    lines = [
        f"{_(report.kind.label)}: {report.file_name} (SHA-256 {report.sha256})",
        _("모두 {lines}줄: 가져옴 {taken}, 이미 있음 {present}, 가져오지 못함 {refused}").format(
            lines=report.lines, taken=report.taken, present=report.present, refused=len(report.refused)
        ),
    ]
    if report.day:
        lines.append(_("모든 줄의 날짜: {day}").format(day=report.day.isoformat()))
    if report.unknown:
        lines.append(_("읽지 않은 칸: {names}").format(names=", ".join(report.unknown)))
    said = _("{line}번째 줄: {reason}")
    lines += [said.format(line=each.line, reason=each.reason) for each in report.refused]
    return lines


def _note_in_each_company(session: Session, *, what: str, file: str, now: datetime) -> None:
    for company_id in company_ids(session):
        audit.record(
            session,
            by=this_command(),
            at=now,
            what=what,
            subject=("company", company_id),
            company_id=company_id,
            data={"file": file},
        )


def _read(path: Path) -> bytes:
    """The file's bytes. Raises UnreadableFileError: not there, not ours to read, or far too large."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // (1024 * 1024)
            raise UnreadableFileError(
                _("파일이 너무 큽니다. {limit}MB 안으로 나누어 주세요.").format(limit=limit)
            )
        return path.read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UnreadableFileError(
            _("파일을 열 수 없습니다. 이름과 권한을 확인해 주세요. ({reason})").format(reason=reason)
        ) from error


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
