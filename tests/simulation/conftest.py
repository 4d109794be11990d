"""One seeded world for all tests here; a test that changes it works on a clone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.clock import operating_day
from core.dated import read_rules
from core.db import Database, make_engine
from dispatch.family_links import LINKS_AT
from simulation.building import Built, build
from simulation.bulk import Batch, first_free_ids
from simulation.world import NATIONAL, prepare_world
from tests.databases import Server

SEEDED_AT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
"""Tuesday 2026-12-01, 11:00 in Korea."""


@pytest.fixture(scope="session")
def seeded_name(postgres_server: Server, template_database: str) -> Iterator[str]:
    """A database with the demo's world in it; nobody stays connected, so that it can be cloned."""
    with postgres_server.temporary(template_database) as name:
        engine = make_engine(postgres_server.url_of(name), pool_size=1)
        database = Database(engine, info={LINKS_AT: "https://on.example.kr"})
        prepare_world(database, now=SEEDED_AT, tell=lambda _text: None)
        database.dispose()
        yield name


@pytest.fixture(scope="module")
def seeded(postgres_server: Server, seeded_name: str) -> Iterator[Database]:
    """The seeded world, to read only."""
    with postgres_server.temporary(seeded_name) as name:
        database = Database(make_engine(postgres_server.url_of(name), pool_size=2))
        yield database
        database.dispose()


@pytest.fixture
def own_world(postgres_server: Server, seeded_name: str) -> Iterator[Database]:
    """A seeded world of this test alone."""
    with postgres_server.temporary(seeded_name) as name:
        database = Database(make_engine(postgres_server.url_of(name), pool_size=2))
        yield database
        database.dispose()


@pytest.fixture(scope="session")
def built(shared_database: Database) -> Built:
    """The world as the generator makes it, without a database."""
    with shared_database.reading() as session:
        rules = read_rules(session, company_id=NATIONAL, at=SEEDED_AT)
        starts = first_free_ids(session)
    day = operating_day(SEEDED_AT)
    return build(Batch(starts), base_day=day, founded=day, now=SEEDED_AT, rules=rules, password_hash="-")
