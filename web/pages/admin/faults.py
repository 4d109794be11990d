"""What waits for a person because it fails, and the way from a complaint's number to its traces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.faults import (
    DECISIONS,
    Fault,
    drop_step,
    get_fault,
    list_faults,
    list_of_request,
    retry_step,
)
from core.i18n import N_, _
from dispatch.numbers import ticket_numbers
from web.display import when_text
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, new_key, press, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed
from web.presenters.timeline import WORDS

router = APIRouter(prefix="/admin/faults", route_class=GuardedRoute)

SECTION = "/admin/faults"
LARGEST_ID = 2**63 - 1

SENTENCES = {
    "TicketFiled": N_("접수를 서비스점에 넘기지 못했습니다."),
    "TicketPlaced": N_("접수를 기사 일정에 넣지 못했습니다."),
    "PlacementRefused": N_("서비스점이 돌려보낸 접수를 다음 서비스점에 넘기지 못했습니다."),
    "VisitCompleted": N_("끝난 방문의 해피콜을 잡지 못했습니다."),
    "TicketEnded": N_("끝난 접수의 해피콜을 정하지 못했습니다."),
    "TicketReopened": N_("다시 연 접수를 서비스점에 넘기지 못했습니다."),
    "NoticeFailed": N_("문자가 가지 않은 것을 담당자에게 알리지 못했습니다."),
    "CapacityChanged": N_("바뀐 근무에 맞춰 계획을 다시 세우지 못했습니다."),
}
OTHER = N_("다음 단계로 넘기지 못했습니다.")


@router.get("")
@allow(Role.ADMIN)
def show_faults(
    request: Request,
    asked: Annotated[str, Query(alias="request", max_length=80)] = "",
    principal: Principal = SignedIn,
) -> Response:
    """Steps that fail, and what a request with this number (문의 번호) has done."""

    def read(session: Session, _now: datetime) -> dict[str, Any]:
        company_id, number = principal.company_id, asked.strip()
        faults = list_faults(session, company_id=company_id)
        followed = list_of_request(session, company_id=company_id, request_id=number) if number else ()
        traces = audit.list_of_request(session, company_id=company_id, request_id=number) if number else []
        tickets = {each.ticket_id for each in (*faults, *followed) if each.ticket_id}
        tickets |= {trace.subject_id for trace in traces if trace.subject_kind == "ticket"}
        numbers = ticket_numbers(session, company_id=company_id, ticket_ids=tickets)
        decided = audit.list_changes(session, company_id=company_id, what=DECISIONS, limit=15)
        return {
            "faults": _rows(faults, numbers),
            "asked": number,
            "followed": _rows(followed, numbers),
            "traces": [
                {
                    "at": trace.at,
                    "what": _(WORDS[trace.what][0]) if trace.what in WORDS else trace.what,
                    "who": trace.actor_name,
                    "number": numbers.get(trace.subject_id) if trace.subject_kind == "ticket" else None,
                }
                for trace in traces
            ],
            "changes": changes_of(decided),
            "key": new_key(),
        }

    return show(request, "faults.html", look(request, read), section=SECTION)


@router.post("/{event_id}/retry")
@allow(Role.ADMIN)
def retry(
    request: Request,
    event_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Try the step again at once."""

    def act(session: Session, now: datetime) -> Done:
        retry_step(session, event_id=_id(event_id), company_id=principal.company_id, by=by, now=now)
        return Done(SECTION, "fault-retried")

    return press(request, typed=typed, act=act)


@router.get("/{event_id}/drop")
@allow(Role.ADMIN)
def ask_drop(request: Request, event_id: int, principal: Principal = SignedIn) -> Response:
    """The form that asks why it is laid aside."""
    return show_form(request, lambda session, now: _drop_form(session, principal, event_id, now))


@router.post("/{event_id}/drop")
@allow(Role.ADMIN)
def drop(
    request: Request,
    event_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Lay the step aside with a reason."""

    def act(session: Session, now: datetime) -> Done:
        reason = typed.text("reason")
        typed.check()
        drop_step(
            session,
            event_id=_id(event_id),
            company_id=principal.company_id,
            reason=reason,
            by=by,
            now=now,
        )
        return Done(SECTION, "fault-dropped")

    return submit(
        request,
        build=lambda session, now: _drop_form(session, principal, event_id, now),
        typed=typed,
        act=act,
    )


def sentence_of(fault: Fault) -> str:
    """What did not happen, for a person."""
    return _(SENTENCES.get(fault.name, OTHER))


def _rows(faults: Iterable[Fault], numbers: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "fault": fault,
            "says": sentence_of(fault),
            "number": numbers.get(fault.ticket_id) if fault.ticket_id else None,
        }
        for fault in faults
    ]


def _drop_form(session: Session, principal: Principal, event_id: int, now: datetime) -> FormPage:
    fault = get_fault(session, event_id=_id(event_id), company_id=principal.company_id)
    return FormPage(
        title=_("멈춘 일 접기"),
        action=f"{SECTION}/{fault.event_id}/drop",
        section=SECTION,
        back=SECTION,
        submit=_("접기"),
        kind="danger",
        lead=sentence_of(fault),
        notes=[("warn", _("접으면 온돌은 이 일을 다시 하지 않습니다. 필요한 것은 사람이 직접 해야 합니다."))],
        entries=[
            Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 접수가 취소되어 필요 없음")})
        ],
        facts=[
            (_("언제부터"), when_text(fault.at, now)),
            (_("해 본 횟수"), str(fault.attempts)),
        ],
    )


def _id(event_id: int) -> int:
    """A larger number is no id of ours: it is looked for as the largest, and not found."""
    return min(event_id, LARGEST_ID)
