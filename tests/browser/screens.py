"""Real screens over a real house: one page a person, and whatever a page complained about."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, WebError

from core.actor import SYSTEM, Role
from tests.journeys.house import House
from workforce.accounts import issue_login_link

DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
READY = 'body[data-ready="1"]'
PATIENCE_MS = 20_000
"""For a busy machine; nothing waits longer than it has to."""
POLL_MS = 15_000
"""A page without a stream asks this often (web/assets/js/live.js): what is seen sooner came by the stream."""

REFUSED_FORM = re.compile(r"^Failed to load resource: the server responded with a status of (409|422)\b")
"""Chromium's own line for a form that the server answered with a complaint."""

TELL_REFUSALS = """addEventListener("securitypolicyviolation", (refused) =>
    console.error("refused by the content policy:", refused.violatedDirective, refused.blockedURI))"""
"""What the content policy refuses is an error even where the browser only notes it elsewhere."""

T = TypeVar("T")


def crowding() -> float:
    """How many processes share a core: a second of this machine is that much shorter. At least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Screens:
    """The house's people at their screens. `problems` is what no page may say."""

    house: House
    browser: Browser
    problems: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    _worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "worker"))

    def sign_in(
        self, role: str, *, login: str | None = None, company: str = "onnuri", size: ViewportSize = DESK
    ) -> Page:
        """Somebody with this role opens the one-time link on a computer, or phone, of their own."""
        with self.house.database.transaction() as session:
            path = issue_login_link(
                session, role=Role(role), company_code=company, login=login, by=SYSTEM, now=self.house.clock()
            )
        return self.go(self.open(size=size), path)

    def open(self, *, size: ViewportSize = DESK) -> Page:
        """A browser of nobody yet."""
        context = self.browser.new_context(
            viewport=size,
            base_url=self.house.url,
            locale="ko-KR",
            timezone_id="Asia/Seoul",
            reduced_motion="reduce",  # a click never aims at what is still gliding
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(TELL_REFUSALS)
        context.on("console", self._note_console)
        context.on("weberror", self._note_error)
        context.on("requestfailed", self._note_failure)
        self.contexts.append(context)
        return context.new_page()

    def go(self, page: Page, path: str) -> Page:
        """Open an address and wait until the page stands."""
        page.goto(path)
        return self.ready(page)

    def ready(self, page: Page) -> Page:
        """Wait for the mark that contracts promise."""
        page.wait_for_selector(READY, state="attached")
        return page

    def work(self) -> None:
        """Let the worker do what waits."""
        self.aside(self.house.work)

    def aside(self, act: Callable[[], T]) -> T:
        """Do something in another thread: Playwright's loop runs in this one, the worker brings its own."""
        return self._worker.submit(act).result()

    def go_home(self) -> None:
        """Everybody leaves their screen; at night log-ins end."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def close(self) -> None:
        """The end of the test."""
        self.go_home()
        self._worker.shutdown()

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED_FORM.match(message.text):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _note_error(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")

    def _note_failure(self, request: Request) -> None:
        # Leaving a page cuts off its stream and what it was still fetching.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"request: {request.method} {request.url}: {request.failure}")
