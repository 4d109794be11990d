"""Who is told of what: every event with its recipients, the ways to them and whether it can wait, dated."""

from __future__ import annotations

from dataclasses import replace
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
from notifications.catalogue import WHOEVER_PAYS as FAMILY_ROLES
from notifications.catalogue import Role as Recipient
from notifications.policy import (
    KEY,
    WAYS_KEY,
    NoticePolicy,
    change_matrix,
    change_ways,
    orders_for,
    read_policy,
)
from notifications.ways import OFFERED, USUAL, Order
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.typed import FormFields, Typed
from web.presenters.notice_words import RECIPIENTS, order_code, order_words

router = APIRouter(prefix="/admin/notices", route_class=GuardedRoute)

SECTION = "/admin/notices"
KEYS = (KEY, WAYS_KEY)


@router.get("")
@allow(Role.ADMIN)
def show_matrix(request: Request, principal: Principal = SignedIn) -> Response:
    """The matrix as it holds now, what is coming, and who changed it."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        rules = read_rules(session, company_id=principal.company_id, at=now)
        policy = NoticePolicy.of(rules)
        settings = list_settings(session, company_id=principal.company_id, at=now)
        coming = {row.valid_from for key in KEYS for row in settings[key].coming}
        changes = audit.list_changes(
            session, company_id=principal.company_id, what=("SettingChanged",), limit=200
        )
        own = [entry for entry in changes if entry.data.get("key") in KEYS]
        return {
            "recipients": [_(name) for name in RECIPIENTS.values()],
            "rows": [_row(event, policy) for event in Event if not CATALOGUE[event].personal],
            "coming": sorted(coming),
            "voice": rules.voice_enabled,
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
        chosen = _chosen_orders(session, principal, known, typed, now)
        day = typed.day("valid_from", not_before=today_kst(now))
        source = typed.text("source")
        typed.check()
        assert day is not None
        dated: dict[str, Any] = {
            "company_id": principal.company_id,
            "valid_from": now if day == today_kst(now) else kst(day),
            "source": source,
            "by": by,
            "now": now,
        }
        goes_otherwise = change_ways(session, event=known, wanted=chosen, **dated)
        before = read_policy(session, company_id=principal.company_id, at=dated["valid_from"])
        told_alike = (list(before.roles(known)), before.is_urgent(known)) == (rule.roles, rule.urgent)
        if not (goes_otherwise and told_alike):
            change_matrix(session, wanted={known: rule}, **dated)
        return Done(SECTION, "setting")

    return submit(
        request, build=lambda session, now: _form(session, principal, known, now), typed=typed, act=act
    )


def _event(name: str) -> Event:
    if name not in CATALOGUE or CATALOGUE[Event(name)].personal:
        raise NotFoundError(_("그런 알림이 없습니다."))
    return Event(name)


def _chosen_orders(
    session: Session, principal: Principal, event: Event, typed: Typed, now: datetime
) -> dict[Recipient, Order]:
    """The orders that were chosen otherwise than they stood there."""
    policy = read_policy(session, company_id=principal.company_id, at=now)
    chosen = {}
    for role in FAMILY_ROLES:
        known = {order_code(order): order for order in OFFERED}
        code = typed.choice(f"ways_{role}", known, required=False)
        if code and known[code] != policy.orders(event).get(role, USUAL):
            chosen[role] = known[code]
    return chosen


def _row(event: Event, policy: NoticePolicy) -> dict[str, Any]:
    told, orders = policy.roles(event), policy.orders(event)
    return {
        "event": event.value,
        "label": _(CATALOGUE[event].label),
        "ticks": [None if role not in CATALOGUE[event].roles else role in told for role in RECIPIENTS],
        "urgent": policy.is_urgent(event),
        "ways": [order_words(orders[role]) if role in orders else "" for role in RECIPIENTS],
        "own": policy.is_changed(event) or bool(orders),
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
            *_order_entries(event, policy),
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


def _order_entries(event: Event, policy: NoticePolicy) -> list[Entry]:
    """A choice of sensible orders for each of the family; staff have a way of their own."""
    entries = []
    for role in RECIPIENTS:
        offered = orders_for(event, role, has_voice=policy.has_voice)
        if offered:
            entries.append(
                Entry(
                    f"ways_{role}",
                    _("{who}: 어떻게 알리나").format(who=_(RECIPIENTS[role])),
                    "select",
                    order_code(policy.orders(event).get(role, USUAL)),
                    options=[(order_code(order), order_words(order)) for order in offered],
                    wide=True,
                )
            )
    if entries:
        entries[-1] = replace(entries[-1], hint=_ways_hint(event, has_voice=policy.has_voice))
    return entries


def _ways_hint(event: Event, *, has_voice: bool) -> str:
    said = [_("마지막까지 닿지 않으면 사람이 전화합니다. 알림톡은 승인받은 문구에만 쓰입니다.")]
    if not CATALOGUE[event].rings:
        said.append(_("이 일로는 따로 전화하지 않으므로 전화는 고를 수 없습니다."))
    elif not has_voice:
        said.append(_("음성 전화는 설정에서 켜면 고를 수 있습니다."))
    return " ".join(said)
