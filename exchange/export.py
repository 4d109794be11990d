"""Everything as CSV, one file a table, as people open it in a spreadsheet and programs read it back.

UTF-8 with Excel's mark; moments in Korean time with their offset. Nothing and an empty text differ: the first
is an empty cell, the second `""`, as PostgreSQL's COPY reads them. A text that a spreadsheet would take for a
formula (it begins with = + - @, a tab, a line break or ') gets one ' before it; taking that one away gives
the text back.
What lets somebody in stays here, hashed or sealed as it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from core.clock import KST
from core.db import libpq_url
from core.errors import ConflictError
from core.i18n import _

SECRET_ENDINGS = ("_hash", "_secret")
"""Columns that let somebody in: passwords, tokens, recovery codes, what authenticators are made from."""
NOT_DATA = ("procrastinate_",)
"""Timers: made anew from the rows."""
LEFT_OUT = frozenset({"uploaded_file", "pending_log_in", "provider_try", "alembic_version", "road_time"})
"""What waits for minutes or a day (a second look, half a log-in) is no data yet; a cache is none at all."""
GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
ROWS_AT_ONCE = 2000


class FolderTakenError(ConflictError):
    """Something is in the folder already: files of two exports must not mix."""

    code = "folder-taken"


@dataclass(frozen=True)
class ExportedTable:
    """One file of an export."""

    table: str
    rows: int
    sha256: str


def export_everything(database_url: str, folder: Path) -> list[ExportedTable]:
    """Write every table into a new folder, all as of one moment; the folder is whole or not there.

    Raises FolderTakenError, OSError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTakenError(
            _("{folder} 폴더에 이미 파일이 있습니다. 비어 있는 새 폴더를 정해 주세요.").format(folder=folder)
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent.resolve()))
    try:
        exported = _write_all(database_url, half)
        half.rename(folder)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return exported


def cell(value: Any) -> str:
    """A value as it stands between two commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(KST).isoformat()
    if isinstance(value, str):
        return _quoted(f"'{value}" if value.startswith(GUARDED) else value)
    if isinstance(value, dict | list):
        return _quoted(json.dumps(value, ensure_ascii=False))
    return _quoted(str(value))


def _quoted(text: str) -> str:
    plain = text and text == text.strip() and not any(c in text for c in ',"\r\n;')
    return text if plain else '"' + text.replace('"', '""') + '"'


def _write_all(database_url: str, folder: Path) -> list[ExportedTable]:
    with psycopg.connect(libpq_url(database_url), connect_timeout=5) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        exported = [
            _write(connection, folder, table, columns) for table, columns in _tables(connection).items()
        ]
    lines = [f"{each.table},{each.rows},{each.sha256}" for each in exported]
    text = "\r\n".join(["table,rows,sha256", *lines, ""])
    (folder / "_manifest.csv").write_bytes(text.encode("utf-8-sig"))
    return exported


def _tables(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Tables by name with the columns that may leave, in their order."""
    rows = connection.execute(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c "
        "JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' "
        "ORDER BY c.table_name, c.ordinal_position"
    )
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        if table not in LEFT_OUT and not table.startswith(NOT_DATA) and not column.endswith(SECRET_ENDINGS):
            tables.setdefault(table, []).append(column)
    return tables


def _write(
    connection: psycopg.Connection[Any], folder: Path, table: str, columns: Sequence[str]
) -> ExportedTable:
    path, rows = folder / f"{table}.csv", 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(",".join(columns) + "\r\n")
        for row in _rows(connection, table, columns):
            file.write(",".join(cell(value) for value in row) + "\r\n")
            rows += 1
    path.chmod(0o600)
    with path.open("rb") as written:
        return ExportedTable(table, rows, hashlib.file_digest(written, "sha256").hexdigest())


def _rows(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    query = sql.SQL("SELECT {} FROM {} ORDER BY 1").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier("public", table)
    )
    with connection.cursor(name=f"export_{table}"[:60]) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(query)
        yield from cursor
