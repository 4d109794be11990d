"""The follow-up desk in words: whom to ask, what was answered before, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.clock import KST
from core.i18n import N_, _
from customers.rules import Relationship, read_relationship, relationship_label
from dispatch.follow_up import FollowUpCase, FollowUpPerson
from dispatch.words import symptom_words
from happycall.desk import HoursNow, is_elderly_home
from happycall.rules import Verdict
from happycall.schemas import Answers, AttemptInfo, CallInfo, ScriptLine
from web.display import date_text, time_text, when_text
from web.presenters.masks import MASKED, Masks

STATES: dict[str, tuple[str, str, str]] = {
    "scheduled": (N_("할 전화"), "info", "phone"),
    "done": (N_("마침"), "ok", "check-circle"),
    "no_answer": (N_("못 받으심"), "warn", "pause"),
    "refused": (N_("원하지 않으심"), "mute", "slash"),
    "merged": (N_("한 번에 여쭘"), "mute", "users"),
    "withdrawn": (N_("하지 않음"), "mute", "slash"),
}
"""Word, tone and icon of each state, in the order of the tabs."""
OUTCOMES = {
    "CONNECTED": N_("통화함"),
    "NO_ANSWER": N_("안 받으심"),
    "BUSY": N_("통화 중"),
    "WRONG_NUMBER": N_("잘못된 번호"),
    "CALL_BACK": N_("다시 걸기로 함"),
    "REFUSED": N_("원하지 않으심"),
}
ROLES = {"resident": N_("거주자"), "requester": N_("접수하신 분"), "payer": N_("비용 내시는 분")}
ASK_ORDER = ("resident", "requester", "payer")
ASK_WHY = {
    "resident": N_("먼저 이분께 여쭙니다."),
    "requester": N_("안 받으시거나 비용을 모르시면 이분께 여쭙니다."),
    "payer": N_("비용은 이분이 아십니다."),
}
YES_NO_ROWS = (
    ("fixed", N_("지금 보일러가 잘 됨")),
    ("contacted_in_time", N_("한 시간 안에 기사가 전화함")),
    ("came_on_time", N_("약속한 시간에 옴")),
    ("told_before", N_("미리 안내받음")),
    ("cost_matches", N_("설명·문자·낸 금액이 같음")),
)
SHORT = {"overall": N_("만족도"), "nps": N_("권할 마음"), "verbatim": N_("하신 말씀")}
FIELDS = {
    "outcome": N_("통화 결과"),
    "call_back_at": N_("언제 다시 걸까요"),
    "why": N_("왜 지금 거나요"),
    "with": N_("지금 통화하는 분"),
}
ENDS = {
    "seven": (N_("매우 불만족"), N_("매우 만족")),
    "ten": (N_("권하지 않겠다"), N_("꼭 권하겠다")),
}
CALL_BACK_STEP = timedelta(minutes=30)


@dataclass(frozen=True)
class PersonToAsk:
    """Somebody to ring. `tel` is None while the number is masked."""

    role: str
    label: str
    relationship: str
    name: str
    phone: str
    tel: str | None
    why: str


@dataclass(frozen=True)
class Row:
    """A call in the list; people masked. `last_day`: today is the last day on which it is tried.

    `rings_from`: it is due, but not the hour to ring this home: from then on it is.
    """

    id: int
    number: str
    resident: str
    what: str
    done: str
    state: str
    due_at: datetime
    rings_from: datetime | None
    last_day: bool
    safety: bool
    care: bool
    reopened: bool
    tries: int
    last_try: str
    reason: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Calls that are due together."""

    title: str
    tone: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Question:
    """A sentence of the script with what was entered so far and what is wrong with it."""

    line: ScriptLine
    value: str
    error: str
    ends: tuple[str, str]


def row_of(call: CallInfo, *, hours: Mapping[bool, HoursNow], now: datetime) -> Row:
    """A line of the list; `hours` as `desk.hours_by_home` has them."""
    case = call.case
    home_hours = hours[is_elderly_home(case)]
    ended = case.visit_ended_at or call.created_at
    last = call.attempts[-1] if call.attempts else None
    resident = next((it.name for it in case.people if it.role == "resident"), "")
    return Row(
        id=call.id,
        number=call.number,
        resident=MASKED.name(resident),
        what=symptom_words(case.symptom),
        done=_("{day} 방문").format(day=date_text(ended)) if case.was_visited else date_text(ended),
        state=call.state,
        due_at=call.due_at,
        rings_from=None if call.due_at > now or home_hours.is_open else home_hours.opens_at,
        last_day=_day(call.until_at - timedelta(microseconds=1)) <= _day(now),
        safety=case.safety,
        care=case.priority_care,
        reopened=call.reopened_ticket,
        tries=len(call.attempts),
        last_try=f"{when_text(last.at, now)} {_(OUTCOMES[last.outcome])}" if last else "",
        reason=hide(call.reason, case),
        also=call.also,
    )


def groups_of(rows: list[Row], *, now: datetime) -> list[Group]:
    """Owed calls by when they are due: now first, what may not be rung at this hour under the hour from which
    it may, then later today, tomorrow and after."""
    today = _day(now)
    waiting: dict[datetime, list[Row]] = {}
    for row in rows:
        if row.rings_from is not None:
            waiting.setdefault(row.rings_from, []).append(row)
    from_when = _("{when}부터 걸 전화")
    kinds = (
        (_("지금 걸 전화"), "accent", [r for r in rows if r.due_at <= now and r.rings_from is None]),
        *((from_when.format(when=when_text(at, now)), "accent", waiting[at]) for at in sorted(waiting)),
        (_("오늘 이따가"), "", [row for row in rows if row.due_at > now and _day(row.due_at) == today]),
        (_("내일"), "", [row for row in rows if _day(row.due_at) == today + timedelta(days=1)]),
        (_("그 뒤"), "", [row for row in rows if _day(row.due_at) > today + timedelta(days=1)]),
    )
    return [Group(title, tone, tuple(found)) for title, tone, found in kinds if found]


def people_to_ask(case: FollowUpCase, masks: Masks) -> tuple[PersonToAsk, ...]:
    """The resident first, then who asked, then who pays, wrong numbers last; one number is one call."""
    found: dict[str, FollowUpPerson] = {}
    for person in sorted(case.people, key=lambda it: (it.wrong, ASK_ORDER.index(it.role))):
        found.setdefault(person.phone, person)
    return tuple(
        PersonToAsk(
            role=person.role,
            label=_(ROLES[person.role]),
            relationship=_relationship(person),
            name=masks.name(person.name),
            phone=masks.phone(person.phone),
            tel=masks.tel(person.phone),
            why=_("잘못된 번호") if person.wrong else _(ASK_WHY[person.role]) if len(found) > 1 else "",
        )
        for person in found.values()
    )


def hide(text: str, case: FollowUpCase, masks: Masks = MASKED) -> str:
    """What somebody typed about this case, as this reader may see it."""
    return masks.words(text, names=[person.name for person in case.people])


def without_names(call: CallInfo, masks: Masks) -> CallInfo:
    """The call as the script may know it: people as masked, and never the technician who is rated."""
    people = tuple(replace(person, name=masks.name(person.name)) for person in call.case.people)
    return replace(call, case=replace(call.case, people=people, technician_name=None))


def questions_of(
    lines: tuple[ScriptLine, ...], *, entered: Mapping[str, str], errors: Mapping[str, str]
) -> list[Question]:
    """The script with the answers that were entered before something was wrong."""
    return [
        Question(
            line=line,
            value=entered.get(line.answer or "", ""),
            error=errors.get(line.answer or "", ""),
            ends=tuple(_(word) for word in ENDS[line.kind]) if line.kind in ENDS else ("", ""),  # type: ignore[arg-type]
        )
        for line in lines
    ]


def answer_rows(answers: Answers) -> list[tuple[str, str, str]]:
    """What the family said: (label, words, tone). What was asked and left open says so."""
    rows: list[tuple[str, str, str]] = []
    for field, label in YES_NO_ROWS:
        value = getattr(answers, field)
        if value is not None:
            rows.append((_(label), _("예") if value else _("아니요"), "ok" if value else "bad"))
    if answers.overall is not None:
        rows.append((_(SHORT["overall"]), _("7점 가운데 {n}점").format(n=answers.overall), ""))
    if answers.nps is not None:
        rows.append((_(SHORT["nps"]), _("10점 가운데 {n}점").format(n=answers.nps), ""))
    labels = {**dict(YES_NO_ROWS), **SHORT}
    rows += [(_(labels[name]), _("대답하지 않으심"), "") for name in answers.unanswered or ()]
    return rows


def field_labels() -> dict[str, str]:
    """What the form's fields are called, by name: for the list of what is to be put right."""
    return {name: _(label) for name, label in {**dict(YES_NO_ROWS), **SHORT, **FIELDS}.items()}


def what_follows(call: CallInfo, verdict: Verdict | None, *, now: datetime) -> list[tuple[str, str]]:
    """What came of the call, as (tone, sentence); nothing before the first try."""
    if call.state == "scheduled":
        if not call.attempts:
            return []
        text = _("적었습니다. 다음 전화는 {when}입니다.").format(when=when_text(call.due_at, now))
        return [("info", text)]
    if call.state in ("merged", "withdrawn"):
        return [("info", call.reason)]
    if verdict is None:
        return [("ok", _("닫았습니다: {reason}").format(reason=call.reason))]
    said = []
    if call.reopened_ticket and call.case.was_visited:
        said.append(("warn", _("다시 접수했습니다: 처음 기사를 뺀 새 방문을 잡습니다.")))
    elif call.reopened_ticket:
        said.append(("warn", _("다시 접수했습니다: 새 방문을 잡습니다.")))
    elif verdict.reopen:
        said.append(("info", _("이미 다시 접수된 건이라 그쪽에서 이어 갑니다.")))
    else:
        said.append(("ok", _("닫았습니다.")))
    if verdict.escalate:
        said.append(("warn", _("비용이 다르다고 하셔서 책임자에게 넘겼습니다. 책임자가 고객께 전화합니다.")))
    return said


def attempt_line(
    attempt: AttemptInfo, case: FollowUpCase, masks: Masks, *, now: datetime
) -> dict[str, object]:
    """A try, for the list of what happened."""
    who = _(ROLES[attempt.with_role]) if attempt.with_role else ""
    back = (
        _("{when}에 다시 걸기로 했습니다.").format(when=when_text(attempt.call_back_at, now))
        if attempt.call_back_at
        else ""
    )
    return {
        "at": attempt.at,
        "what": _(OUTCOMES[attempt.outcome]),
        "by": who,
        "why": " ".join(part for part in (back, hide(attempt.note, case, masks)) if part),
        "tone": "ok" if attempt.outcome == "CONNECTED" else "warn",
    }


def call_back_offers(hours: HoursNow, *, now: datetime) -> list[tuple[str, str]]:
    """Times to offer to a family that is busy: (RFC 3339, words). The first half-hour from in an hour on."""
    offers = []
    if hours.until is not None:
        later = now + timedelta(hours=1)
        rest = (later - datetime.min.replace(tzinfo=later.tzinfo)) % CALL_BACK_STEP
        soon = later + (CALL_BACK_STEP - rest if rest else timedelta(0))
        if soon < hours.until:
            offers.append(soon)
    offers += hours.coming
    return [(at.astimezone(KST).isoformat(), when_text(at, now)) for at in offers]


def hours_words(hours: HoursNow, *, now: datetime) -> tuple[str, str]:
    """(tone, sentence): whether people are rung now, and when it goes on."""
    if hours.until is not None:
        return "ok", _("지금은 전화하는 시간입니다. {until}까지 합니다.").format(until=time_text(hours.until))
    text = _(
        "지금은 전화하는 시간이 아닙니다. {when}부터 합니다. 부탁받은 전화는 이유를 적고 걸 수 있습니다."
    )
    return "warn", text.format(when=when_text(hours.opens_at, now))


def _relationship(person: FollowUpPerson) -> str:
    if person.role == "resident":
        return ""
    found = read_relationship(person.relationship)
    return relationship_label(found) if found is not Relationship.OTHER else ""


def _day(at: datetime) -> date:
    return at.astimezone(KST).date()
