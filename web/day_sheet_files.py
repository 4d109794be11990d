"""Day sheets in a folder, so that they are there when nothing else is; written every quarter of an hour."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog

from core import audit
from core.actor import SYSTEM
from core.clock import operating_day
from core.db import Database
from web.presenters.day_sheet import render_day_sheet
from workforce.queries import list_companies, list_points

log = structlog.get_logger(__name__)

KEPT = timedelta(days=2)
_NAME = re.compile(r".+_(\d{4}-\d{2}-\d{2})\.html")


def write_day_sheets(database: Database, *, folder: Path, now: datetime) -> int:
    """One file a point and operating day, `COMPANY/POINT_2026-12-01.html`; old ones go. Returns how many.

    Each is whole or the one before. A point that fails is logged and does not stop the others.
    """
    written = 0
    with database.reading() as session:
        companies = list_companies(session)
    for company in companies:
        place = folder / company.code
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with database.reading() as session:
            points = list_points(session, company_id=company.id, day=operating_day(now))
        for point in points:
            try:
                with database.reading() as session:
                    sheet = render_day_sheet(session, point=point, day=operating_day(now), now=now)
                _replace(place / f"{point.code}_{operating_day(now).isoformat()}.html", sheet.html)
                written += 1
            except Exception:
                log.exception("day_sheet_failed", company=company.code, point=point.code)
        if points:
            _note_in_history(database, company_id=company.id, now=now)
        for old in _older_than(place, operating_day(now) - KEPT):
            old.unlink(missing_ok=True)
    return written


def _note_in_history(database: Database, *, company_id: int, now: datetime) -> None:
    """Once an operating day the company's history says that its customers' names lie in the folder, too."""
    day, subject = operating_day(now).isoformat(), ("company", company_id)
    with database.transaction() as session:
        last = audit.list_changes(
            session, company_id=company_id, what=("DaySheetsWritten",), subject=subject, limit=1
        )
        if not last or last[0].data["day"] != day:
            audit.record(
                session,
                by=SYSTEM,
                at=now,
                what="DaySheetsWritten",
                subject=subject,
                company_id=company_id,
                data={"day": day},
            )


def _replace(path: Path, html: str) -> None:
    handle, half = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600: names and numbers
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(html)
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def _older_than(place: Path, day: date) -> Iterator[Path]:
    """Only files that are named as we name them."""
    for path in place.glob("*.html"):
        found = _NAME.fullmatch(path.name)
        if found and found.group(1) < day.isoformat():
            yield path
