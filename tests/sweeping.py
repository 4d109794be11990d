"""A sweep whose steps stand alone, within the one transaction of a test."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.sweeping import EachAlone, take_each


def run_sweep(sweep: EachAlone, session: Session, *, now: datetime) -> int:
    """What the sweep finds and does at this moment; returns how many rows it moved."""
    found = sweep.find(session, now=now)
    return take_each(session, found, lambda key: sweep.step(session, key, now=now), sweep=sweep.name)
