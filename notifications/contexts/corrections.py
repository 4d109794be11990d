"""News for the family of what must be put right about an installation (시정 권고)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notifications.catalogue import Event
from notifications.contexts.base import Case


@dataclass(frozen=True)
class CorrectionNotice:
    """What the technician found wrong, in plain sentences, gravest first, and by which day to mend it.

    `use_stop`: the boiler must not be used until then.
    """

    case: Case
    items: tuple[str, ...]
    use_stop: bool
    put_right_by: datetime


CORRECTION_NEWS: Mapping[Event, type[CorrectionNotice]] = {Event.CORRECTION_NOTICE: CorrectionNotice}
