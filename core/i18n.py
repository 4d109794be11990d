"""Texts for people: Korean message ids, translated by gettext catalogues in web/locale."""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).resolve().parent.parent / "web" / "locale"
LANGUAGES = ("ko", "en")
DEFAULT_LANGUAGE = "ko"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language. Korean is the language of the message ids and needs none."""
    return gettext.translation("ondol", LOCALE_DIR, languages=[language], fallback=True)


def set_language(language: str) -> None:
    """Choose the language for the rest of this request or job; unknown ones fall back to Korean."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)


def get_language() -> str:
    """The language of this request or job."""
    return _language.get()


def gettext_now(message: str) -> str:
    """Translate a Korean message id into the language of this request."""
    return catalogue(_language.get()).gettext(message)


def ngettext_now(singular: str, plural: str, n: int) -> str:
    """Translate with a count."""
    return catalogue(_language.get()).ngettext(singular, plural, n)


def pgettext_now(context: str, message: str) -> str:
    """Translate a message id that has several meanings; `context` says which one is meant."""
    return catalogue(_language.get()).pgettext(context, message)


_ = gettext_now
P_ = pgettext_now


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a text for the catalogue that is translated where it is shown."""
    return message
