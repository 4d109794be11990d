"""What libraries say about people stays out of the log."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.db import Database
from core.logs import configure_logs, without_quotes
from core.origin import caused_by, current_request_id, is_request_id, new_request_id


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of a process that is no terminal."""
    out = io.StringIO()
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", out)
        configure_logs()
        yield out
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers


def test_a_row_that_the_database_refuses_is_not_quoted(database: Database, written: io.StringIO) -> None:
    try:
        with database.transaction() as session:
            session.execute(
                text("INSERT INTO company (code) VALUES (:code)"), {"code": "김영자 010-9333-0101"}
            )
    except IntegrityError:
        structlog.get_logger().exception("refused")
    line = json.loads(written.getvalue())
    assert "null value in column" in line["exception"], "the cause is told"
    assert "김영자" not in written.getvalue() and "0101" not in written.getvalue()


def test_what_was_sent_is_not_quoted(written: io.StringIO) -> None:
    class Sent(BaseModel):
        age: int

    try:
        Sent.model_validate({"age": "김영자 010-9333-0101"})
    except ValidationError as error:
        logging.getLogger("library").warning("bad: %s", error)
    assert json.loads(written.getvalue())["level"] == "warning"
    assert "김영자" not in written.getvalue() and "0101" not in written.getvalue()


@pytest.mark.parametrize(
    ("text_", "kept"),
    [
        ("to 010-9333-0101 failed", "to <phone> failed"),
        ("to +821093330101 failed", "to <phone> failed"),
        ("to 02) 555-0101", "to <phone>"),
        ("ticket ON261201-00012 at 2026-12-01T01:00:00", "ticket ON261201-00012 at 2026-12-01T01:00:00"),
        ("GET /t/Zm9vYmFy HTTP", "GET /t/… HTTP"),
        (
            "IntegrityError('x\\nDETAIL:  Key (phone)=(1) exists.\\nSQL')",
            "IntegrityError('x\\nDETAIL: …\\nSQL')",
        ),
    ],
)
def test_values_are_left_out_and_the_rest_stays(text_: str, kept: str) -> None:
    assert without_quotes(text_) == kept


def test_every_line_tells_the_request_that_it_goes_back_to(written: io.StringIO) -> None:
    with caused_by("abcdef123456"):
        assert current_request_id() == "abcdef123456"
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = map(json.loads, written.getvalue().splitlines())
    assert inside["request_id"] == "abcdef123456"
    assert "request_id" not in outside
    assert current_request_id() is None


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "with space in it", "line\nbreak12", "<script>alert", "../../etc"]
)
def test_a_strange_id_is_not_taken_over(given: str) -> None:
    assert not is_request_id(given)


def test_an_id_of_ours_or_of_a_proxy_is() -> None:
    assert is_request_id(new_request_id())
    assert is_request_id("7f3c1a2e-0b7d-4f0e-9a55-d1b0f6f3a111")
