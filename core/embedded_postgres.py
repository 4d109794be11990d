"""A PostgreSQL server of our own, for the demo and the tests: a child process on a unix socket.

Used when no DATABASE_URL is given. It listens on no network address; its socket folder is open to its
own user alone; it stops with us, restarts when it dies, and keeps its rows through both.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg

from core.i18n import _
from core.lifeline import command
from core.postgres_home import (
    SYSTEM_HOME,
    EmbeddedPostgresError,
    find_home,
    make_folder,
    make_socket_dir,
    remove_cluster,
)
from core.postgres_remains import clear_remains

DATABASE = "ondol"
USER = "ondol"
LOSABLE: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings for tests: a crash of the machine may lose the data."""

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",  # containers have 64 MB of /dev/shm, and the demo two cores
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_READY_WITHIN_S = 120.0  # crash recovery of a big demo may take a while
_STOP_WITHIN_S = 20.0
_LOG_KEPT_BYTES = 5_000_000


class EmbeddedPostgres:
    """One server on one data directory. Start it from the main thread; use it as a context manager.

    `settings` are added to the server's own (see `LOSABLE`). Errors are `EmbeddedPostgresError`.
    """

    def __init__(
        self, data_dir: Path, *, settings: Mapping[str, str] | None = None, system_home: Path = SYSTEM_HOME
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.pid: int | None = None
        self._settings = {**_SETTINGS, **(settings or {})}
        self._system_home = system_home
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the product's database."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """SQLAlchemy URL of another database of this server."""
        return _url(self._socket_dir, database)

    def start(self) -> None:
        """Take the data directory, make the cluster if there is none, start, wait until it answers."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start the server from the main thread: on Linux it dies with its thread")
        self._take_lock()
        try:
            self._home = find_home(self.data_dir, system_home=self._system_home)
            if not self._home.cluster.exists():
                self._make_cluster()
            self._check_version()
            self._launch_until_ready()
            self._make_database()
        except BaseException:
            self.stop()
            raise

    def discard(self) -> None:
        """Forget the data, so that the next start makes an empty database. Call it before `start`.

        Raises:
            EmbeddedPostgresError: another Ondol runs on this data; it is left alone.
        """
        self._take_lock()
        try:
            clear_remains((self.data_dir / "postgres").resolve(), within_s=_STOP_WITHIN_S)
            remove_cluster(self.data_dir)
        finally:
            self.stop()

    def ensure_running(self) -> bool:
        """Start the server again if it has died; True if it had. The supervisor calls this every round."""
        if self._process is not None and self._process.poll() is None:
            return False
        self._launch_until_ready()
        return True

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything is written. Safe to call twice."""
        process, self._process, self.pid = self._process, None, None
        if process is not None:
            _end(process)
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (self.data_dir / "ondol.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip() or "?"
            lock.close()
            raise EmbeddedPostgresError(
                _(
                    "다른 온돌이 이 데이터로 실행 중입니다(프로세스 {pid}, {place}). "
                    "그쪽을 먼저 끝내거나 --data-dir로 다른 폴더를 지정해 주세요."
                ).format(pid=other, place=self.data_dir)
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _make_cluster(self) -> None:
        """Into a folder beside it, renamed when whole: an interrupted start leaves no half cluster."""
        cluster, ids = self._home.cluster, self._home.ids
        half = cluster.with_name(cluster.name + ".new")
        shutil.rmtree(half, ignore_errors=True)
        make_folder(half, ids)
        argv = [
            str(self._home.programs / "initdb"),
            "-D",
            str(half),
            "-U",
            USER,
            "--auth=trust",
            "-E",
            "UTF8",
        ]
        argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self._settings.get("fsync") == "off":
            argv.append("--no-sync")
        made = subprocess.run(
            command(argv, ids=ids), cwd="/", env=_environment(), capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise EmbeddedPostgresError(
                _("데이터베이스를 만들지 못했습니다: {why}").format(why=made.stderr.strip()[-800:])
            )
        half.rename(cluster)

    def _check_version(self) -> None:
        data = (self._home.cluster / "PG_VERSION").read_text().strip()
        said = subprocess.run(
            [self._home.programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        program = said.split()[-1].split(".")[0]
        if data != program:
            raise EmbeddedPostgresError(
                _(
                    "이 데이터는 PostgreSQL {data} 형식인데 설치된 서버는 {program}입니다. "
                    "PostgreSQL {data}에서 `pg_dump -Fc -d {name} -f ondol.dump`로 내보낸 뒤, "
                    "새 --data-dir로 시작해 `pg_restore --clean --if-exists -d {name} ondol.dump`로 "
                    "넣어 주세요. 원래 데이터는 그대로 두었습니다: {place}"
                ).format(data=data, program=program, name=DATABASE, place=self._home.cluster)
            )

    def _launch_until_ready(self) -> None:
        clear_remains(self._home.cluster, within_s=_STOP_WITHIN_S)
        self._socket_dir = make_socket_dir(self._home.cluster, self._home.ids)
        deadline = time.monotonic() + _READY_WITHIN_S
        while True:
            if self._process is None or self._process.poll() is not None:
                self._launch()
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    _("데이터베이스가 시간 안에 준비되지 않았습니다: {why}").format(why=self._log_tail())
                )
            time.sleep(0.02)
            if self._process is not None and self._process.poll() is not None:
                # After a kill -9 of the server its last sessions may hold the shared memory for a moment.
                if "shared memory" not in self._log_tail():
                    raise EmbeddedPostgresError(
                        _("데이터베이스 서버가 시작하지 못했습니다: {why}").format(why=self._log_tail())
                    )
                time.sleep(0.2)

    def _launch(self) -> None:
        argv = [
            str(self._home.programs / "postgres"),
            "-D",
            str(self._home.cluster),
            "-k",
            str(self._socket_dir),
        ]
        for name, value in self._settings.items():
            argv += ["-c", f"{name}={value}"]
        log = self.data_dir / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_KEPT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            self._log_from = out.tell()
            self._process = subprocess.Popen(
                command(argv, death_signal=signal.SIGINT, ids=self._home.ids),
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C in the terminal is for us: the server stops last
            )
        self.pid = self._process.pid

    def _answers(self) -> bool:
        try:
            with psycopg.connect(_libpq(self._socket_dir, "postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _make_database(self) -> None:
        with psycopg.connect(_libpq(self._socket_dir, "postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).rowcount:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _log_tail(self) -> str:
        with (self.data_dir / "postgres.log").open("rb") as log:
            log.seek(self._log_from)
            return log.read().decode(errors="replace").strip()[-800:]


def running_url(data_dir: Path) -> str | None:
    """SQLAlchemy URL of the server which another process runs on `data_dir` just now, if one does."""
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        socket_dir = Path(lines[4])
        with psycopg.connect(_libpq(socket_dir, DATABASE), connect_timeout=5):
            return _url(socket_dir, DATABASE)
    except (OSError, IndexError, psycopg.OperationalError):
        return None


def _url(socket_dir: Path, database: str) -> str:
    return f"postgresql+psycopg://{USER}@/{database}?host={quote(str(socket_dir), safe='/')}"


def _libpq(socket_dir: Path, database: str) -> str:
    return psycopg.conninfo.make_conninfo(host=str(socket_dir), user=USER, dbname=database)


def _environment() -> dict[str, str]:
    """Nothing of ours (PGDATA, LD_LIBRARY_PATH, LC_ALL=…) may reach the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def _end(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            continue
