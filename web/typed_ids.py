"""An id as it comes back in an address or a form: anything may stand there."""

from __future__ import annotations

LONGEST_ID = 18
"""Digits that PostgreSQL's bigint always holds."""


def read_id(text: str) -> int | None:
    """The number; None for whatever cannot be one of ours. Signs that only look like digits are none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else None
