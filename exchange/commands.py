"""What `run.py` says while it brings data in and out. The exit code says whether all went well."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from callcenter.error_codes import ErrorCodeBook
from core.actor import Actor
from core.db import Database
from core.i18n import _
from exchange.importing import ImportReport, import_file, try_file
from exchange.kinds import find_kind
from exchange.rows import Ground
from exchange.table_file import MAX_FILE_BYTES, UnreadableFileError
from workforce.queries import get_company_by_code


def import_command(
    database: Database, *, kind: str, path: Path, company: str, dry_run: bool, now: datetime
) -> int:
    """Bring a file in and tell what came of it. Returns 1 when a row was refused or nothing can be read."""
    try:
        content = _read(path)
        with database.reading() as session:
            company_id = get_company_by_code(session, code=company).id
        ground = Ground(company_id, ErrorCodeBook(), this_command(), now)
        run = try_file if dry_run else import_file
        report = run(database, kind=find_kind(kind), content=content, file_name=path.name, ground=ground)
    except UnreadableFileError as error:
        _tell([f"{path}: {error.detail}"])
        return 1
    _tell(report_lines(report))
    if dry_run:
        _tell([_("시험 실행이라 아무것도 저장하지 않았습니다.")])
    return 1 if report.refused else 0


def this_command() -> Actor:
    """Whoever runs the command on the server, as the author of changes."""
    return Actor(kind="command", name=getpass.getuser(), source="command")


def report_lines(report: ImportReport) -> list[str]:
    """A report in lines."""
    lines = [
        f"{_(report.kind.label)}: {report.file_name} (SHA-256 {report.sha256})",
        _("모두 {lines}줄: 가져옴 {taken}, 이미 있음 {present}, 거절 {refused}").format(
            lines=report.lines, taken=report.taken, present=report.present, refused=len(report.refused)
        ),
    ]
    if report.unknown:
        lines.append(_("읽지 않은 칸: {names}").format(names=", ".join(report.unknown)))
    said = _("{line}번째 줄: {reason}")
    lines += [said.format(line=each.line, reason=each.reason) for each in report.refused]
    return lines


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
