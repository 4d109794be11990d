"""Twenty kills at random moments: nothing is lost, told twice, planned twice or timed wrongly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded_postgres import EmbeddedPostgres
from operators.database import migrate_database
from tests.core.processes import open_folder
from tests.faults.installation import open_installation
from tests.faults.kill_aftermath import find_faults
from tests.faults.kill_drill import Drill, begin_drill
from tests.faults.nursery import Nursery

pytestmark = pytest.mark.timeout(400)

KILLS = 20
SEED = 20261122


@pytest.fixture
def drill(tmp_path: Path, nursery: Nursery) -> Iterator[Drill]:
    place = open_folder()
    with EmbeddedPostgres(place, settings={"fsync": "off"}) as server:
        migrate_database(server.url)
        with open_installation(server.url, folder=tmp_path, nursery=nursery) as installation:
            yield begin_drill(installation, server, seed=SEED, technicians=6)
    shutil.rmtree(place, ignore_errors=True)


def test_twenty_kills_leave_no_trace(drill: Drill) -> None:
    drill.run(kills=KILLS)
    assert sum(drill.killed.values()) == KILLS
    assert not find_faults(drill)
