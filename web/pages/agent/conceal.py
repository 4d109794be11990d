"""Sentences written for a phone, as an agent may read them before unmasking: names and numbers hidden."""

from __future__ import annotations

from collections.abc import Iterable

from core.phones import parse_phone
from web.presenters.masks import Masks

_KEPT = "\ue000"
"""Stands for the company's own number while the others are hidden (a private-use character)."""


def conceal(text: str, *, names: Iterable[str], company_phone: str, masks: Masks) -> str:
    """The text with these people's names and every phone number but the company's masked.

    Args:
        company_phone: E.164.
    """
    if masks.is_open:
        return text
    own = parse_phone(company_phone).display
    return masks.words(text.replace(own, _KEPT), names=names).replace(_KEPT, own)
