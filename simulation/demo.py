"""`run.py demo`: an embedded database, a seeded world, web, worker and the demo's phones, in one tree."""

from __future__ import annotations

import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from core import clock
from core.db import Database, make_engine
from core.embedded_postgres import EmbeddedPostgres
from core.settings import Settings, StartupRefusedError
from core.supervisor import ChildSpec, Foundation, Supervisor, find_free_port, require_free_port

HOST = "127.0.0.1"
READY_WITHIN_S = 120.0
WEBHOOK_TOKEN = "demo"  # noqa: S105 - the demo's own provider on loopback
PROVIDER_DELAY_S = 1.0


def run_demo(*, root: Path, data_dir: Path, port: int, fresh: bool, migrate: Callable[[str], None]) -> int:
    """Run everything in the foreground until a signal. Returns the exit code.

    With DATABASE_URL set, that database is used and nothing embedded is started.

    Raises:
        StartupRefusedError: that database is another company's, or is asked to be forgotten.
        DomainError: the port is taken, the data is in use, a part does not come up.
    """
    require_free_port(HOST, port)
    url = Settings().database_url
    if url:
        _refuse_foreign(url, fresh=fresh)
    postgres = None if url else EmbeddedPostgres(data_dir / "postgres")
    if fresh and postgres is not None:
        postgres.discard()
        shutil.rmtree(data_dir / "logs", ignore_errors=True)
    provider_port = find_free_port(HOST)
    foundation: Foundation | None = postgres
    with Supervisor(tell=_tell, foundation=foundation) as supervisor:
        began = time.monotonic()
        database_url = postgres.url if postgres else url
        _tell("데이터베이스 준비 · database ready")
        web, *others = _children(root, data_dir, database_url, port=port, provider_port=provider_port)
        supervisor.start([web])
        migrate(database_url)
        _seed(database_url, links_at=f"http://{HOST}:{port}")
        supervisor.let_go()
        supervisor.start(others)
        supervisor.run_until(lambda: _is_ready(port), within_s=READY_WITHIN_S)
        _greet(database_url, port=port, seconds=time.monotonic() - began)
        supervisor.run()
    return 0


def _refuse_foreign(url: str, *, fresh: bool) -> None:
    """The demo empties no database that it did not start, and moves into none that is lived in."""
    if fresh:
        raise StartupRefusedError(
            "--fresh는 데모가 직접 켠 데이터베이스만 새로 만듭니다. DATABASE_URL을 지우고 "
            "(unset DATABASE_URL) 다시 실행하거나 --fresh를 빼 주세요.\n"
            "--fresh only renews the demo's own database: unset DATABASE_URL, or leave --fresh out."
        )
    from simulation.world import refuse_strangers

    database = Database(make_engine(url, pool_size=1))
    try:
        refuse_strangers(database)
    finally:
        database.dispose()


def _seed(database_url: str, *, links_at: str) -> None:
    # They take a second to import: the web's begins before.
    from dispatch.family_links import LINKS_AT
    from simulation.world import prepare_world

    engine = make_engine(database_url, pool_size=2, statement_timeout_ms=120_000)
    database = Database(engine, info={LINKS_AT: links_at})
    try:
        prepare_world(database, now=clock.now(), tell=_tell)
    finally:
        database.dispose()


def _children(
    root: Path, data_dir: Path, database_url: str, *, port: int, provider_port: int
) -> list[ChildSpec]:
    python, program = sys.executable, str(root / "main.py")
    serve = (python, program, "serve", "--port", str(port))
    environment = {
        "DATABASE_URL": database_url,
        "ONDOL_MODE": "demo",
        "BASE_URL": f"http://{HOST}:{port}",
        "SMS_PROVIDER": "fake",
        "FAKE_PROVIDER_URL": f"http://{HOST}:{provider_port}",
        "WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        "DISK_PATHS": str(data_dir),
        "PYTHONPATH": str(root),
    }
    webhook = f"http://{HOST}:{port}/webhooks/solapi/{WEBHOOK_TOKEN}"
    logs = data_dir / "logs"
    provider = (
        python,
        "-m",
        "notifications.fake_provider",
        "--port",
        str(provider_port),
        "--webhook-url",
        webhook,
        "--delay",
        str(PROVIDER_DELAY_S),
    )
    return [
        ChildSpec("web", (*serve, "--after-stdin"), environment, logs / "web.log", held=True),
        ChildSpec("worker", (python, program, "worker"), environment, logs / "worker.log"),
        ChildSpec("sms", provider, environment, logs / "sms.log"),
    ]


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/api/v1/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greet(database_url: str, *, port: int, seconds: float) -> None:
    from simulation.logins import list_logins

    base = f"http://{HOST}:{port}"
    database = Database(make_engine(database_url, pool_size=1))
    with database.reading() as session:
        logins = list_logins(session)
    database.dispose()
    _tell("")
    _tell(f"온돌이 준비되었습니다 · Ondol is ready ({seconds:.0f} s):  {base}")
    _tell("")
    _tell(f"  {'아이디 login':<22}{'비밀번호 password':<20}화면 screen")
    for login in logins:
        _tell(f"  {login.login:<24}{login.password:<22}{base}{login.path}  {login.who}")
    _tell(f"  {'(위의 아무나 · any of these)':<43}{base}/phones  가족의 휴대전화 · the family's phones")
    _tell("")
    _tell("멈추려면 Ctrl-C · Ctrl-C to stop. 자료는 남습니다 · the data stays.")


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
