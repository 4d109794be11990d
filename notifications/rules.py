"""Pure decisions of the outbox: when to try again, and when a text is worth less than a person's call."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifications.providers.base import Fault

BATCH = 100
"""How many texts one wake-up sends: what else is due goes with the one that it came for."""
REQUESTS = 10
"""How many requests one wake-up makes: what one account needs more for is left to other workers."""
LEASE = timedelta(seconds=30)
"""How long one worker has a notice to itself: longer than a try, which the provider's time-outs bound."""
SEND_WITHIN = timedelta(seconds=10)
"""Held up longer than this between claiming and sending, a worker puts the notice back for others."""
ASK_PAUSE = timedelta(seconds=15)
"""Between two questions after a text whose sending ended unclear."""
RETRY_PAUSES_S = (5, 15, 60, 180, 300)
"""Between two tries when the provider is busy or away; the last one repeats."""
SLOW_PAUSE = timedelta(minutes=10)
"""While a key, a sender number or a balance has to be put right; also while texts are switched off."""
LONGEST_WAIT = SLOW_PAUSE + timedelta(minutes=1)
"""Nothing is put off for longer: what seems to be was put off before the clock went back."""
NO_RECEIPT_AFTER = timedelta(hours=72)
"""The carriers' own limit for keeping a text: after it no report will come."""


REPORT_PAUSES_S = ((10, 1), (60, 5), (600, 30), (3600, 120))
"""Asking what became of a text: up to so many seconds after it was taken, every so many."""
REPORT_PAUSE_S = 1800
POSTED_WITHIN_S = 120
"""A report that is posted to us and has not come by now may have been lost with whoever was to take it."""


def next_question(*, accepted_at: datetime, now: datetime, posted: bool) -> datetime:
    """When to ask (again) what became of a text; later where its provider posts reports by itself."""
    age = (now - accepted_at).total_seconds()
    pause = next((pause for up_to, pause in REPORT_PAUSES_S if age < up_to), REPORT_PAUSE_S)
    return now + timedelta(seconds=max(pause, POSTED_WITHIN_S) if posted else pause)


def pause_after(fault: Fault, *, attempts: int) -> timedelta | None:
    """How long to wait after a refusal, `attempts` tries in; None when no further try can help."""
    if fault in (Fault.PERMANENT, Fault.CHANNEL):
        return None
    if fault is Fault.RETRY:
        return timedelta(seconds=RETRY_PAUSES_S[min(attempts, len(RETRY_PAUSES_S)) - 1])
    return SLOW_PAUSE


def read_our_id(our_id: str | None) -> tuple[int, int] | None:
    """`17-2` -> notice 17, try 2; None for an id that is not ours."""
    notice, _dash, attempt = (our_id or "").partition("-")
    if not (notice.isascii() and notice.isdigit() and attempt.isascii() and attempt.isdigit()):
        return None
    return (int(notice), int(attempt)) if len(notice) <= 18 and len(attempt) <= 9 else None


def our_id(*, notice_id: int, attempt: int) -> str:
    """The id under which a try is known to the provider; another for each try."""
    return f"{notice_id}-{attempt}"
