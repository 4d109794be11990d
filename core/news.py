"""What listeners hear as soon as a transaction is committed: open pages of a change, workers of a job.

Not sent in the transaction: PostgreSQL lets one transaction at a time commit that has a NOTIFY in it, and
holds the others until its log is on the disk. What is lost when a process dies just between is made good:
pages look again when a process starts, and workers look for jobs every second anyway.
"""

from __future__ import annotations

import structlog
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

log = structlog.get_logger(__name__)

_WAITING = "news"

News = list[tuple[str, str]]
"""Channels with what is told on them."""

# It writes nothing that could be lost, so it need not wait for the disk either.
_NOTIFY = text(
    "SELECT pg_notify(channel, payload) "
    "FROM (SELECT set_config('synchronous_commit', 'off', true) AS at_once) AS how, "
    "unnest(CAST(:channels AS text[]), CAST(:payloads AS text[])) AS news(channel, payload) "
    "WHERE how.at_once IS NOT NULL"
)


def tell_after_commit(session: Session, channel: str, payload: str) -> None:
    """Tell listeners once `Database.transaction` has committed; the same news is told once.

    What a savepoint took back is told all the same; who hears it looks in vain.
    """
    session.info.setdefault(_WAITING, {})[channel, payload] = None


def take_news(session: Session) -> News:
    """What waits to be told, taken over by who tells it."""
    return list(session.info.pop(_WAITING, ()))


def tell(engine: Engine, news: News) -> None:
    """Tell it now, in one statement. A failure is logged: what the news are about is stored already."""
    if not news:
        return
    channels, payloads = zip(*news, strict=True)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_NOTIFY, {"channels": list(channels), "payloads": list(payloads)})
    except SQLAlchemyError as error:
        log.warning("news_not_told", count=len(news), error=repr(error))


@event.listens_for(AnySession, "after_rollback")
def _tell_nothing(session: AnySession) -> None:
    if session.in_nested_transaction():  # a savepoint alone is taken back
        return
    session.info.pop(_WAITING, None)
