"""What a campaign will do next, and what keeps it from doing it now: the same for its page and its waves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.inviting import frame_at
from campaigns.rules import season_ahead, season_of
from campaigns.schemas import CampaignInfo, OpinionInfo
from core.clock import kst, today_kst
from core.dated import CompanyRules

WAVE_EVERY = timedelta(hours=1)


class Keeps(StrEnum):
    """What keeps a campaign from sending at this moment; of several the first."""

    DRAFT = "draft"
    HELD = "held"
    """Paused by a person, or halted by itself."""
    FAULTS = "faults"
    NO_NUMBER = "no_number"
    NOT_YET = "not_yet"
    """Its first day, or the season, is still to come."""
    NEVER = "never"
    """No hour is left in which it could."""
    NIGHT = "night"
    NOBODY = "nobody"
    NO_ROOM = "no_room"
    """Its last wave found no idle time beyond the answers that are still out."""


@dataclass(frozen=True)
class Outlook:
    """`wave_at`: when homes are picked next; `sends_at`: when their texts go. None: never, as it stands.

    A campaign that is not running is looked at as if it were started now.
    """

    keeps: Keeps | None
    wave_at: datetime | None
    sends_at: datetime | None


@dataclass(frozen=True)
class Around:
    """What else there is to know of a campaign: what presses, whom it may invite, what its last wave did."""

    presses: bool
    invitable: int
    last_wave: int


def next_wave(campaign: CampaignInfo, company: CompanyRules, *, now: datetime) -> datetime | None:
    """The moment of its next wave, `now` when one is due; None when no day is left for one."""
    day = max(today_kst(now), campaign.starts_on)
    if season_of(day, company) is None:
        day = season_ahead(day, company)[0]
    at = max(now, kst(day))
    if campaign.looked_at is not None:
        at = max(at, campaign.looked_at + WAVE_EVERY)
    day = today_kst(at)
    return at if day <= campaign.ends_on and season_of(day, company) is not None else None


def outlook_of(
    campaign: CampaignInfo,
    company: CompanyRules,
    opinion: OpinionInfo | None,
    around: Around,
    *,
    now: datetime,
) -> Outlook:
    """What it will do next, by what is known now."""
    wave_at = next_wave(campaign, company, now=now)
    sends_at = None
    if wave_at is not None:
        held = opinion if opinion is not None and opinion.holds_at(wave_at) else None
        sends_at = frame_at(held, company, now=wave_at).held_until or wave_at
    keeps = _keeps(campaign, company, opinion, around, wave_at=wave_at, now=now)
    return Outlook(keeps, wave_at, sends_at)


def _keeps(
    campaign: CampaignInfo,
    company: CompanyRules,
    opinion: OpinionInfo | None,
    around: Around,
    *,
    wave_at: datetime | None,
    now: datetime,
) -> Keeps | None:
    found = {
        Keeps.FAULTS: around.presses,
        Keeps.NO_NUMBER: opinion is None and not company.advert_refusal_number,
        Keeps.DRAFT: campaign.state == "draft",
        Keeps.HELD: campaign.state in ("paused", "halted"),
        Keeps.NEVER: wave_at is None,
        Keeps.NOT_YET: today_kst(now) < campaign.starts_on or season_of(today_kst(now), company) is None,
        Keeps.NIGHT: frame_at(opinion, company, now=now).held_until is not None,
        Keeps.NOBODY: not around.invitable,
        Keeps.NO_ROOM: campaign.looked_at is not None and not around.last_wave,
    }
    return next((why for why, holds in found.items() if holds), None)
