"""`언제 와요?` - one plain sentence that an agent can read out to a 75-year-old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import KST, today_kst
from core.i18n import _, get_language
from core.weekdays import weekday_names
from dispatch.detail_shapes import ClockFacts, TicketDetail, WindowFacts
from dispatch.list_queries import TicketItem
from dispatch.schemas import Owner
from dispatch.states import OPEN_VISIT_STATES
from dispatch.tasks import MAP_PICK, SAFETY_ALARM, TaskInfo
from dispatch.visit_rules import OVERDUE_AFTER


@dataclass(frozen=True)
class _Facts:
    """What the sentence depends on; names are empty while there is nobody."""

    status: str
    safety: bool
    technician: str
    point: str
    window: WindowFacts | None
    planned_start: datetime | None
    arrives_at: datetime | None
    hold_reason: str | None
    hold_due: datetime | None
    contact: ClockFacts | None
    caller: str
    """Who at the desk rings, while the technician is not at work; empty: he does."""
    missed_early: bool
    """Nobody opened, but the agreed time had not begun."""
    asked: bool
    """The point has not said yes yet: the technician may still be somebody else."""
    unplaced: bool
    """Nobody knows yet where the home is: a person must point at the map before anybody is sent."""
    answer_due: datetime | None
    is_planned: bool
    """Somebody is to go at `planned_start`; the family need not have agreed."""
    owner: str
    """Who answers for the ticket now."""
    alarm_owner: str
    """Who must settle the open safety alarm; empty without one."""
    handled_due: datetime | None
    """Until when the company wants the work done."""
    in_self_fix: bool


def answer_where_is_it(detail: TicketDetail, now: datetime) -> str:
    """What happens next and when, with day, weekday and 오전/오후; never a code or an abbreviation."""
    visit = detail.visit
    absent = [v for v in detail.visits if v.state == "absent"]
    facts = _Facts(
        status=detail.status,
        safety=detail.safety,
        technician=visit.technician.name if visit is not None and visit.technician is not None else "",
        point=detail.placement.point.name if detail.placement is not None else "",
        window=visit.promised if visit is not None else None,
        planned_start=visit.planned_start if visit is not None else None,
        arrives_at=visit.arrives_at if visit is not None else None,
        hold_reason=visit.hold_reason if visit is not None else None,
        hold_due=visit.hold_due_at if visit is not None else None,
        contact=detail.clock("contact"),
        caller=_caller(detail.owner),
        missed_early=bool(absent) and absent[-1].missed_early,
        asked=detail.placement is not None and detail.placement.state == "OFFERED",
        unplaced=any(task.kind == MAP_PICK and task.state == "open" for task in detail.tasks),
        answer_due=detail.placement.answer_due_at if detail.placement is not None else None,
        is_planned=visit is not None and visit.state in OPEN_VISIT_STATES,
        owner=detail.owner.name if detail.owner is not None else "",
        alarm_owner=next((t.owner.name for t in detail.tasks if _is_open_alarm(t)), ""),
        handled_due=_due(detail.clock("handled")),
        in_self_fix=detail.status == "RECEIVED" and not detail.safety and not detail.triage,
    )
    return _sentence(facts, now)


def answer_for_item(item: TicketItem, now: datetime) -> str:
    """The same sentence for a ticket in a list, from what the list knows of it."""
    facts = _Facts(
        status=item.status,
        safety=item.safety,
        technician=item.technician.name if item.technician is not None else "",
        point=item.service_point.name if item.service_point is not None else "",
        window=item.window,
        planned_start=item.planned_start,
        arrives_at=item.arrives_at,
        hold_reason=item.hold_reason,
        hold_due=item.hold_due_at,
        contact=item.clock("contact"),
        caller=_caller(item.owner),
        missed_early=item.missed_early,
        asked=item.placement_state == "OFFERED",
        unplaced=MAP_PICK in item.open_tasks,
        answer_due=item.answer_due_at,
        is_planned=item.visit_state in OPEN_VISIT_STATES,
        owner=item.owner.name if item.owner is not None else "",
        alarm_owner=item.alarm_owner,
        handled_due=_due(item.clock("handled")),
        in_self_fix=item.in_self_fix,
    )
    return _sentence(facts, now)


def _sentence(facts: _Facts, now: datetime) -> str:
    said = _by_status(facts, now)
    if said is not None:
        return said
    if facts.asked and not facts.safety:
        return _while_asked(facts, now)
    if facts.window is not None:
        text = _("{name} 기사가 {window}에 찾아갑니다.")
        return text.format(name=facts.technician, window=_window(facts.window, now))
    return _before_appointment(facts, now)


def _by_status(facts: _Facts, now: datetime) -> str | None:
    name = facts.technician
    words = {
        "SELF_FIXED": _("안내해 드린 대로 해결되어 방문 없이 끝났습니다. 다시 불편하시면 말씀해 주세요."),
        "CANCELLED": _("취소된 접수입니다. 다시 필요하시면 지금 접수해 드리겠습니다."),
        "COMPLETED": _("방문을 마친 접수입니다. 다시 불편하시면 바로 다시 봐 드리겠습니다."),
        "CLOSED": _("끝난 접수입니다. 다시 불편하시면 바로 다시 봐 드리겠습니다."),
        "ARRIVED": _("{name} 기사가 댁에 도착했습니다.").format(name=name),
        "IN_PROGRESS": _("{name} 기사가 지금 작업하고 있습니다.").format(name=name),
        "ABSENT": _absent(facts, now),
        "ON_HOLD": _on_hold(facts, now),
    }
    return _en_route(facts, now) if facts.status == "EN_ROUTE" else words.get(facts.status)


def _absent(facts: _Facts, now: datetime) -> str:
    came = _("기사가 찾아갔지만 아무도 안 계셨습니다.")
    if facts.missed_early:
        came = _("약속한 시간보다 저희가 먼저 찾아가 만나지 못했습니다. 죄송합니다.")
    at = facts.planned_start
    if not (facts.is_planned and facts.technician) or at is None or at < now:
        agree = _("다시 찾아갈 시간을 지금 정해 드리겠습니다.")
        return f"{came} {agree}"
    text = _("{name} 기사가 {at}쯤 다시 가려고 합니다. 그때 괜찮으신지 여쭙고 약속하겠습니다.")
    return f"{came} {text.format(name=facts.technician, at=f'{_day(at, now)} {_clock(at)}')}"


def _while_asked(facts: _Facts, now: datetime) -> str:
    """A designated point has been asked: nobody is promised by name before it has answered."""
    due = facts.answer_due
    until = _clock(due) if due is not None and due > now else _("잠시 뒤")
    if facts.window is not None:
        text = _("{window}로 약속된 접수입니다. {point}에 갈 수 있는지 묻고 있고 {until}까지 답을 받습니다.")
        return text.format(window=_window(facts.window, now), point=facts.point, until=until)
    text = _(
        "{point}에 갈 수 있는지 묻고 있고 {until}까지 답을 받습니다. "
        "{due}까지 전화로 찾아갈 시간을 정해 드립니다."
    )
    return text.format(point=facts.point, until=until, due=_contact_due(facts, now))


def _before_appointment(facts: _Facts, now: datetime) -> str:
    if facts.unplaced and not facts.technician:
        return _while_unplaced(facts, now)
    if facts.safety:
        return _of_safety(facts, now)
    due = _contact_due(facts, now)
    if facts.technician and facts.caller:
        text = _(
            "{name} 기사가 맡았습니다. 지금은 기사의 근무 시간이 아니라서 "
            "창구의 {caller} 담당자가 {due}까지 전화로 찾아갈 시간을 정해 드립니다."
        )
        return text.format(name=facts.technician, caller=facts.caller, due=due)
    if facts.technician:
        text = _("{name} 기사가 맡았습니다. {due}까지 전화로 찾아갈 시간을 정해 드립니다.")
        return text.format(name=facts.technician, due=due)
    if facts.point:
        text = _("{point}에 맡겼고 기사를 정하고 있습니다. {due}까지 전화드리겠습니다.")
        return text.format(point=facts.point, due=due)
    return _before_a_point(facts, due)


def _before_a_point(facts: _Facts, due: str) -> str:
    if facts.in_self_fix:
        text = _(
            "접수되었습니다. 먼저 전화로 함께 살펴 드리고, 그래도 안 되면 가까운 서비스점을 정해 "
            "{due}까지 찾아갈 시간을 전화로 정해 드립니다."
        )
        return text.format(due=due)
    text = _("접수되어 가까운 서비스점을 정하고 있습니다. {due}까지 전화드리겠습니다.")
    return text.format(due=due)


def _is_open_alarm(task: TaskInfo) -> bool:
    return task.kind == SAFETY_ALARM and task.state == "open"


def _due(clock: ClockFacts | None) -> datetime | None:
    return clock.due_at if clock is not None else None


def _caller(owner: Owner | None) -> str:
    return owner.name if owner is not None and owner.off_duty else ""


def _while_unplaced(facts: _Facts, now: datetime) -> str:
    """Nobody is looked for before the place is known: the caller is asked for it, never told to wait."""
    if facts.safety:
        return _(
            "댁의 위치를 알아야 기사를 보낼 수 있습니다. 가까운 큰 건물이나 가게 이름을 말씀해 주세요. "
            "찾는 대로 가장 가까운 기사를 보냅니다. 보일러는 켜지 마세요."
        )
    text = _(
        "접수되었고 댁의 위치를 먼저 찾아야 합니다. 가까운 큰 건물이나 가게 이름을 말씀해 주세요. "
        "{due}까지 전화드리겠습니다."
    )
    return text.format(due=_contact_due(facts, now))


def _of_safety(facts: _Facts, now: datetime) -> str:
    """Nobody agrees a time first: whoever goes is named with the time of his plan, as far as it is known."""
    at = facts.planned_start
    if facts.alarm_owner or _comes_too_late(facts, now):
        return _while_alarmed(facts, now)
    if not facts.technician:
        text = _("안전이 걱정되는 접수라 가장 가까운 기사를 지금 찾고 있습니다. 보일러는 켜지 마세요.")
    elif at is None or at <= now:
        text = _("{name} 기사가 다른 일보다 먼저 바로 갑니다. 보일러는 켜지 마세요.")
    else:
        text = _("{name} 기사가 다른 일보다 먼저 갑니다. {at}쯤 도착할 예정입니다. 보일러는 켜지 마세요.")
    return text.format(name=facts.technician, at=f"{_day(at, now)} {_clock(at)}" if at is not None else "")


def _comes_too_late(facts: _Facts, now: datetime) -> bool:
    """The plan is no help: whoever has it would come after the time within which it is to be settled."""
    at, due = facts.planned_start, facts.handled_due
    return bool(facts.technician) and at is not None and due is not None and at > max(due, now)


def _while_alarmed(facts: _Facts, now: datetime) -> str:
    """Nobody comes soon as far as is known: who rings, where to be safe and warm until then, and the plan."""
    first = _(
        "아픈 분이 계시면 먼저 119에, 가스가 걱정되면 한국가스안전공사 1544-4500에 전화하세요. "
        "{owner} 책임자가 지금 바로 전화드립니다. "
        "보일러는 켜지 마시고 이웃집처럼 따뜻하고 안전한 곳에서 기다려 주세요."
    ).format(owner=facts.alarm_owner or facts.owner)
    at = facts.planned_start
    if not facts.technician or at is None or at <= now:
        looking = _("가장 가까운 기사를 지금 찾고 있습니다.")
        return f"{first} {looking}"
    text = _("지금까지 잡힌 계획은 {name} 기사가 {at}쯤 도착하는 것이고, 더 빨리 갈 사람을 찾고 있습니다.")
    return f"{first} {text.format(name=facts.technician, at=f'{_day(at, now)} {_clock(at)}')}"


def _on_hold(facts: _Facts, now: datetime) -> str:
    if facts.hold_reason == "parts_wait" and facts.hold_due is not None:
        text = _(
            "필요한 부품을 기다리고 있고, {day}에 올 예정입니다. "
            "지난 약속은 없어졌고 새 시간을 전화로 정합니다."
        )
        return text.format(day=_day(facts.hold_due, now))
    if facts.hold_reason == "parts_wait":
        return _("필요한 부품을 기다리고 있습니다. 부품이 오면 바로 전화드리겠습니다.")
    return _("잠시 미뤄 둔 접수입니다. 다시 찾아갈 시간을 지금 정해 드릴 수 있습니다.")


def _en_route(facts: _Facts, now: datetime) -> str:
    name, arrives = facts.technician, facts.arrives_at
    if arrives is not None and arrives + OVERDUE_AFTER <= now:
        late = _(
            "{name} 기사가 {clock}쯤 도착할 예정이었는데 늦어지고 있습니다. "
            "죄송합니다. 바로 확인해 보겠습니다."
        )
        return late.format(name=name, clock=_clock(arrives))
    if arrives is None or arrives <= now:
        return _("{name} 기사가 지금 가고 있습니다. 곧 도착합니다.").format(name=name)
    text = _("{name} 기사가 지금 가고 있습니다. {clock}쯤 도착할 예정입니다.")
    return text.format(name=name, clock=_clock(arrives))


def _contact_due(facts: _Facts, now: datetime) -> str:
    clock = facts.contact
    if clock is None or clock.due_at <= now:
        return _("잠시 뒤")
    return f"{_day(clock.due_at, now)} {_clock(clock.due_at)}"


def _window(window: WindowFacts, now: datetime) -> str:
    text = _("{day} {start}에서 {end} 사이")
    return text.format(day=_day(window.start, now), start=_clock(window.start), end=_clock(window.end))


def _day(at: datetime, now: datetime) -> str:
    local = at.astimezone(KST)
    date = _("{month}월 {day}일 {weekday}요일").format(
        month=local.month, day=local.day, weekday=weekday_names()[local.weekday()]
    )
    if today_kst(at) == today_kst(now):
        return _("오늘 {date}").format(date=date)
    if today_kst(at) == today_kst(now + timedelta(days=1)):
        return _("내일 {date}").format(date=date)
    return date


def _clock(at: datetime) -> str:
    """As the texts say it: noon is `낮 12시` and midnight `오전 0시`, which nobody takes for the other."""
    local = at.astimezone(KST)
    korean = get_language() == "ko"
    half = _("오전") if local.hour < 12 else "낮" if korean and local.hour == 12 else _("오후")
    hour = 0 if korean and local.hour == 0 else local.hour % 12 or 12
    if local.minute == 0:
        return _("{half} {hour}시").format(half=half, hour=hour)
    # Korean says the minutes as a number (9시 5분); after a colon they are two digits (9:05).
    minute = str(local.minute) if korean else f"{local.minute:02d}"
    return _("{half} {hour}시 {minute}분").format(half=half, hour=hour, minute=minute)
