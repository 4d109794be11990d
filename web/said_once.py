"""What is said once after a change, on the page that the change leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from core.i18n import _
from web.templating import render_page

COOKIE = "ondol_said"
KEPT_S = 60


def go_and_say(to: str, word: str, *numbers: int) -> Response:
    """Redirect after a change; the message is shown once on the next page of the same room."""
    answer = RedirectResponse(to, status_code=303)
    value = ".".join([word, *(str(number) for number in numbers)])
    answer.set_cookie(COOKIE, value, max_age=KEPT_S, path=_room(to), httponly=True, samesite="lax")
    return answer


def render_and_say(
    request: Request, template: str, values: Mapping[str, Any], *, said: Mapping[str, str], status: int = 200
) -> Response:
    """A page with what was said last, of the sentences that it knows; `{0}`: the first number."""
    words = _read(request, said)
    frame = {"flash": [{"kind": "ok", "text": words}]} if words else {}
    answer = render_page(request, template, {**frame, **values}, status_code=status)
    if words:
        answer.delete_cookie(COOKIE, path=_room(request.url.path))
    return answer


def _room(path: str) -> str:
    return "/" + path.split("/")[1]


def _read(request: Request, said: Mapping[str, str]) -> str:
    word, *numbers = request.cookies.get(COOKIE, "").split(".")
    if word not in said:
        return ""
    shown = [number if number.isdigit() else "0" for number in numbers]
    return _(said[word]).format(*shown, *(["0"] * 2))
