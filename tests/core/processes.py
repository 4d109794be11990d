"""What the drills with kill -9 share: looking at processes, and data to drill on."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from core.db import libpq_url
from core.embedded_postgres import EmbeddedPostgres


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be buried does not."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(said.stdout.strip()) and not said.stdout.strip().startswith("Z")


def wait_for(condition: Callable[[], bool], *, within_s: float = 10.0) -> bool:
    """Ask until it is true or the time is over; another process cannot be hurried."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def open_folder() -> Path:
    """A temporary folder that the server's user may enter; pytest's own is closed to everybody else."""
    place = Path(tempfile.mkdtemp(prefix="ondol-drill-"))
    place.chmod(0o755)
    return place


def run_statement(server: EmbeddedPostgres, statement: str) -> None:
    """Run one statement and commit it."""
    with psycopg.connect(libpq_url(server.url)) as connection:
        connection.execute(statement.encode())
