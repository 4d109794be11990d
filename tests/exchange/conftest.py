"""A company with one point, as the command line meets it: everything committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from callcenter.error_codes import ErrorCodeBook
from core.actor import Actor
from core.db import Database
from exchange.importing import ImportReport, import_file, try_file
from exchange.kinds import KINDS
from exchange.rows import Ground
from tests import world

Bring = Callable[..., ImportReport]


@pytest.fixture
def ground(database: Database, now: datetime) -> Ground:
    """A maker with a service point in Gangnam, and somebody who brings its lists."""
    with database.transaction() as session:
        company = world.make_company(session, now=now)
        point = world.make_point(session, company=company, code="gangnam-1", now=now)
        world.make_technician(session, point=point, now=now)
        company_id = company.id or 0
    return Ground(company_id, ErrorCodeBook(), Actor(kind="command", name="root", source="command"), now)


@pytest.fixture
def bring(database: Database, ground: Ground) -> Bring:
    """`bring("points", text)`; `encoding` as it is saved, `trying` keeps nothing, `day` is of all rows."""

    def run(
        kind: str,
        content: str,
        *,
        encoding: str = "utf-8-sig",
        trying: bool = False,
        day: date | None = None,
    ) -> ImportReport:
        take = try_file if trying else import_file
        return take(
            database,
            kind=KINDS[kind],
            content=content.encode(encoding),
            file_name=f"{kind}.csv",
            ground=replace(ground, day=day),
        )

    return run
