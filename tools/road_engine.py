"""A road engine for tests: OSRM's own programs, out of a wheel that is nobody's dependency at run time.

The wheel wants a newer Python to be imported; its programs run without any. So it is unpacked into a folder
of its own in the environment, by its lock file, when a test first asks for it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.environment import Environment, SetupError, hash_of, pip_of, say

OSRM_LOCK = "requirements-osrm.lock"
_PYTHON_OF_THE_WHEEL = "3.12"


@dataclass(frozen=True)
class Programs:
    """Where OSRM's programs and its profile for cars are."""

    folder: Path

    def program(self, name: str) -> str:
        """`osrm-extract`, `osrm-partition`, `osrm-customize`, `osrm-routed`."""
        return str(self.folder / "osrm" / "bin" / name)

    @property
    def profile(self) -> str:
        """How fast a car is on which road."""
        return str(self.folder / "osrm" / "share" / "profiles" / "car.lua")


def bring_osrm(environment: Environment) -> Programs:
    """OSRM's programs, unpacked if they are not there yet; safe to call from several processes at once.

    Where ONDOL_TEST_OSRM names a folder in which the wheel is unpacked already, that is taken.

    Raises:
        SetupError: the wheel could not be had.
    """
    if given := os.environ.get("ONDOL_TEST_OSRM"):
        return Programs(Path(given))
    lock = environment.root / OSRM_LOCK
    place = environment.folder / f"osrm-{hash_of(lock)[:12]}"
    with (environment.folder / ".osrm.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not place.is_dir():
            say("온돌: 시험에 쓸 도로 엔진(OSRM)을 받습니다…")
            _unpack(environment, lock, place)
    return Programs(place)


def _unpack(environment: Environment, lock: Path, place: Path) -> None:
    half = Path(tempfile.mkdtemp(prefix="osrm-", dir=environment.folder))
    command = [*pip_of(environment), "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--only-binary=:all:", f"--python-version={_PYTHON_OF_THE_WHEEL}", f"--target={half}"]
    command += ["--disable-pip-version-check", "--no-compile", "--quiet", "--root-user-action=ignore"]
    done = subprocess.run(
        [*command, "-r", str(lock)], env=dict(os.environ), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(half, ignore_errors=True)
        raise SetupError(
            "도로 엔진을 받지 못했습니다. 인터넷 연결(회사망이라면 PIP_INDEX_URL)을 확인하고 "
            f"다시 실행해 주세요.\n{done.stderr.strip()[-800:]}"
        )
    for program in (half / "osrm" / "bin").iterdir():
        program.chmod(0o755)
    half.rename(place)
