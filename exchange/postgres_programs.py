"""PostgreSQL's own programs for backups: the embedded server's when they are there, else those on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from core.db import libpq_url
from core.errors import UnavailableError
from core.i18n import _
from core.postgres_home import list_programs

_VERSION = re.compile(r"(\d+)(?:\.\d+)?")
_ENVIRONMENT = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


class ProgramsMissingError(UnavailableError):
    """There is no pg_dump that can read this server."""

    code = "postgres-programs"


class ProgramFailedError(UnavailableError):
    """One of PostgreSQL's programs gave up; the detail has its last words."""

    code = "postgres-program-failed"


@dataclass(frozen=True)
class Programs:
    """`pg_dump`, `pg_restore` and `psql` of one major version, and the database they work on."""

    folder: Path
    major: int
    environment: Mapping[str, str]

    def run(self, name: str, *arguments: str) -> str:
        """Run one and return what it printed. Raises ProgramFailedError."""
        # Passwords go by the environment: arguments can be read by everybody on the machine.
        done = subprocess.run(
            [str(self.folder / name), *arguments],
            env={**self.environment, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise ProgramFailedError(f"{name}: {' / '.join(said[-3:])[:600]}")
        return done.stdout.decode(errors="replace")


def find_programs(database_url: str) -> Programs:
    """Programs that can dump and restore this database. Raises ProgramsMissingError, OperationalError."""
    with psycopg.connect(libpq_url(database_url), connect_timeout=5) as connection:
        server = connection.info.server_version // 10000
    known = conninfo_to_dict(libpq_url(database_url))
    environment = {name: str(known[key]) for key, name in _ENVIRONMENT.items() if known.get(key) is not None}
    found = [(major, folder) for folder in _folders() if (major := _major(folder)) >= server]
    if not found:
        raise ProgramsMissingError(
            _(
                "PostgreSQL {version} 이상의 pg_dump를 찾지 못했습니다. "
                "postgresql-client-{version} 꾸러미를 설치하고 다시 해 주세요."
            ).format(version=server)
        )
    major, folder = min(found, key=lambda each: each[0])
    return Programs(folder, major, environment)


def _folders() -> Iterator[Path]:
    yield from list_programs()
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path).parent


def _major(folder: Path) -> int:
    """The version of the programs in a folder; 0 when they do not run."""
    if not all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
        return 0
    try:
        said = subprocess.run(
            [str(folder / "pg_dump"), "--version"], capture_output=True, check=True, timeout=20
        ).stdout.decode()
    except (OSError, subprocess.SubprocessError):
        return 0
    match = _VERSION.search(said)
    return int(match.group(1)) if match else 0
