"""The form for what was done on paper, read into dispatch's `PaperRecord`; and its errors back by field.

The visit's day is written once, its times as on the sheet; a time after midnight belongs to the next day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session

from core.clock import KST, today_kst
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import N_, _
from dispatch.checklist import checklist_for
from dispatch.paper_checks import PaperCall, PaperRecord
from dispatch.technician_job import price_choices
from dispatch.visit_schemas import AgreedWindow, Outcome
from web.pages.posting import PostedForm
from web.pages.technician_forms import read_completion
from web.presenters.technician import OUTCOME_WORDS, ROLE_WORDS

CALLS = 3
EVENING, MORNING = 18, 6
STEPS = (
    ("departed_at", N_("출발한 시각")),
    ("arrived_at", N_("도착한 시각")),
    ("started_at", N_("작업을 시작한 시각")),
    ("completed_at", N_("마친 시각")),
)
LONGEST_ID = 18


class BadPaperFormError(InvalidError):
    """Fields of the form that cannot be read; each is named."""

    code = "bad-form"


def read_paper(posted: PostedForm) -> PaperRecord:
    """What the form says was done. Raises BadPaperFormError with every field that cannot be read."""
    problems: list[FieldError] = []
    calls = [call for place in range(CALLS) if (call := _call(posted, place, problems)) is not None]
    times = _times(posted, problems)
    who = posted.get("technician_id")
    technician_id = int(who) if who.isascii() and who.isdigit() and len(who) <= LONGEST_ID else None
    if not times and _says_more(posted):
        problems.append(
            FieldError("arrived_at", _("도착한 시각을 적어 주세요. 종이에 없으면 대략의 시각도 됩니다."))
        )
    if problems:
        raise BadPaperFormError(_("빨간 칸을 고쳐서 다시 보내 주세요."), errors=tuple(problems))
    completion = replace(read_completion(posted), note=posted.get("done_note")[:500])
    return PaperRecord(calls=tuple(calls), technician_id=technician_id, completion=completion, **times)


def says_anything(posted: PostedForm) -> bool:
    """Whether any of these fields was filled in."""
    calls = (posted.get(f"call_{name}_{n}") for n in range(CALLS) for name in ("at", "outcome"))
    times = (posted.get(name) for name, _label in STEPS)
    return any(value.strip() for value in (*calls, *times)) or _says_more(posted)


def paper_values(session: Session, *, company_id: int, safety: bool, now: datetime) -> dict[str, Any]:
    """What the fields' template needs, beside the crew: outcomes, checklist, prices."""
    return {
        "paper_calls": range(CALLS),
        "paper_steps": [(name, _(label)) for name, label in STEPS],
        "paper_outcomes": [(code, _(words)) for code, words in OUTCOME_WORDS.items()],
        "paper_people": [(role, _(words)) for role, words in ROLE_WORDS.items() if role != "payer"],
        "paper_checklist": checklist_for(safety=safety),
        "paper_prices": price_choices(session, company_id=company_id, arrived_at=now),
        "paper_today": today_kst(now).isoformat(),
        "paper_last": now.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
    }


def paper_errors(error: DomainError) -> dict[str, str]:
    """Messages by the form's own fields: `calls.0.at` stands at `call_at_0`."""
    return {_form_field(item.field): item.message for item in error.errors}


def _form_field(path: str) -> str:
    parts = path.split(".")
    if parts[0] == "calls" and len(parts) == 3:
        return f"call_{parts[2]}_{parts[1]}"
    if parts[0] == "checklist":
        return "tick"
    return path


def _says_more(posted: PostedForm) -> bool:
    lines = any(value not in ("", "0") for _code, value in posted.below("quantity."))
    return bool(lines or posted.all("tick") or posted.get("misuse"))


def _call(posted: PostedForm, place: int, problems: list[FieldError]) -> PaperCall | None:
    said = posted.get(f"call_outcome_{place}")
    at = _moment(posted, f"call_at_{place}", problems)
    window = _window(posted, place, problems)
    if at is None and not said and window is None:
        return None
    if at is None and not posted.get(f"call_at_{place}").strip():
        problems.append(FieldError(f"call_at_{place}", _("언제 전화했는지 적어 주세요.")))
    if said not in Outcome.__members__:
        problems.append(FieldError(f"call_outcome_{place}", _("통화가 어떻게 되었는지 골라 주세요.")))
    if at is None or said not in Outcome.__members__:
        return None
    return PaperCall(
        at=at,
        outcome=Outcome(said),
        with_role=posted.get(f"call_with_{place}") or None,
        window=window,
        note=posted.get(f"call_note_{place}")[:500],
    )


def _window(posted: PostedForm, place: int, problems: list[FieldError]) -> AgreedWindow | None:
    name = f"call_window_{place}"
    start, end = _moment(posted, name, problems), _clock(posted, f"call_until_{place}", problems)
    if start is None:
        return None
    if end is None:
        problems.append(FieldError(name, _("약속한 시간이 몇 시까지인지도 적어 주세요.")))
        return None
    day = start.astimezone(KST).date()
    return AgreedWindow(start, _next(start, day, end))


def _times(posted: PostedForm, problems: list[FieldError]) -> dict[str, datetime]:
    """The steps that were written, each on the visit's day or the morning after it."""
    clocks = [(name, _clock(posted, name, problems)) for name, _label in STEPS]
    if not any(clock for _name, clock in clocks):
        return {}
    try:
        day = date.fromisoformat(posted.get("visit_day"))
    except ValueError:
        problems.append(FieldError("visit_day", _("언제 다녀왔는지 날짜를 적어 주세요.")))
        return {}
    return _on_day(day, clocks)


def _on_day(day: date, clocks: Sequence[tuple[str, time | None]]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    before: datetime | None = None
    for name, clock in clocks:
        if clock is None:
            continue
        at = datetime.combine(day, clock, KST) if before is None else _next(before, day, clock)
        day, before = at.date(), at
        found[name] = at
    return found


def _next(before: datetime, day: date, clock: time) -> datetime:
    """A time that follows another: past midnight when the evening went over into the morning."""
    at = datetime.combine(day, clock, KST)
    over = at < before and before.astimezone(KST).hour >= EVENING and clock.hour < MORNING
    return at + timedelta(days=1) if over else at


def _moment(posted: PostedForm, name: str, problems: list[FieldError]) -> datetime | None:
    text = posted.get(name).strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        problems.append(FieldError(name, _("날짜와 시각을 다시 적어 주세요.")))
        return None
    return at.replace(tzinfo=KST) if at.tzinfo is None else at


def _clock(posted: PostedForm, name: str, problems: list[FieldError]) -> time | None:
    text = posted.get(name).strip()
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        problems.append(FieldError(name, _("시각을 다시 적어 주세요. 예: 14:20")))
        return None
