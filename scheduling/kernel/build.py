"""Compiling the kernel with the system's C compiler, once for each state of its sources.

Standard library only: the set-up calls this before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-fno-math-errno")
COMPILERS = ("cc", "gcc", "clang")
BY_HAND = (
    "계획 엔진을 만들 C 컴파일러가 없습니다. `sudo apt install gcc libc6-dev`를 실행한 뒤 다시 해 주세요. "
    "`--engine ortools`는 그대로 쓸 수 있습니다.\n"
    "No C compiler for the planning engine: run `sudo apt install gcc libc6-dev`, then try again "
    "(`--engine ortools` works without)."
)


class KernelMissingError(RuntimeError):
    """The kernel is not there and cannot be compiled; the text says what to do."""


def kernel_path(folder: Path | None = None) -> Path:
    """Where the library of these sources is, or will be: in the environment, named by their hash."""
    digest = hashlib.sha256(" ".join((*FLAGS, sys.platform, platform.machine())).encode())
    for source in sorted((*SOURCES.glob("*.c"), *SOURCES.glob("*.h"))):
        digest.update(source.name.encode() + source.read_bytes())
    return (folder or Path(sys.prefix) / "ondol-kernel") / f"kernel-{digest.hexdigest()[:16]}.so"


def build_kernel(folder: Path | None = None, compiler: tuple[str, ...] | None = None) -> Path:
    """The library, compiled if it is not there yet. `compiler` is a command; without it the system's.

    Raises:
        KernelMissingError: no compiler, or it refused.
    """
    path = kernel_path(folder)
    if path.exists():
        return path
    command = compiler or find_compiler()
    if command is None:
        raise KernelMissingError(BY_HAND)
    compile_kernel(command, FLAGS, path)
    return path


def find_compiler() -> tuple[str, ...] | None:
    """The C compiler of `CC`, else the system's."""
    given = os.environ.get("CC")
    if given:
        return tuple(given.split())
    found = next((path for name in COMPILERS if (path := shutil.which(name))), None)
    return None if found is None else (found,)


def compile_kernel(compiler: tuple[str, ...], flags: tuple[str, ...], path: Path) -> None:
    """Compile every source into one library; whoever comes meanwhile sees the whole file or none.

    Raises:
        KernelMissingError: with what the compiler said.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, suffix=".so.new")
    except OSError as error:
        raise KernelMissingError(f"{path.parent}: {error}") from error
    os.close(handle)
    command = [*compiler, *flags, "-o", half, *map(str, sorted(SOURCES.glob("*.c"))), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        Path(half).unlink(missing_ok=True)
        raise KernelMissingError(f"{BY_HAND}\n{done.stderr.strip()[-800:]}")
    Path(half).chmod(0o755)
    Path(half).replace(path)
