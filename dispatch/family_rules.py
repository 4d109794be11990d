"""What a family may do about its visit by itself: the page offers it, and nothing else is taken."""

from __future__ import annotations

from core.i18n import _
from dispatch.models import Ticket, Visit
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES, UNDER_WAY_STATES


def why_no_time(ticket: Ticket, visit: Visit | None) -> str | None:
    """Why no time may be picked, as the family reads it; None when one may.

    Args:
        visit: the newest one.
    """
    if ticket.status in ENDED_STATUSES:
        return _("이미 끝난 접수입니다. 기사가 다시 가야 하면 전화해 주세요.")
    if ticket.safety:
        return _("위험할 수 있는 접수라 시간을 고르지 않고 바로 갑니다. 전화해 주세요.")
    if visit is not None and visit.state in UNDER_WAY_STATES:
        return _("기사가 이미 출발했습니다. 시간을 바꾸셔야 하면 전화해 주세요.")
    if ticket.service_point_id is None:
        return _("어느 지점에서 갈지 아직 정하고 있습니다. 급하시면 전화해 주세요.")
    if visit is not None and waits_for_part(ticket, visit) and visit.hold_due_at is None:
        return _("부품이 언제 오는지 아직 알 수 없어 시간을 정할 수 없습니다. 알아보고 전화드리겠습니다.")
    return None


def why_not_put_off(ticket: Ticket, visit: Visit | None) -> str | None:
    """Why there is no visit that may be called off because nobody is at home; None when there is.

    Whoever smelt gas is not left waiting by a press, whoever pressed it.
    """
    if visit is not None and visit.state in ("arrived", "in_progress"):
        return _("기사가 이미 도착했습니다. 기사와 바로 통화할 수 있게 전화해 주세요.")
    if ticket.status in ENDED_STATUSES or visit is None or not _is_promised(visit):
        return _("지금은 미룰 방문이 없습니다. 궁금하신 점은 전화해 주세요.")
    if ticket.safety:
        return _("위험할 수 있는 접수라 방문을 미루지 않습니다. 집에 안 계시면 바로 전화해 주세요.")
    if visit.technician_id is None:
        return _("갈 기사를 다시 정하고 있습니다. 다른 시간을 고르시거나 전화해 주세요.")
    return None


def waits_for_part(ticket: Ticket, visit: Visit | None) -> bool:
    """Whether nobody comes before a part does."""
    return ticket.status == "ON_HOLD" and visit is not None and visit.hold_reason == "parts_wait"


def _is_promised(visit: Visit) -> bool:
    agreed = visit.window_start is not None and visit.state in OPEN_VISIT_STATES
    return agreed or visit.state == "en_route"
