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

from core.masking import HIDDEN, mask_links, mask_text

_QUOTED = re.compile(r"(DETAIL:\s*).*|(input_value=).*?(?=, input_type=|$)", re.MULTILINE)
"""What PostgreSQL and pydantic quote of the data that they refuse."""


def without_people(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """structlog processor: rows become `Ticket#7`, numbers and door codes in texts are masked."""
    return {key: value if key in ("level", "timestamp") else _plain(value) for key, value in event.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, SQLModel):
        return f"{type(value).__name__}#{getattr(value, 'id', '?')}"
    if isinstance(value, str):
        return _QUOTED.sub(_without_quote, mask_links(mask_text(value)))
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return value


def _without_quote(found: re.Match[str]) -> str:
    return f"{found.group(1) or found.group(2)}{HIDDEN}"


class _PeopleFilter(logging.Filter):
    """The same for the libraries' own lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the finished message."""
        record.msg, record.args = _plain(record.getMessage()), None
        return True


def configure_logs() -> None:
    """Set up structlog and let the libraries' warnings through."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_PeopleFilter())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_people,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
