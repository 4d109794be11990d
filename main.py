"""The composition root: every part is wired here, and nowhere else.

`python main.py COMMAND` is what `run.py` calls once the environment stands.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import clock
from core.actor import Role
from core.db import Database, make_engine
from core.embedded_postgres import EmbeddedPostgres, running_url
from core.errors import DomainError, FieldError
from core.lifeline import die_with_parent
from core.logs import configure_logs
from core.revision import code_revisions, is_behind, read_revision
from core.settings import Settings, StartupRefusedError, check_settings_for_start

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlmodel import Session

    from web.context import DemoLogin

ROOT = Path(__file__).resolve().parent
DEFAULT_DATA_DIR = ROOT / ".data"
DEFAULT_PORT = 8000
SWITCH_INTERVAL_S = 0.0005
MIGRATE_FIRST = (
    "데이터베이스에 온돌의 표가 없거나 예전 것입니다. 먼저 `python3 run.py migrate`를 실행해 주세요.\n"
    "The database has no tables of Ondol yet, or older ones: run `python3 run.py migrate` first."
)
IMPORT_KINDS = ("points", "technicians", "households", "boilers", "prices", "tickets")
"""The keys of `exchange.kinds.KINDS`, told here because importing them takes every command two seconds."""
WORKER_GIVES_WAY = 10
"""Added niceness of a worker, from its first import on: on a busy machine a person waits for the pages."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; expected refusals are one clear line on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except StartupRefusedError as error:
        print(error, file=sys.stderr)
        return 2
    except DomainError as error:
        print(error.detail, *_fields_of(error), sep="\n", file=sys.stderr)
        return 2
    return code


def _fields_of(error: DomainError) -> list[str]:
    """Each bad field once, with what it may be."""
    return list(dict.fromkeys(f"  {each.field}: {each.message}" for each in error.errors))


def demo(arguments: argparse.Namespace) -> int:
    """The whole product in the foreground, with a world to try it in."""
    from simulation.demo import run_demo

    with _told_in_a_sentence():
        return run_demo(
            root=ROOT,
            data_dir=arguments.data_dir,
            port=arguments.port,
            fresh=arguments.fresh,
            migrate=migrate_database,
        )


def serve(arguments: argparse.Namespace) -> int:
    """Web processes against DATABASE_URL."""
    import uvicorn

    settings = _checked_settings()
    if arguments.after_stdin:
        import web.app  # noqa: F401 - what takes longest, while the database is made ready

        sys.stdin.read()
    _require_tables(settings.database_url)
    _require_key(settings)
    configure_logs()
    uvicorn.run(
        "main:web_application",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=settings.web_processes,
        log_config=None,  # its warnings go the way of all others: core.logs
        access_log=False,
        timeout_graceful_shutdown=5,
        proxy_headers=True,
    )
    return 0


def web_application() -> object:
    """The ASGI application of one web process; uvicorn calls this in each."""
    if multiprocessing.parent_process() is not None:  # one of several: it ends with the one that started it
        die_with_parent()
    from web.app import create_app
    from web.context import WebContext, no_demo_logins
    from web.live_hub import LiveHub
    from web.warm_up import begin_warm_up

    settings = _checked_settings()
    configure_logs()
    engine = make_engine(settings.database_url, pool_size=settings.web_threads)
    context = WebContext(
        settings=settings,
        database=Database(engine),
        clock=clock.now,
        live=LiveHub(settings.database_url),
        demo_logins=_demo_logins if settings.is_demo else no_demo_logins,
    )
    app = create_app(context)
    _prefer_short_answers()
    begin_warm_up(context)
    return app


def _demo_logins(session: Session) -> Sequence[DemoLogin]:
    """What the demo's log-in page offers; the simulation is imported nowhere but in the demo."""
    from simulation.logins import list_logins

    return list_logins(session)


def _prefer_short_answers() -> None:
    """Let many requests of one process share it well.

    A request waits for the interpreter after each of its fifty statements: with the usual 5 ms a busy
    neighbour makes a quarter of a second of that. What was imported stays, so it is never looked through
    for garbage again.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()


def worker(_arguments: argparse.Namespace) -> int:
    """One worker process against DATABASE_URL."""
    settings = _checked_settings()
    os.nice(WORKER_GIVES_WAY)
    from worker import run_worker

    configure_logs()
    run_worker(settings, clock=clock.now)
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring DATABASE_URL to the newest revision."""
    with _told_in_a_sentence():
        migrate_database(Settings().database_url)
    return 0


def migrate_database(url: str) -> None:
    """Run Alembic on a database; two at once wait for each other."""
    from alembic import command

    command.upgrade(_alembic(url), "head")


def _alembic(url: str) -> Config:
    from alembic.config import Config

    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["url"] = url
    return config


def _require_tables(url: str) -> None:
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


def _require_key(settings: Settings) -> None:
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


def token(arguments: argparse.Namespace) -> int:
    """Print a bearer token and nothing else."""
    from workforce.accounts import issue_token

    with _transaction(arguments.data_dir) as session:
        print(
            issue_token(
                session,
                role=Role(arguments.role),
                company_code=arguments.company,
                login=arguments.user,
                now=clock.now(),
            )
        )
    return 0


def login_link(arguments: argparse.Namespace) -> int:
    """Print the path of a one-time log-in and nothing else."""
    from workforce.accounts import issue_login_link

    with _transaction(arguments.data_dir) as session:
        print(
            issue_login_link(
                session,
                role=Role(arguments.role),
                company_code=arguments.company,
                login=arguments.user,
                now=clock.now(),
            )
        )
    return 0


def first_admin(arguments: argparse.Namespace) -> int:
    """Make the first company and its administrator on an empty installation; the password is asked for."""
    import getpass

    from workforce.founding import found_company

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with _transaction(arguments.data_dir) as session, _named_as_options(arguments):
        found_company(
            session,
            code=arguments.company,
            name=arguments.name,
            phone=arguments.phone,
            admin_login=arguments.login,
            admin_name=arguments.admin_name,
            password=password,
            now=clock.now(),
        )
    print(f"{arguments.name}: {arguments.login} (으)로 로그인해 /admin 의 '시작하기'를 따라가 주세요.")
    return 0


@contextmanager
def _named_as_options(arguments: argparse.Namespace) -> Iterator[None]:
    """A refused field is called what the person typed it as. Raises InvalidError."""
    try:
        yield
    except DomainError as error:
        options = {
            "code": "--company",
            "name": "--admin-name" if arguments.name.strip() else "--name",
            "brand_name": "--name",
            "main_phone": "--phone",
            "sender_number": "--phone",
            "phone": "--phone",
            "login": "--login",
            "password": "Password",
        }
        named = tuple(FieldError(options.get(each.field, each.field), each.message) for each in error.errors)
        error.errors = named
        raise


def breach_report(arguments: argparse.Namespace) -> int:
    """Whose data an account or address has seen since a moment, as CSV, with the counts to notify."""
    from core.clock import rfc3339_kst
    from privacy.breach import HEADS, NOTICE_AT, report_breach
    from web.csv_files import csv_text
    from workforce.queries import company_by_code

    with _transaction(arguments.data_dir) as session:
        company = company_by_code(session, code=arguments.company)
        report = report_breach(
            session,
            company_id=company.id,
            since=arguments.since,
            until=arguments.until,
            login=arguments.account,
            from_address=arguments.address,
        )
    arguments.out.touch(mode=0o600)
    arguments.out.chmod(0o600)  # it was there before, perhaps for everybody
    arguments.out.write_text(csv_text(HEADS, report.rows()), encoding="utf-8")
    print(
        f"{company.name}: {len(report.people)}명 (기록 {report.lines}건, {rfc3339_kst(arguments.since)}부터)",
        f"파일: {arguments.out}",
        f"파기되어 누구의 것인지 알 수 없는 기록: {report.unknown}건",
        f"열람 기록을 파일로 받음: {report.files}번",
        "안 때부터 72시간 안에 이 사람들에게 알려야 합니다. "
        + (
            f"{NOTICE_AT:,}명 이상이므로 개인정보보호위원회(KISA)에도 72시간 안에 신고해야 합니다."
            if report.must_be_reported
            else f"{NOTICE_AT:,}명이 안 되어도 불법 접근이면 개인정보보호위원회(KISA)에 신고해야 합니다."
        ),
        sep="\n",
    )
    return 0


def import_table(arguments: argparse.Namespace) -> int:
    """Bring a list of the system before in: points, technicians, households, boilers, prices or tickets."""
    from core.i18n import set_language
    from exchange.commands import import_command

    set_language(arguments.language)
    with _opened(arguments.data_dir) as database:
        return import_command(
            database,
            kind=arguments.kind,
            path=arguments.file,
            company=arguments.company,
            dry_run=arguments.dry_run,
            now=clock.now(),
        )


def export(arguments: argparse.Namespace) -> int:
    """Write everything as CSV, one file a table, into a new folder."""
    from exchange.commands import export_command

    with _address(arguments.data_dir) as url, _opened(arguments.data_dir, url) as database:
        return export_command(database, url, folder=arguments.folder, now=clock.now())


def backup(arguments: argparse.Namespace) -> int:
    """Write the whole database into one file."""
    from exchange.commands import backup_command

    with _address(arguments.data_dir) as url, _told_in_a_sentence():
        return backup_command(url, path=arguments.file)


def restore(arguments: argparse.Namespace) -> int:
    """Put a backup back, all of it or nothing, and bring its tables to this version."""
    from exchange.commands import restore_command

    with _address(arguments.data_dir) as url, _told_in_a_sentence():
        code = restore_command(
            url, path=arguments.file, replacing=arguments.replace, revisions=code_revisions()
        )
        migrate_database(url)
        return code


def bench(arguments: argparse.Namespace) -> int:
    """Measure beside a peer or baseline in the same run."""
    from benchmarks.bench import run_bench

    return run_bench(arguments.name)


def fuzz(arguments: argparse.Namespace) -> int:
    """Send the API whatever its document allows, and what it does not, for some minutes."""
    from benchmarks.fuzzing import run_fuzz

    return run_fuzz(arguments.minutes)


def screenshots(arguments: argparse.Namespace) -> int:
    """Take the README's pictures from a fresh demo."""
    from tools.screenshots import take_screenshots

    return take_screenshots(arguments.out)


def _checked_settings() -> Settings:
    settings = Settings()
    check_settings_for_start(settings)
    return settings


@contextmanager
def _address(data_dir: Path) -> Iterator[str]:
    """DATABASE_URL, else the database in this data directory: one that nobody runs is run meanwhile."""
    url = Settings().database_url or running_url(data_dir / "postgres")
    if url:
        yield url
        return
    with EmbeddedPostgres(data_dir / "postgres") as server:
        yield server.url


def _database(data_dir: Path, url: str = "") -> Database:
    """The database of DATABASE_URL, else of the demo that runs on this data directory."""
    url = url or Settings().database_url or running_url(data_dir / "postgres") or ""
    if not url:
        raise StartupRefusedError(
            f"데이터베이스를 찾지 못했습니다({data_dir}). 먼저 데모를 켜거나 DATABASE_URL을 정해 주세요.\n"
            "No database: start the demo first (python3 run.py demo; its --data-dir), or set DATABASE_URL."
        )
    return Database(make_engine(url, pool_size=1))


@contextmanager
def _opened(data_dir: Path, url: str = "") -> Iterator[Database]:
    """A command's database. Raises StartupRefusedError, in a sentence, for one out of reach."""
    database = _database(data_dir, url)
    try:
        with _told_in_a_sentence():
            yield database
    finally:
        database.dispose()


@contextmanager
def _transaction(data_dir: Path) -> Iterator[Session]:
    """A command's one transaction. Raises as `_opened`."""
    with _opened(data_dir) as database, database.transaction() as session:
        yield session


@contextmanager
def _told_in_a_sentence() -> Iterator[None]:
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


def _port(typed: str) -> int:
    """A port that a program may listen on."""
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed[:9]) <= 65535:
        raise argparse.ArgumentTypeError(
            f"{typed[:20]}번은 쓸 수 없습니다. 1부터 65535 사이의 번호를 적어 주세요. "
            "(a number from 1 to 65535)"
        )
    return int(typed)


def _moment(typed: str) -> datetime:
    """A date, or a date and time; in Korea unless it says otherwise."""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{typed[:40]}: 2026-12-01 이나 2026-12-01T09:00 모양으로 적어 주세요. (a date, or date and time)"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=clock.KST)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="Ondol")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("worker", help=worker.__doc__).set_defaults(run=worker)
    commands.add_parser("migrate", help=migrate.__doc__).set_defaults(run=migrate)

    it = commands.add_parser("demo", help=demo.__doc__)
    it.add_argument("--port", type=_port, default=DEFAULT_PORT)
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.add_argument("--fresh", action="store_true", help="forget the data directory and begin anew")
    it.set_defaults(run=demo)

    it = commands.add_parser("serve", help=serve.__doc__)
    it.add_argument("--host", default="127.0.0.1")
    it.add_argument("--port", type=_port, default=DEFAULT_PORT)
    it.add_argument("--after-stdin", action="store_true", help="get ready, begin when standard input ends")
    it.set_defaults(run=serve)

    for name, run in (("token", token), ("login-link", login_link)):
        it = commands.add_parser(name, help=run.__doc__)
        it.add_argument("--role", required=True, choices=[role.value for role in Role])
        it.add_argument("--company", required=True, help="the company's code, e.g. onnuri")
        it.add_argument("--user", default=None, help="a login; without it the company-wide one")
        it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
        it.set_defaults(run=run)

    it = commands.add_parser("first-admin", help=first_admin.__doc__)
    it.add_argument("--company", required=True, help="the company's code")
    it.add_argument("--name", required=True, help="the company's name")
    it.add_argument("--phone", required=True, help="the brand's public number, registered as sender")
    it.add_argument("--login", required=True)
    it.add_argument("--admin-name", required=True)
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=first_admin)

    it = commands.add_parser("breach-report", help=breach_report.__doc__)
    it.add_argument("--company", required=True, help="the company's code")
    it.add_argument("--since", required=True, type=_moment, help="2026-12-01 or 2026-12-01T09:00+09:00")
    it.add_argument("--until", default=None, type=_moment)
    it.add_argument("--account", default=None, help="a login; without it everybody's")
    it.add_argument("--address", default=None, help="an IP address; without it from anywhere")
    it.add_argument("--out", required=True, type=Path)
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=breach_report)
    _add_exchange(commands)

    it = commands.add_parser("bench", help=bench.__doc__)
    it.add_argument("name", nargs="?", default=None)
    it.set_defaults(run=bench)

    it = commands.add_parser("fuzz", help=fuzz.__doc__)
    it.add_argument("--minutes", type=float, default=5.0)
    it.set_defaults(run=fuzz)

    it = commands.add_parser("screenshots", help=screenshots.__doc__)
    it.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    it.set_defaults(run=screenshots)
    return parser


def _add_exchange(commands: Any) -> None:
    """The commands that bring data in and out."""
    it = commands.add_parser("import", help=import_table.__doc__)
    it.add_argument("kind", choices=IMPORT_KINDS, metavar="KIND", help=" ".join(IMPORT_KINDS))
    it.add_argument("file", type=Path, metavar="FILE.csv")
    it.add_argument("--company", required=True, help="the company's code")
    it.add_argument("--dry-run", action="store_true", help="say the same and keep nothing")
    it.add_argument("--language", choices=["ko", "en"], default="ko")
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=import_table)

    for name, what, run in (
        ("export", "folder", export),
        ("backup", "file", backup),
        ("restore", "file", restore),
    ):
        it = commands.add_parser(name, help=run.__doc__)
        it.add_argument(what, type=Path, metavar="DIR" if what == "folder" else "FILE")
        if run is restore:
            it.add_argument("--replace", action="store_true", help="forget the tickets that are there")
        it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
        it.set_defaults(run=run)


if __name__ == "__main__":
    sys.exit(main())
