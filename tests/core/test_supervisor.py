"""Drills on the process tree: a child dies, the parent is asked to stop, the parent is killed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.supervisor import (
    ChildFailedError,
    ChildSpec,
    PortTakenError,
    Supervisor,
    find_free_port,
    require_free_port,
)
from tests.core.processes import is_alive, wait_for

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A supervisor over PostgreSQL and two children with a child each; and the pids of these five."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.core.process_tree", str(data_dir)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert len(pids) == 5
        assert all(is_alive(pid) for pid in pids)
        yield parent, pids
        parent.kill()


def test_killed_parent_leaves_no_process(tree: tuple[subprocess.Popen[str], list[int]]) -> None:
    parent, pids = tree
    parent.kill()
    assert wait_for(lambda: not any(is_alive(pid) for pid in pids))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything_in_order(
    tree: tuple[subprocess.Popen[str], list[int]], data_dir: Path, how: signal.Signals
) -> None:
    parent, pids = tree
    parent.send_signal(how)
    assert parent.wait(20) == 0
    assert not any(is_alive(pid) for pid in pids)
    assert (data_dir / "stopped").read_text().split() == ["web", "worker"]
    assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_dead_child_and_dead_database_come_back(
    tree: tuple[subprocess.Popen[str], list[int]], data_dir: Path
) -> None:
    parent, pids = tree
    (data_dir / "web").unlink()
    for pid in (pids[0], pids[1]):
        subprocess.run(["kill", "-9", str(pid)], check=True)
    assert wait_for((data_dir / "web").exists)
    assert int((data_dir / "web").read_text().split()[0]) != pids[1]
    postmaster = data_dir / "postgres" / "postmaster.pid"
    assert wait_for(lambda: postmaster.exists() and "ready" in postmaster.read_text())
    parent.send_signal(signal.SIGTERM)
    said = parent.communicate(timeout=20)[0]
    assert "web: 멈췄습니다(코드 -9)" in said
    assert "데이터베이스가 멈춰서 다시 시작했습니다" in said


def test_who_is_held_begins_when_let_go_and_at_once_when_started_again(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; place = sys.argv[1]; open(place + '/ready', 'w').close(); sys.stdin.read();"
        "open(place + '/begun', 'a').write(f'{os.getpid()} '); time.sleep(60)"
    )
    begun = tmp_path / "begun"
    with Supervisor(tell=lambda _text: None) as supervisor:
        supervisor.start([ChildSpec("web", (sys.executable, "-c", program, str(tmp_path)), held=True)])
        assert wait_for((tmp_path / "ready").exists)
        assert not begun.exists()
        supervisor.let_go()
        supervisor.run_until(lambda: begun.exists() and begun.read_text() != "", within_s=20)
        subprocess.run(["kill", "-9", begun.read_text().strip()], check=True)
        supervisor.run_until(lambda: len(begun.read_text().split()) == 2, within_s=20)


def test_child_that_cannot_start_is_reported_with_growing_pauses() -> None:
    said: list[str] = []
    with Supervisor(tell=said.append) as supervisor:
        supervisor.start([ChildSpec("web", (sys.executable, "-I", "-S", "-c", "raise SystemExit(3)"))])
        with pytest.raises(ChildFailedError, match="web"):
            supervisor.run_until(lambda: False, within_s=30)
    assert [line.partition(". ")[2].partition("초")[0] for line in said] == ["0.5", "1", "2"]


def test_not_ready_in_time_is_an_error() -> None:
    with Supervisor(tell=lambda _text: None) as supervisor, pytest.raises(ChildFailedError, match="0초"):
        supervisor.run_until(lambda: False, within_s=0)


def test_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"{port}번 포트"):
            require_free_port("127.0.0.1", port)
    require_free_port("127.0.0.1", find_free_port())
