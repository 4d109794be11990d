"""Errors as people and programs meet them: RFC 9457 for the API, a plain page for everybody else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from psycopg.errors import (
    CharacterNotInRepertoire,
    DiskFull,
    ReadOnlySqlTransaction,
    UntranslatableCharacter,
)
from sqlalchemy.exc import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    PendingRollbackError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from core.errors import (
    DomainError,
    FieldError,
    InvalidError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
)
from core.i18n import _, set_language
from core.origin import current_request_id
from web.body_limit import TOO_LARGE
from web.language import language_of
from web.locked import LOCKED_HEADER, SessionLockedError
from web.templating import render_page
from web.toasts import toast

log = structlog.get_logger(__name__)

CLIENT_CLOSED = 499
"""As nginx calls it; no standard has a number for it."""
_OUR_FAULT = 500
"""From this status on an answer shows the number under which the log tells more."""
PROBLEM_TYPES = "https://ondol.invalid/problems/"
"""Names, not addresses: RFC 9457 asks for a URI, and ours never leads to another's site."""


def install_error_handlers(app: FastAPI) -> None:
    """Every way a request can fail has one answer."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(ClientDisconnect, _on_gone)
    # PendingRollbackError: the connection died in a savepoint, and the step went on behind it.
    for away in (OperationalError, InterfaceError, PendingRollbackError, PoolTimeoutError):
        app.add_exception_handler(away, _on_database_away)
    app.add_exception_handler(InternalError, _on_refused_write)
    app.add_exception_handler(DataError, _on_data_error)


def problem(error: DomainError) -> JSONResponse:
    """The RFC 9457 answer for an error."""
    body: dict[str, Any] = {
        "type": PROBLEM_TYPES + error.code,
        "title": _title(error.status),
        "status": error.status,
        "detail": error.detail,
    }
    if (request_id := current_request_id()) is not None:
        body["request_id"] = request_id
    if error.errors:
        body["errors"] = [{"field": item.field, "message": item.message} for item in error.errors]
    headers = _headers(error)
    if error.status == UnauthorizedError.status:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        body, status_code=error.status, media_type="application/problem+json", headers=headers
    )


def answer(request: Request, error: DomainError) -> Response:
    """The answer in the form the asker understands."""
    if _wants_json(request):
        return problem(error)
    if "HX-Request" in request.headers:
        return _for_part(error)
    if isinstance(error, UnauthorizedError) and request.method == "GET":
        if isinstance(error, SessionLockedError):
            where = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
            return RedirectResponse(f"/unlock?next={where}", status_code=303)
        return RedirectResponse(f"/login?next={request.url.path}", status_code=303)
    again = _again(request, error)
    # The browser itself asks again, also where no script runs; the page is at its own address.
    headers = _headers(error) | ({"Refresh": "5"} if again else {})
    return render_page(
        request,
        "errors/problem.html",
        {
            "title": _title(error.status),
            "error": error,
            "again": again,
            "request_id": current_request_id() if error.status >= _OUR_FAULT else None,
        },
        status_code=error.status,
        headers=headers,
    )


def _again(request: Request, error: DomainError) -> str:
    """The address of a page that will open once a neighbour is back; empty for everything else."""
    if error.status != UnavailableError.status or request.method != "GET":
        return ""
    if request.url.path.startswith("//"):  # a browser would read another site's name there
        return ""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _for_part(error: DomainError) -> Response:
    """A part of a page keeps what it shows: htmx would put the whole error page into its place."""
    words = error.detail
    if isinstance(error, UnauthorizedError) and not isinstance(error, SessionLockedError):
        words = _("로그인 시간이 끝났습니다. 적은 내용은 그대로 있으니 다른 창에서 로그인해 주세요.")
    if error.status >= _OUR_FAULT and error.status != UnavailableError.status:
        words += " " + _("문의 번호: {request_id}").format(request_id=current_request_id())
    kind = "away" if error.status == UnavailableError.status else "bad"
    headers = {**_headers(error), **toast(words, kind), "HX-Reswap": "none"}
    return PlainTextResponse(words, status_code=error.status, headers=headers)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return answer(request, error)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = tuple(FieldError(field=_path(item["loc"]), message=_message(item)) for item in error.errors())
    detail = _("보내신 내용에 고칠 곳이 있습니다.")
    return answer(request, InvalidError(detail, errors=fields))


def answer_too_large(request: Request) -> Response:
    """The body is announced to be larger than any of ours."""
    return _answer_status(request, TOO_LARGE, "")


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer_status(request, error.status_code, str(error.detail))


def _answer_status(request: Request, status: int, detail: str) -> Response:
    set_language(language_of(request))  # nobody has asked who it is, and in which language
    known = {
        400: _("보내신 내용을 읽을 수 없습니다. 형식(UTF-8)과 길이를 확인하고 다시 보내 주세요."),
        404: _("그런 주소가 없습니다. 주소를 확인해 주세요."),
        405: _("이 주소에서는 그렇게 할 수 없습니다."),
        TOO_LARGE: _("보내신 내용이 너무 큽니다. 2MB가 넘지 않게 나누어 보내 주세요."),
    }
    plain = DomainError(known.get(status, detail))
    plain.status = status
    plain.code = f"http-{status}"
    return answer(request, plain)


async def _on_gone(_request: Request, _error: Exception) -> Response:
    """A page was left while it still asked: nobody's fault, and nobody reads this."""
    return Response(status_code=CLIENT_CLOSED)


async def _on_database_away(request: Request, error: Exception) -> Response:
    log.error("database_away", error=str(error)[:300])
    if isinstance(getattr(error, "orig", None), DiskFull):
        detail = _("저장 공간이 가득 찼습니다. 저장되지 않았으니 적어 두시고, 담당자에게 바로 알려 주세요.")
    elif _only_asks(request):
        detail = _("잠시 저장소와 연결이 끊겨 불러오지 못했습니다. 잠시 뒤에 다시 해 주세요.")
    else:
        detail = _("잠시 저장소와 연결이 끊겼습니다. 저장되지 않았으니 잠시 뒤에 다시 해 주세요.")
    return answer(request, UnavailableError(detail))


async def _on_refused_write(request: Request, error: Exception) -> Response:
    """A database that only reads takes over for a moment when another one is made the first."""
    refused = isinstance(getattr(error, "orig", None), ReadOnlySqlTransaction)
    if refused and request.method not in ("GET", "HEAD"):  # a page that writes is our own fault
        return await _on_database_away(request, error)
    return await answer_fault(request, error)


async def _on_data_error(request: Request, error: Exception) -> Response:
    log.warning("data_refused", error=str(error)[:300])
    original = getattr(error, "orig", None)
    if isinstance(original, UntranslatableCharacter | CharacterNotInRepertoire):
        return answer(request, InvalidError(_("쓸 수 없는 글자가 들어 있습니다.")))
    return answer(request, InvalidError(_("값이 너무 크거나 읽을 수 없습니다. 고쳐서 다시 해 주세요.")))


async def answer_fault(request: Request, error: Exception) -> Response:
    """What nobody expected: logged with its traceback, told with the number under which that is found."""
    log.exception("request_failed", error=repr(error)[:300])
    fault = DomainError(
        _("온돌 안에서 문제가 생겼습니다. 저장되지 않았습니다. 문의 번호를 담당자에게 알려 주세요.")
    )
    fault.status = 500
    fault.code = "fault"
    return answer(request, fault)


def _only_asks(request: Request) -> bool:
    """Nothing was to be stored: a page is opened, or a field looks something up for itself."""
    source = request.headers.get("HX-Source", "form").partition("#")[0].lower()
    return request.method in ("GET", "HEAD") or source not in ("form", "button")


def _wants_json(request: Request) -> bool:
    # A stream's page cannot read a log-in page either: it hears the status.
    wanted = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or wanted.startswith(
        ("application/json", "text/event-stream")
    )


def _headers(error: DomainError) -> dict[str, str]:
    if isinstance(error, TooManyError):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, SessionLockedError):
        return {LOCKED_HEADER: "1"}
    return {"Retry-After": "5"} if error.status in (429, 503) else {}


def _title(status: int) -> str:
    titles = {
        400: _("읽을 수 없는 요청"),
        401: _("로그인이 필요함"),
        403: _("권한 없음"),
        404: _("찾을 수 없음"),
        409: _("지금은 할 수 없음"),
        TOO_LARGE: _("너무 큰 요청"),
        422: _("고칠 곳이 있음"),
        429: _("너무 잦은 요청"),
        500: _("온돌의 문제"),
        503: _("잠시 쉬는 중"),
    }
    return titles.get(status, _("요청을 처리하지 못함"))


def _path(location: tuple[int | str, ...]) -> str:
    parts = [str(part) for part in location if part not in ("body", "query", "path")]
    return ".".join(parts) or "body"


def _message(item: dict[str, Any]) -> str:
    kind = str(item.get("type", ""))
    if kind == "missing":
        return _("꼭 필요한 값입니다.")
    if kind == "json_invalid":
        return _("JSON으로 읽을 수 없습니다.")
    if kind in ("enum", "literal_error"):
        expected = item.get("ctx", {}).get("expected", "")
        return _("다음 가운데 하나여야 합니다: {expected}").format(expected=expected)
    if kind == "value_error":
        return str(item["msg"]).removeprefix("Value error, ")
    return _("읽을 수 없는 값입니다 ({why}).").format(why=item.get("msg", ""))
