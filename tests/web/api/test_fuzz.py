"""Whatever is sent, the API answers as its document says, and never with a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from benchmarks.fuzzing import Target, fuzz, known_things
from core.actor import Role
from core.db import Database
from tests.journeys.house import House, open_house
from tests.journeys.steps import agree, file, finish, go_there
from tests.journeys.test_whole_journey import CALL, open_gangnam

SEED = 20261201
EXAMPLES = 1
"""Of each operation and role; `run.py fuzz` asks for as long as one likes."""


@pytest.fixture
def house(database: Database, database_url: str, now: datetime) -> Iterator[House]:
    """A maker with a case that is done and one that is under way."""
    with open_house(database, database_url, now=now, solves=False) as opened:
        open_gangnam(opened)
        number = file(opened)
        agree(opened, number)
        go_there(opened, number)
        finish(opened, number)
        yield opened


def test_every_operation_answers_as_the_document_says(house: House) -> None:
    clients = {role.value: house.api(role.value) for role in Role}
    document = clients["admin"].get(f"{house.url}/openapi.json").json()
    tokens = {role: each.headers["Authorization"].removeprefix("Bearer ") for role, each in clients.items()}

    def known() -> dict[str, Any]:
        filed = clients["agent"].post("/tickets", json=CALL).json()
        calls = clients["qa"].get("/happy-calls").json()["items"]
        return known_things([filed], calls, point="gangnam", day="2026-12-01")

    found = fuzz(Target(house.url, document, tokens, known), examples=EXAMPLES, seed_=SEED)
    assert not found.faults, "\n\n".join(found.faults.values())
    assert found.statuses[200] > 20 and found.statuses[201] > 0, found.statuses
    assert found.statuses[422] > 20 and found.statuses[403] > 20, found.statuses
