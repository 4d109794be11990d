"""One number of a company as the screen of settings shows it."""

from __future__ import annotations

from dataclasses import dataclass

from web.pages.admin.setting_kinds import DAY, MINUTE, Duration, Kind

LONGEST_DAYS = 3653
"""Ten years: personal data is not kept for ever. The least a law asks for is each number's lower bound."""


@dataclass(frozen=True)
class Setting:
    """One number. `name` and `means` are message ids."""

    key: str
    name: str
    means: str
    kind: Kind


def minutes(low: int = 0, high: int = DAY) -> Duration:
    """A span typed in minutes; bounds in seconds."""
    return Duration(MINUTE, low, high)
