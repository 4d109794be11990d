"""Structured logs on stderr: one JSON line an event, no names and no phone numbers.

Nobody logs a person on purpose; `without_people` is for what slips in: a row handed over as it is, a typed
text in an exception, PostgreSQL's DETAIL line, which quotes the row that it refused.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from sqlmodel import SQLModel
from structlog.typing import Processor

from core.masking import mask_links, mask_text

_AS_IT_IS = ("level", "timestamp", "request_id")
_QUOTED = (
    # PostgreSQL quotes the row: "DETAIL:  Key (e164)=(+8210…) already exists."; in a repr \n is two signs.
    (re.compile(r"(?:(?<=\\n)|\b)(DETAIL|CONTEXT|HINT):(?:(?!\\n)[^\n])*"), r"\1: …"),
    # pydantic quotes what was sent
    (re.compile(r"input_value=.*?, input_type="), "input_value=…, input_type="),
    (re.compile(r"(?<![\d.])(?:\+?82[-\s.]?|0)\d{1,3}[-\s.)]{0,2}\d{3,4}[-\s.]?\d{4}(?!\d)"), "<phone>"),
    # whoever has such a link is let in
    (re.compile(r"/(t|login/once|webhooks/\w+)/[\w.~-]+"), r"/\1/…"),
)


def without_quotes(text: str) -> str:
    """A library's message without the values it quotes: rows, inputs, phone numbers, secret links."""
    for pattern, instead in _QUOTED:
        text = pattern.sub(instead, text)
    return text


def without_people(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """structlog processor: rows become `Ticket#7`; numbers, links, door codes and quotes are masked."""
    return {key: value if key in _AS_IT_IS else _plain(value) for key, value in event.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, SQLModel):
        return f"{type(value).__name__}#{getattr(value, 'id', '?')}"
    if isinstance(value, str):
        return mask_links(mask_text(without_quotes(value)))
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value


def configure_logs() -> None:
    """Set up structlog, and give the libraries' warnings the same form: JSON, or columns on a terminal."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_people,
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
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),  # a line in one write, not two
    )
