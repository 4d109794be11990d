"""Journeys go through HTTP and the worker only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from core.db import Database
from tests.journeys.house import House, open_house


@pytest.fixture
def house(database: Database, database_url: str, now: datetime) -> Iterator[House]:
    """An installation with nobody in it yet."""
    with open_house(database, database_url, now=now) as opened:
        yield opened
