"""Open pages that keep themselves true.

What a page does when it hears news is read from the page itself (`data-live`, `data-live-src`) and
from the pauses that its scripts name.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import quote

from benchmarks.load_http import LOOKS_BY_ITSELF, Answer, House

SCRIPTS = Path(__file__).resolve().parent.parent / "web" / "assets"
OWN = "?hear="
"""`OWN` of js/live_share.js: such a stream is told what the page's parts wait for."""
_TAG = re.compile(r"<[a-z]+[^>]*\sdata-live=\"[^\"]*\"[^>]*>")
_STREAM = re.compile(r"data-live-url=\"([^\"]*)\"")
_ATTRIBUTE = re.compile(r"\s(data-live|data-live-src|data-lazy)=\"([^\"]*)\"")


def pause_of(script: str, name: str) -> float:
    """A pause that a script of the product names, in its own unit."""
    found = re.search(rf"{name} = ([\d_.]+)", (SCRIPTS / script).read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"{script} names no {name} any more: the load has to follow it")
    return float(found.group(1).replace("_", ""))


@dataclass
class Part:
    """An element of a page that is fetched anew when it hears its topics."""

    topics: tuple[str, ...]
    source: str
    kind: str
    busy: bool = False
    again: bool = False
    least_pause_s: float = 0.0
    lazy: bool = False
    """Not there yet: fetched once something happens on it."""
    out_of_sight: bool = False
    """Nobody scrolls: what was not there at first is never in sight."""

    def hears(self, topics: list[str]) -> bool:
        return any(
            want in ("*", topic) or topic.startswith(want + ":") for want in self.topics for topic in topics
        )


@dataclass
class Page:
    """An open page: its stream's news make its parts look again, as `js/live.js` does it."""

    house: House
    cookie: str
    stream: str = "/live"
    parts: list[Part] = field(default_factory=list)
    kind_of: Callable[[str], str] = str
    on_news: Callable[[str, list[str]], None] | None = None
    looks: set[asyncio.Task[None]] = field(default_factory=set)
    rests_until: float = 0.0
    put_offs: int = 0
    out_of_sight_looks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(LOOKS_AT_ONCE)

    def read(self, html: str) -> None:
        """Take the stream's address and the parts from a page."""
        found = _STREAM.search(html)
        self.stream = unescape(found.group(1)) if found else self.stream
        self.parts = [part for part in map(self._part, _TAG.findall(html)) if part is not None]
        if self.stream.endswith(OWN):
            wanted = dict.fromkeys(topic for part in self.parts for topic in part.topics)
            self.stream += quote(",".join(wanted))

    async def live(self) -> None:
        """Listen until cancelled; a stream that ends is opened again after a second."""
        try:
            await self._live()
        finally:
            for look in self.looks:
                look.cancel()
            await asyncio.gather(*self.looks, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            try:
                async with aclosing(self.house.listen(self.stream, cookie=self.cookie)) as told:
                    async for event, data in told:
                        self.hear(event, data)
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.house.tally.failed("GET /live", type(error).__name__)
            await asyncio.sleep(1)

    def hear(self, event: str, data: dict[str, object]) -> None:
        """What the stream said."""
        if event not in ("change", "resync"):
            return
        told = data.get("topics")
        topics = [str(topic) for topic in told] if isinstance(told, list) else []
        if self.on_news is not None:
            self.on_news(event, topics)
        for part in self.parts:
            if part.hears(topics) or (event == "resync" and not part.lazy):
                self._schedule(part)

    def _schedule(self, part: Part) -> None:
        if part.busy:
            part.again = True
            return
        part.busy = True
        look = asyncio.get_running_loop().create_task(self._look(part))
        self.looks.add(look)
        look.add_done_callback(self.looks.discard)

    async def _look(self, part: Part) -> None:
        await asyncio.sleep(COALESCE_S)
        while True:
            part.again = False
            began = time.perf_counter()
            answer = await self._ask(part)
            fresh = self._part(tag.group()) if answer and (tag := _TAG.search(answer.text)) else None
            if fresh is not None:
                part.topics, part.source, part.lazy = fresh.topics, fresh.source, fresh.lazy
            rest_s = min(REST_TIMES * (time.perf_counter() - began), REST_MOST_S)
            part.again |= answer is None
            await asyncio.sleep(max(rest_s, part.least_pause_s))
            if not part.again:
                break
        part.busy = False

    async def _ask(self, part: Part) -> Answer | None:
        """One look in the page's turn; one that is put off lets the whole page rest."""
        while (pause := self._rests_until(part) - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        if part.out_of_sight:
            self.out_of_sight_looks.append(time.monotonic())
        async with self._turns:
            ask = self.house.ask
            answer = await ask(part.kind, part.source, cookie=self.cookie, headers=LOOKS_BY_ITSELF)
        if answer is None:
            longer = REST_PUT_OFF_S * 2 ** min(self.put_offs, 3)
            self.rests_until = time.monotonic() + longer * random.uniform(0.75, 1.25)
        self.put_offs = self.put_offs + 1 if answer is None else 0
        return answer

    def _rests_until(self, part: Part) -> float:
        looks = self.out_of_sight_looks
        while looks and looks[0] < time.monotonic() - OUT_OF_SIGHT_S:
            looks.pop(0)
        is_many = part.out_of_sight and len(looks) >= OUT_OF_SIGHT_LOOKS
        return max(self.rests_until, looks[0] + OUT_OF_SIGHT_S if is_many else 0.0)

    def _part(self, tag: str) -> Part | None:
        found = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
        source = found.get("data-live-src") or found.get("data-lazy")
        if not source:
            return None
        topics = tuple(found["data-live"].split())
        lazy = "data-live-src" not in found
        return Part(topics, source, self.kind_of(source), lazy=lazy, out_of_sight=lazy)


COALESCE_S = pause_of("js/live.js", "COALESCE_MS") / 1000
LOOKS_AT_ONCE = int(pause_of("js/live.js", "LOOKS_AT_ONCE"))
REST_TIMES = pause_of("js/live.js", "REST_TIMES")
REST_PUT_OFF_S = pause_of("js/live.js", "REST_WHEN_PUT_OFF_MS") / 1000
OUT_OF_SIGHT_LOOKS = int(pause_of("js/live.js", "OUT_OF_SIGHT_LOOKS"))
OUT_OF_SIGHT_S = pause_of("js/live.js", "OUT_OF_SIGHT_MS") / 1000
REST_MOST_S = pause_of("js/live.js", "REST_MOST_MS") / 1000
