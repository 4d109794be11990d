"""One field of a form, described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Options = Sequence[tuple[Any, str] | tuple[Any, str, str]]
"""Value, name and perhaps what it means."""


@dataclass(frozen=True)
class Entry:
    """One field. `kind`: text, tel, number, date, time, password, colour, textarea, select, choices, many,
    checkbox, address (with a button that finds it) or heading (a line between groups)."""

    name: str
    label: str
    kind: str = "text"
    value: Any = ""
    hint: str = ""
    required: bool = True
    options: Options = ()
    blank: str | None = None
    wide: bool = False
    unit: str = ""
    attrs: dict[str, Any] = field(default_factory=dict)
