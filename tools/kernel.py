"""The planning kernel, compiled by the set-up: with the system's C compiler, or with one that is brought.

Standard library only.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType

from tools.environment import (
    COMPILER_LOCK,
    Environment,
    SetupError,
    apt_install,
    install,
    is_root_on_debian,
    say,
)


def build_kernel(environment: Environment) -> bool:
    """Compile the kernel into `.venv`, if this state of its sources has not been. True when it was compiled.

    Raises:
        SetupError: no compiler here, and none could be brought.
    """
    build = load_build(environment)
    folder = environment.folder / "ondol-kernel"
    if build.kernel_path(folder).exists():
        return False
    say("온돌: 계획 엔진을 만듭니다…")
    try:
        build.build_kernel(folder, build.find_compiler() or bring_compiler(environment, build))
    except build.KernelMissingError as error:
        raise SetupError(str(error)) from error
    return True


def bring_compiler(environment: Environment, build: ModuleType) -> tuple[str, ...]:
    """A C compiler of Debian where we are root, else the one of a wheel."""
    if is_root_on_debian():
        say("온돌: C 컴파일러를 설치합니다(apt)…")
        try:
            apt_install("gcc", "libc6-dev")
        except SetupError as error:
            say(f"온돌: {error}")
        found: tuple[str, ...] | None = build.find_compiler()
        if found is not None:
            return found
    install(environment, COMPILER_LOCK)
    return str(environment.python), "-m", "ziglang", "cc"


def load_build(environment: Environment) -> ModuleType:
    """The kernel's own recipe; by its path, because its package needs what may not be installed yet."""
    path = environment.root / "scheduling" / "kernel" / "build.py"
    spec = importlib.util.spec_from_file_location("ondol_kernel_build", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
