"""What `run.py` does with its arguments: get the environment ready, then become the command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

try:
    import fcntl  # noqa: F401
except ImportError:  # Windows
    sys.exit(
        "온돌은 Linux와 macOS에서 실행됩니다. Windows에서는 WSL 안에서 실행해 주세요.\n"
        "Ondol runs on Linux and macOS; on Windows run it inside WSL."
    )

from tools.audit import audit
from tools.checks import fmt, lint, test
from tools.chromium import bring_chromium
from tools.environment import (
    BENCH_LOCK,
    DEVELOPMENT_LOCK,
    RUNTIME_LOCK,
    Environment,
    SetupError,
    build_assets,
    compile_catalogues,
    compile_modules,
    install,
    prepared_alone,
    say,
)
from tools.kernel import build_kernel

HELP = """\
온돌 (Ondol) - python3 run.py COMMAND [옵션]

  demo [--port 8000] [--data-dir DIR] [--fresh]   제품 전체를 이 창에서 실행 (the whole product, right here)
  test [PATH ...]                                 모든 검사와 시험, 또는 지정한 시험
  lint | fmt                                      코드 검사 | 코드 정리

  serve | worker | migrate                        운영: DATABASE_URL 위에서 웹 | 작업자 | 테이블 갱신
  build                                           설치용: 실행에 필요한 것을 모두 만든다
  first-admin --company CODE --name NAME --phone N --login ID --admin-name NAME   첫 회사와 관리자
  token      --role ROLE --company CODE [--user LOGIN] [--data-dir DIR]   API 토큰 발급
  login-link --role ROLE --company CODE [--user LOGIN] [--data-dir DIR]   한 번 쓰는 로그인 주소
  breach-report --company CODE --since WHEN [--account LOGIN] --out FILE  유출 때 누구의 정보를 보았는지
  import KIND FILE.csv --company CODE [--dry-run] [--data-dir DIR]        목록 가져오기 (KIND: points
         technicians households boilers prices tickets)
  backup FILE | restore FILE [--replace] | export DIR   [--data-dir DIR]  백업 | 되살리기 | 모두 CSV로
  plan PROBLEM.json --seconds S --out PLAN.json [--seed N] [--workers N]  데이터베이스 없이 계획 하나 짜기
         [--engine ortools] [--iterations N] [--html PAGE.html]
  plan-region REGION.json --seconds S --out PLAN.json [--seed N] [--workers N] [--iterations N]
                                                  여러 서비스점을 함께 계획하기
  repair PROBLEM.json PLAN.json EVENT.json --seconds S --out PLAN.json    알린 계획을 되도록 적게 옮겨 고치기
         [--person-cost N] [--time-cost N] [--new-problem PROBLEM.json] [--seed N] [--iterations N]
  quote PROBLEM.json PLAN.json JOB.json           계획에 작업 하나를 넣을 자리를 좋은 순서로
  why PROBLEM.json PLAN.json JOB [--technician T] 왜 이 기사인지, 왜 빠졌는지, 무엇을 바꾸면 되는지
  what-if PROBLEM.json PLAN.json CHANGE.json      손으로 바꾸면 무엇이 어떻게 되는지 미리 보기
  bench [NAME] | bench load [--help] | screenshots 측정 | README 화면 만들기
  fuzz [--minutes 5] | audit                      API에 아무것이나 보내 보기 | 쓰는 패키지의 알려진 취약점

각 명령의 옵션: python3 run.py COMMAND --help
"""
PLANNING = ("plan", "plan-region", "repair", "quote", "why", "what-if")
CHECKS = ("test", "lint", "fmt")
NEED_DEVELOPMENT = (*CHECKS, "bench", "fuzz", "audit", "screenshots")
NEED_KERNEL = ("demo", "serve", "worker", "build", "test", "bench", *PLANNING, "screenshots")
NEED_SCREENS = ("demo", "serve", "build", "test", "bench", "fuzz", "screenshots")


def main(arguments: Sequence[str]) -> int:
    """Run one command. Returns only for the checks and for errors; other commands replace this process."""
    if not arguments or arguments[0] in ("help", "--help", "-h"):
        print(HELP, end="")
        return 0 if arguments else 2
    name, *rest = arguments
    environment = Environment()
    try:
        prepare(environment, name, rest)
        if name == "screenshots":
            os.environ["ONDOL_CHROMIUM"] = bring_chromium(environment.python)
        if name in HERE:
            return HERE[name](environment, rest)
    except SetupError as error:
        say(f"온돌: {error}")
        return 1
    except KeyboardInterrupt:
        say("\n온돌: 멈췄습니다.")
        return 130
    become(environment, arguments)
    return 0


def prepare(environment: Environment, name: str, rest: Sequence[str]) -> None:
    """Packages, browser files, translations and the planning kernel, as far as the command needs them."""
    with prepared_alone(environment):
        install(environment, DEVELOPMENT_LOCK if name in NEED_DEVELOPMENT else RUNTIME_LOCK)
        if name == "bench" and rest[:1] in ([], ["planning"]):
            install(environment, BENCH_LOCK)
        if name in NEED_KERNEL and not ("--engine" in rest and "ortools" in rest):
            build_kernel(environment)
        if name in NEED_SCREENS:
            build_assets(environment)
        compile_catalogues(environment)


def become(environment: Environment, arguments: Sequence[str]) -> None:
    """Replace this process by `main.py`: signals then reach the supervisor itself."""
    sys.stdout.flush()
    sys.stderr.flush()
    # Planning imports nothing of the house, and starts in a tenth of the time without it.
    program = ["-m", "scheduling"] if arguments[0] in PLANNING else [str(environment.root / "main.py")]
    command = [str(environment.python), *program, *arguments]
    variables = environment.variables
    if arguments[0] in PLANNING:
        variables["PYTHONPATH"] = str(environment.root)
    os.execve(command[0], command, variables)


def _lint(environment: Environment, _rest: Sequence[str]) -> int:
    return lint(environment)


def _fmt(environment: Environment, _rest: Sequence[str]) -> int:
    return fmt(environment)


def _audit(environment: Environment, _rest: Sequence[str]) -> int:
    return audit(environment)


def _build(environment: Environment, _rest: Sequence[str]) -> int:
    return compile_modules(environment)


HERE: dict[str, Callable[[Environment, Sequence[str]], int]] = {
    "test": test,
    "lint": _lint,
    "fmt": _fmt,
    "audit": _audit,
    "build": _build,
}
"""What is done by this process, with the standard library alone."""
