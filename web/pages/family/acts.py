"""What a family does: each form is sent once, acts under the link's own name, and leads back to a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import cast, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.errors import ConflictError, ForbiddenError, InvalidError
from core.i18n import LANGUAGES, _
from dispatch import family_steps
from dispatch.appointments import WindowNotReachableError
from dispatch.approvals import ApprovalClosedError, UnknownApprovalError
from dispatch.cancellation import NoReasonError
from dispatch.cases import WrongStateError
from dispatch.family_links import OpenLink
from dispatch.family_notices import Whose, switch_language, turn, turn_adverts
from dispatch.family_steps import TooManyChangesError, family_actor
from happycall import wishes
from web.context import context_of
from web.language import LANGUAGE_COOKIE
from web.pages.family import pages
from web.pages.family.checkup import read_moment, read_window
from web.pages.family.door import FamilyRoute, here, invited_of, no_such_page, visitor_of
from web.pages.posting import Posted, PostedForm
from web.pages.session import LANGUAGE_LASTS_S
from web.typed_ids import read_id

router = APIRouter(prefix="/t/{token}", route_class=FamilyRoute)

Do = Callable[[Session, OpenLink, datetime], object]
NOT_AT_ALL = "none"
AGREES, REFUSES = "agree", "refuse"
MOST_WRITTEN = 500
ADVERTS = "adverts"


def _act(request: Request, posted: PostedForm, kind: str, do: Do, *, said: str) -> Response:
    """Do it in one transaction, unless this very form was sent before, and go back to say so.

    Raises what `do` raises.
    """
    context, link = context_of(request), visitor_of(request).link
    now = context.clock()
    content = "\n".join(f"{name}={value}" for name, value in posted.fields)
    with context.database.transaction() as session:
        key = posted.get("form_key")[:64] or pages.new_form_key()
        first = family_steps.take_once(session, link=link, kind=kind, form_key=key, content=content, now=now)
        if first:
            do(session, link, now)
    return RedirectResponse(f"{here(request)}?said={said if first else 'already'}", status_code=303)


def _for_the_home_alone(request: Request) -> None:
    if visitor_of(request).link.pays_alone:
        raise ForbiddenError(_("비용을 내시는 분의 화면에서는 할 수 없는 일입니다."))


@router.post("/time")
def choose_time(request: Request, posted: Posted) -> Response:
    """Agree the window that was pressed; when it cannot be kept any more, the others are shown.

    Who gives another appointment up for it is asked once more (`ask`).
    """
    _for_the_home_alone(request)
    try:
        window = read_window(posted.get("window"))
        if posted.get("ask"):
            return pages.sure_of_time(request, window)
        return _act(
            request,
            posted,
            "agree",
            lambda session, link, now: family_steps.agree(session, link=link, window=window, now=now),
            said="agreed",
        )
    except WindowNotReachableError:
        taken = _("그 시간에는 이제 갈 수 없습니다. 아래에서 다시 골라 주세요.")
        return pages.times(request, error=ConflictError(taken))
    except (WrongStateError, TooManyChangesError, InvalidError) as error:
        return pages.times(request, error=error)


@router.post("/away")
def put_off(request: Request, posted: Posted) -> Response:
    """Nobody will be at home: the visit is called off, and other times are offered."""
    _for_the_home_alone(request)
    try:
        return _act(
            request,
            posted,
            "put_off",
            lambda session, link, now: family_steps.put_off(session, link=link, now=now),
            said="put_off",
        )
    except WrongStateError as error:
        return pages.home(request, error=error)


@router.post("/approval")
def answer_cost(request: Request, posted: Posted) -> Response:
    """Whoever pays agrees to the work at this price, or refuses it."""
    answer, approval_id = posted.get("answer"), read_id(posted.get("asked"))
    if answer not in (AGREES, REFUSES) or approval_id is None:
        raise no_such_page()
    agrees = answer == AGREES
    try:
        return _act(
            request,
            posted,
            "approval",
            lambda session, link, now: family_steps.answer_cost(
                session, link=link, approval_id=approval_id, agrees=agrees, now=now
            ),
            said="cost_agreed" if agrees else "cost_refused",
        )
    except (ApprovalClosedError, UnknownApprovalError, ForbiddenError) as error:
        return pages.home(request, error=error)


@router.post("/complaint")
def complain(request: Request, posted: Posted) -> Response:
    """What was not right goes to the person who answers for it."""
    words = posted.get("words")[:MOST_WRITTEN]
    try:
        return _act(
            request,
            posted,
            "complain",
            lambda session, link, now: family_steps.complain(session, link=link, words=words, now=now),
            said="complained",
        )
    except NoReasonError:
        return pages.complaint(request, error=InvalidError(_("무엇이 불편하셨는지 적어 주세요.")))


@router.post("/call")
def wish_call(request: Request, posted: Posted) -> Response:
    """Another time for the call that asks how it was, or none."""
    _for_the_home_alone(request)
    try:
        chosen = posted.get("at")
        at = None if chosen == NOT_AT_ALL else read_moment(chosen)
        do = partial(_wish_call, at=at)
        return _act(request, posted, "call", do, said="no_call" if at is None else "call_wished")
    except (ConflictError, InvalidError) as error:
        return pages.call(request, error=error)


def _wish_call(session: Session, link: OpenLink, now: datetime, *, at: datetime | None) -> None:
    ahead = wishes.call_ahead(session, company_id=link.company_id, ticket_id=link.ticket_id, now=now)
    if ahead is None:
        raise no_such_page()
    by = family_actor(link)
    if at is None:
        wishes.decline(session, ahead=ahead, company_id=link.company_id, by=by, now=now)
    else:
        wishes.wish_time(session, ahead=ahead, company_id=link.company_id, at=at, by=by, now=now)


@router.post("/texts")
def choose_texts(request: Request, posted: Posted) -> Response:
    """Texts for these people from now on, or none any more."""
    whose, on = posted.get("whose"), posted.get("on") == "1"
    if whose == ADVERTS:
        said = "adverts_on" if on else "adverts_off"
        return _act(request, posted, "adverts", partial(_turn_adverts, on=on), said=said)
    if whose not in get_args(Whose):
        raise no_such_page()
    do = partial(_turn, whose=cast("Whose", whose), on=on)
    return _act(request, posted, "texts", do, said="texts_on" if on else "texts_off")


def _turn(session: Session, link: OpenLink, now: datetime, *, whose: Whose, on: bool) -> None:
    turn(session, link=link, whose=whose, on=on, now=now)


def _turn_adverts(session: Session, link: OpenLink, now: datetime, *, on: bool) -> None:
    turn_adverts(session, link=link, on=on, now=now)


@router.post("/language")
def choose_language(request: Request, posted: Posted) -> Response:
    """Korean or English, for their page and their texts alike: kept, so no browser has to remember it.

    Whoever was only invited has no texts to come: his browser remembers.
    """
    context, language = context_of(request), posted.get("lang")
    if language not in LANGUAGES:
        raise no_such_page()
    if invited_of(request) is not None:
        answer = RedirectResponse(here(request), status_code=303)
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_LASTS_S, samesite="lax")
        return answer
    with context.database.transaction() as session:
        switch_language(session, link=visitor_of(request).link, language=language, now=context.clock())
    return RedirectResponse(f"{here(request)}?said=language", status_code=303)
