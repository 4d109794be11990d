"""What open pages ask by themselves: one rendering for all who ask the same, never an older one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import Request, Response

from core.actor import Principal, Role
from core.errors import NotFoundError
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from web.looks import GATHER_S, PACKED_FROM, Looks, PutOffError
from web.turns import Turns

LOOK = {"X-Ondol-Live": "1", "HX-Request": "true"}


def person(company_id: int = 1, role: Role = Role.DISPATCHER) -> Principal:
    return Principal(
        account_id=1,
        person_id=1,
        name="배차",
        login="d",
        company_id=company_id,
        company_code="c",
        role=role,
        membership_id=1,
        service_point_id=None,
        technician_id=None,
        via="session",
    )


def asked(path: str = "/dispatch/queue", query: bytes = b"", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query,
            "headers": pairs,
            "server": ("ondol", 80),
            "scheme": "http",
        }
    )


class Writer:
    """Counts renderings; each says which it was. `gate` holds them up."""

    def __init__(self) -> None:
        self.begun = 0
        self.at_once = self.most_at_once = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> Response:
        self.begun += 1
        mine = self.begun
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.gate is not None:
            await self.gate.wait()
        self.at_once -= 1
        return Response(f"rendering {mine}", headers={"X-Made": str(mine)})


def in_a_loop(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


def test_who_asks_the_same_at_one_time_gets_one_rendering() -> None:
    async def scene() -> None:
        looks, write = Looks(at_once=2), Writer()
        answers = await asyncio.gather(*(looks.share(asked(), person(), write) for _n in range(50)))
        assert write.begun == 1 and {answer.body for answer in answers} == {b"rendering 1"}
        assert len({id(answer) for answer in answers}) == 50, "headers are written into each"

    in_a_loop(scene)


def test_who_asks_while_it_is_written_gets_a_later_one() -> None:
    async def scene() -> None:
        looks, write = Looks(at_once=2), Writer()
        write.gate = asyncio.Event()
        first = asyncio.create_task(looks.share(asked(), person(), write))
        while not write.begun:
            await asyncio.sleep(0)
        late = [asyncio.create_task(looks.share(asked(), person(), write)) for _n in range(5)]
        await asyncio.sleep(0)
        write.gate.set()
        assert (await first).body == b"rendering 1"
        assert {answer.body for answer in await asyncio.gather(*late)} == {b"rendering 2"}

    in_a_loop(scene)


def test_what_may_read_otherwise_is_written_by_itself() -> None:
    async def scene() -> None:
        looks, write = Looks(at_once=8), Writer()
        await asyncio.gather(
            looks.share(asked(), person(), write),
            looks.share(asked(), person(company_id=2), write),
            looks.share(asked(), person(role=Role.MANAGER), write),
            looks.share(asked(query=b"q=1"), person(), write),
            looks.share(asked("/dispatch/map.json"), person(), write),
            looks.share(asked(cookie="ondol_lang=en"), person(), write),
            looks.share(asked(accept_language="en"), person(), write),
        )
        assert write.begun == 7

    in_a_loop(scene)


def test_what_many_wait_for_comes_before_what_one_waits_for() -> None:
    async def scene() -> None:
        looks, told = Looks(at_once=1), []

        async def write(name: str) -> Response:
            told.append(name)
            return Response(name)

        async with looks.turn(lambda: 1):
            one = asyncio.create_task(looks.share(asked("/one"), person(), lambda: write("one")))
            await asyncio.sleep(GATHER_S * 2)
            many = [
                asyncio.create_task(looks.share(asked("/many"), person(), lambda: write("many")))
                for _n in range(20)
            ]
            await asyncio.sleep(GATHER_S * 4)
            async with looks.turn():
                pass  # one's own does not stand behind them
        await asyncio.gather(one, *many)
        assert told == ["many", "one"]

    in_a_loop(scene)


def test_a_turn_that_comes_with_the_end_of_patience_is_not_lost() -> None:
    async def scene() -> None:
        turns = Turns(1)
        await turns.take(lambda: 1)
        tired = asyncio.create_task(turns.take(lambda: 1))
        gone = asyncio.create_task(turns.take(lambda: 1))
        await asyncio.sleep(0)
        gone.cancel()
        turns.give_back()
        tired.cancel()
        await asyncio.gather(tired, gone, return_exceptions=True)
        await asyncio.wait_for(turns.take(lambda: 1), 1)

    in_a_loop(scene)


def test_a_failure_is_everybodys_and_does_not_stay() -> None:
    async def scene() -> None:
        looks = Looks(at_once=2)

        async def fail() -> Response:
            raise NotFoundError("없습니다.")

        said = await asyncio.gather(
            *(looks.share(asked(), person(), fail) for _n in range(3)), return_exceptions=True
        )
        assert [type(each) for each in said] == [NotFoundError] * 3
        assert (await looks.share(asked(), person(), Writer())).body == b"rendering 1"

    in_a_loop(scene)


def test_few_are_written_at_one_time() -> None:
    async def scene() -> None:
        looks, write = Looks(at_once=4), Writer()
        write.gate = asyncio.Event()
        many: list[Awaitable[Response]] = [
            looks.share(asked(f"/dispatch/lanes/{n}"), person(), write) for n in range(9)
        ]
        going = asyncio.gather(*many)
        while write.at_once < 2:
            await asyncio.sleep(0.001)
        write.gate.set()
        await going
        assert write.begun == 9 and write.most_at_once == 2

    in_a_loop(scene)


def test_a_look_that_gets_no_turn_is_put_off_and_the_next_is_not() -> None:
    async def scene() -> None:
        looks, write = Looks(at_once=1, wait_s=0.05), Writer()
        write.gate = asyncio.Event()
        going = asyncio.create_task(looks.share(asked("/dispatch/queue"), person(), write))
        while not write.begun:
            await asyncio.sleep(0.001)
        late = await asyncio.gather(
            *(looks.share(asked("/dispatch/map.json"), person(), write) for _n in range(3)),
            return_exceptions=True,
        )
        assert [type(each) for each in late] == [PutOffError] * 3 and write.begun == 1
        write.gate.set()
        await going
        patient = Looks(at_once=1)
        assert (await patient.share(asked("/dispatch/map.json"), person(), write)).body == b"rendering 2"

    in_a_loop(scene)


def test_a_turn_rests_as_long_as_it_was_used() -> None:
    async def scene() -> None:
        looks, loop = Looks(at_once=1), asyncio.get_running_loop()
        async with looks.turn():
            await asyncio.sleep(0.05)
        ended = loop.time()
        async with looks.turn():
            assert loop.time() - ended >= 0.04

    in_a_loop(scene)


def test_a_page_that_is_put_off_is_told_when_to_come_again(
    web_world: WebWorld, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def never(_looks: Looks, _people: object = None) -> AsyncIterator[None]:
        raise PutOffError
        yield

    desk = client_as("dispatcher")
    monkeypatch.setattr(Looks, "turn", never)
    answer = desk.get("/dispatch/queue", headers=LOOK)
    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (429, "3", "")
    assert desk.get("/dispatch/queue").status_code == 200, "a person's own request does not wait for turns"


def test_it_is_packed_once_for_those_who_take_it() -> None:
    async def scene() -> None:
        looks = Looks(at_once=2)

        async def long() -> Response:
            return Response("가" * PACKED_FROM, media_type="text/html")

        packed = await looks.share(asked(accept_encoding="gzip, br"), person(), long)
        plain = await looks.share(asked(), person(), long)
        assert packed.headers["content-encoding"] == "gzip" and len(packed.body) < len(plain.body)
        assert int(packed.headers["content-length"]) == len(packed.body)
        assert "content-encoding" not in plain.headers

    in_a_loop(scene)


@pytest.mark.parametrize("part", ["/dispatch/queue", "/dispatch/map.json"])
def test_consoles_that_look_together_see_their_own_company_alone(
    web_world: WebWorld, client_as: ClientAs, part: str
) -> None:
    with web_world.database.transaction() as session:
        other = world.make_company(session, code="haedam", now=web_world.now)
        session.expunge(other)
    mine, theirs = client_as("dispatcher"), client_as("dispatcher", company=other)
    expected = {id(mine): mine.get(part).text, id(theirs): theirs.get(part).text}
    assert expected[id(mine)] != expected[id(theirs)] or part == "/dispatch/queue"
    with ThreadPoolExecutor(8) as pool:
        looked = list(pool.map(lambda one: (one, one.get(part, headers=LOOK)), [mine, theirs] * 8))
    for one, answer in looked:
        assert answer.status_code == 200 and answer.text == expected[id(one)]
