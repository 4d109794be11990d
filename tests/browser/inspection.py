"""What every page must be: it stands in time, fits its screen, and axe finds nothing serious."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from fastapi import APIRouter
from fastapi.routing import APIRoute
from playwright.sync_api import Page, ViewportSize

from tests.browser.screens import DESK, PHONE, Screens, crowding
from web.routes import PAGE_ROUTERS

READY_WITHIN_S = 2.5
MOST_PAGES = 110
GRAVE = ("serious", "critical")
NO_PAGES = ("/static/", "/openapi.json", "/api/", "/admin/imports/templates/")
PARTS = ("act", "do", "list", "view", "who")
"""Names in an address that choose a part of a screen; others choose a thing, or fewer of the same rows."""

SEARCHED = "역삼동"
SEARCH_SETTLES_MS = 350
"""A search asks 200 ms after the last letter."""

_AXE_OPTIONS = {"resultTypes": ["violations"], "elementRef": False, "iframes": False, "preload": False}
"""Our pages have no frames and one stylesheet of their own: nothing has to be fetched to judge them."""
_JUDGE = (Path(__file__).parent / "inspection.js").read_text(encoding="utf-8")


@dataclass
class Met:
    """What has been looked at and need not be again."""

    kinds: set[str] = field(default_factory=set)
    """Of pages and search boxes."""
    looks: set[str] = field(default_factory=set)
    """Of texts, whose contrast was judged."""


def walk(screens: Screens, page: Page, starts: Sequence[str], *, met: Met, depth: int) -> list[str]:
    """Look at `starts` and at every page that links lead to, one of each kind that nobody has met before.

    Returns what is wrong, page by page.
    """
    found: list[str] = []
    waiting = deque((path, depth) for path in starts)
    met.kinds |= {kind_of(path) for path in starts}
    seen: list[str] = []
    usual = page.viewport_size or DESK
    page.add_init_script(AXE_SCRIPT)  # the browser keeps it ready: half a megabyte is not sent for every page
    while waiting:
        path, further = waiting.popleft()
        found += [f"{path}: {fault}" for fault in inspect(screens, page, path, met, usual)]
        seen.append(path)
        for link in links_of(page) if further else ():
            if (kind := kind_of(link)) not in met.kinds:
                met.kinds.add(kind)
                waiting.append((link, further - 1))
        assert len(seen) < MOST_PAGES, f"pages without end: {seen[-10:]}"
    return found


def inspect(screens: Screens, page: Page, path: str, met: Met, usual: ViewportSize) -> list[str]:
    """Open one page, look at it at both sizes and type into what finds. Returns its faults.

    It opens at the size of the page before it: half of all pages begin on a phone, half on a desk.
    """
    screens.problems.clear()
    start = time.monotonic()
    screens.go(page, path)
    took, limit = time.monotonic() - start, READY_WITHIN_S * crowding()
    faults = [f"ready only after {took:.1f} s"] if took > limit else []
    for size in sorted((DESK, PHONE), key=lambda size: size != page.viewport_size):
        if size != page.viewport_size:
            page.set_viewport_size(size)
        faults += overflow(page, size["width"])
        if size == usual:
            faults += accessibility(page, met.looks)
            search(screens, page, met)
    return faults + screens.problems


def search(screens: Screens, page: Page, met: Met) -> None:
    """Type into every search box nobody has typed into: what comes back must be as clean as the page."""
    for box in page.locator("input[type=search]:visible").all():
        kind = f"{kind_of(page.url).split('?')[0]} {box.get_attribute('id')}"
        if kind in met.kinds:
            continue
        met.kinds.add(kind)
        box.fill("")
        box.press_sequentially(SEARCHED)
        page.wait_for_timeout(SEARCH_SETTLES_MS)
        screens.ready(page)
        if not box.is_visible():
            return
        box.fill("")


def overflow(page: Page, width: int) -> list[str]:
    """Whether the page as a whole scrolls sideways, and what sticks out."""
    wide = page.evaluate(
        """() => {
            const room = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= room) return null;
            const sticksOut = (element) => element.getBoundingClientRect().right > room + 1;
            const out = [...document.querySelectorAll("body *")].filter(sticksOut);
            return out.slice(-3).map((e) => e.outerHTML.slice(0, 90));
        }"""
    )
    return [f"scrolls sideways at {width} px: {wide}"] if wide is not None else []


def accessibility(page: Page, judged: set[str]) -> list[str]:
    """Serious and critical violations by axe, with the places; texts whose look is `judged` need no more."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found, looks = page.evaluate(_JUDGE, [_AXE_OPTIONS, GRAVE, list(judged)])
    judged.update(looks)
    return [f"axe {each['impact']} {each['id']}: {each['at']}" for each in found]


def links_of(page: Page) -> list[str]:
    """Addresses of this house that the page leads to."""
    hrefs: list[str] = page.eval_on_selector_all(
        "a[href^='/']", "all => all.map((a) => a.getAttribute('href'))"
    )
    pages = (href.split("#")[0] for href in hrefs)
    return [href for href in pages if not href.startswith(NO_PAGES)]


def kind_of(href: str) -> str:
    """The route that answers, and what part of its screen is asked for: `/m/{number}?do=call`."""
    split = urlsplit(href)
    path = next((route.path for route in _routes() if route.path_regex.match(split.path)), split.path)
    parts = [f"{name}={value}" for name, value in parse_qsl(split.query) if name in PARTS]
    return f"{path}?{'&'.join(sorted(parts))}"


@cache
def _routes() -> tuple[APIRoute, ...]:
    return tuple(route for router in PAGE_ROUTERS for route in _routes_of(router))


def _routes_of(router: APIRouter) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            if "GET" in (route.methods or ()):
                yield route
        else:
            # A router within a router: FastAPI keeps the original in a class of its own, which is not public.
            yield from _routes_of(route.original_router)  # type: ignore[attr-defined]
