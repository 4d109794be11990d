"""Drills: something is killed, comes twice, late or at the same time; nothing is lost or told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.db import Database
from tests.faults.installation import Installation, open_installation, own_environment
from tests.faults.nursery import Nursery
from tests.journeys.house import House, open_house
from tests.web.conftest import web_world


@pytest.fixture
def house(database: Database, database_url: str, now: datetime) -> Iterator[House]:
    """An installation inside the test, with a clock that it moves."""
    with open_house(database, database_url, now=now) as opened:
        yield opened


@pytest.fixture
def calm_house(database: Database, database_url: str, now: datetime) -> Iterator[House]:
    """The same without a solver: plans are only inserted into."""
    with open_house(database, database_url, now=now, solves=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where drills take their processes from."""
    opened = Nursery(own_environment())
    yield opened
    opened.close()


@pytest.fixture
def installation(database_url: str, tmp_path: Path, nursery: Nursery) -> Iterator[Installation]:
    """An installation of real processes, none started yet."""
    with open_installation(database_url, folder=tmp_path, nursery=nursery) as opened:
        yield opened


__all__ = ["calm_house", "house", "installation", "web_world"]
