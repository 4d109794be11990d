"""The demo's process tree: one parent that starts everything, restarts what dies and stops it in order.

The parent must be the process that the person started (run.py replaces itself by it), because Ctrl-C,
SIGTERM and even `kill -9` of it end the whole tree: see `core.lifeline`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol

from core.errors import UnavailableError
from core.i18n import _
from core.lifeline import command

_ROUND_S = 0.1
_FIRST_BACK_OFF_S = 0.5
_LONGEST_BACK_OFF_S = 30.0
_WELL_AFTER_S = 30.0
"""A child that has lived so long begins again with the shortest back-off."""
_FAILURES_AT_START = 3
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortTakenError(UnavailableError):
    """Another program listens there."""

    code = "port-taken"


class ChildFailedError(UnavailableError):
    """A part of the product does not come up; its own output says why."""

    code = "child-failed"


class Foundation(Protocol):
    """What the children stand on (PostgreSQL): starts before them, stops after them."""

    def start(self) -> None: ...

    def ensure_running(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class ChildSpec:
    """One process: `argv[0]` absolute, `env` added to ours, output into `log` or, without one, to ours."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    stop_within_s: float = 10.0
    """Grace after SIGTERM; then it is killed with all that it started."""
    held: bool = False
    """It gets ready meanwhile and begins when its standard input ends: see `Supervisor.let_go`."""


class Supervisor:
    """Use as a context manager, in the main thread; `tell` gets sentences for the person.

    Entering starts the foundation. `start` starts children, `run_until` and `run` look after them.
    Leaving stops the children in the order in which they were given, the foundation last.
    """

    def __init__(self, *, tell: Callable[[str], None], foundation: Foundation | None = None) -> None:
        self._tell = tell
        self._foundation = foundation
        self._foundation_back_off = _BackOff()
        self._children: list[_Child] = []
        self._mode = "starting"
        self._asked_to_stop = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Supervisor:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "supervise from the main thread: children die with the thread that started them"
            )
        self._handlers = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            if self._foundation is not None:
                self._foundation.start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def start(self, children: Sequence[ChildSpec]) -> None:
        """Start these, next to those already running. Give them in the order in which they should stop."""
        for spec in children:
            child = _Child(spec)
            self._children.append(child)
            child.start()

    def let_go(self) -> None:
        """The children that are held may begin, and from now on do so at once when they are started again."""
        for child in self._children:
            child.let_go()

    def run_until(self, ready: Callable[[], bool], *, within_s: float) -> None:
        """Look after the children until `ready()`, which is asked several times a second.

        Raises:
            ChildFailedError: not ready in time, or a child failed three times in a row.
            SystemExit: a signal asked us to stop.
        """
        deadline = time.monotonic() + within_s
        while not ready():
            self._round()
            if self._asked_to_stop:
                raise SystemExit(0)
            for child in self._children:
                if child.back_off.failures >= _FAILURES_AT_START:
                    raise ChildFailedError(
                        _("{name}: 시작하지 못하고 있습니다. 위의 오류 내용{log}을 확인해 주세요.").format(
                            name=child.spec.name, log=f" ({child.spec.log})" if child.spec.log else ""
                        )
                    )
            if time.monotonic() > deadline:
                raise ChildFailedError(
                    _("{seconds}초 안에 준비되지 않았습니다. 다시 시작해 보세요.").format(
                        seconds=int(within_s)
                    )
                )

    def run(self) -> None:
        """Look after the children until a signal asks us to stop."""
        while not self._asked_to_stop:
            self._round()

    def _round(self) -> None:
        self._mode = "rounds"
        if self._foundation is not None:
            self._look_after_foundation(self._foundation)
        for child in self._children:
            code = child.look_after()
            if code is not None:
                self._tell(
                    _("{name}: 멈췄습니다(코드 {code}). {seconds:g}초 뒤 다시 시작합니다.").format(
                        name=child.spec.name, code=code, seconds=child.back_off.delay_s
                    )
                )
        time.sleep(_ROUND_S)

    def _look_after_foundation(self, foundation: Foundation) -> None:
        if not self._foundation_back_off.is_over():
            return
        try:
            if foundation.ensure_running():
                self._tell(_("데이터베이스가 멈춰서 다시 시작했습니다. 저장된 내용은 그대로입니다."))
        except UnavailableError as error:
            self._foundation_back_off.fail()
            self._tell(
                _("{why} {seconds:g}초 뒤 다시 해 봅니다.").format(
                    why=error.detail, seconds=self._foundation_back_off.delay_s
                )
            )

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Before the rounds (migrating, seeding) stop right there; in them, at the end of the round."""
        self._asked_to_stop = True
        if self._mode == "starting":
            self._mode = "stopping"
            raise SystemExit(128 + number)

    def _stop(self) -> None:
        self._mode = "stopping"
        for child in self._children:
            child.stop()
        self._children.clear()
        if self._foundation is not None:
            self._foundation.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}


class _BackOff:
    """How long to wait before the next try: twice as long after each failure in a row."""

    def __init__(self) -> None:
        self.failures = 0
        self._until = 0.0

    @property
    def delay_s(self) -> float:
        return float(min(_FIRST_BACK_OFF_S * 2 ** max(0, self.failures - 1), _LONGEST_BACK_OFF_S))

    def fail(self) -> None:
        self.failures += 1
        self._until = time.monotonic() + self.delay_s

    def forget(self) -> None:
        self.failures = 0

    def is_over(self) -> bool:
        return time.monotonic() >= self._until


class _Child:
    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.back_off = _BackOff()
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._held = spec.held

    def start(self) -> None:
        with contextlib.ExitStack() as files:
            out = None
            if self.spec.log is not None:
                self.spec.log.parent.mkdir(parents=True, exist_ok=True)
                out = files.enter_context(self.spec.log.open("ab"))
            self._process = subprocess.Popen(
                command(self.spec.argv),
                env={**os.environ, **self.spec.env},
                stdin=subprocess.PIPE if self._held else subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C in the terminal reaches us alone; we stop them in order
            )
        self._started_at = time.monotonic()

    def let_go(self) -> None:
        self._held = False
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has died: the next round starts it anew
                self._process.stdin.close()

    def look_after(self) -> int | None:
        """Start it again when it is time to. The exit code, in the round in which its death is found."""
        if self._process is None:
            if self.back_off.is_over():
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            if time.monotonic() - self._started_at > _WELL_AFTER_S:
                self.back_off.forget()
            return None
        self._kill_group(self._process.pid)
        self._process = None
        self.back_off.fail()
        return code

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self.spec.stop_within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._kill_group(process.pid)

    @staticmethod
    def _kill_group(leader: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def require_free_port(host: str, port: int) -> None:
    """Fail early, with a sentence, when the port is taken.

    Raises:
        PortTakenError: another program listens on it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                _(
                    "{host}의 {port}번 포트를 쓸 수 없습니다({why}). 그 포트를 쓰는 프로그램을 끝내거나 "
                    "`--port {other}`처럼 다른 번호를 지정해 주세요."
                ).format(host=host, port=port, why=error.strerror, other=port + 1)
            ) from None


def find_free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on just now, for a part of the demo that only the demo itself calls."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind((host, 0))
        return int(trial.getsockname()[1])
