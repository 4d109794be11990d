"""Dated numbers of a company: what holds since when and by whose word; a new value from a day on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.dated import CompanyRules, read_rules, set_rule
from core.dated_history import SettingHistory, SettingRow, list_settings
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import _
from web.context import caller_address, context_of
from web.finding import finder
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.setting_catalogue import GROUPS, SETTINGS
from web.pages.admin.setting_rules import contradictions
from web.pages.admin.setting_shape import Setting
from web.pages.admin.setting_tables import ByName
from web.pages.admin.typed import FormFields, Typed
from workforce.access_rules import AccessRules

router = APIRouter(prefix="/admin/settings", route_class=GuardedRoute)

SECTION = "/admin/settings"
UNCONFIRMED = "확인 필요"
SEARCHED = ("key", "name", "means", "words", "source")


@router.get("")
@allow(Role.ADMIN)
def show_settings(
    request: Request,
    only: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    principal: Principal = SignedIn,
) -> Response:
    """Every number by group; `only=unconfirmed` those nobody has confirmed yet, `q` those that fit."""
    fits = finder(q)

    def read(session: Session, now: datetime) -> dict[str, Any]:
        found = list_settings(session, company_id=principal.company_id, at=now)
        groups = [
            (code, _(name), [_row(item, found[item.key]) for item in items if item.key in found])
            for code, name, items in GROUPS
        ]
        if only == "unconfirmed":
            groups = [
                (code, name, [row for row in rows if row["unconfirmed"]]) for code, name, rows in groups
            ]
        fitting = [
            (code, name, [row for row in rows if fits(name, *(row[part] for part in SEARCHED))])
            for code, name, rows in groups
        ]
        changes = audit.list_changes(
            session, company_id=principal.company_id, what=("SettingChanged",), limit=15
        )
        return {
            "groups": [group for group in fitting if group[2]],
            "of": sum(len(rows) for _code, _name, rows in groups),
            "q": q,
            "only": only,
            "unconfirmed": sum(1 for h in found.values() if UNCONFIRMED in h.current.source),
            "changes": changes_of(changes),
        }

    return show(request, "settings.html", look(request, read), section=SECTION)


@router.get("/{key}")
@allow(Role.ADMIN)
def show_setting(request: Request, key: str, principal: Principal = SignedIn) -> Response:
    """One number: its history."""
    item = _setting(key)

    def read(session: Session, now: datetime) -> dict[str, Any]:
        history = list_settings(session, company_id=principal.company_id, at=now)[key]
        return {
            "item": _row(item, history),
            "rows": [
                (
                    row,
                    item.kind.words(row.value),
                    _state(row, history, now),
                )
                for row in reversed(history.rows)
            ],
        }

    return show(request, "setting.html", look(request, read), section=SECTION)


@router.get("/{key}/change")
@allow(Role.ADMIN)
def ask_value(request: Request, key: str, principal: Principal = SignedIn) -> Response:
    """The form of a new value."""
    item = _setting(key)
    return show_form(request, lambda session, now: _form(session, request, principal, item, now))


@router.post("/{key}/change")
@allow(Role.ADMIN)
def change(
    request: Request,
    key: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A new value from a day on: whole, or not at all."""
    item = _setting(key)

    def act(session: Session, now: datetime) -> Done:
        value = item.kind.read(typed)
        day = typed.day("valid_from", not_before=today_kst(now))
        source = typed.text("source")
        typed.check()
        assert day is not None
        # From today means from now: what was judged this morning stays as it was judged.
        valid_from = now if day == today_kst(now) else kst(day)
        rules = read_rules(session, company_id=principal.company_id, at=valid_from)
        against = contradictions({**rules.model_dump(), key: value})
        if key in ("second_factor", "allowed_networks") and _asks_in_vain(request, rules, key, value):
            against = [_("2단계 확인을 쓰려면 먼저 온돌을 설치한 분이 SECRET_KEY를 넣어야 합니다.")]
        if against:
            raise InvalidError(against[0], errors=(FieldError(_first_field(item), against[0]),))
        try:
            set_rule(
                session,
                company_id=principal.company_id,
                key=key,
                value=value,
                valid_from=valid_from,
                source=source,
                by=by,
                now=now,
            )
        except ValidationError as error:
            message = _("이 값은 쓸 수 없습니다. 모양을 확인해 주세요.")
            raise InvalidError(message, errors=(FieldError(_first_field(item), message),)) from error
        return Done(f"{SECTION}/{key}", "setting")

    return submit(
        request,
        build=lambda session, now: _form(session, request, principal, item, now),
        typed=typed,
        act=act,
    )


def _asks_in_vain(request: Request, rules: CompanyRules, key: str, value: Any) -> bool:
    """A second factor would be asked for that nobody could set up: there is no key to seal it under."""
    changed = AccessRules.read({**rules.model_dump(), key: value})
    return changed.asks_somebody and not context_of(request).seal.works


def _setting(key: str) -> Setting:
    if key not in SETTINGS:
        raise NotFoundError(_("그런 기준값이 없습니다."))
    return SETTINGS[key]


def _state(row: SettingRow, history: SettingHistory, now: datetime) -> str:
    if row.replaced:
        return "replaced"
    if row.valid_from > now:
        return "coming"
    return "now" if row == history.current else "over"


def _first_field(item: Setting) -> str:
    if isinstance(item.kind, ByName):
        return f"value_{next(iter(item.kind.names))}"
    names = {
        "MonthDay": "month",
        "WeekHours": "opens_0",
        "ByPriority": "value_0",
        "RoleMinutes": "value_agent",
    }
    return names.get(type(item.kind).__name__, "value")


def _row(item: Setting, history: SettingHistory) -> dict[str, Any]:
    current = history.current
    return {
        "key": item.key,
        "name": _(item.name),
        "means": _(item.means),
        "words": item.kind.words(current.value),
        "source": current.source,
        "unconfirmed": UNCONFIRMED in current.source,
        "own": current.own,
        "valid_from": current.valid_from,
        "coming": [(row.valid_from, item.kind.words(row.value)) for row in history.coming],
    }


def _form(session: Session, request: Request, principal: Principal, item: Setting, now: datetime) -> FormPage:
    history = list_settings(session, company_id=principal.company_id, at=now)[item.key]
    today = today_kst(now).isoformat()
    row = _row(item, history)
    hint = _("오늘을 고르면 지금부터 쓰입니다.")
    return FormPage(
        title=_("{name} 바꾸기").format(name=row["name"]),
        action=f"{SECTION}/{item.key}/change",
        section=SECTION,
        back=f"{SECTION}/{item.key}",
        lead=row["means"],
        entries=[
            *item.kind.entries(history.current.value),
            Entry("valid_from", _("언제부터"), "date", today, hint=hint, attrs={"min": today}),
            Entry("source", _("근거"), hint=_("법, 계약, 또는 정한 사람. 변경 이력에 남습니다."), wide=True),
        ],
        facts=[(_("지금 값"), row["words"]), (_("근거"), row["source"]), (_("이름"), item.key)],
        notes=_where_you_are(request, item)
        + [
            (
                "info",
                _("{day}부터 쓸 값이 이미 정해져 있습니다: {value}").format(
                    day=f"{at:%Y-%m-%d}", value=words
                ),
            )
            for at, words in row["coming"]
        ],
    )


def _where_you_are(request: Request, item: Setting) -> list[tuple[str, str]]:
    """Who enters the company's networks rarely knows them, and may shut out everybody at work just now."""
    if item.key != "allowed_networks":
        return []
    words = _(
        "지금 이 화면의 인터넷 주소는 {address}입니다. 적은 네트워크 밖에 있는 사람은 저장하자마자 다시 "
        "로그인하고 2단계 확인을 해야 합니다. 모두 한가한 때에 바꿔 주세요."
    )
    return [("warn", words.format(address=caller_address(request)))]
