"""Where the package's own wordings lie, and the sandbox in which they are filled in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.i18n import DEFAULT_LANGUAGE
from notifications import english, texts
from notifications.catalogue import Event
from notifications.languages import ENGLISH, language_of, reader_of

TEMPLATE_DIR = Path(__file__).resolve().parent / "templates"
SUBJECT = "subject"
"""The reader that is the title of a long text: of everybody who reads of the event."""


PARTS = "_parts"
"""The folder of what several wordings say alike."""

_KOREAN: dict[str, Any] = {
    "asker": lambda case: case.asker or "",
    "clock": texts.clock_words,
    "date": texts.date_words,
    "day": texts.day_words,
    "moment": texts.moment_words,
    "soon": lambda at: texts.clock_words(texts.round_up_minutes(at, 5)),
    "window": lambda window: texts.window_words(window.start, window.end),
    "won": texts.won_words,
    "digits": texts.won_digits,
    "phone": texts.phone_words,
    "name": lambda value: texts.shorten(value, texts.NAME_BYTES, instead=texts.NAMELESS),
    "label": lambda value: texts.shorten(value, texts.LABEL_BYTES, instead="-"),
    "note": lambda value: texts.shorten(value, texts.NOTE_BYTES),
    "task": lambda case: case.task,
}
_ENGLISH: dict[str, Any] = {
    **_KOREAN,
    "asker": english.asker_words,
    "clock": english.clock_words,
    "date": english.date_words,
    "day": english.day_words,
    "moment": english.moment_words,
    "soon": lambda at: english.clock_words(texts.round_up_minutes(at, 5)),
    "window": lambda window: english.window_words(window.start, window.end),
    "won": english.won_words,
    "digits": english.won_words,
    "name": english.name_words,
    "known": english.said,
    "label": lambda value: texts.shorten(english.said(value), texts.LABEL_BYTES, instead="-"),
    "note": lambda value: texts.shorten(english.said(value), texts.NOTE_BYTES),
    "task": english.task_words,
}
_FILTERS = {DEFAULT_LANGUAGE: _KOREAN, ENGLISH: _ENGLISH}


@cache
def environment(language: str = DEFAULT_LANGUAGE) -> ImmutableSandboxedEnvironment:
    """Jinja with the filters that write names, times, money and numbers as the readers of a language do."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        auto_reload=False,
        undefined=StrictUndefined,
        autoescape=False,  # plain text to a phone; pages that show it escape it themselves
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(_FILTERS[language])
    return made


@cache
def compiled(source: str, language: str = DEFAULT_LANGUAGE) -> Template:
    """A piece of a package template, ready to be filled in. The source is the package's, never a person's."""
    return environment(language).from_string(source)


def folder_of(name: str, language: str) -> str:
    """The folder below `TEMPLATE_DIR` with an event's wordings, or the parts, in one language."""
    return name if language == DEFAULT_LANGUAGE else f"{name}/{language}"


def template_of(event: Event, variant: str) -> Template:
    """The package's wording, ready to be filled in."""
    return environment(language_of(variant)).get_template(_path(event, variant))


@cache
def source_of(event: Event, variant: str) -> str:
    """The package's wording as it lies in its file."""
    return (TEMPLATE_DIR / _path(event, variant)).read_text(encoding="utf-8")


def _path(event: Event, variant: str) -> str:
    return f"{folder_of(event.value.lower(), language_of(variant))}/{reader_of(variant)}.txt"
