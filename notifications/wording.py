"""Rendering of notices: one event, one folder of templates, one wording a reader.

Templates are source texts, not gettext messages: a text is in its reader's language, whatever language the
screen has that caused it. They are `templates/<event in small letters>/<reader>.txt` with a `subject.txt`,
and below `en` the same in English; `_parts` holds what several say alike. A company may word a text its own
way (`template_store`); whatever of that cannot be filled in any more gives way to the package's wording: the
reader is told all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import structlog
from jinja2 import TemplateError

from core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from notifications import texts
from notifications.languages import in_language, language_of
from notifications.messages import Context, Event, event_of
from notifications.pieces import must_stay
from notifications.surface import WordingError, read
from notifications.template_source import PARTS, SUBJECT, TEMPLATE_DIR, folder_of, template_of

log = structlog.get_logger(__name__)

Acquaintance = Literal["FIRST", "LATER"]
"""FIRST: nothing was ever sent to this number; the text then says who gave it, why, and how to stop."""


class LeavesOutError(WordingError):
    """It was stored before something was added that may not be left out."""

    code = "wording-leaves-out"


@dataclass(frozen=True)
class OwnText:
    """A company's own wording of one event for one reader: `text` with `{names}`, which of theirs."""

    text: str
    version: int


OwnWordings = Mapping[str, OwnText]
"""By variant (`subject` and `subject.en` among them): what a company words its own way of one event."""


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
    """The package's alone, or before it `resident.3/`: the company's third wording for the resident."""


def render(
    *, context: Context, variant: str, acquaintance: Acquaintance = "LATER", own: OwnWordings | None = None
) -> Rendered:
    """Write the text of `context` for one reader in one language; `variant` is a `Delivery.variant`.

    Where a company words an event its own way in Korean alone, who reads English gets the package's English:
    a wording that he cannot read tells him nothing.

    Args:
        own: how the company words the event; without it, and where it fails, the package's wording is used.

    Raises `texts.TextError` when the whole is beyond 2,000 bytes, or a number is not Korean: a person must
    look. Nothing is cut but typed names, labels and notes (`texts.shorten`).
    """
    event = event_of(context)
    values = {"m": context, "first": acquaintance == "FIRST"}
    written = _own_text(event, variant, own or {}, values) or _package_text(event, variant, values)
    text, channel, version = written
    subject = None
    if channel == "LMS":
        subject = _subject(event, in_language(SUBJECT, language_of(variant)), own or {}, values)
    return Rendered(
        event=event,
        variant=variant,
        channel=channel,
        subject=subject,
        text=text,
        bytes=texts.sms_bytes(text),
        template_version=version,
    )


@cache
def variants(event: Event, language: str = DEFAULT_LANGUAGE) -> frozenset[str]:
    """The wordings that exist for an event in a language; staff are told in Korean alone."""
    found = (TEMPLATE_DIR / folder_of(event.value.lower(), language)).glob("*.txt")
    return frozenset(in_language(path.stem, language) for path in found if path.stem != SUBJECT)


def all_variants(event: Event) -> frozenset[str]:
    """The wordings that exist for an event in any language, titles among them."""
    return frozenset(
        variant
        for language in LANGUAGES
        if (known := variants(event, language))
        for variant in (*known, in_language(SUBJECT, language))
    )


@cache
def template_version(event: Event, language: str = DEFAULT_LANGUAGE) -> str:
    """12 hex digits over an event's wordings and the parts in a language: other words, another version."""
    digest = hashlib.sha256()
    for name in (event.value.lower(), PARTS):
        folder = folder_of(name, language)
        for path in sorted((TEMPLATE_DIR / folder).glob("*.txt")):
            digest.update(f"{folder}/{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def version_name(event: Event, variant: str, own: OwnText | None) -> str:
    """What a notice's `template_version` says of this wording; an approval of 알림톡 names the same."""
    package = template_version(event, language_of(variant))
    return package if own is None else f"{variant}.{own.version}/{package}"


_Written = tuple[str, texts.TextChannel, str]


def _package_text(event: Event, variant: str, values: dict[str, Any]) -> _Written:
    raw = template_of(event, variant).render(values)
    version = template_version(event, language_of(variant))
    return _fitted("\n".join(line.rstrip() for line in raw.strip().splitlines()), version)


def _own_text(event: Event, variant: str, own: OwnWordings, values: dict[str, Any]) -> _Written | None:
    """None when the company has no wording of its own, or one that does not work for these facts.

    Nor one that leaves out what may not be left out: what the law wants told may have been added since.
    """
    mine = own.get(variant)
    if mine is None:
        return None
    try:
        written = read(event, variant, mine.text)
        if must_stay(event, variant) - written.names:
            raise LeavesOutError(variant)
        return _fitted(written.render(values), version_name(event, variant, mine))
    except (WordingError, TemplateError, texts.TextError) as error:
        log.warning(
            "own_wording_left",
            told=event.value,
            variant=variant,
            version=mine.version,
            error=type(error).__name__,
        )
        return None


def _fitted(raw: str, version: str) -> _Written:
    text = texts.normalise(raw)
    return text, texts.fit_channel(text), version


def _subject(event: Event, variant: str, own: OwnWordings, values: dict[str, Any]) -> str:
    mine = own.get(variant)
    if mine is not None:
        try:
            raw = read(event, variant, mine.text).render(values)
            return texts.require_subject(texts.one_line(raw))
        except (WordingError, TemplateError, texts.TextError) as error:
            log.warning(
                "own_subject_left", told=event.value, version=mine.version, error=type(error).__name__
            )
    raw = template_of(event, variant).render(values)
    return texts.require_subject(texts.one_line(raw))
