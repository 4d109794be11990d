"""The door of the family's page: the token in the address is all there is to show, and all that is asked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from campaigns.answers import find_invitation
from core.errors import DomainError, ForbiddenError, InvalidError, NotFoundError, TooManyError
from core.i18n import _, set_language
from core.secrets import hash_token
from core.wall import Caller as Behind
from core.wall import work_for
from dispatch.family_links import LinkOverError, OpenLink, UnknownLinkError, find_link
from dispatch.family_notices import language_of_link
from web.context import caller_address, context_of
from web.identity import is_from_elsewhere
from web.language import language_of
from web.templating import render_page
from workforce.queries import get_company
from workforce.schemas import CompanyInfo

LONGEST_TOKEN = 200
OF_ADVERTS = ("", "/", "/texts", "/language")
"""What still answers once a case is over and only the word about advertisements is left."""
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Visitor:
    """Whoever opened a link: all that is known is the link, and whose case it is."""

    link: OpenLink
    company: CompanyInfo
    language: str
    """In which their texts are written, and their page opens."""


@dataclass(frozen=True)
class Invited:
    """Whoever opened the link of an invitation: there is no case, only a home that was asked."""

    invitation_id: int
    company: CompanyInfo
    language: str


FOR_THE_INVITED = ("/t/{token}", "/t/{token}/checkup", "/t/{token}/language")
"""All that lies behind an invitation's link."""


class FamilyRoute(APIRoute):
    """A route behind a link: paced, found, and answered with the maker's number whatever happens."""

    def __init__(
        self, path: str, endpoint: Callable[..., Any], *, methods: Iterable[str] | None = None, **rest: Any
    ) -> None:
        """As FastAPI's, but what may be read may be asked for by HEAD: messengers look at a link so."""
        named = {"GET"} if methods is None else set(methods)
        super().__init__(path, endpoint, methods=named | ({"HEAD"} if "GET" in named else set()), **rest)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler: the link first, then the page."""
        handler = super().get_route_handler()

        async def opened(request: Request) -> Response:
            set_language(language_of(request))
            try:
                visitor = request.state.family = await run_in_threadpool(_open, request)
                work_for(Behind(visitor.company.id, person_id=0))
                if isinstance(visitor, Invited) and self.path_format not in FOR_THE_INVITED:
                    raise no_such_page()
                request.state.language = visitor.language
                set_language(visitor.language)
                return await handler(request)
            except DomainError as error:
                return await run_in_threadpool(closed, request, error)
            except (RequestValidationError, HTTPException):
                unread = InvalidError(_("보내신 내용을 읽지 못했습니다. 처음 화면에서 다시 해 주세요."))
                return await run_in_threadpool(closed, request, unread)

        return opened


def visitor_of(request: Request) -> Visitor:
    """Who opened the link of this request."""
    visitor: Visitor = request.state.family
    return visitor


def invited_of(request: Request) -> Invited | None:
    """The invitation whose link was opened; None: it is the link of a case."""
    visitor = request.state.family
    return visitor if isinstance(visitor, Invited) else None


def no_such_page() -> NotFoundError:
    """There is nothing to see or do here (any more)."""
    return NotFoundError(_("지금은 이 화면에서 하실 일이 없습니다."))


def closed(request: Request, error: DomainError) -> Response:
    """A page that says what is the matter and whom to ring; nothing of any case."""
    visitor: Visitor | Invited | None = getattr(request.state, "family", None)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyError) else {}
    makers = [visitor.company] if visitor is not None else _makers(request, error)
    values = {"makers": makers, "maker": makers[0] if len(makers) == 1 else None, "words": error.detail}
    values |= {"again": here(request) if visitor is not None else None}
    return render_page(request, "family/closed.html", values, status_code=error.status, headers=headers)


def show(
    request: Request, template: str, values: Mapping[str, Any], *, error: DomainError | None = None
) -> Response:
    """A page of the family's, under its maker's name; with `error` it says first why nothing was done."""
    frame = {"maker": request.state.family.company, "here": here(request), "error": error}
    return render_page(
        request, template, {**frame, **values}, status_code=error.status if error is not None else 200
    )


def here(request: Request) -> str:
    """The page's own address, without what stands behind it."""
    return f"/t/{request.path_params['token']}"


def _open(request: Request) -> Visitor | Invited:
    """Everything that is asked before a page is made.

    Raises:
        TooManyError: this link or this address asks too often.
        ForbiddenError: another site's page sent a form here.
        UnknownLinkError, LinkOverError: as `find_link`; malformed and unknown are one.
    """
    context, now = context_of(request), context_of(request).clock()
    token = str(request.path_params["token"])[:LONGEST_TOKEN]
    _keep_pace(request, token, now)
    if request.method not in READING and is_from_elsewhere(request, nameless=True):
        raise ForbiddenError(
            _("다른 사이트에서 온 요청이라 받지 않았습니다. 문자의 주소를 다시 눌러 주세요.")
        )
    with context.database.everywhere.glancing() as session:
        try:
            link = find_link(session, token=token, now=now)
        except UnknownLinkError:
            invitation_id, company_id = find_invitation(session, token=token, now=now)
            company = get_company(session, company_id=company_id)
            return Invited(invitation_id, company, language_of(request))
        if link.adverts_alone and request.url.path.removeprefix(here(request)) not in OF_ADVERTS:
            raise LinkOverError(_("이 주소는 이제 열리지 않습니다."), company_id=link.company_id)
        company = get_company(session, company_id=link.company_id)
        return Visitor(link, company, language_of_link(session, link=link))


def _keep_pace(request: Request, token: str, now: datetime) -> None:
    context, settings = context_of(request), context_of(request).settings
    for key, a_minute in (
        (("address", caller_address(request)), settings.link_requests_a_minute_address),
        (("link", hash_token(token)), settings.link_requests_a_minute),
    ):
        wait = context.pace.take(key, a_minute, processes=settings.web_processes, now=now)
        if wait:
            raise TooManyError(
                _("너무 자주 눌렀습니다. {n}초 뒤에 다시 눌러 주세요.").format(n=wait), retry_after_s=wait
            )


def _makers(request: Request, error: DomainError) -> list[CompanyInfo]:
    """Whose numbers to show when the link shows nothing: its maker's if it had one, else everybody's."""
    context = context_of(request)
    makers = context.makers.all(context.database, now=context.clock())
    if not isinstance(error, LinkOverError):
        return makers
    return [maker for maker in makers if maker.id == error.company_id]
