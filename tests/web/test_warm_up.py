"""A new process reads what its first caller needs; a database that is not there does not stop it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import event

from core.db import Database, make_engine
from core.settings import Settings
from geo.gazetteer import load_gazetteer
from tests.world import make_company, make_ticket
from web.context import WebContext
from web.live_hub import LiveHub
from web.warm_up import begin_warm_up


def test_the_first_callers_queries_are_asked_beforehand(
    database: Database, database_url: str, now: datetime
) -> None:
    with database.transaction() as session:
        make_ticket(session, company=make_company(session))
    context = WebContext(
        settings=Settings(database_url=database_url),
        database=database,
        clock=lambda: now,
        live=LiveHub(database_url),
    )
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    load_gazetteer.cache_clear()
    begin_warm_up(context).join(60)
    assert load_gazetteer.cache_info().currsize == 1
    for table in ("ticket", "visit", "charge", "notice", "timeline_entry", "holiday"):
        assert any(f"FROM {table}" in statement for statement in asked), table

    nowhere = Database(make_engine("postgresql://nobody@127.0.0.1:1/none", pool_size=1))
    begin_warm_up(replace(context, database=nowhere)).join(60)  # is told of in the log, and ends
    nowhere.dispose()
