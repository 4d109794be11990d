"""In which languages texts are written, and how a wording in one of them is called.

A wording is named by its reader: `resident` is Korean, `resident.en` the same text in English. So versions of
a company's own wording and approvals of 알림톡 are for one language each, and what was kept before there
were two stays what it was.
"""

from __future__ import annotations

from core.i18n import DEFAULT_LANGUAGE, LANGUAGES

ENGLISH = "en"


def in_language(reader: str, language: str) -> str:
    """The wording for a reader in a language: `resident.en`."""
    return reader if language == DEFAULT_LANGUAGE else f"{reader}.{language}"


def language_of(variant: str) -> str:
    """In which language a wording is; Korean unless it says otherwise."""
    return variant.partition(".")[2] or DEFAULT_LANGUAGE


def reader_of(variant: str) -> str:
    """Whose wording it is, in whatever language."""
    return variant.partition(".")[0]


def known(language: str | None) -> str:
    """A language that texts are written in: Korean for one that they are not."""
    return language if language in LANGUAGES else DEFAULT_LANGUAGE
