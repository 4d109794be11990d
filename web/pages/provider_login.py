"""Log-in through the company's identity provider: there, and back."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from core.errors import DomainError, NotFoundError
from core.i18n import _
from core.secrets import new_token
from web import identity_provider
from web.context import context_of
from web.cookies import PROVIDER_COOKIE, origin_of, set_provider_state
from web.identity_provider import NotProvenError
from web.pages.session import let_in, show_login
from web.paths import own_path
from workforce import provider_sign_in

router = APIRouter(prefix="/login/provider")


@router.get("")
def go_there(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's usual name
    """Off to the provider; what comes back is known by its `state`, and by this browser's cookie."""
    context = context_of(request)
    _must_be_configured(request)
    state, nonce, verifier = new_token(), new_token(), new_token()
    try:
        where = identity_provider.way_there(context.settings, state=state, nonce=nonce, verifier=verifier)
    except DomainError as error:
        return show_login(request, target=next, error=error)
    with context.database.everywhere.transaction() as session:
        provider_sign_in.note_departure(
            session,
            state=state,
            nonce=nonce,
            verifier=verifier,
            target=own_path(next),
            now=context.clock(),
        )
    return set_provider_state(request, RedirectResponse(where, status_code=303), state)


@router.get("/back")
def come_back(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """Back with a code: prove who it is, and let in whoever has an account here for it."""
    context, now = context_of(request), context_of(request).clock()
    _must_be_configured(request)
    try:
        if not state or not hmac.compare_digest(
            request.cookies.get(PROVIDER_COOKIE, "").encode(), state.encode()
        ):
            raise NotProvenError(_("다른 창에서 시작한 로그인입니다. 이 창에서 처음부터 다시 해 주세요."))
        with context.database.everywhere.transaction() as session:
            departure = provider_sign_in.take_departure(session, state=state, now=now)
        if error or not code:
            raise NotProvenError(
                _("회사 계정으로 들어오기를 그만두었습니다. 다시 하거나 아이디로 들어와 주세요.")
            )
        proven = identity_provider.prove(
            context.settings, code=code, nonce=departure.nonce, verifier=departure.verifier, now=now
        )
        with context.database.everywhere.transaction() as session:
            found = provider_sign_in.sign_in_proven(
                session, subject=proven.subject, email=proven.email, origin=origin_of(request), now=now
            )
    except DomainError as refused:
        return show_login(request, error=refused)
    answer = let_in(request, found, target=departure.target)
    answer.delete_cookie(PROVIDER_COOKIE, path="/login")
    return answer


def _must_be_configured(request: Request) -> None:
    if not context_of(request).settings.has_provider:
        raise NotFoundError(_("이 설치에는 회사 계정 로그인이 없습니다."))
