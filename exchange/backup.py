"""The whole database into one file and back: all of it or nothing, and only where nothing would be lost."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.db import libpq_url
from core.errors import ConflictError, InvalidError
from core.i18n import _
from exchange.postgres_programs import ProgramFailedError, Programs, find_programs

_MADE_BY = re.compile(r"Dumped from database version: (\d+)")
_REVISION = re.compile(r"^COPY public\.alembic_version .*?;\n(.*?)\n", re.MULTILINE)
_WITHOUT_CACHES = ("--no-unlogged-table-data",)
"""What is fetched again by itself: places of homes need no copy that outlives their limit."""
WAIT_FOR_LOCKS = "15s"
_AWAY_WITH_THE_OLD = f"""\
SET lock_timeout = '{WAIT_FOR_LOCKS}';
SET client_min_messages = warning;
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ondol_web', 'ondol_point', 'ondol_technician']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
        IF wanted <> 'ondol_web' AND NOT pg_has_role(wanted, 'ondol_web', 'USAGE') THEN
            EXECUTE format('GRANT ondol_web TO %I', wanted);
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
    END LOOP;
END
$$;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
_SCHEMA = re.compile(r"^\d+; 2615 \d+ SCHEMA - (\S+) ", re.MULTILINE)
_DEMO = "demo"
"""The schema in which a demo remembers which rows are its own: never to be believed of restored rows."""
_RIGHTS_TO_COME = """\
GRANT USAGE ON SCHEMA public TO ondol_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ondol_web;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ondol_web;
"""
"""The wall (decisions 10 and 14): its roles belong to the server, so no backup holds them, and the
rights of tables to come are said of their owner, who may have another name here."""


class NotABackupError(InvalidError):
    """The file is no backup of Ondol, or it is broken; the database is as it was."""

    code = "not-a-backup"


class DatabaseInUseError(ConflictError):
    """The database holds tickets, or a running Ondol holds its tables; it is as it was."""

    code = "database-in-use"


@dataclass(frozen=True)
class BackupFile:
    """A backup: where, how large, and its SHA-256."""

    path: Path
    size: int
    sha256: str


def back_up(database_url: str, path: Path) -> BackupFile:
    """Write the whole database into one file, readable by its owner alone.

    The file is complete or not there: it is written beside its name and renamed.

    Raises:
        ProgramsMissingError, ProgramFailedError, OSError.
    """
    programs = find_programs(database_url)
    handle, half = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.resolve().parent)
    os.close(handle)
    try:
        programs.run("pg_dump", "--format=custom", "--no-owner", *_WITHOUT_CACHES, f"--file={half}")
        _to_disk(Path(half))
        Path(half).replace(path)
    finally:
        Path(half).unlink(missing_ok=True)
    return describe(path)


def restore(database_url: str, path: Path, *, replacing: bool, revisions: Collection[str]) -> BackupFile:
    """Put a backup back, in one transaction: a broken file leaves the database as it was.

    Args:
        replacing: forget what the database holds, tickets too.
        revisions: what this program's migrations know.

    Raises:
        NotABackupError: no backup of Ondol, broken, or made by a newer one.
        DatabaseInUseError: it holds tickets and `replacing` is not said, or others work on it.
        ProgramsMissingError, ProgramFailedError.
    """
    file = describe(path)
    programs = find_programs(database_url)
    contents = _read_contents(programs, path)
    if not replacing and count_tickets(database_url):
        raise DatabaseInUseError(
            _(
                "이 데이터베이스에는 접수가 있습니다. 지금 것을 버리고 되살리려면 "
                "먼저 백업을 하나 더 만들고 --replace를 붙여 다시 실행해 주세요."
            )
        )
    with tempfile.TemporaryDirectory(prefix="ondol-restore-") as place:
        before, script, after, chosen = (Path(place) / name for name in ("1.sql", "2.sql", "3.sql", "list"))
        before.write_text(_AWAY_WITH_THE_OLD + _drop_schemas(contents), encoding="utf-8")
        after.write_text(_RIGHTS_TO_COME, encoding="utf-8")
        chosen.write_text(
            "\n".join(line for line in contents.splitlines() if " DEFAULT ACL " not in line), encoding="utf-8"
        )
        _unpack(programs, path, script, chosen)
        _check_revision(programs, path, revisions)
        _apply(programs, before, script, after)
    return file


def describe(path: Path) -> BackupFile:
    """A file with its SHA-256. Raises NotABackupError: it cannot be opened."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return BackupFile(path, path.stat().st_size, digest)
    except OSError as error:
        raise NotABackupError(
            _("백업 파일을 열 수 없습니다. 이름과 권한을 확인해 주세요: {path}").format(path=path)
        ) from error


def count_tickets(database_url: str) -> int:
    """How many tickets the database holds; 0 without tables."""
    with psycopg.connect(libpq_url(database_url), connect_timeout=5) as connection:
        found = connection.execute("SELECT to_regclass('public.ticket')").fetchone()
        if found is None or found[0] is None:
            return 0
        counted = connection.execute("SELECT count(*) FROM public.ticket").fetchone()
        return int(counted[0]) if counted else 0


def _read_contents(programs: Programs, path: Path) -> str:
    """What the backup holds, line by line. Raises NotABackupError: broken, or of a newer PostgreSQL."""
    try:
        contents = programs.run("pg_restore", "--list", str(path))
    except ProgramFailedError as error:
        raise NotABackupError(_broken(path)) from error
    made = _MADE_BY.search(contents)
    if made and int(made.group(1)) > programs.major:
        raise NotABackupError(
            _("이 백업은 PostgreSQL {made}에서 만들었습니다. PostgreSQL {made} 이상에 되살려 주세요.").format(
                made=made.group(1)
            )
        )
    return contents


def _drop_schemas(contents: str) -> str:
    """SQL that makes room for the schemas that the backup brings besides `public`."""
    names = {*_SCHEMA.findall(contents), _DEMO} - {"public"}
    return "".join(f'DROP SCHEMA IF EXISTS "{name}" CASCADE;\n' for name in sorted(names))


def _unpack(programs: Programs, path: Path, script: Path, chosen: Path) -> None:
    """The whole backup as SQL, before the database is touched: a file that breaks off does so here."""
    try:
        programs.run("pg_restore", "--no-owner", f"--use-list={chosen}", f"--file={script}", str(path))
    except ProgramFailedError as error:
        raise NotABackupError(_broken(path)) from error


def _check_revision(programs: Programs, path: Path, revisions: Collection[str]) -> None:
    only = ("--data-only", "--table=alembic_version", "--file=-")
    found = _REVISION.search(programs.run("pg_restore", *only, str(path)))
    if found is None:
        raise NotABackupError(_("온돌의 백업이 아닙니다. 파일을 확인해 주세요: {path}").format(path=path))
    if found.group(1).strip() not in revisions:
        raise NotABackupError(_("더 새 온돌에서 만든 백업입니다. 온돌을 그 판으로 올린 뒤에 되살려 주세요."))


def _apply(programs: Programs, *scripts: Path) -> None:
    files = [f"--file={script}" for script in scripts]
    try:
        programs.run(
            "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *files
        )
    except ProgramFailedError as error:
        if "lock timeout" in error.detail or "deadlock" in error.detail:
            raise DatabaseInUseError(
                _("다른 온돌이 이 데이터베이스에서 일하고 있습니다. 웹과 작업자를 멈추고 다시 해 주세요.")
            ) from error
        raise


def _broken(path: Path) -> str:
    return _("백업 파일이 깨졌거나 백업이 아닙니다: {path}. 데이터베이스는 그대로입니다.").format(path=path)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    with suppress(OSError):
        path.chmod(0o600)
