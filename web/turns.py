"""A few turns for many who wait: the next one goes to whom most have waited for, and longest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False)
class _Waiting:
    granted: asyncio.Future[None]
    people: Callable[[], int]
    since: float

    def weight(self, now: float) -> float:
        return self.people() * (now - self.since)


class Turns:
    """So many at a time. Its methods are called in one event loop."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[_Waiting] = []

    async def take(self, people: Callable[[], int]) -> None:
        """Wait for a turn; `give_back` it afterwards.

        Args:
            people: how many wait for what it is wanted for; they may become more meanwhile.
        """
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        mine = _Waiting(loop.create_future(), people, loop.time())
        self._waiting.append(mine)
        try:
            await mine.granted
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:  # it came with the end of our patience
                self.give_back()
            raise

    def give_back(self) -> None:
        """The turn is over: who comes next has it at once."""
        if not self._waiting:
            self._free += 1
            return
        now = asyncio.get_running_loop().time()
        chosen = max(self._waiting, key=lambda waiting: waiting.weight(now))
        self._waiting.remove(chosen)
        if chosen.granted.cancelled():
            self.give_back()
        else:
            chosen.granted.set_result(None)
