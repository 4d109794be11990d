"""A word about advertisements as a desk types it, on a home's page and on a ticket's."""

from __future__ import annotations

from typing import TypedDict

from core.errors import FieldError, InvalidError
from core.i18n import _
from customers.consents import Choice, Door
from web.pages.posting import PostedForm
from web.presenters.advert_words import SAID_AT
from web.typed_ids import read_id

MOST_WRITTEN = 500


class AdvertWord(TypedDict):
    """Whose word, which, where it was said and how."""

    contact_ids: list[int]
    choice: Choice
    door: Door
    reason: str


def read_advert_word(posted: PostedForm) -> AdvertWord:
    """What was typed. Raises InvalidError: nobody was picked, or neither yes nor no (422)."""
    contact, choice, door = read_id(posted.get("person")), posted.get("choice"), posted.get("door")
    if contact is None:
        message = _("누구의 말씀인지 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("person", message),))
    free_call = door == Door.FREE_CALL
    if choice not in tuple(Choice) and not free_call:
        message = _("받겠다고 하셨는지 받지 않겠다고 하셨는지 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("choice", message),))
    return AdvertWord(
        contact_ids=[contact],
        choice=Choice.REFUSED if free_call else Choice(choice),
        door=Door(door) if door in SAID_AT else Door.CALL,
        reason=posted.get("reason")[:MOST_WRITTEN],
    )
