"""What open pages ask for by themselves: after the people's own requests, and once for all who ask the same.

A new ticket makes every open console of a company look at the same queue. Each look would be written anew:
two hundred consoles asked for ten times what two cores can write, and whoever pressed a button stood behind
them. So looks take few of the process's threads, and looks at the same part that come together get one
rendering. It begins after the last of them has come, so nobody is shown what was true before his news; and it
is not begun again before the last one has rested, so the more it costs the more of them it serves. A look
that gets no turn for a while is put off: the page says that it is behind, and comes again.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request, Response

from core.actor import Principal
from web.turns import Turns

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Make = Callable[[], Awaitable[Response]]

BY_ITSELF = "x-ondol-live"
"""A page's own look at the server bears this header."""
GATHER_S = 0.02
REST_TIMES = 2.0
"""A part rests so many times as long as it took to write."""
REST_AT_MOST_S = 3.0
KNOWN_PARTS = 2000
"""Addresses hold what people typed: more of them than this are forgotten."""
TURN_RESTS_AT_MOST_S = 1.0
WAIT_AT_MOST_S = 4.0
COME_AGAIN_S = 3
"""`REST_WHEN_PUT_OFF_MS` of js/live.js."""
PACKED_FROM = 1000
PACKED_HARD = 5
"""zlib's level: 9 takes three times as long for a hundredth less."""


class PutOffError(Exception):
    """No turn within the time: who waits any longer is shown nothing new, and keeps others waiting."""


def put_off() -> Response:
    """What a look is answered that got no turn: no words, a page asked and no person."""
    return Response(status_code=429, headers={"Retry-After": str(COME_AGAIN_S)})


def same_for_all(endpoint: Endpoint) -> Endpoint:
    """Declare a part that reads alike for everybody of a company and role who asks for this address."""
    endpoint.same_for_all = True  # type: ignore[attr-defined]
    return endpoint


def is_shared(endpoint: Callable[..., Any]) -> bool:
    """Whether `same_for_all` was said of it."""
    return bool(getattr(endpoint, "same_for_all", False))


@dataclass(eq=False)
class _Gathering:
    """Who asks for the same part, until its rendering begins."""

    answer: asyncio.Future[Response]
    people: int = 1


class Looks:
    """The looks of one web process. Its methods are called in its event loop."""

    def __init__(self, *, at_once: int, wait_s: float = WAIT_AT_MOST_S) -> None:
        """Make the turns.

        Args:
            wait_s: seconds after which a look without a turn is put off.
        """
        self._wait_s = wait_s
        self._shared, self._own = Turns(max(1, at_once // 2)), Turns(max(1, at_once - at_once // 2))
        self._gathering: dict[Hashable, _Gathering] = {}
        self._rests_until: dict[Hashable, float] = {}

    @asynccontextmanager
    async def turn(self, people: Callable[[], int] | None = None) -> AsyncIterator[None]:
        """One of the few threads for looks; it then rests as long as it was used.

        Args:
            people: how many wait for a shared look; None for one's own. Each kind has half of the turns: a
                company's queue and a technician's day do not stand in each other's way.

        Raises:
            PutOffError: there was none within the time.
        """
        turns = self._own if people is None else self._shared
        try:
            async with asyncio.timeout(self._wait_s):
                await turns.take(people or _one)
        except TimeoutError:
            raise PutOffError from None
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield
        finally:  # half of the time belongs to people and, on one machine, to the workers
            loop.call_later(min(loop.time() - began, TURN_RESTS_AT_MOST_S), turns.give_back)

    async def share(self, request: Request, principal: Principal, make: Make) -> Response:
        """The rendering that begins next, for all who ask for this until then.

        Args:
            make: writes it; called for the first who asks. What it raises, all of them get.

        Raises:
            PutOffError: its turn did not come.
        """
        key = _key_of(request, principal)
        gathering = self._gathering.get(key)
        if gathering is not None:
            gathering.people += 1
            return _copy(await asyncio.shield(gathering.answer))
        loop = asyncio.get_running_loop()
        mine = self._gathering[key] = _Gathering(loop.create_future())
        try:
            await asyncio.sleep(max(GATHER_S, self._rests_until.get(key, 0.0) - loop.time()))
            async with self.turn(lambda: mine.people):
                self._gathering.pop(key)  # who comes from now on has heard of more than this will show
                began = loop.time()
                answer = _packed(await make(), request)
                self._let_rest(
                    key, until=loop.time() + min(REST_TIMES * (loop.time() - began), REST_AT_MOST_S)
                )
        except BaseException as error:
            if self._gathering.get(key) is mine:
                self._gathering.pop(key)
            mine.answer.set_exception(
                error if isinstance(error, Exception) else RuntimeError("the look was broken off")
            )
            mine.answer.exception()  # nobody else may have asked
            raise
        mine.answer.set_result(answer)
        return _copy(answer)

    def _let_rest(self, key: Hashable, *, until: float) -> None:
        if len(self._rests_until) > KNOWN_PARTS:
            self._rests_until.clear()
        self._rests_until[key] = until


def _one() -> int:
    return 1


def _key_of(request: Request, principal: Principal) -> Hashable:
    """All that such a part may depend on. Whether it comes packed is one of them."""
    return (
        principal.company_id,
        principal.role,
        principal.service_point_id,
        principal.technician_id,
        request.cookies.get("ondol_lang", ""),
        request.headers.get("accept-language", ""),
        "gzip" in request.headers.get("accept-encoding", ""),
        request.url.path,
        request.url.query,
    )


def _packed(answer: Response, request: Request) -> Response:
    """Packed once for all, where a browser takes it."""
    body = bytes(answer.body)
    if len(body) < PACKED_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(gzip.compress(body, PACKED_HARD, mtime=0), answer.status_code, headers)


def _copy(answer: Response) -> Response:
    """Each is sent its own: on the way out headers are written into it."""
    return Response(answer.body, answer.status_code, dict(answer.headers))
