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
from pathlib import Path
from typing import TYPE_CHECKING

from core import clock
from core.db import Database, make_engine
from core.errors import DomainError
from core.lifeline import die_with_parent
from core.logs import configure_logs
from core.settings import Settings, StartupRefusedError, check_settings_for_start
from operators import exchanging, people, push_key, texts
from operators.database import (
    DEFAULT_DATA_DIR,
    ROOT,
    migrate_database,
    require_key,
    require_tables,
    told_in_a_sentence,
)
from operators.typed import port

if TYPE_CHECKING:
    from sqlmodel import Session

    from web.context import DemoLogin

DEFAULT_PORT = 8000
WORKER_GIVES_WAY = 10
"""Added niceness of a worker, from its first import on: on a busy machine a person waits for the pages. The
worker takes part in what people wait for, open pages' looks (LOOKS_GIVE_WAY) do not."""
LOOKS_GIVE_WAY = 15


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

    with told_in_a_sentence():
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
    if arguments.looks:
        os.nice(LOOKS_GIVE_WAY)
    if arguments.after_stdin:
        with _nothing_is_garbage():
            import web.app  # noqa: F401 - what takes longest, while the database is made ready

        sys.stdin.read()
    require_tables(settings.database_url)
    require_key(settings)
    configure_logs()
    uvicorn.run(
        "main:looks_application" if arguments.looks else "main:web_application",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=1 if arguments.looks else settings.web_processes,
        log_config=None,  # its warnings go the way of all others: core.logs
        access_log=False,
        timeout_graceful_shutdown=5,
        proxy_headers=True,
    )
    return 0


def looks_application() -> object:
    """The same for the process that writes what open pages ask by themselves (`web/looks_apart.py`)."""
    return web_application(looks_alone=True)


def web_application(*, looks_alone: bool = False) -> object:
    """The ASGI application of one web process; uvicorn calls this in each."""
    if multiprocessing.parent_process() is not None:  # one of several: it ends with the one that started it
        die_with_parent()
    with _nothing_is_garbage():
        from dispatch.family_links import links_info
        from geo.road_cache import ROADS, RoadMemory
        from web.app import create_app
        from web.context import WebContext, no_demo_logins
        from web.live_hub import LiveHub
        from web.warm_up import begin_warm_up

    settings = _checked_settings()
    configure_logs()
    engine = make_engine(settings.database_url, pool_size=settings.web_threads)
    memory = {ROADS: RoadMemory()} if settings.osrm_url else {}
    context = WebContext(
        settings=settings,
        database=Database(engine, info={**memory, **links_info(settings)}),
        clock=clock.now,
        live=LiveHub(settings.database_url),
        demo_logins=_demo_logins if settings.is_demo else no_demo_logins,
        looks_alone=looks_alone,
    )
    app = create_app(context)
    _keep_what_is_imported()
    begin_warm_up(context)
    return app


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """For imports: what they make stays, and looking through it again and again is a sixth of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _demo_logins(session: Session) -> Sequence[DemoLogin]:
    """What the demo's log-in page offers; the simulation is imported nowhere but in the demo."""
    from simulation.logins import list_logins

    return list_logins(session)


def _keep_what_is_imported() -> None:
    """What was imported stays, so it is never looked through for garbage again."""
    gc.collect()
    gc.freeze()


def worker(_arguments: argparse.Namespace) -> int:
    """One worker process against DATABASE_URL."""
    settings = _checked_settings()
    os.nice(WORKER_GIVES_WAY)
    with _nothing_is_garbage():
        from worker import run_worker

    configure_logs()
    run_worker(settings, clock=clock.now)
    return 0


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring DATABASE_URL to the newest revision."""
    with told_in_a_sentence():
        migrate_database(Settings().database_url)
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """Measure beside a peer or baseline in the same run."""
    from benchmarks.bench import run_bench

    return run_bench(arguments.name, arguments.options)


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="Ondol")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("worker", help=worker.__doc__).set_defaults(run=worker)
    commands.add_parser("migrate", help=migrate.__doc__).set_defaults(run=migrate)

    it = commands.add_parser("demo", help=demo.__doc__)
    it.add_argument("--port", type=port, default=DEFAULT_PORT)
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.add_argument("--fresh", action="store_true", help="forget the data directory and begin anew")
    it.set_defaults(run=demo)

    it = commands.add_parser("serve", help=serve.__doc__)
    it.add_argument("--host", default="127.0.0.1")
    it.add_argument("--port", type=port, default=DEFAULT_PORT)
    it.add_argument(
        "--looks", action="store_true", help="write what open pages ask, for the web processes (LOOKS_URL)"
    )
    it.add_argument("--after-stdin", action="store_true", help="get ready, begin when standard input ends")
    it.set_defaults(run=serve)

    people.add_commands(commands)
    exchanging.add_commands(commands)
    texts.add_commands(commands)
    push_key.add_commands(commands)

    it = commands.add_parser("bench", help=bench.__doc__)
    it.add_argument("name", nargs="?", default=None)
    it.add_argument("options", nargs=argparse.REMAINDER, help="of `load`: see `bench load --help`")
    it.set_defaults(run=bench)

    it = commands.add_parser("fuzz", help=fuzz.__doc__)
    it.add_argument("--minutes", type=float, default=5.0)
    it.set_defaults(run=fuzz)

    it = commands.add_parser("screenshots", help=screenshots.__doc__)
    it.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    it.set_defaults(run=screenshots)
    return parser


if __name__ == "__main__":
    sys.exit(main())
