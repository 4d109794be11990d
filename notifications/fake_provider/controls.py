"""What a test or a demonstration can make go wrong, through `POST /control`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SendFault(BaseModel):
    """One send that goes wrong: the text is kept first (`stored`), then the answer is late, bad or both.

    Late and neither bad nor kept first: the text is taken only after the caller gave up waiting.
    """

    model_config = ConfigDict(extra="forbid")

    status: int | None = Field(default=None, ge=400, le=599)
    stall_s: float = Field(default=0.0, ge=0, le=60)
    stored: bool = False


class Controls(BaseModel):
    """All settings; numbers are domestic digits (01012345678), codes those of the provider that is asked."""

    model_config = ConfigDict(extra="forbid")

    webhook_url: str | None = None
    delay_s: float | None = Field(default=1.0, ge=0, le=60)
    """Seconds from accepting to the report; null: reports wait for `POST /control/flush`."""
    report_codes: dict[str, str] = {}
    """By number: the code reported instead of delivery; by `ATA:number` or `VOICE:number` on that channel."""
    refuse_codes: dict[str, str] = {}
    """By number: the code with which the text is refused on entry."""
    senders: list[str] | None = None
    """Registered sender numbers; any other is refused with 1062. null: all are registered."""
    next_faults: list[SendFault] = []
    """Used up one a send, in order."""
    error_rate: float = Field(default=0.0, ge=0, le=1)
    """Chance of a 503 on a send beyond `next_faults`; every second one keeps the text all the same."""
    stall_rate: float = Field(default=0.0, ge=0, le=1)
    """Chance of an answer that comes `stall_s` late, as a 504; every second one keeps the text."""
    stall_s: float = Field(default=8.0, ge=0, le=60)
    busy: list[str] = []
    """Providers (`solapi`, `sens`, `nhn`) that refuse every send with 429."""
    templates: list[str] | None = None
    """Approved codes of 알림톡; any other is refused on entry. null: all are approved."""
    duplicates: int = Field(default=0, ge=0, le=10)
    """How many more times every report is posted."""
    out_of_order: bool = False
    """Reports of one moment are posted last first, and each is followed by a stale 3000."""
