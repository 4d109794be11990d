"""In which language each person is written to: Korean until they say so."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlmodel import Session, col, select

from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import LANGUAGES, _
from customers.models import Contact


class UnknownLanguageError(InvalidError):
    """A language that nobody is written to in (422)."""

    code = "unknown-language"


def languages_of(session: Session, *, contact_ids: Collection[int]) -> dict[int, str]:
    """The language of each of these people; unknown ids are left out."""
    query = select(Contact.id, Contact.language).where(col(Contact.id).in_(contact_ids))
    return {contact_id: language for contact_id, language in session.exec(query) if contact_id}


def choose_languages(session: Session, *, company_id: int, wanted: Mapping[int, str]) -> dict[int, str]:
    """Write to these people in these languages from now on. Returns those for whom it is another than before.

    Raises:
        NotFoundError: one of them is no person of this company (404).
        UnknownLanguageError: nobody is written to in that language (422).
    """
    for language in wanted.values():
        require_language(language)
    query = select(Contact).where(col(Contact.company_id) == company_id, col(Contact.id).in_(wanted))
    rows = {row.id or 0: row for row in session.exec(query.order_by(col(Contact.id)).with_for_update())}
    if rows.keys() != wanted.keys():
        raise NotFoundError(_("그런 사람이 없습니다."))
    changed = {each: language for each, language in wanted.items() if rows[each].language != language}
    for contact_id, language in changed.items():
        rows[contact_id].language = language
        session.add(rows[contact_id])
    session.flush()
    return changed


def require_language(language: str, *, field: str = "language") -> None:
    """Raises `UnknownLanguageError`, naming the field."""
    if language not in LANGUAGES:
        message = _("한국어와 영어 가운데 골라 주세요.")
        raise UnknownLanguageError(message, errors=(FieldError(field, message),))
