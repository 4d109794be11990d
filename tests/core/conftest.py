"""Data for the drills on the database server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded_postgres import LOSABLE, EmbeddedPostgres
from tests.core.processes import open_folder, run_statement


@pytest.fixture(scope="session")
def cluster_made_once() -> Iterator[Path]:
    """A data directory with a stopped server, a table `kept` and one row in it (7)."""
    place = open_folder()
    with EmbeddedPostgres(place, settings=LOSABLE) as server:
        run_statement(server, "CREATE TABLE kept (n int)")
        run_statement(server, "INSERT INTO kept VALUES (7)")
    yield place
    shutil.rmtree(place)


@pytest.fixture
def data_dir(cluster_made_once: Path) -> Iterator[Path]:
    """A copy of it for this test alone."""
    place = open_folder()
    subprocess.run(["cp", "-a", f"{cluster_made_once}/.", str(place)], check=True)
    yield place
    shutil.rmtree(place)
