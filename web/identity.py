"""Who is asking, and whether the route is for them: checked before a request's body is looked at."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from core.actor import Actor, Principal, Role
from core.errors import ForbiddenError, UnauthorizedError
from core.i18n import _, set_language
from core.wall import Caller, work_for
from web.context import caller_address, context_of
from web.language import language_of
from workforce.accounts import session_principal, token_principal

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

COOKIE = "ondol_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


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

        async def guarded(request: Request) -> Response:
            set_language(language_of(request))
            principal = await run_in_threadpool(identify, request)
            if principal is None:
                raise UnauthorizedError(_("로그인이 필요합니다."))
            if principal.role not in roles:
                raise ForbiddenError(_("이 일은 지금 역할로 할 수 없습니다."))
            if principal.via == "session" and request.method not in SAFE_METHODS:
                refuse_cross_site(request)
            request.state.principal = principal
            work_for(Caller(principal.company_id, principal.person_id))
            # Taken before anything is read: what changes while a page is written is then looked at again.
            request.state.live_mark = context_of(request).live.mark
            return await handler(request)

        return guarded


def identify(request: Request) -> Principal | None:
    """The person behind a bearer token or a session cookie."""
    context = context_of(request)
    header = request.headers.get("authorization", "")
    scheme, _separator, token = header.partition(" ")
    with context.database.everywhere.reading() as session:
        if scheme.lower() == "bearer" and token:
            return token_principal(session, token=token.strip(), now=context.clock())
        cookie = request.cookies.get(COOKIE)
        return session_principal(session, token=cookie, now=context.clock()) if cookie else None


def refuse_cross_site(request: Request) -> None:
    """Refuse a state change that another site's page sent with our cookie. Raises CrossSiteError."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        raise CrossSiteError(_("다른 사이트에서 온 요청이라 받지 않았습니다. 온돌 화면에서 다시 해 주세요."))


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
