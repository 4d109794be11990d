"""Who is asking, and whether the route is for them: checked before a request's body is looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from core.actor import Actor, Principal, Role
from core.errors import ForbiddenError, TooManyError, UnauthorizedError
from core.i18n import _, set_language
from core.wall import Caller as Behind
from core.wall import work_for
from web.context import caller_address, context_of
from web.language import language_of
from web.locked import SessionLockedError
from web.looks import BY_ITSELF, PutOffError, is_shared, put_off
from web.said_in_address import hear_once, say_once
from workforce.callers import Caller, find_session, find_token, note_use
from workforce.tokens import may_reach

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

COOKIE = "ondol_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNUSED_PATHS = frozenset({"/live", "/live/here"})


class CrossSiteError(ForbiddenError):
    """A form posted from another site."""

    code = "cross-site"


def allow(*roles: Role) -> Callable[[Endpoint], Endpoint]:
    """Declare who may call a route. Every guarded route must say so, or the process does not start."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return endpoint

    return mark


def everyone(endpoint: Endpoint) -> Endpoint:
    """Declare a route for every signed-in role."""
    return allow(*Role)(endpoint)


class GuardedRoute(APIRoute):
    """A route that knows its roles, names them in the OpenAPI document and checks them first."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        roles: frozenset[Role] | None = getattr(endpoint, "allowed_roles", None)
        if roles is None:
            raise RuntimeError(f"{path}: say who may call it with @allow(…) or @everyone")
        options["openapi_extra"] = {**(options.get("openapi_extra") or {}), "x-roles": sorted(roles)}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler: identify, check the role, then parse the body."""
        roles: frozenset[Role] = self.endpoint.allowed_roles  # type: ignore[attr-defined]
        handler = super().get_route_handler()
        shared = is_shared(self.endpoint)

        async def guarded(request: Request) -> Response:
            set_language(language_of(request))
            if request.headers.get(BY_ITSELF):
                try:
                    return await look(request)
                except PutOffError:
                    return put_off()
            await admit(request)
            return say_once(request, await handler(hear_once(request)))

        async def look(request: Request) -> Response:
            looks = context_of(request).looks
            principal = await admit(
                request
            )  # without a turn: whoever had one for this alone would need another
            if shared:
                return await looks.share(request, principal, partial(handler, request))
            async with looks.turn():
                return await handler(request)

        async def admit(request: Request) -> Principal:
            principal = await run_in_threadpool(_admit, request, roles)
            request.state.principal = principal
            work_for(_behind_the_wall(principal))
            # Taken before anything is read: what changes while a page is written is then looked at again.
            request.state.live_mark = context_of(request).live.mark
            return principal

        return guarded


def _behind_the_wall(principal: Principal) -> Behind:
    """What this person's transactions see; whoever does not serve a point or make visits sees the company."""
    desk, technician = principal.role is Role.POINT, principal.role is Role.TECHNICIAN
    return Behind(
        principal.company_id,
        principal.person_id,
        # A technician's membership without a seat of his own reaches what its point does (`web.scope`).
        service_point_id=principal.service_point_id if desk or technician else None,
        technician_id=principal.technician_id if technician else None,
    )


def identify(request: Request) -> Principal | None:
    """The person behind a bearer token or a session cookie."""
    caller = find_caller(request)
    return caller.principal if caller else None


def find_caller(request: Request) -> Caller | None:
    """The same with what the company's rules say of their token or session. Raises TokenOverError."""
    context = context_of(request)
    header = request.headers.get("authorization", "")
    scheme, _separator, token = header.partition(" ")
    with context.database.everywhere.glancing() as session:
        if scheme.lower() == "bearer" and token:
            return find_token(session, token=token.strip(), now=context.clock())
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        return find_session(session, token=cookie, address=caller_address(request), now=context.clock())


def _admit(request: Request, roles: Collection[Role]) -> Principal:
    """Everything that is asked before a body is read.

    Raises:
        UnauthorizedError, SessionLockedError, TooManyError, ForbiddenError, CrossSiteError.
    """
    caller = find_caller(request)
    if caller is None:
        raise UnauthorizedError(_("로그인이 필요합니다."))
    if caller.principal.via == "token":
        _hold_to_token(request, caller)
    if caller.locked:
        raise SessionLockedError(
            _("한동안 쓰지 않아 화면을 잠갔습니다. 비밀번호를 적으면 이어서 할 수 있습니다.")
        )
    if caller.principal.role not in roles:
        raise ForbiddenError(_("이 일은 지금 역할로 할 수 없습니다."))
    if caller.principal.via == "session" and request.method not in SAFE_METHODS:
        refuse_cross_site(request)
    _note_use(request, caller)
    return caller.principal


def _hold_to_token(request: Request, caller: Caller) -> None:
    """A program keeps to its pace and its scope. Raises TooManyError, ForbiddenError."""
    context = context_of(request)
    wait = context.pace.take(
        caller.id, caller.requests_a_minute, processes=context.settings.web_processes, now=context.clock()
    )
    if wait:
        raise TooManyError(
            _("요청이 너무 잦습니다. {n}초 뒤에 다시 보내 주세요.").format(n=wait), retry_after_s=wait
        )
    if not may_reach(caller.scope, method=request.method, path=request.url.path):
        raise ForbiddenError(_("이 토큰의 범위 밖입니다. 관리자에게 범위가 맞는 토큰을 받아 주세요."))


def _note_use(request: Request, caller: Caller) -> None:
    """Write down that a person did something; what an open page asks by itself is nobody's doing."""
    by_itself = request.headers.get(BY_ITSELF) or request.url.path in UNUSED_PATHS
    context = context_of(request)
    now = context.clock()
    if caller.is_worth_noting(now) and not by_itself:
        with context.database.everywhere.transaction() as session:
            note_use(session, caller=caller, address=caller_address(request), now=now)


def refuse_cross_site(request: Request) -> None:
    """Refuse a state change that another site's page sent with our cookie. Raises CrossSiteError."""
    if is_from_elsewhere(request):
        raise CrossSiteError(_("다른 사이트에서 온 요청이라 받지 않았습니다. 온돌 화면에서 다시 해 주세요."))


def is_from_elsewhere(request: Request, *, nameless: bool = False) -> bool:
    """Whether another site's page sent this.

    Args:
        nameless: our own pages say nothing of where they are (`no-referrer`), so `Origin: null` may be ours.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None or (nameless and origin == "null"):
        return False
    return urlsplit(origin).netloc != request.headers.get("host")


def current_principal(request: Request) -> Principal:
    """The checked person of a guarded route."""
    principal: Principal = request.state.principal
    return principal


def current_actor(request: Request) -> Actor:
    """The same person as the author of changes, with where they come from."""
    return current_principal(request).actor(source=caller_address(request))


async def _signed_in(request: Request) -> Principal:
    return current_principal(request)


async def _author(request: Request) -> Actor:
    return current_actor(request)


# Asynchronous, because FastAPI gives a plain function a thread of its own, and the pool is small.
SignedIn = Depends(_signed_in)
Author = Depends(_author)
