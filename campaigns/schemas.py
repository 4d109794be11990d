"""The shapes of campaigns that cross the border."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class Criteria:
    """Which homes are picked: any of the three is enough. `point_ids` empty: of every point.

    `repairs` 0: repairs pick nobody; `repairs_months`: within how many months they were.
    """

    age_years: int
    repairs: int
    repairs_months: int
    risky: bool
    point_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Draft:
    """A campaign as its manager typed it. Korean dates, both of them invited on."""

    name: str
    starts_on: date
    ends_on: date
    criteria: Criteria
    opinion_id: int | None = None


@dataclass(frozen=True)
class OpinionDraft:
    """A legal opinion as it is recorded: who gave it, where it is kept, what it covers, and when it holds."""

    author: str
    reference: str
    covers: str
    valid_from: date
    valid_until: date
    """The last day."""
    reason: str


@dataclass(frozen=True)
class OpinionInfo:
    """A recorded opinion. `valid_until` is exclusive."""

    id: int
    author: str
    reference: str
    covers: str
    valid_from: datetime
    valid_until: datetime
    reason: str
    recorded_by: str
    recorded_at: datetime

    @property
    def last_day(self) -> datetime:
        """Its last moment, on the last day that it holds."""
        return self.valid_until - timedelta(seconds=1)

    def holds_at(self, at: datetime) -> bool:
        """Whether invitations may rest on it."""
        return self.valid_from <= at < self.valid_until


@dataclass(frozen=True)
class CampaignInfo:
    """A campaign as it stands. `state_by`, `state_at`, `state_reason`: who brought it there, and why."""

    id: int
    company_id: int
    name: str
    starts_on: date
    ends_on: date
    criteria: Criteria
    opinion_id: int | None
    state: str
    state_reason: str
    state_by: str
    state_at: datetime
    created_by: str
    created_at: datetime
    looked_at: datetime | None = None
    """When its last wave was reckoned."""


class WhyNot(StrEnum):
    """Why a picked home is not invited; of several the first."""

    INVITED = "invited"
    OPEN_TICKET = "open_ticket"
    VISITED = "visited"
    NO_PLACE = "no_place"
    NO_MOBILE = "no_mobile"
    REFUSED = "refused"
    NO_CONSENT = "no_consent"
    OLD_CONSENT = "old_consent"


@dataclass(frozen=True)
class PickedHome:
    """A home that the criteria pick, its point, why, and whether it may be invited.

    `contact_id`, `relationship`: through whom; None where nobody may be. `years`: the boiler's age.
    `variant`: whose wording he gets, in his language (`resident`, `requester.en`).
    """

    household_id: int
    boiler_id: int
    service_point_id: int
    because: tuple[str, ...]
    years: int | None
    weight: int
    """The more, the sooner it is invited."""
    contact_id: int | None
    relationship: str
    why_not: WhyNot | None
    variant: str = ""


@dataclass(frozen=True)
class PointFigures:
    """How a campaign stands at one point, or (None) in the whole company."""

    service_point_id: int | None
    invited: int = 0
    waiting: int = 0
    """Written, and not sent yet."""
    told: int = 0
    booked: int = 0
    done: int = 0
    declined: int = 0
    refused: int = 0
    faults: int = 0


@dataclass(frozen=True)
class Preview:
    """Who would be invited before anything is sent: by point, and by reason why not."""

    homes: tuple[PickedHome, ...] = field(default=())

    @property
    def invitable(self) -> tuple[PickedHome, ...]:
        """Those who may be invited, the most urgent first."""
        return tuple(home for home in self.homes if home.why_not is None)

    def left_out(self, reason: WhyNot) -> tuple[PickedHome, ...]:
        """Those who are not, for this reason."""
        return tuple(home for home in self.homes if home.why_not is reason)
