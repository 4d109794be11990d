"""What messages cost, by the tariff that held on the day: pure sums in won."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from notifications.message_list import Sent

A_TARIFFS_MESSAGES = 1000
"""A tariff is so many won a thousand messages: a message costs fractions of a won."""


@dataclass(frozen=True)
class ChannelCost:
    """One channel of one month. `tariffs`: won a thousand, more than one where it changed meanwhile."""

    channel: str
    count: int
    won: int
    tariffs: tuple[int, ...]


def costs_of(
    sent: Iterable[Sent], *, tariff_at: Callable[[datetime], Mapping[str, int]]
) -> list[ChannelCost]:
    """By channel, the dearest first. Rounded to the won once, at the end."""
    counts: dict[str, int] = {}
    thousandths: dict[str, int] = {}
    tariffs: dict[str, list[int]] = {}
    for each in sent:
        tariff = tariff_at(each.day).get(each.channel, 0)
        counts[each.channel] = counts.get(each.channel, 0) + each.count
        thousandths[each.channel] = thousandths.get(each.channel, 0) + each.count * tariff
        known = tariffs.setdefault(each.channel, [])
        if tariff not in known:
            known.append(tariff)
    found = [
        ChannelCost(channel, count, _rounded(thousandths[channel]), tuple(tariffs[channel]))
        for channel, count in counts.items()
    ]
    return sorted(found, key=lambda cost: (-cost.won, -cost.count, cost.channel))


def _rounded(thousandths: int) -> int:
    return (thousandths + A_TARIFFS_MESSAGES // 2) // A_TARIFFS_MESSAGES
