"""Where processes of drills come from: one that has imported the house already, and forks.

To import the house takes two to three seconds of a processor, and drills start dozens of processes. What is
forked here runs `main.py` from its first line, with a pid, an environment and a log of its own, and is killed
like any other; only that the modules lie in its memory already. Which modules a process imports for itself is
left to the drills that start it cold (`open_installation` without a nursery).

Run as a program this file is the nursery: it takes orders as JSON lines, answers with pids, tells who has
ended, and takes everybody along when its standard input ends.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import selectors
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Forked:
    """A process that the nursery has borne; it is asked what a `Popen` is asked."""

    pid: int
    ended: Future[int]

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, that of a signal below zero. Raises TimeoutError."""
        return self.ended.result(timeout)

    def _signal(self, number: signal.Signals) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


@dataclass
class Nursery:
    """The test's end of it."""

    environment: Mapping[str, str]
    _ended: dict[int, Future[int]] = field(default_factory=lambda: defaultdict(Future))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env={**self.environment, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._born: Future[int] = Future()
        self._listener = threading.Thread(target=self._listen, name="nursery", daemon=True)
        self._listener.start()

    def start(self, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Forked:
        """`main.py` with these arguments; what it says goes into `log`."""
        order = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        with self._lock:
            self._born = Future()
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            pid = self._born.result(60)
            return Forked(pid, self._ended[pid])

    def close(self) -> None:
        """The end of it, and of whoever came from it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._listener.join(20)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            match json.loads(line):
                case {"born": pid}:
                    self._ended[pid] = Future()  # another may have had this number
                    self._born.set_result(pid)
                case {"ended": pid, "code": code}:
                    self._ended[pid].set_result(code)


def main() -> None:
    """Take orders until there are no more. In a forked process this returns by its `SystemExit`."""
    _import_the_house()
    living: dict[int, int] = {}
    """Read end of a pipe that ends with the process -> its pid."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ready in waiting.select():
                if key.fd in living:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    pid, status = os.waitpid(living.pop(key.fd), 0)
                    _say(ended=pid, code=os.waitstatus_to_exitcode(status))
                elif order := sys.stdin.readline():
                    ends, held = os.pipe()
                    if (pid := os.fork()) == 0:
                        waiting.close()
                        for inherited in (ends, *living):
                            os.close(inherited)
                        _become(json.loads(order))
                    os.close(held)
                    living[ends] = pid
                    waiting.register(ends, selectors.EVENT_READ)
                    _say(born=pid)
                else:
                    for pid in living.values():
                        os.kill(pid, signal.SIGKILL)
                    return


def _import_the_house() -> None:
    gc.disable()
    for name in ("main", "web.app", "web.warm_up", "worker"):  # uvicorn imports `main` by its name, too
        import_module(name)
    gc.freeze()
    gc.enable()


def _become(order: dict[str, Any]) -> None:
    """Be `main.py`, as `python main.py ...` is; ends by `SystemExit`."""
    out = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for given, usual in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(given, usual)
    os.close(out)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(order["environment"])
    program = str(ROOT / "main.py")
    sys.argv = [program, *order["arguments"]]
    runpy.run_path(program, run_name="__main__")
    raise SystemExit(0)


def _say(**words: int) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
