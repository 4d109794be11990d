"""Where the package's own wordings lie, and the sandbox in which they are filled in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications import texts
from notifications.catalogue import Event

TEMPLATE_DIR = Path(__file__).resolve().parent / "templates"
SUBJECT = "subject"
"""The variant that is the title of a long text: of every reader of the event."""


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Jinja with the filters that write names, times, money and numbers as Koreans do."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        auto_reload=False,
        undefined=StrictUndefined,
        autoescape=False,  # plain text to a phone; pages that show it escape it themselves
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        clock=texts.clock_words,
        date=texts.date_words,
        day=texts.day_words,
        moment=texts.moment_words,
        soon=lambda at: texts.clock_words(texts.round_up_minutes(at, 5)),
        window=lambda window: texts.window_words(window.start, window.end),
        won=texts.won_words,
        digits=texts.won_digits,
        phone=texts.phone_words,
        name=lambda value: texts.shorten(value, texts.NAME_BYTES, instead=texts.NAMELESS),
        label=lambda value: texts.shorten(value, texts.LABEL_BYTES, instead="-"),
        note=lambda value: texts.shorten(value, texts.NOTE_BYTES),
    )
    return made


@cache
def compiled(source: str) -> Template:
    """A piece of a package template, ready to be filled in. The source is the package's, never a person's."""
    return environment().from_string(source)


@cache
def source_of(event: Event, variant: str) -> str:
    """The package's wording as it lies in its file."""
    return (TEMPLATE_DIR / event.value.lower() / f"{variant}.txt").read_text(encoding="utf-8")
