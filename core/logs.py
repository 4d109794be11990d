"""Structured logs on stderr: one JSON line an event, no names and no phone numbers."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

_FREE_TEXT = ("exception", "error", "event", "failure")
"""Keys whose values come from elsewhere: libraries like to quote what they could not take."""
_QUOTED = (
    # PostgreSQL quotes the row: "DETAIL:  Key (e164)=(+8210…) already exists."; in a repr \n is two signs.
    (re.compile(r"(?:(?<=\\n)|\b)(DETAIL|CONTEXT|HINT):(?:(?!\\n)[^\n])*"), r"\1: …"),
    # pydantic quotes what was sent
    (re.compile(r"input_value=.*?, input_type="), "input_value=…, input_type="),
    (re.compile(r"(?<![\d.])(?:\+?82[-\s.]?|0)\d{1,3}[-\s.)]{0,2}\d{3,4}[-\s.]?\d{4}(?!\d)"), "<phone>"),
    # whoever has such a link is let in
    (re.compile(r"/(t|login/once|webhooks/\w+)/[\w.~-]+"), r"/\1/…"),
)


def without_people(text: str) -> str:
    """A library's message without the values it quotes: rows, inputs, phone numbers, secret links."""
    for pattern, instead in _QUOTED:
        text = pattern.sub(instead, text)
    return text


def configure_logs() -> None:
    """Set up structlog, and give the libraries' warnings the same form: JSON, or columns on a terminal."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _leave_people_out,
    ]
    last: Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _leave_people_out(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in _FREE_TEXT:
        if isinstance(line.get(key), str):
            line[key] = without_people(line[key])
    return line
