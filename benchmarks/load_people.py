"""The people of a winter morning, in a process of their own: `python -m benchmarks.load_people PLAN RESULT`.

Agents take calls, consoles stand open, technicians look and press. The plan (JSON) names who they are; the
result is a `Tally`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.load_client import Page, Part, pause_of
from benchmarks.load_http import House
from benchmarks.load_tally import Tally

TYPING_S = 0.2
"""The desk's search waits so long after a key (forms.html, `delay:200ms`)."""
SYMPTOMS = ("NO_HEAT", "NO_HOT_WATER", "LEAK", "NOISE")
LAG_EVERY_S = 0.1
GRACE_S = 45.0
NEWS_WITHIN_S = 5.0
MAP_PAUSE_S = pause_of("pages/dispatch.js", "MAP_PAUSE_MS") / 1000
KINDS = {
    "/dispatch/queue": "console: queue",
    "/dispatch/lanes": "console: lanes",
    "/dispatch/proposals": "console: proposals",
    "/dispatch/map": "console: map",
    "/point/parts": "point: part",
    "/agent/waiting": "desk: waiting",
    "/m/route": "technician: route",
}
FINISHED = json.dumps(
    {"checklist": {"usage_explained": True, "operation_checked": True, "cost_explained": True}}
).encode()
STEPS = (("departed", {"anyway": "early"}), ("arrived", {"anyway": "called"}), ("started", {}))


class People:
    """Everybody of one run."""

    def __init__(self, plan: dict[str, Any], house: House) -> None:
        self.plan, self.house = plan, house
        self.chance = random.Random(plan["seed"])
        self.sent_at: dict[str, float] = {}
        self.heard_at: dict[str, float] = {}
        self.standing: set[asyncio.Task[None]] = set()

    # --- those who stand open ---------------------------------------------------------------------------

    async def open_everything(self, within_s: float) -> None:
        """Open the streams and pages, evenly over `within_s`."""
        doors = [(it["cookie"], it["page"], True) for it in self.plan["consoles"]]
        doors += [(it["cookie"], "/m", it["awake"]) for it in self.plan["technicians"]]
        self.chance.shuffle(doors)
        began = time.monotonic()
        opening = []
        for n, (cookie, path, looks) in enumerate(doors):
            await asyncio.sleep(max(0.0, began + within_s * n / len(doors) - time.monotonic()))
            opening.append(asyncio.create_task(self._open(cookie, path, looks=looks)))
        await asyncio.gather(*opening)

    async def _open(self, cookie: str, path: str, *, looks: bool) -> None:
        page = Page(self.house, cookie, kind_of=_kind_of)
        answer = await self.house.ask("page " + path.split("?", maxsplit=1)[0], path, cookie=cookie)
        if answer is not None:
            page.read(answer.text)
        if not looks:
            page.parts = []
        if path == "/dispatch":
            page.on_news = self._note_news
        if answer is not None and path.startswith("/dispatch"):
            page.parts.append(_map_of(path, answer.text))
        task = asyncio.create_task(page.live())
        self.standing.add(task)

    def _note_news(self, _event: str, topics: list[str]) -> None:
        for topic in topics:
            if topic.startswith("ticket:"):
                self.heard_at.setdefault(topic[7:], time.perf_counter())

    # --- a call -----------------------------------------------------------------------------------------

    async def take_call(self, n: int) -> None:
        """One call as the agent's screens go through it."""
        home = self.plan["homes"][n % len(self.plan["homes"])]
        agents = self.plan["agents"][str(home["company"])]
        cookie = agents[n % len(agents)]
        ask = self.house.ask
        for typed in self._typed(home):
            await ask("search", f"/agent/search?q={quote(typed)}", cookie=cookie)
            await asyncio.sleep(TYPING_S)
        await self._think()
        await ask("household page", f"/agent/households/{home['id']}", cookie=cookie)
        await self._think()
        await ask("new ticket form", f"/agent/new?household={home['id']}", cookie=cookie)
        form = urlencode({"household": home["id"], "symptom": SYMPTOMS[n % len(SYMPTOMS)]}).encode()
        posted = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        await ask("open cases", "/agent/new/open", cookie=cookie, method="POST", body=form, headers=posted)
        await ask(
            "self-fix cards", "/agent/new/guide", cookie=cookie, method="POST", body=form, headers=posted
        )
        await self._think()
        number = await self._file(home, n, cookie)
        if number:
            await ask("ticket page", f"/agent/tickets/{number}", cookie=cookie)
            await self._think()
            await ask("ticket, live", f"/agent/tickets/{number}/live", cookie=cookie)

    def _typed(self, home: dict[str, Any]) -> list[str]:
        """What the search box holds at each pause of typing: the last digits, or a name."""
        if self.chance.random() < 0.7:
            return [home["phone"][-4:]] if self.chance.random() < 0.6 else [home["phone"][:7], home["phone"]]
        return [home["name"][:2], home["name"]]

    async def _file(self, home: dict[str, Any], n: int, cookie: str) -> str:
        body = {
            "channel": "phone",
            "resident": {"name": home["name"], "phone": home["phone"], "address": home["address"]},
            "symptom": SYMPTOMS[n % len(SYMPTOMS)],
            "self_fix": {"card": "RESET", "result": "FAILED"},
        }
        key = f"load-{self.plan['seed']}-{n}"
        began = time.perf_counter()
        answer = await self.house.ask(
            "POST /tickets",
            "/api/v1/tickets",
            cookie=cookie,
            method="POST",
            body=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": key},
            good=(201,),
        )
        if answer is None:
            return ""
        number = str(json.loads(answer.body)["number"])
        self.house.tally.filed.append(number)
        self.sent_at[number] = began
        return number

    async def _think(self) -> None:
        await asyncio.sleep(self.chance.uniform(*self.plan["think_s"]))

    # --- a visit ----------------------------------------------------------------------------------------

    async def go(self, visit: dict[str, Any]) -> None:
        """One visit as the phone goes through it: the job's page, each press, and what is shown after it."""
        cookie, number = visit["cookie"], visit["number"]
        page = await self.house.ask("technician: job", f"/m/{number}", cookie=cookie, good=(200, 404))
        if page is None or page.status == 404:  # somebody else's since this run's plan was made
            return
        for step, said in STEPS:
            await self._think()
            fields = {"idempotency_key": f"{self.plan['seed']}-{number}-{step}", **said}
            answer = await self.house.ask(
                "technician: step",
                f"/m/{number}/{step}",
                cookie=cookie,
                method="POST",
                body=urlencode(fields).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                good=(303,),
            )
            if answer is None:
                return
            await self.house.ask("technician: job", answer.headers["location"], cookie=cookie)
        await self._think()
        await self.house.ask(
            "technician: step",
            f"/api/v1/tickets/{number}/visit/completed",
            cookie=cookie,
            method="POST",
            body=FINISHED,
            headers={"Content-Type": "application/json"},
        )
        await self.house.ask("technician: day", "/m", cookie=cookie)

    # --- the run ----------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Calls and visits at their rates for the plan's seconds; whoever has begun ends in order."""
        plan = self.plan
        calls = self._at_rate(plan["calls_a_second"], self.take_call)
        visits = plan["visits"]
        drives = self._at_rate(
            plan["steps_a_second"] / (len(STEPS) + 1), lambda n: self.go(visits[n]), most=len(visits)
        )
        watching = asyncio.create_task(self._watch_own_lag())
        await asyncio.gather(calls, drives)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    async def _at_rate(
        self, rate: float, begin: Callable[[int], Coroutine[Any, Any, None]], *, most: int = sys.maxsize
    ) -> None:
        began = time.monotonic()
        begun: list[asyncio.Task[None]] = []
        for n in range(min(most, int(rate * self.plan["seconds"]))):
            await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
            begun.append(asyncio.create_task(begin(n)))
        await self._see_them_end(begun)

    async def _see_them_end(self, begun: list[asyncio.Task[None]]) -> None:
        """Who has not come to the end within the time, or broke off, is counted and no more waited for."""
        if not begun:
            return
        ended, going = await asyncio.wait(begun, timeout=GRACE_S)
        for task in going:
            task.cancel()
            self.house.tally.failed("a call or visit", f"not at its end {GRACE_S:g} s after the last began")
        await asyncio.gather(*going, return_exceptions=True)
        for task in ended:
            if (error := task.exception()) is not None:
                self.house.tally.failed("a call or visit", repr(error)[:120])

    async def _watch_own_lag(self) -> None:
        """How late the callers' own process is: what it measures is wrong by no more than this."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LAG_EVERY_S)
            self.house.tally.answered(
                "(callers' own delay)", (time.perf_counter() - began - LAG_EVERY_S) * 1000
            )

    async def leave(self) -> None:
        """Close every page."""
        for task in self.standing:
            task.cancel()
        await asyncio.gather(*self.standing, return_exceptions=True)
        await self.house.close()

    async def hear_out(self) -> None:
        """The last tickets' news may wait for the pages' breath."""
        until = time.monotonic() + NEWS_WITHIN_S
        while self.sent_at.keys() - self.heard_at.keys() and time.monotonic() < until:
            await asyncio.sleep(LAG_EVERY_S)

    def note_spread(self) -> None:
        """From the press until an open console has heard of the new ticket."""
        for number, sent in self.sent_at.items():
            if number in self.heard_at:
                self.house.tally.answered("POST to the consoles", (self.heard_at[number] - sent) * 1000)


def _map_of(path: str, html: str) -> Part:
    """The map draws itself anew after a pause of its own."""
    pulse = re.search(r'id="map-pulse" hidden data-live="([^"]*)"', html)
    topics = tuple(pulse.group(1).split()) if pulse else ("ticket", "plan")
    source = "/dispatch/map.json" + path.removeprefix("/dispatch")
    return Part(topics, source, "console: map", least_pause_s=MAP_PAUSE_S)


def _kind_of(source: str) -> str:
    return next(
        (kind for start, kind in KINDS.items() if source.startswith(start)), source.split("?", maxsplit=1)[0]
    )


async def run(plan: dict[str, Any]) -> Tally:
    """Open everything, let it settle, then count."""
    house = House(plan["url"], Tally(), looks_url=plan["looks_url"])
    people = People(plan, house)
    await people.open_everything(plan["open_s"])
    await asyncio.sleep(plan["settle_s"])
    opening, house.tally = house.tally, Tally()
    house.tally.errors.update(opening.errors)  # what went wrong at the start is not hidden
    print("begin", flush=True)
    cpu = time.process_time()
    await people.work()
    house.tally.client_cpu_s = time.process_time() - cpu
    print("end", flush=True)
    await people.hear_out()
    people.note_spread()
    await people.leave()
    return house.tally


def main(plan: str, result: str) -> None:
    """Run one plan."""
    tally = asyncio.run(run(json.loads(Path(plan).read_text(encoding="utf-8"))))
    Path(result).write_text(json.dumps(tally.as_json()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
