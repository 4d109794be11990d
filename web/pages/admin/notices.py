"""Who is told of what: every event with its recipients and whether it waits for the morning, dated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.dated import NoticeRule, read_rules
from core.dated_history import list_settings
from core.errors import NotFoundError
from core.i18n import _
from notifications.catalogue import CATALOGUE, Event
from notifications.policy import KEY, NoticePolicy, change_matrix
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed
from web.presenters.notice_words import RECIPIENTS

router = APIRouter(prefix="/admin/notices", route_class=GuardedRoute)

SECTION = "/admin/notices"


@router.get("")
@allow(Role.ADMIN)
def show_matrix(request: Request, principal: Principal = SignedIn) -> Response:
    """The matrix as it holds now, what is coming, and who changed it."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        rules = read_rules(session, company_id=principal.company_id, at=now)
        policy = NoticePolicy.of(rules)
        history = list_settings(session, company_id=principal.company_id, at=now)[KEY]
        changes = audit.list_changes(
            session, company_id=principal.company_id, what=("SettingChanged",), limit=200
        )
        own = [entry for entry in changes if entry.data.get("key") == KEY]
        return {
            "recipients": [_(name) for name in RECIPIENTS.values()],
            "rows": [_row(event, policy) for event in Event if not CATALOGUE[event].personal],
            "coming": [row.valid_from for row in history.coming],
            "quiet": "" if rules.quiet_from == rules.quiet_to else f"{rules.quiet_from} ~ {rules.quiet_to}",
            "changes": changes_of(own[:15]),
        }

    return show(request, "notices.html", look(request, read), section=SECTION)


@router.get("/{event}/change")
@allow(Role.ADMIN)
def ask_event(request: Request, event: str, principal: Principal = SignedIn) -> Response:
    """The form of one event."""
    known = _event(event)
    return show_form(request, lambda session, now: _form(session, principal, known, now))


@router.post("/{event}/change")
@allow(Role.ADMIN)
def change_event(
    request: Request,
    event: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Told otherwise from a day on; from today means from now."""
    known = _event(event)

    def act(session: Session, now: datetime) -> Done:
        rule = NoticeRule(
            roles=[role for role in CATALOGUE[known].roles if role in typed.many(f"roles_{known}")],
            urgent=typed.choice("urgent", ("at_once", "by_day")) == "at_once",
        )
        day = typed.day("valid_from", not_before=today_kst(now))
        source = typed.text("source")
        typed.check()
        assert day is not None
        change_matrix(
            session,
            company_id=principal.company_id,
            wanted={known: rule},
            valid_from=now if day == today_kst(now) else kst(day),
            source=source,
            by=by,
            now=now,
        )
        return Done(SECTION, "setting")

    return submit(
        request, build=lambda session, now: _form(session, principal, known, now), typed=typed, act=act
    )


def _event(name: str) -> Event:
    if name not in CATALOGUE or CATALOGUE[Event(name)].personal:
        raise NotFoundError(_("그런 알림이 없습니다."))
    return Event(name)


def _row(event: Event, policy: NoticePolicy) -> dict[str, Any]:
    told = policy.roles(event)
    return {
        "event": event.value,
        "label": _(CATALOGUE[event].label),
        "ticks": [None if role not in CATALOGUE[event].roles else role in told for role in RECIPIENTS],
        "urgent": policy.is_urgent(event),
        "own": policy.is_changed(event),
    }


def _form(session: Session, principal: Principal, event: Event, now: datetime) -> FormPage:
    rules = read_rules(session, company_id=principal.company_id, at=now)
    policy = NoticePolicy.of(rules)
    today = today_kst(now).isoformat()
    label = _(CATALOGUE[event].label)
    quiet = f"{rules.quiet_from} ~ {rules.quiet_to}"
    return FormPage(
        title=_("{name} 바꾸기").format(name=label),
        action=f"{SECTION}/{event.value}/change",
        section=SECTION,
        back=SECTION,
        lead=_("받지 않겠다고 하신 분께는 여기서 골라도 보내지 않습니다."),
        entries=[
            Entry(
                f"roles_{event.value}",
                _("누구에게 알리나"),
                "many",
                [role.value for role in policy.roles(event)],
                options=[
                    (role.value, _(name))
                    for role, name in RECIPIENTS.items()
                    if role in CATALOGUE[event].roles
                ],
                wide=True,
            ),
            Entry(
                "urgent",
                _("밤에는"),
                "choices",
                "at_once" if policy.is_urgent(event) else "by_day",
                options=[
                    ("at_once", _("밤에도 바로 보냄")),
                    ("by_day", _("아침까지 기다림"), quiet),
                ],
                wide=True,
            ),
            Entry(
                "valid_from",
                _("언제부터"),
                "date",
                today,
                hint=_("오늘을 고르면 지금부터 쓰입니다."),
                attrs={"min": today},
            ),
            Entry("source", _("근거"), hint=_("법, 계약, 또는 정한 사람. 변경 이력에 남습니다."), wide=True),
        ],
    )
