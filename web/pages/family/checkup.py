"""What an invited home sees: what the check-up is, what it costs, the times, and two ways to say no."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from campaigns import answers
from campaigns.answers import CampaignRestsError
from core.errors import ConflictError, DomainError, InvalidError
from core.i18n import N_, _
from dispatch.appointments import WindowNotReachableError
from dispatch.checkups import NotPlaceableError
from notifications.messages import Window
from web.context import context_of
from web.pages.family.door import FamilyRoute, here, invited_of, no_such_page, show
from web.pages.posting import Posted

router = APIRouter(prefix="/t/{token}", route_class=FamilyRoute)

SAID = {
    "booked": N_("점검 시간을 정했습니다. 문자로도 보내 드립니다."),
    "declined": N_("올해는 점검하지 않겠습니다. 마음이 바뀌시면 언제든 시간을 고르실 수 있습니다."),
    "refused": N_("앞으로 광고를 보내지 않습니다. 고장 수리 안내는 그대로 보내 드립니다."),
}
WAYS = {"no": answers.decline, "stop": answers.refuse}
SAYS = {"no": "declined", "stop": "refused"}


def page(request: Request, *, said: str = "", error: DomainError | None = None) -> Response:
    """The one page of an invitation, also after something was answered or could not be."""
    invited = invited_of(request)
    if invited is None:
        raise no_such_page()
    with context_of(request).database.reading() as session:
        now = context_of(request).clock()
        seen = answers.see_invitation(session, invitation_id=invited.invitation_id, now=now)
        chooses = seen.state in ("invited", "declined")
        windows = answers.offer(session, invitation_id=invited.invitation_id, now=now) if chooses else []
    values = {"seen": seen, "windows": windows, "chooses": chooses, "said": SAID.get(said, "")}
    return show(request, "family/checkup.html", values, error=error)


@router.post("/checkup")
def answer_checkup(request: Request, posted: Posted) -> Response:
    """A time, not this year, or no advertisements any more. The same press twice is one."""
    invited = invited_of(request)
    if invited is None:
        raise no_such_page()
    context = context_of(request)
    now, answer = context.clock(), posted.get("answer")
    try:
        with context.database.transaction() as session:
            if answer in WAYS:
                WAYS[answer](session, invitation_id=invited.invitation_id, now=now)
            else:
                window = read_window(posted.get("window"))
                answers.choose(session, invitation_id=invited.invitation_id, window=window, now=now)
    except WindowNotReachableError:
        taken = _("그 시간은 방금 다른 댁과 약속되었습니다. 아래에서 다시 골라 주세요.")
        return page(request, error=ConflictError(taken))
    except (CampaignRestsError, NotPlaceableError, InvalidError) as error:
        return page(request, error=error)
    return RedirectResponse(f"{here(request)}?said={SAYS.get(answer, 'booked')}", status_code=303)


def read_window(written: str) -> Window:
    """`start/end` as a form's button names it. Raises InvalidError (422)."""
    start, _slash, end = written.partition("/")
    return Window(read_moment(start), read_moment(end))


def read_moment(written: str) -> datetime:
    """RFC 3339. Raises InvalidError (422)."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidError(_("시간을 하나 골라 주세요."))
    return at
