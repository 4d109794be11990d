"""Stretches of time as pairs [start, end)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of a span where nothing else takes it, in order."""
    pieces = [span]
    for begins, ends in taken:
        pieces = [
            piece
            for start, end in pieces
            for piece in ((start, min(end, begins)), (max(start, ends), end))
            if piece[0] < piece[1]
        ]
    return list(dict.fromkeys(pieces))
