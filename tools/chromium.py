"""The browser for the browser tests and screenshots: found on PATH, or brought."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tools.environment import SetupError, apt_install, is_root_on_debian, say

_LIGHT = "chromium-headless-shell"
"""The same engine without windows: a page costs 40 % of the processor time, and it is a third to download."""
_NAMES = (_LIGHT, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_BY_HAND = (
    "브라우저 시험에 쓸 Chromium이 없습니다. `sudo apt install chromium fonts-noto-cjk`로 설치하거나, "
    "ONDOL_CHROMIUM에 실행 파일의 위치를 지정해 주세요.\n"
    "No Chromium for the browser tests: run `sudo apt install chromium fonts-noto-cjk`, "
    "or set ONDOL_CHROMIUM to its path."
)


@cache
def find_chromium() -> str | None:
    """Path of a Chromium that starts: ONDOL_CHROMIUM, else from PATH, else Playwright's own."""
    given = os.environ.get("ONDOL_CHROMIUM")
    candidates: list[str | None] = [given] if given else [shutil.which(name) for name in _NAMES]
    candidates.append(_playwrights_own())
    return next((path for path in candidates if path and _starts(path)), None)


def bring_chromium(python: Path) -> str:
    """Find Chromium, or install it; `python` is the interpreter that has Playwright.

    Raises:
        SetupError: neither apt nor Playwright could bring one.
    """
    _bring_korean_fonts()
    tried = []
    if shutil.which(_LIGHT) is None and _is_root_on_debian_itself():
        say("온돌: 시험용 Chromium을 설치합니다(apt)…")
        try:
            apt_install(_LIGHT)
        except SetupError as error:
            tried.append(str(error))
    if found := _find_again():
        return found
    say("온돌: 시험용 Chromium을 내려받습니다(Playwright)…")
    done = subprocess.run(
        [str(python), "-m", "playwright", "install", "chromium"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode == 0 and (found := _find_again(python)):
        return found
    tried.append((done.stderr or done.stdout).strip()[-400:])
    raise SetupError("\n".join([_BY_HAND, *tried]))


def _is_root_on_debian_itself() -> bool:
    """Ubuntu's packages of this name are made for snap."""
    return (
        is_root_on_debian()
        and "ID=debian" in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    )


def _find_again(python: Path | None = None) -> str | None:
    find_chromium.cache_clear()
    return find_chromium() or (_playwrights_own(python) if python else None)


def _starts(path: str) -> bool:
    """Ubuntu has a `chromium-browser` which only says that a snap is wanted."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwrights_own(python: Path | None = None) -> str | None:
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    said = subprocess.run(
        [str(python or sys.executable), "-c", ask], capture_output=True, text=True, check=False
    )
    path = said.stdout.strip()
    return path if said.returncode == 0 and Path(path).exists() else None


def _bring_korean_fonts() -> None:
    """Without a Korean font every screenshot is boxes, and texts have the wrong widths."""
    lister = shutil.which("fc-list")
    if lister is not None:
        listed = subprocess.run([lister, ":lang=ko", "family"], capture_output=True, text=True, check=False)
        if listed.stdout.strip():
            return
    if not is_root_on_debian():
        say(
            "온돌: 한글 글꼴이 없어 화면이 깨져 보일 수 있습니다. "
            "`sudo apt install fonts-noto-cjk`를 권합니다."
        )
        return
    say("온돌: 한글 글꼴을 설치합니다(apt)…")
    try:
        apt_install("fonts-noto-cjk")
    except SetupError as error:
        say(f"온돌: 한글 글꼴을 설치하지 못했습니다. {error}")
