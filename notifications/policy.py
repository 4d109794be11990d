"""What a company wants otherwise than the catalogue: who is told of an event, and what can wait at night.

Dated rows (`CompanyRules.notice_matrix`, `quiet_from`, `quiet_to`); a change holds from its moment on. Nobody
can be added whom an event does not concern, and of the family somebody always stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel import Session

from core.actor import Actor
from core.clock import KST
from core.dated import CompanyRules, NoticeRule, read_rules, set_rule
from core.errors import FieldError, InvalidError
from core.i18n import _
from notifications.catalogue import CATALOGUE, FAMILY, Event, Role

KEY = "notice_matrix"


class BadMatrixError(InvalidError):
    """A matrix that would leave somebody without what he must know (422)."""

    code = "bad-notice-matrix"


@dataclass(frozen=True)
class NoticePolicy:
    """A company's matrix as it holds at one moment."""

    changed: Mapping[str, NoticeRule]
    quiet_from: time
    quiet_to: time

    @classmethod
    def of(cls, rules: CompanyRules) -> NoticePolicy:
        """Read from the dated numbers."""
        return cls(
            rules.notice_matrix, time.fromisoformat(rules.quiet_from), time.fromisoformat(rules.quiet_to)
        )

    def roles(self, event: Event) -> tuple[Role, ...]:
        """Who is told of an event."""
        of_all = CATALOGUE[event].roles
        rule = self.changed.get(event.value)
        return of_all if rule is None else tuple(role for role in of_all if role.value in rule.roles)

    def is_urgent(self, event: Event) -> bool:
        """Whether it is told at any hour."""
        rule = self.changed.get(event.value)
        return CATALOGUE[event].urgent if rule is None else rule.urgent

    def is_changed(self, event: Event) -> bool:
        """Whether the company wants it otherwise than the catalogue."""
        by_default = CATALOGUE[event].roles, CATALOGUE[event].urgent
        return (self.roles(event), self.is_urgent(event)) != by_default

    def held_until(self, event: Event, at: datetime) -> datetime | None:
        """The end of the quiet hours in which it is now; None: it may go at once."""
        return None if self.is_urgent(event) else quiet_until(at, begins=self.quiet_from, ends=self.quiet_to)


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

    Raises:
        BadMatrixError: an event would be told to nobody of the family, or to somebody it does not concern.
    """
    for event, rule in wanted.items():
        _require_sense(event, rule)
    rules = read_rules(session, company_id=company_id, at=valid_from)
    merged = {**rules.notice_matrix, **{event.value: rule for event, rule in wanted.items()}}
    policy = NoticePolicy(merged, time(), time())
    value = {
        event.value: merged[event.value].model_dump()
        for event in Event
        if event.value in merged and policy.is_changed(event)
    }
    set_rule(
        session,
        company_id=company_id,
        key=KEY,
        value=value,
        valid_from=valid_from,
        source=source,
        by=by,
        now=now,
    )


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
