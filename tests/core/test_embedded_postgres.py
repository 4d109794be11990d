"""Drills on the embedded server: killed, orphaned, asked for twice, found with old data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from core.db import libpq_url
from core.embedded_postgres import LOSABLE, EmbeddedPostgres, running_url
from core.postgres_home import (
    EmbeddedPostgresError,
    copy_programs,
    find_home,
    make_socket_dir,
)
from tests.core.processes import open_folder, run_statement

ROOT = Path(__file__).resolve().parents[2]


def test_rows_survive_stop_and_start(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        assert _kept(server) == 7
        assert running_url(data_dir) == server.url
    assert running_url(data_dir) is None


def test_rows_survive_a_killed_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        run_statement(server, "UPDATE kept SET n = 8")
        assert server.pid is not None
        before = server.pid
        assert server.ensure_running() is False
        os.kill(before, signal.SIGKILL)
        os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
        assert server.ensure_running() is True
        assert server.pid != before
        assert _kept(server) == 8


def test_server_ends_with_a_killed_owner_and_the_next_start_finds_the_rows(data_dir: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    with owner:
        postmaster = int(owner.stdout.readline())
        owner.kill()
    with EmbeddedPostgres(data_dir) as server:  # waits for the old one to finish
        assert server.pid != postmaster
        assert _kept(server) == 7


_OWNER = """
import sys, time
from pathlib import Path
from core.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


def test_second_owner_is_told_of_the_first(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir), pytest.raises(EmbeddedPostgresError, match="다른 온돌") as refused:
        EmbeddedPostgres(data_dir).start()
    assert str(os.getpid()) in refused.value.detail
    assert str(data_dir) in refused.value.detail


def test_discarding_begins_with_an_empty_database_but_never_under_a_running_one(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        with pytest.raises(EmbeddedPostgresError, match="다른 온돌"):
            EmbeddedPostgres(data_dir).discard()
        assert _kept(server) == 7
    again = EmbeddedPostgres(data_dir, settings=LOSABLE)
    again.discard()
    with again, pytest.raises(psycopg.errors.UndefinedTable):
        _kept(again)


def test_left_over_pid_file_of_a_stranger_is_no_hindrance(data_dir: Path) -> None:
    stale = data_dir / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{data_dir}/postgres\n1\n5432\n/nowhere\n\n\nready\n")
    with EmbeddedPostgres(data_dir) as server:
        assert _kept(server) == 7


def test_data_of_another_version_is_left_alone(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match="PostgreSQL 15 형식") as refused:
        EmbeddedPostgres(data_dir).start()
    assert "pg_dump" in refused.value.detail
    (data_dir / "postgres" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_dir) as server:  # and the lock was given back
        assert _kept(server) == 7


def test_interrupted_making_of_a_cluster_is_begun_again(cluster_made_once: Path) -> None:
    place = open_folder()
    (place / "postgres.new").mkdir()
    (place / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(place, settings=LOSABLE) as server:
        run_statement(server, "SELECT 1")
    shutil.rmtree(place)


def test_server_is_closed_to_the_network_and_to_other_users(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server, psycopg.connect(libpq_url(server.url)) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        socket_dir = Path(connection.info.host)
        assert socket_dir.stat().st_mode & 0o077 == 0
        assert len(str(socket_dir / ".s.PGSQL.5432")) < 104


def test_only_the_main_thread_may_start_it(data_dir: Path) -> None:
    said: list[str] = []

    def start() -> None:
        try:
            EmbeddedPostgres(data_dir).start()
        except RuntimeError as error:
            said.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in said[0]


@pytest.mark.skipif(os.getuid() != 0, reason="only root has to step down to another user")
def test_as_root_below_a_closed_folder_data_and_programs_move_out(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    system_home = open_folder()
    with EmbeddedPostgres(closed, settings=LOSABLE, system_home=system_home) as server:
        run_statement(server, "SELECT 1")
        assert running_url(closed) == server.url
    cluster = (closed / "postgres").resolve()
    assert cluster.is_relative_to(system_home)
    assert cluster.stat().st_uid != 0
    assert find_home(closed, system_home=system_home).cluster == cluster
    EmbeddedPostgres(closed, system_home=system_home).discard()
    assert not cluster.exists()
    assert not (closed / "postgres").is_symlink()
    shutil.rmtree(system_home)


def test_programs_run_from_a_copy(tmp_path: Path) -> None:
    original = find_home(tmp_path, system_home=tmp_path / "unused").programs
    copied = copy_programs(original, tmp_path / "system")
    assert copied.is_relative_to(tmp_path)
    said = subprocess.run([copied / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL" in said.stdout
    assert copy_programs(original, tmp_path / "system") == copied
    assert [place.name[:9] for place in (tmp_path / "system").iterdir()] == ["postgres-"]


def test_socket_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    place = make_socket_dir(tmp_path, None)
    place.rmdir()
    place.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedPostgresError):
            make_socket_dir(tmp_path, None)
    finally:
        place.unlink()


def _kept(server: EmbeddedPostgres) -> int:
    with psycopg.connect(libpq_url(server.url)) as connection:
        row = connection.execute("SELECT n FROM kept").fetchone()
    assert row is not None
    return int(row[0])
