"""A demo of its own for a measurement: fresh data in a temporary place, a free port, gone afterwards."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from core.supervisor import find_free_port

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 240.0


@dataclass(frozen=True)
class RunningDemo:
    """A demo that answers at `url`; `ready_s` from the command to the first 200 of /health."""

    url: str
    data_dir: Path
    pid: int
    ready_s: float

    def token(self, role: str, company: str = "onnuri") -> str:
        """A bearer token from the command line."""
        return self._ask("token", role, company)

    def login_link(self, role: str, company: str = "onnuri") -> str:
        """A one-time log-in address from the command line."""
        return self.url + self._ask("login-link", role, company)

    def client(self, role: str, company: str = "onnuri") -> httpx.Client:
        """A client of the JSON API."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {self.token(role, company)}"},
            timeout=30,
            trust_env=False,
        )

    def memory_mb(self) -> float:
        """Unshared memory of the whole process tree, in MB (PostgreSQL's shared buffers counted once)."""
        parent = psutil.Process(self.pid)
        return sum(_memory_mb(process) for process in [parent, *parent.children(recursive=True)])

    def _ask(self, command: str, role: str, company: str) -> str:
        argv = [sys.executable, "main.py", command, "--role", role, "--company", company]
        argv += ["--data-dir", str(self.data_dir)]
        return subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _memory_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.NoSuchProcess:  # a connection of PostgreSQL has ended meanwhile
        return 0.0


@contextmanager
def running_demo(data_dir: Path | None = None) -> Iterator[RunningDemo]:
    """Start a demo; with `data_dir` on data that is there already and stays."""
    place = data_dir or Path(tempfile.mkdtemp(prefix="ondol-bench-"))
    port = find_free_port()
    began = time.monotonic()
    argv = [sys.executable, "main.py", "demo", "--port", str(port), "--data-dir", str(place)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, until=began + READY_WITHIN_S)
        yield RunningDemo(url, place, process.pid, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        if data_dir is None:
            shutil.rmtree(place, ignore_errors=True)


def _wait(url: str, process: subprocess.Popen[bytes], *, until: float) -> None:
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the demo ended before it was ready")
        try:
            if httpx.get(f"{url}/api/v1/health", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the demo did not become ready")
