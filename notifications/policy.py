"""What a company wants otherwise than the catalogue: who is told of an event, how, and what can wait.

Dated rows (`CompanyRules.notice_matrix`, `notice_ways`, `quiet_from`, `quiet_to`); a change holds from its
moment on. Nobody can be added whom an event does not concern, and of the family somebody always stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from sqlmodel import Session

from core.actor import Actor
from core.clock import KST
from core.dated import CompanyRules, NoticeRule, read_rules
from core.dated_entries import set_entries
from core.errors import FieldError, InvalidError
from core.i18n import _
from notifications import advert
from notifications.catalogue import CATALOGUE, FAMILY, STAFF, Event, Role
from notifications.ways import USUAL, Order, Way, offered, read_order

KEY = "notice_matrix"
WAYS_KEY = "notice_ways"


class BadMatrixError(InvalidError):
    """A matrix that would leave somebody without what he must know (422)."""

    code = "bad-notice-matrix"


@dataclass(frozen=True)
class NoticePolicy:
    """A company's matrix as it holds at one moment."""

    changed: Mapping[str, NoticeRule]
    quiet_from: time
    quiet_to: time
    advert_from: str
    advert_until: str
    ways: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    has_voice: bool = False

    @classmethod
    def of(cls, rules: CompanyRules) -> NoticePolicy:
        """Read from the dated numbers."""
        return cls(
            rules.notice_matrix,
            time.fromisoformat(rules.quiet_from),
            time.fromisoformat(rules.quiet_to),
            rules.advert_from,
            rules.advert_until,
            rules.notice_ways,
            rules.voice_enabled,
        )

    def roles(self, event: Event) -> tuple[Role, ...]:
        """Who is told of an event."""
        of_all = CATALOGUE[event].roles
        rule = None if CATALOGUE[event].personal else self.changed.get(event.value)
        return of_all if rule is None else tuple(role for role in of_all if role.value in rule.roles)

    def is_urgent(self, event: Event) -> bool:
        """Whether it is told at any hour; an advertisement never is."""
        if CATALOGUE[event].advert:
            return False
        rule = self.changed.get(event.value)
        return CATALOGUE[event].urgent if rule is None else rule.urgent

    def orders(self, event: Event) -> dict[Role, Order]:
        """In which order the ways to each of the family are tried, where it is not the usual one."""
        stored = self.ways.get(event.value, {})
        return {Role(role): read_order(order, has_voice=self.has_voice) for role, order in stored.items()}

    def is_changed(self, event: Event) -> bool:
        """Whether the company wants it otherwise than the catalogue."""
        by_default = CATALOGUE[event].roles, CATALOGUE[event].urgent
        return (self.roles(event), self.is_urgent(event)) != by_default

    def held_until(self, event: Event, at: datetime, *, safety: bool = False) -> datetime | None:
        """The end of the quiet hours in which it is now; None: it may go at once.

        Args:
            safety: it is about a danger: that somebody comes is never held back.
        """
        if CATALOGUE[event].advert:
            first = advert.next_hour(at, day_from=self.advert_from, day_until=self.advert_until)
            return first if first > at else None
        if self.is_urgent(event) or (safety and CATALOGUE[event].leads_to_visit):
            return None
        return quiet_until(at, begins=self.quiet_from, ends=self.quiet_to)


def quiet_until(at: datetime, *, begins: time, ends: time) -> datetime | None:
    """When the quiet hours around a moment end; None outside them. They may run over midnight."""
    local = at.astimezone(KST)
    clock = local.time()
    over_midnight = begins > ends
    quiet = (clock >= begins or clock < ends) if over_midnight else begins <= clock < ends
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    return datetime.combine(day, ends, KST)


def quiet_end(rules: CompanyRules, *, at: datetime) -> datetime | None:
    """The end of a company's quiet hours around a moment; None outside them."""
    policy = NoticePolicy.of(rules)
    return quiet_until(at, begins=policy.quiet_from, ends=policy.quiet_to)


def read_policy(session: Session, *, company_id: int, at: datetime) -> NoticePolicy:
    """A company's matrix at a moment."""
    return NoticePolicy.of(read_rules(session, company_id=company_id, at=at))


def change_matrix(
    session: Session,
    *,
    company_id: int,
    wanted: Mapping[Event, NoticeRule],
    valid_from: datetime,
    source: str,
    by: Actor,
    now: datetime,
) -> None:
    """Let a company tell of these events as it wants from a moment on; what is as usual is dropped.

    What is planned for later goes on with it (`core.dated_entries`).

    Raises:
        BadMatrixError: an event would be told to nobody of the family, or to somebody it does not concern.
    """
    for event, rule in wanted.items():
        _require_sense(event, rule)
    rules = read_rules(session, company_id=company_id, at=valid_from)
    policy = replace(NoticePolicy.of(rules), changed={event.value: rule for event, rule in wanted.items()})
    set_entries(
        session,
        company_id=company_id,
        key=KEY,
        entries={
            event.value: rule.model_dump() if policy.is_changed(event) else None
            for event, rule in wanted.items()
        },
        valid_from=valid_from,
        source=source,
        by=by,
        now=now,
    )


def change_ways(
    session: Session,
    *,
    company_id: int,
    event: Event,
    wanted: Mapping[Role, Order],
    valid_from: datetime,
    source: str,
    by: Actor,
    now: datetime,
) -> bool:
    """Let the ways to these recipients of an event be tried in these orders from a moment on.

    What is as usual is dropped. Returns whether that is otherwise than before.

    Raises:
        BadMatrixError: an order that nobody could be told by, or one for whom there is none to choose.
    """
    rules = read_rules(session, company_id=company_id, at=valid_from)
    for role, order in wanted.items():
        _require_reach(event, role, order, has_voice=rules.voice_enabled)
    before = rules.notice_ways.get(event.value, {})
    own: dict[str, Sequence[str]] = {**before, **{role.value: list(order) for role, order in wanted.items()}}
    own = {role: order for role, order in own.items() if tuple(order) != USUAL}
    if own == before:
        return False
    set_entries(
        session,
        company_id=company_id,
        key=WAYS_KEY,
        entries={event.value: own or None},
        valid_from=valid_from,
        source=source,
        by=by,
        now=now,
    )
    return True


def orders_for(event: Event, role: Role, *, has_voice: bool) -> list[Order]:
    """The orders to choose from; none for staff, who have a way of their own (decision 25)."""
    if role in STAFF or role not in CATALOGUE[event].roles:
        return []
    return offered(rings=CATALOGUE[event].rings, has_voice=has_voice)


def _require_reach(event: Event, role: Role, order: Order, *, has_voice: bool) -> None:
    if order in orders_for(event, role, has_voice=has_voice):
        return
    message = _("이 순서로는 알릴 수 없습니다. 목록에서 다시 골라 주세요.")
    if Way.VOICE in order and not has_voice:
        message = _("음성 전화를 쓰지 않는 회사입니다. 설정에서 음성 전화를 먼저 켜 주세요.")
    raise BadMatrixError(message, errors=(FieldError(f"ways_{role.value}", message),))


def _require_sense(event: Event, rule: NoticeRule) -> None:
    roles, of_all = set(rule.roles), CATALOGUE[event].roles
    field = f"roles_{event.value}"
    if roles - {role.value for role in of_all}:
        message = _("이 알림과 상관없는 사람은 고를 수 없습니다.")
        raise BadMatrixError(message, errors=(FieldError(field, message),))
    if set(FAMILY) & set(of_all) and not roles & {role.value for role in FAMILY}:
        message = _("거주자와 접수하신 분 가운데 한 분은 알림을 받아야 합니다.")
        raise BadMatrixError(message, errors=(FieldError(field, message),))
    if not roles:
        message = _("알림을 받을 사람을 한 명은 골라 주세요.")
        raise BadMatrixError(message, errors=(FieldError(field, message),))
