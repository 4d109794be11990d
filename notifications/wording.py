"""Rendering of notices: one event, one folder of templates, one wording a reader.

Templates are Korean source texts, not gettext messages: a text is in its reader's language, whatever
language the screen has that caused it. They are `templates/<event in small letters>/<variant>.txt` with a
`subject.txt`; `_parts` holds what several say alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications import texts
from notifications.messages import Context, Event, event_of

TEMPLATE_DIR = Path(__file__).resolve().parent / "templates"

Acquaintance = Literal["FIRST", "LATER"]
"""FIRST: nothing was ever sent to this number; the text then says who gave it, why, and how to stop."""


@dataclass(frozen=True)
class Rendered:
    """A finished text: `text` within cp949, `bytes` in cp949, `subject` on LMS alone."""

    event: Event
    variant: str
    channel: texts.TextChannel
    subject: str | None
    text: str
    bytes: int
    template_version: str


def render(*, context: Context, variant: str, acquaintance: Acquaintance = "LATER") -> Rendered:
    """Write the text of `context` for one reader; `variant` is a `Delivery.variant`.

    Raises `texts.TextError` when the whole is beyond 2,000 bytes, or a number is not Korean: a person must
    look. Nothing is cut but typed names, labels and notes (`texts.shorten`).
    """
    event = event_of(context)
    folder = event.value.lower()
    values = {"m": context, "first": acquaintance == "FIRST"}
    raw = _environment().get_template(f"{folder}/{variant}.txt").render(values)
    text = texts.normalise("\n".join(line.rstrip() for line in raw.strip().splitlines()))
    channel = texts.fit_channel(text)
    subject = None
    if channel == "LMS":
        subject = texts.require_subject(
            texts.one_line(_environment().get_template(f"{folder}/subject.txt").render(values))
        )
    return Rendered(
        event=event,
        variant=variant,
        channel=channel,
        subject=subject,
        text=text,
        bytes=texts.sms_bytes(text),
        template_version=template_version(event),
    )


def variants(event: Event) -> frozenset[str]:
    """The wordings that exist for an event."""
    return frozenset(p.stem for p in (TEMPLATE_DIR / event.value.lower()).glob("*.txt")) - {"subject"}


@cache
def template_version(event: Event) -> str:
    """12 hex digits over the event's folder and the shared parts: another wording is another version."""
    digest = hashlib.sha256()
    for folder in (event.value.lower(), "_parts"):
        for path in sorted((TEMPLATE_DIR / folder).glob("*.txt")):
            digest.update(f"{folder}/{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def check_template(source: str) -> None:
    """What saving a template must pass: only characters that phones show (`TextError` names the others)."""
    texts.require_sendable(texts.normalise(source))


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        auto_reload=False,
        undefined=StrictUndefined,
        autoescape=False,  # plain text to a phone; pages that show it escape it themselves
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        clock=texts.clock_words,
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
    return environment
