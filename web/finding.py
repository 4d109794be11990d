"""Which lines of a long page fit what is looked for; the same rule as `js/narrowing.js`."""

from __future__ import annotations

from collections.abc import Callable


def finder(q: str) -> Callable[..., bool]:
    """Whether every word of `q` stands in one of a line's texts; without words everything fits."""
    words = q.casefold().split()

    def fits(*texts: str) -> bool:
        line = " ".join(texts).casefold()
        return all(word in line for word in words)

    return fits
