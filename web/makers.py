"""Every maker of the installation, for pages that know of no case: they change some times a year."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.db import Database
from workforce.queries import list_companies
from workforce.schemas import CompanyInfo

KEPT = timedelta(minutes=1)


class Makers:
    """As this process read them last; whoever is turned away costs no question to the database."""

    def __init__(self) -> None:
        self._read: tuple[datetime, list[CompanyInfo]] | None = None

    def all(self, database: Database, *, now: datetime) -> list[CompanyInfo]:
        """The makers in the order in which they came, at most a minute old."""
        read = self._read
        if read is None or not read[0] <= now < read[0] + KEPT:
            with database.everywhere.glancing() as session:
                read = self._read = now, list_companies(session)
        return read[1]
