"""What an earlier run may have left on a cluster: a server that nobody looks after, or a stale pid file.

Call it only with the data directory's lock in hand: then no other Ondol looks after that server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from core.i18n import _
from core.postgres_home import EmbeddedPostgresError


def clear_remains(cluster: Path, *, within_s: float) -> None:
    """Stop an orphaned server on this cluster and wait for its end.

    A pid file whose number now belongs to a stranger (a container that was started again) would make
    PostgreSQL refuse to start: it is removed. One whose number belongs to nobody is left to PostgreSQL,
    which then makes sure that no session of the dead server still holds the shared memory.

    Raises:
        EmbeddedPostgresError: it does not end.
    """
    deadline = time.monotonic() + within_s
    asked = False
    while (pid := _noted_pid(cluster)) is not None and _exists(pid):
        if not _is_server_of(pid, cluster):
            (cluster / "postmaster.pid").unlink(missing_ok=True)
            return
        if not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                _(
                    "앞서 실행한 데이터베이스(프로세스 {pid})가 끝나지 않습니다. "
                    "그 프로세스를 끝내고 다시 시작해 주세요."
                ).format(pid=pid)
            )
        time.sleep(0.05)


def _noted_pid(cluster: Path) -> int | None:
    try:
        return int((cluster / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_server_of(pid: int, cluster: Path) -> bool:
    """By its command line, which PostgreSQL's first process keeps as we gave it."""
    if Path("/proc/self/cmdline").exists():
        try:
            said = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    else:
        listed = ["ps", "-ww", "-p", str(pid), "-o", "command="]
        said = subprocess.run(listed, capture_output=True, text=True, check=False).stdout
    return f"-D {cluster} " in said
