"""How news reach open pages: the first at once, what follows together, and only what somebody waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from web.live_hub import BREATH_S, QUEUE_LENGTH, TOLD_A_SECOND, LiveHub, topics_of


class House:
    """A hub without a database: news are put in by hand."""

    def __init__(self) -> None:
        self.hub = LiveHub("postgresql://nowhere")

    async def open(self, **who: Any) -> AsyncIterator[dict[str, str]]:
        stream = self.hub.stream(**{"company_id": 1, "service_point_id": None, **who})
        assert (await anext(stream))["event"] == "hello"
        return stream

    def say(self, topic: str, **ids: Any) -> None:
        self.hub._spread(json.dumps({"company": 1, "topic": topic, **ids}))


def topics(event: dict[str, str]) -> list[str]:
    found: list[str] = json.loads(event["data"])["topics"]
    return found


def in_a_loop(scene: Callable[[House], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene(House()))


def test_the_first_news_comes_at_once_and_the_rest_together() -> None:
    async def scene(house: House) -> None:
        stream = await house.open()
        loop = asyncio.get_running_loop()
        house.say("ticket", number="A", service_point_id=4)
        began = loop.time()
        assert topics(await anext(stream)) == ["ticket:A", "point:4"]
        assert loop.time() - began < BREATH_S / 2
        for number in "BCB":
            house.say("ticket", number=number, service_point_id=4)
        second = await anext(stream)
        assert topics(second) == ["ticket:B", "point:4", "ticket:C"], "each once, in their order"
        house.say("task", number="A")
        assert topics(await anext(stream)) == ["task:A"]

    in_a_loop(scene)


def test_a_plan_is_known_by_its_point() -> None:
    """`plan` alone takes every point's; whose day it changes is named."""
    plan = {"topic": "plan", "service_point_id": 4, "day": "2026-12-01", "technician_ids": [7, 9]}
    assert topics_of(plan) == ["plan:4", "point:4", "technician:7", "technician:9"]
    assert topics_of({"topic": "plan"}) == ["plan"]


def test_a_ticket_is_known_by_how_it_stands_and_by_its_danger() -> None:
    """A desk that shows who waits hears of those who begin to."""
    change = {"topic": "ticket", "number": "A", "service_point_id": 4, "status": "RECEIVED", "safety": True}
    assert topics_of(change) == ["ticket:A", "point:4", "status:RECEIVED", "safety"]
    assert topics_of({**change, "safety": False, "status": "CLOSED"})[2:] == ["status:CLOSED"]


def test_the_end_of_a_log_in_comes_after_what_was_told_before_it() -> None:
    async def scene(house: House) -> None:
        stream = await house.open()
        house.say("ticket", number="A")
        house.hub._send_all("ended")
        assert [event["event"] async for event in stream] == ["change", "ended"]

    in_a_loop(scene)


def test_a_phone_does_not_hear_what_its_pages_do_not_show() -> None:
    async def scene(house: House) -> None:
        phone = await house.open(deaf_to=frozenset({"notice"}))
        desk = await house.open()
        house.say("notice", id=7)
        house.say("ticket", number="A")
        assert topics(await anext(phone)) == ["ticket:A"]
        assert topics(await anext(desk)) == ["notice:7", "ticket:A"]

    in_a_loop(scene)


def test_a_phone_hears_what_its_parts_wait_for_and_nothing_else() -> None:
    async def scene(house: House) -> None:
        phone = await house.open(hears=frozenset({"technician:7", "ticket:A", "queue"}))
        for number in ("B", "A"):
            house.say("ticket", number=number, service_point_id=4)
        house.say("plan", service_point_id=4, technician_ids=[8])
        house.say("plan", service_point_id=4, technician_ids=[7])
        house.say("queue", id=3)
        told = topics(await anext(phone))
        assert told == ["ticket:A", "point:4", "plan:4", "technician:7", "queue:3"]

    in_a_loop(scene)


def test_the_more_pages_are_told_the_longer_each_breathes() -> None:
    async def scene(house: House) -> None:
        streams = [await house.open() for _ in range(TOLD_A_SECOND)]
        assert house.hub.breath_s == BREATH_S, "however many are open"
        house.say("ticket", number="A")
        for stream in streams:
            await anext(stream)
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0)
        assert house.hub.breath_s == 1.0
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert house.hub.breath_s == BREATH_S

    in_a_loop(scene)


def test_a_page_that_cannot_keep_up_starts_again_from_the_present() -> None:
    async def scene(house: House) -> None:
        stream = await house.open()
        for n in range(QUEUE_LENGTH + 1):
            house.say("ticket", number=str(n))
        assert (await anext(stream)) == {"event": "resync", "data": "{}"}

    in_a_loop(scene)
