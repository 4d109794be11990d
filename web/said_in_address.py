"""What a change says by its address (`?done=noted`): said by the page it leads to, once, and by no link."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request, Response

COOKIE = "ondol_unsaid"
KEPT_S = 60
WORDS = frozenset({"done", "billed"})
"""The words of an address that tell of a change."""


def hear_once(request: Request) -> Request:
    """The request without the words that were said already, or that no change of this browser's has said."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    if request.method != "GET" or COOKIE in request.cookies or not _words_in(query):
        return request
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in WORDS]
    return Request({**request.scope, "query_string": urlencode(kept).encode("latin-1")}, request.receive)


def say_once(request: Request, answer: Response) -> Response:
    """Let the page that a change leads to speak, and then be silent. Changes `answer` in place."""
    to = urlsplit(answer.headers.get("location") or answer.headers.get("hx-redirect") or "")
    if request.method != "GET" and _words_in(to.query):
        answer.set_cookie(COOKIE, "1", max_age=KEPT_S, path=_room(to.path), httponly=True, samesite="lax")
    elif request.method == "GET" and not to.path and _words_in(request.url.query):
        answer.delete_cookie(COOKIE, path=_room(request.url.path))
    return answer


def _words_in(query: str) -> bool:
    return any(name in WORDS for name, _said in parse_qsl(query, keep_blank_values=True))


def _room(path: str) -> str:
    return "/" + path.split("/")[1]
