"""A refused form says each thing once: beside its field, or at the top when it has no field."""

from __future__ import annotations

import re
from html import unescape

BESIDE = re.compile(r'<span class="error" id="e-([^"]+)">(.*?)</span>', re.DOTALL)
TAG = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)


def words_of(markup: str) -> str:
    """What a reader sees of some markup."""
    return re.sub(r"\s+", " ", unescape(TAG.sub(" ", markup))).strip()


def told_once(page: str) -> dict[str, str]:
    """The complaints beside the fields by the fields' names; fails when the page says one of them twice."""
    beside = {name: words_of(message) for name, message in BESIDE.findall(page)}
    text = words_of(page)
    for name, message in beside.items():
        alike = sum(message == other for other in beside.values())
        assert text.count(message) == alike, f"{name}: {message!r} stands {text.count(message)} times"
        assert f'href="#e-{name}"' in page or page.count('class="error-summary"') == 1
    assert page.count('class="error-summary"') == 1, "one short summary"
    return beside
