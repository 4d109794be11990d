"""Pure decisions of the outbox: when to try again, and when a text is worth less than a person's call."""

from __future__ import annotations

from datetime import timedelta

from notifications.providers.base import Fault

LEASE = timedelta(seconds=30)
"""How long one worker has a notice to itself: longer than a try, which the provider's time-outs bound."""
SEND_WITHIN = timedelta(seconds=10)
"""Held up longer than this between claiming and sending, a worker leaves the notice to whoever comes next."""
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


def pause_after(fault: Fault, *, attempts: int) -> timedelta | None:
    """How long to wait after a refusal, `attempts` tries in; None when no further try can help."""
    if fault is Fault.PERMANENT:
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
