"""What a campaign's invitation says. What the law asks of an advertisement stands around the wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.catalogue import Event
from notifications.contexts.base import Case


@dataclass(frozen=True)
class CheckupInvited:
    """A home may have its boiler looked at before the winter: how many years old it is, what that costs.

    `years` None: nobody knows; `fee` in won, 0: nothing.
    """

    case: Case
    years: int | None = None
    fee: int = 0


CAMPAIGN_NEWS: Mapping[Event, type[CheckupInvited]] = {Event.CHECKUP_INVITED: CheckupInvited}
