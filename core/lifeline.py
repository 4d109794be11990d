"""Children that never outlive their parent, not even a `kill -9` of it.

Linux: the kernel signals the child (`PR_SET_PDEATHSIG`). Two rules come with it:

- it follows the **thread** that started the child, so start children from the main thread;
- it is cleared by a change of user, so the change of user comes first.

Elsewhere (macOS) a watch on `getppid` does it within a second; a server that we cannot put a watch into
(PostgreSQL) is then stopped by the next start on the same data.

Run as a program this file is the launcher: `command()` gives the argv. It is used instead of a
`preexec_fn`, which is not safe in a process with threads. Standard library only, no project imports.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_WATCH_EVERY_S = 0.5


def command(
    argv: Sequence[str], *, death_signal: signal.Signals = signal.SIGKILL, ids: tuple[int, int] | None = None
) -> list[str]:
    """The argv which starts `argv` (as user and group `ids`, if given) bound to the calling process.

    The program at `argv[0]` must be an absolute path. Start it from the main thread.
    """
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    launcher += ["--signal", str(int(death_signal)), "--parent", str(os.getpid())]
    if ids is not None:
        launcher += ["--uid", str(ids[0]), "--gid", str(ids[1])]
    return [*launcher, "--", *argv]


def die_with_parent(death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Bind this process to its parent. Call it first thing in a child, or as a pool's `initializer`.

    On Linux the child must have been started by a thread that lives as long as it should.
    """
    bind_to(_starter(), death_signal)


def bind_to(parent: int, death_signal: signal.Signals) -> None:
    """Bind this process to `parent`; ends at once when that one has already gone."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    else:
        threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()
    if os.getppid() != parent:  # it died before the line was tied
        os._exit(1)


def _starter() -> int:
    """Who started us. A child of `multiprocessing` was told so: `getppid` is another's if that one has died
    while we were still importing.
    """
    if "multiprocessing.process" in sys.modules:
        parent = sys.modules["multiprocessing.process"].parent_process()
        if parent is not None:
            return int(parent.pid)
    return os.getppid()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_EVERY_S)
    os._exit(1)


def _launch() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("argv", nargs="+")
    given = parser.parse_args()
    if given.uid is not None:
        os.setgroups([])
        os.setgid(given.gid)
        os.setuid(given.uid)
    bind_to(given.parent, signal.Signals(given.signal))
    os.execv(given.argv[0], given.argv)  # noqa: S606  (no shell is the point)


if __name__ == "__main__":
    _launch()
