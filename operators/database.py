"""The database that a command works on, and what has to be true of it before a program starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.db import Database, make_engine
from core.embedded_postgres import EmbeddedPostgres, running_url
from core.revision import is_behind, read_revision
from core.settings import Settings, StartupRefusedError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlmodel import Session

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_DATA_DIR = ROOT / ".data"
MIGRATE_FIRST = (
    "데이터베이스에 온돌의 표가 없거나 예전 것입니다. 먼저 `python3 run.py migrate`를 실행해 주세요.\n"
    "The database has no tables of Ondol yet, or older ones: run `python3 run.py migrate` first."
)


def migrate_database(url: str) -> None:
    """Run Alembic on a database; two at once wait for each other."""
    from alembic import command

    command.upgrade(_alembic(url), "head")


def _alembic(url: str) -> Config:
    from alembic.config import Config

    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = url
    return config


def require_tables(url: str) -> None:
    """Refuse a database without our tables, or with older ones; one that is away is met, and told of, later.

    Raises:
        StartupRefusedError: it has to be migrated first.
    """
    from sqlalchemy.exc import OperationalError

    engine = make_engine(url, pool_size=1)
    try:
        with engine.connect() as connection:
            found = read_revision(connection)
    except OperationalError:
        return
    finally:
        engine.dispose()
    if is_behind(found):
        raise StartupRefusedError(MIGRATE_FIRST)


def require_key(settings: Settings) -> None:
    """Refuse to serve people whose second factor could not be checked; a database that is away is met later.

    Raises:
        StartupRefusedError: second factors are in use, and there is no SECRET_KEY.
    """
    from sqlalchemy.exc import OperationalError

    from workforce.second_factor import anybody_has_one

    if settings.seal_key:
        return
    database = Database(make_engine(settings.database_url, pool_size=1))
    try:
        with database.reading() as session:
            needed = anybody_has_one(session)
    except OperationalError:
        return
    finally:
        database.dispose()
    if needed:
        raise StartupRefusedError(
            "SECRET_KEY가 없습니다. 2단계 확인을 쓰는 사람이 있으니 전에 쓰던 SECRET_KEY를 넣어 주세요.\n"
            "SECRET_KEY is not set, but second factors are sealed under it: give the same key as before."
        )


@contextmanager
def address(data_dir: Path) -> Iterator[str]:
    """DATABASE_URL, else the database in this data directory: one that nobody runs is run meanwhile."""
    url = Settings().database_url or running_url(data_dir / "postgres")
    if url:
        yield url
        return
    with EmbeddedPostgres(data_dir / "postgres") as server:
        yield server.url


@contextmanager
def opened(data_dir: Path, url: str = "") -> Iterator[Database]:
    """A command's database. Raises StartupRefusedError, in a sentence, for one out of reach."""
    database = _database(data_dir, url)
    try:
        with told_in_a_sentence():
            yield database
    finally:
        database.dispose()


@contextmanager
def transaction(data_dir: Path) -> Iterator[Session]:
    """A command's one transaction. Raises as `opened`."""
    with opened(data_dir) as database, database.transaction() as session:
        yield session


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Raises StartupRefusedError for a database that is out of reach or has no tables."""
    from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

    try:
        yield
    except ArgumentError as error:
        raise StartupRefusedError(
            "DATABASE_URL을 읽을 수 없습니다. postgresql://사용자@주소/이름 모양으로 적어 주세요.\n"
            "DATABASE_URL cannot be read: write it like postgresql://user@host/name."
        ) from error
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise StartupRefusedError(
            f"데이터베이스에 닿지 않습니다. 켜져 있는지, DATABASE_URL이 맞는지 확인해 주세요.\n"
            f"The database cannot be reached: is it running, and is DATABASE_URL right? ({reason})"
        ) from error
    except ProgrammingError as error:
        if "does not exist" not in str(error.orig):
            raise
        raise StartupRefusedError(MIGRATE_FIRST) from error


def _database(data_dir: Path, url: str = "") -> Database:
    """The database of DATABASE_URL, else of the demo that runs on this data directory."""
    url = url or Settings().database_url or running_url(data_dir / "postgres") or ""
    if not url:
        raise StartupRefusedError(
            f"데이터베이스를 찾지 못했습니다({data_dir}). 먼저 데모를 켜거나 DATABASE_URL을 정해 주세요.\n"
            "No database: start the demo first (python3 run.py demo; its --data-dir), or set DATABASE_URL."
        )
    return Database(make_engine(url, pool_size=1))
