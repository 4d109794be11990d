"""The words for where a campaign and an invitation stand."""

from __future__ import annotations

CAMPAIGN_STATES = ("draft", "running", "paused", "halted", "stopped", "finished")
"""`paused` by a person, `halted` by itself as faults press; `stopped` for good, `finished` by its date."""
OPEN = ("running", "paused", "halted")
"""Whose invitations can still be answered."""

INVITATION_STATES = ("invited", "booked", "declined", "refused", "withdrawn")
"""`declined` not this year; `refused` no advertisements any more; `withdrawn` before it was sent."""
