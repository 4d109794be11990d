"""What came of somebody's word about advertisements, or that it is time to ask again: neither is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notifications.catalogue import Event
from notifications.contexts.base import Case


@dataclass(frozen=True)
class AdvertChoice:
    """What was said at a moment, and until when a yes holds. `refusal_number` (E.164) is free; None: none."""

    case: Case
    said_yes: bool
    said_at: datetime
    ends_at: datetime
    refusal_number: str | None = None


@dataclass(frozen=True)
class AdvertReconfirm:
    """Since when somebody agrees, and when that ends unless he says yes again."""

    case: Case
    said_at: datetime
    ends_at: datetime
    refusal_number: str | None = None


ConsentNews = AdvertChoice | AdvertReconfirm
CONSENT_NEWS: Mapping[Event, type[ConsentNews]] = {
    Event.ADVERT_CHOICE: AdvertChoice,
    Event.ADVERT_RECONFIRM: AdvertReconfirm,
}
