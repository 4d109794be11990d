"""A small copy of the demo's process tree, to be run and killed: `python -m tests.core.process_tree DIR`.

The parent supervises PostgreSQL, `web` and `worker`; each of the two has a child of its own, as the worker
has for a solve. When all run, the parent prints their five pids as JSON. A child that is asked to stop
adds its name to the file `stopped`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from core.embedded_postgres import LOSABLE, EmbeddedPostgres
from core.lifeline import die_with_parent
from core.supervisor import ChildSpec, Supervisor

NAMES = ("web", "worker")


def parent(place: Path) -> None:
    """Start the tree, tell the pids, look after it until a signal comes."""
    server = EmbeddedPostgres(place, settings=LOSABLE)
    with Supervisor(tell=_tell, foundation=server) as supervisor:
        supervisor.start([_spec(place, name) for name in NAMES])
        supervisor.run_until(lambda: all(_grandchild(place, name).exists() for name in NAMES), within_s=60)
        below = [int(pid) for name in NAMES for pid in (place / name).read_text().split()]
        _tell(json.dumps([server.pid, *below]))
        supervisor.run()


def child(place: Path, name: str) -> None:
    """Start a child, tell both pids in the file `name`, wait for SIGTERM."""

    def leave(*_: Any) -> None:
        with (place / "stopped").open("a") as log:
            log.write(f"{name} ")
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    below = subprocess.Popen([sys.executable, "-m", __spec__.name, str(place), name, "grandchild"])
    half = place / f"{name}.half"
    half.write_text(f"{os.getpid()} {below.pid}")
    half.rename(place / name)
    below.wait()


def grandchild(place: Path, name: str) -> None:
    """Tie the line, say so, and wait."""
    die_with_parent()
    _grandchild(place, name).touch()
    time.sleep(60)


def _spec(place: Path, name: str) -> ChildSpec:
    return ChildSpec(name, (sys.executable, "-m", __spec__.name, str(place), name))


def _grandchild(place: Path, name: str) -> Path:
    return place / f"{name}.grandchild"


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [where]:
            parent(Path(where))
        case [where, who]:
            child(Path(where), who)
        case [where, who, _]:
            grandchild(Path(where), who)
