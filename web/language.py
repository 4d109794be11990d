"""In which language a request is answered."""

from __future__ import annotations

from starlette.requests import Request

from core.i18n import DEFAULT_LANGUAGE, LANGUAGES

LANGUAGE_COOKIE = "ondol_lang"


def page_language(request: Request) -> str:
    """Of a page: what the door that let the person in knows of them, else what this browser chose."""
    known: str | None = getattr(request.state, "language", None)
    return known or request.cookies.get(LANGUAGE_COOKIE, DEFAULT_LANGUAGE)


def language_of(request: Request) -> str:
    """What the person chose; for a program that chose nothing, the best of its `Accept-Language`.

    Pages do not follow the browser's header: Korean desks run browsers that were installed in English.
    """
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    if not request.url.path.startswith("/api/"):
        return DEFAULT_LANGUAGE
    return _best(request.headers.get("accept-language", ""))


def _best(header: str) -> str:
    """The known language with the highest weight; the first of equals, ours when none is known."""
    best, highest = DEFAULT_LANGUAGE, 0.0
    for part in header.split(","):
        tag, _semicolon, parameter = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > highest:
            best, highest = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _equals, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
