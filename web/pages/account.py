"""My account (내 계정), for every role: my open log-ins and devices, my password, my second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import DomainError, ForbiddenError
from core.i18n import N_, _
from core.secrets import SealBrokenError
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, everyone
from web.pages.second_factor import qr_picture
from web.presenters.browsers import shown_browser
from web.templating import render_page
from workforce import devices
from workforce.own_account import change_own_password, confirm_own_password
from workforce.second_factor import address_of, find_factor, new_secret, renew_codes, set_factor

router = APIRouter(prefix="/account", route_class=GuardedRoute)

SAYS = {
    "password": N_("비밀번호를 바꿨습니다. 다른 곳의 로그인은 모두 끝났습니다."),
    "ended": N_("그 로그인을 끝냈습니다."),
    "others": N_("다른 곳의 로그인을 모두 끝냈습니다."),
    "device": N_("그 기기를 지웠습니다. 다음에는 2단계 확인을 다시 묻습니다."),
}


@router.get("")
@everyone
def show_account(request: Request, done: str = "", principal: Principal = SignedIn) -> Response:
    """Everything about one's own log-in."""
    return _show(request, principal, done=done)


@router.post("/password")
@everyone
def change_password(
    request: Request,
    password: Annotated[str, Form(max_length=1000)] = "",
    new_password: Annotated[str, Form(max_length=1000)] = "",
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A new password, after the old one."""

    def act(session: Session, now: datetime) -> DomainError | None:
        return change_own_password(
            session,
            principal=principal,
            old=password,
            new=new_password,
            limits=context_of(request).try_limits,
            by=by,
            now=now,
        )

    return _do(request, principal, act, done="password")


@router.post("/sessions/others/end")
@everyone
def end_others(request: Request, principal: Principal = SignedIn, by: Actor = Author) -> Response:
    """End every log-in but this one."""

    def act(session: Session, now: datetime) -> None:
        devices.end_sessions(session, **_mine(principal), but=principal.session_id, by=by, now=now)

    return _do(request, principal, act, done="others")


@router.post("/sessions/{session_id}/end")
@everyone
def end_one(
    request: Request, session_id: int, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """End one log-in of mine; this very one leads to the log-in page."""

    def act(session: Session, now: datetime) -> None:
        devices.end_sessions(session, **_mine(principal), only=session_id, by=by, now=now)

    return _do(request, principal, act, done="ended")


@router.post("/devices/{device_id}/end")
@everyone
def forget_device(
    request: Request, device_id: int, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Ask the second factor of a device again."""

    def act(session: Session, now: datetime) -> None:
        devices.forget_device(session, **_mine(principal), device_id=device_id, by=by, now=now)

    return _do(request, principal, act, done="device")


@router.post("/second-factor")
@everyone
def set_up(
    request: Request,
    code: Annotated[str, Form(max_length=60)] = "",
    sealed: Annotated[str, Form(max_length=400)] = "",
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Show the picture for the app; with a code of it, keep it and show the recovery codes."""
    context = context_of(request)
    _must_be_person(principal)
    if not context.seal.works:
        return render_page(request, "session/no_key.html", {}, status_code=503)
    try:
        secret = _unsealed(request, principal, sealed)
    except SealBrokenError:
        secret = new_secret()
    error = None
    if code:
        try:
            with context.database.transaction() as session:
                codes = set_factor(
                    session,
                    **_mine(principal),
                    secret=secret,
                    code=code,
                    seal=context.seal,
                    by=by,
                    now=context.clock(),
                )
            return _show_codes(request, codes)
        except DomainError as refused:
            error = refused
    address = address_of(secret, login=principal.login)
    values = {
        "picture": qr_picture(address),
        "address": address,
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "sealed": context.seal.close(f"{principal.account_id}:{secret}"),
        "error": error.detail if error else None,
    }
    return render_page(request, "account/set_up.html", values, status_code=error.status if error else 200)


@router.post("/recovery-codes")
@everyone
def new_codes(
    request: Request,
    password: Annotated[str, Form(max_length=1000)] = "",
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Ten new recovery codes, after the password; the old ones are over."""
    _must_be_person(principal)
    context, now = context_of(request), context_of(request).clock()
    with context.database.everywhere.transaction() as session:
        refused = confirm_own_password(
            session,
            principal=principal,
            password=password,
            address=by.source,
            limits=context.try_limits,
            now=now,
        )
        codes = () if refused else renew_codes(session, **_mine(principal), by=by, now=now)
    if refused is not None:
        return _show(request, principal, error=refused, at="codes")
    return _show_codes(request, codes)


def _do(
    request: Request,
    principal: Principal,
    act: Callable[[Session, datetime], DomainError | None],
    *,
    done: str,
) -> Response:
    """One change in one transaction, and back to the page; a refusal is said on it."""
    _must_be_person(principal)
    context = context_of(request)
    try:
        # Wrong passwords are counted outside the wall between companies, where a log-in counts them.
        with context.database.everywhere.transaction() as session:
            refused = act(session, context.clock())
    except DomainError as error:
        if done != "password":
            raise
        refused = error
    if refused is not None:
        return _show(request, principal, error=refused, at=done)
    return RedirectResponse(f"/account?done={done}", status_code=303)


def _show(
    request: Request,
    principal: Principal,
    *,
    done: str = "",
    error: DomainError | None = None,
    at: str = "",
) -> Response:
    _must_be_person(principal)
    context, now = context_of(request), context_of(request).clock()
    with context.database.reading() as session:
        values: dict[str, Any] = {
            "sessions": devices.list_sessions(session, account_id=principal.account_id, now=now),
            "devices": devices.list_devices(session, account_id=principal.account_id, now=now),
            "factor": find_factor(session, account_id=principal.account_id),
        }
    errors = {item.field: item.message for item in error.errors} if error else {}
    if error is not None and not errors:
        errors = {"password": error.detail}
    values |= {
        "this": principal.session_id,
        "browser_words": shown_browser,
        "errors": errors,
        "at": at,
        "can_seal": context.seal.works,
        "flash": [{"kind": "ok", "text": _(SAYS[done])}] if done in SAYS else [],
    }
    return render_page(request, "account/account.html", values, status_code=error.status if error else 200)


def _show_codes(request: Request, codes: tuple[str, ...]) -> Response:
    return render_page(request, "session/recovery_codes.html", {"codes": codes, "next": "/account"})


def _mine(principal: Principal) -> dict[str, Any]:
    return {
        "account_id": principal.account_id,
        "person_id": principal.person_id,
        "company_id": principal.company_id,
    }


def _must_be_person(principal: Principal) -> None:
    """A program's token looks after nobody's log-in. Raises ForbiddenError."""
    if principal.session_id is None:
        raise ForbiddenError(_("로그인한 사람만 쓸 수 있는 화면입니다."))


def _unsealed(request: Request, principal: Principal, sealed: str) -> str:
    """The secret that this very account was shown. Raises SealBrokenError."""
    owner, _separator, secret = context_of(request).seal.open(sealed).partition(":")
    if owner != str(principal.account_id):
        raise SealBrokenError("another account's")
    return secret
