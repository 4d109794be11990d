"""Records of imports: written when one begins, counted up with every chunk, read by the administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor, Principal
from core.db import count_changed
from core.errors import NotFoundError
from core.i18n import _
from exchange.models import DataImport, UploadedFile
from exchange.rows import Ground

MOST_KEPT = 1000
"""Refused rows that a record names; the count goes on."""
UPLOAD_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class ImportInfo:
    """One import as it is shown. `refusals`: (line, reason)."""

    id: int
    kind: str
    file_name: str
    sha256: str
    state: str
    at: datetime
    finished_at: datetime | None
    by_name: str
    source: str
    lines: int
    taken: int
    present: int
    refused: int
    refusals: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Upload:
    """A file that waits to be brought in."""

    id: int
    kind: str
    file_name: str
    content: bytes


def begin_record(
    session: Session, *, ground: Ground, kind: str, file_name: str, sha256: str, lines: int
) -> int:
    """A record of an import that begins. Returns its id."""
    row = DataImport(
        company_id=ground.company_id,
        kind=kind,
        file_name=file_name[:200],
        sha256=sha256,
        state="running",
        at=ground.now,
        by_name=ground.by.name,
        by_account_id=ground.by.account_id,
        source=ground.by.source,
        lines=lines,
        refusals=[],
    )
    session.add(row)
    session.flush()
    return row.id or 0


def add_up(session: Session, *, record_id: int, results: Sequence[tuple[str, int, str]]) -> None:
    """Count some more rows: (`taken`, `present` or `refused`, line, reason)."""
    row = session.get_one(DataImport, record_id, with_for_update=True)
    row.taken += sum(what == "taken" for what, _line, _reason in results)
    row.present += sum(what == "present" for what, _line, _reason in results)
    told = [{"line": line, "reason": reason} for what, line, reason in results if what == "refused"]
    row.refused += len(told)
    row.refusals = [*row.refusals, *told][:MOST_KEPT]
    session.add(row)


def end_record(session: Session, *, record_id: int, by: Actor, now: datetime) -> None:
    """It went through to its last row; the company's history says so."""
    row = session.get_one(DataImport, record_id, with_for_update=True)
    row.state, row.finished_at = "done", now
    session.add(row)
    audit.record(
        session,
        by=by,
        at=now,
        what="DataImported",
        subject=("company", row.company_id),
        company_id=row.company_id,
        data={
            "list": row.kind,
            "file": row.file_name,
            "taken": row.taken,
            "present": row.present,
            "refused": row.refused,
        },
    )


def break_record(session: Session, *, record_id: int, now: datetime) -> None:
    """It broke off; what was counted stays, and the same file can be brought in again."""
    row = session.get_one(DataImport, record_id, with_for_update=True)
    row.state, row.finished_at = "broken", now
    session.add(row)


def list_imports(session: Session, *, company_id: int, limit: int = 50) -> list[ImportInfo]:
    """A company's imports, newest first."""
    query = select(DataImport).where(col(DataImport.company_id) == company_id)
    return [_info(row) for row in session.exec(query.order_by(col(DataImport.id).desc()).limit(limit))]


def get_import(session: Session, *, company_id: int, import_id: int) -> ImportInfo:
    """One import. Raises NotFoundError, also for another company's."""
    row = session.get(DataImport, import_id)
    if row is None or row.company_id != company_id:
        raise NotFoundError(_("그런 가져오기 기록이 없습니다."))
    return _info(row)


def keep_upload(
    session: Session, *, principal: Principal, kind: str, file_name: str, content: bytes, now: datetime
) -> int:
    """Keep a file until it is brought in, a day at most. Returns its id."""
    row = UploadedFile(
        company_id=principal.company_id,
        account_id=principal.account_id,
        kind=kind,
        file_name=file_name[:200],
        content=content,
        at=now,
    )
    session.add(row)
    session.flush()
    return row.id or 0


def see_upload(session: Session, *, principal: Principal, upload_id: int, now: datetime) -> Upload:
    """A file that this person sent. Raises as `take_upload`."""
    return _own(session.get(UploadedFile, upload_id), principal, now=now)[1]


def take_upload(session: Session, *, principal: Principal, upload_id: int, now: datetime) -> Upload:
    """A file that this person looked at, taken away so that a second press finds nothing.

    Raises NotFoundError: brought in already, a day old, or somebody else's.
    """
    row, found = _own(session.get(UploadedFile, upload_id, with_for_update=True), principal, now=now)
    session.delete(row)
    return found


def drop_old_uploads(session: Session, *, now: datetime) -> int:
    """Destroy files that nobody brought in within a day: they are full of names. Returns how many."""
    return count_changed(session, delete(UploadedFile).where(col(UploadedFile.at) < now - UPLOAD_KEPT))


def _own(row: UploadedFile | None, principal: Principal, *, now: datetime) -> tuple[UploadedFile, Upload]:
    mine = row is not None and (row.company_id, row.account_id) == (
        principal.company_id,
        principal.account_id,
    )
    if row is None or not mine or row.at < now - UPLOAD_KEPT:
        raise NotFoundError(_("이 파일은 이미 가져왔거나 하루가 지났습니다. 파일을 다시 올려 주세요."))
    return row, Upload(row.id or 0, row.kind, row.file_name, row.content)


def _info(row: DataImport) -> ImportInfo:
    return ImportInfo(
        id=row.id or 0,
        kind=row.kind,
        file_name=row.file_name,
        sha256=row.sha256,
        state=row.state,
        at=row.at,
        finished_at=row.finished_at,
        by_name=row.by_name,
        source=row.source,
        lines=row.lines,
        taken=row.taken,
        present=row.present,
        refused=row.refused,
        refusals=tuple((each["line"], each["reason"]) for each in row.refusals),
    )
