"""What a browser says of itself, in the few words by which its person knows it again."""

from __future__ import annotations

from urllib.parse import quote

from core.i18n import _

_PROGRAMS = (
    ("Edg", "Edge"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """`Chrome · Windows`; empty for what we do not know."""
    words = [
        next((name for mark, name in known if mark in user_agent), "") for known in (_PROGRAMS, _SYSTEMS)
    ]
    return " · ".join(filter(None, words))


def is_handset(user_agent: str) -> bool:
    """Whether it is somebody's own phone rather than a desk's computer."""
    return any(mark in user_agent for mark in ("Android", "iPhone", "Mobile"))


def way_to(address: str, user_agent: str) -> str:
    """What opens the way to an address in the phone's own maps: Apple's know no `geo:`."""
    is_apples = any(mark in user_agent for mark in ("iPhone", "iPad", "Macintosh"))  # an iPad says the last
    scheme = "maps://?daddr=" if is_apples else "geo:0,0?q="
    return scheme + quote(address)


def shown_browser(words: str) -> str:
    """The words for a page."""
    return words or _("알 수 없는 브라우저")
