"""What a family does on its page: agree a window, put a visit off, complain. Each sending is taken once."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.clock import operating_day, rfc3339_kst
from core.dated import read_rules
from core.errors import ConflictError, ForbiddenError
from core.i18n import N_, _
from dispatch import clocks, money_notices, notices, tasks
from dispatch.agreeing import agreed_before, put_into_window, window_of
from dispatch.appointments import WindowNotReachableError
from dispatch.approvals import ApprovalFacts, UnknownApprovalError, answer_approval, last_approval
from dispatch.cases import WrongStateError, current_visit, lock_case
from dispatch.escalation import escalate_ticket
from dispatch.family_links import OpenLink
from dispatch.family_models import FamilyAct
from dispatch.family_rules import why_no_time, why_not_put_off
from dispatch.models import Ticket
from dispatch.planning import slots
from dispatch.planning.slots import NoPointYetError
from dispatch.revisits import hold
from dispatch.states import OPEN_VISIT_STATES
from dispatch.tickets import note_change
from dispatch.visit_schemas import AgreedWindow
from notifications.messages import Window
from workforce.schemas import PersonInfo

NAME = N_("가족이 링크에서")
"""Whom the timeline names; which of the family it was, nobody can know."""
AGREED = "FamilyAgreed"
MOST_OFFERED, MOST_A_DAY = 9, 4
"""So many can be taken in, on more than one day."""
SETTLED_BY_LINK = (tasks.REVISIT_CALL, tasks.PART_CALL)
"""Calls that were to agree a time. The first contact is still somebody's to make."""


class TooManyChangesError(ConflictError):
    """The family has set its time often enough for a day; each change is told to everybody by text."""

    code = "too-many-changes"


class FormReusedError(ConflictError):
    """A form that was sent before came again with other content."""

    code = "form-reused"


def family_actor(link: OpenLink) -> Actor:
    """The family of a link as the author of a change."""
    return Actor(kind="family", name=NAME, source=f"link:{link.id}")


def take_once(
    session: Session, *, link: OpenLink, kind: str, form_key: str, content: str, now: datetime
) -> bool:
    """Whether this sending is the first of its form. Two copies of one press wait for each other.

    Raises FormReusedError when the same form comes with other content (409).
    """
    body_hash = hashlib.sha256(f"{kind}\0{content}".encode()).hexdigest()
    values = {
        "company_id": link.company_id,
        "ticket_id": link.ticket_id,
        "link_id": link.id,
        "form_key": form_key,
        "kind": kind,
        "body_hash": body_hash,
        "at": now,
    }
    put = insert(FamilyAct).on_conflict_do_nothing(index_elements=["link_id", "form_key"])
    if session.execute(put.returning(col(FamilyAct.id)), values).first() is not None:
        return True
    before = session.exec(
        select(FamilyAct.body_hash).where(
            col(FamilyAct.link_id) == link.id, col(FamilyAct.form_key) == form_key
        )
    ).one()
    if before != body_hash:
        raise FormReusedError(_("이미 보낸 화면입니다. 처음 화면에서 다시 해 주세요."))
    return False


def offer_windows(session: Session, *, link: OpenLink, now: datetime) -> list[Window]:
    """Windows that can be kept, planning's best of each day, in the order of time; empty when none can.

    The one that is agreed is not among them.
    """
    visit = current_visit(session, ticket_id=link.ticket_id)
    agreed = window_of(visit) if visit is not None and visit.state in OPEN_VISIT_STATES else None
    best: list[Window] = []
    a_day: Counter[date] = Counter()
    for window in _keepable(session, link=link, now=now):
        day = operating_day(window.start)
        if window != agreed and a_day[day] < MOST_A_DAY:
            a_day[day] += 1
            best.append(window)
    return sorted(best[:MOST_OFFERED], key=lambda window: window.start)


def _keepable(session: Session, *, link: OpenLink, now: datetime) -> list[Window]:
    """All of them, best first."""
    try:
        found = slots.rank_slots(session, ticket_id=link.ticket_id, now=now)
    except NoPointYetError:
        return []
    # Whether somebody is called out of bed is not asked on a page: a person decides that.
    return list(dict.fromkeys(Window(slot.start, slot.end) for slot in found if slot.arrives_at is None))


def why_no_more_times(session: Session, *, link: OpenLink, now: datetime) -> str | None:
    """Why this family sets no further time by itself today; None while it may."""
    most = read_rules(session, company_id=link.company_id, at=now).link_times_a_day
    about = ("ticket", link.ticket_id)
    agreed = audit.list_changes(session, company_id=link.company_id, what=[AGREED], subject=about, limit=most)
    if sum(operating_day(each.at) == operating_day(now) for each in agreed) < most:
        return None
    return _("오늘은 시간을 여러 번 정하셨습니다. 또 바꾸셔야 하면 전화해 주세요.")


def agree(session: Session, *, link: OpenLink, window: Window, now: datetime) -> Window:
    """Agree a window on the page; both parties are told. The same one again changes nothing.

    The promise clock stops, the contact clock does not: somebody still rings (domain rule, section 12).

    Raises:
        WrongStateError: as `why_no_time` says (409).
        TooManyChangesError: it was set often enough today (409).
        appointments.WindowNotReachableError: it is none of those offered (any more); it lists them (409).
    """
    case = lock_case(session, ticket_id=link.ticket_id)
    before, by = agreed_before(case), family_actor(link)
    if before == window and case.ticket.status == "APPOINTED":
        return window
    _require(why_no_time(case.ticket, case.visit))
    if often := why_no_more_times(session, link=link, now=now):
        raise TooManyChangesError(often)
    keepable = _keepable(session, link=link, now=now)
    if window not in keepable:
        reachable = tuple((each.start, each.end) for each in keepable)
        raise WindowNotReachableError(_("그 시간에는 이제 갈 수 없습니다."), reachable=reachable)
    wanted = AgreedWindow(window.start, window.end)
    visit = put_into_window(session, case=case, window=wanted, agreed_at=now, by=by, now=now)
    clocks.stop_clock(
        session, ticket_id=link.ticket_id, kind="promise", at=now, evidence="FAMILY", by=by, now=now
    )
    tasks.close_tasks_of(
        session,
        ticket_id=link.ticket_id,
        kinds=SETTLED_BY_LINK,
        outcome=N_("가족이 링크에서 방문 시간을 골랐습니다."),
        by=by,
        now=now,
    )
    data: dict[str, object] = {"window": _written(window), "evidence": "FAMILY"}
    if before is not None:
        data["window_before"] = _written(before)
    note_change(session, ticket=case.ticket, what=AGREED, by=by, now=now, data=data)
    notices.tell_window(
        session, visit_id=visit.id or 0, before=before, reason=None, now=now, wished=before is not None
    )
    money_notices.tell_estimate(session, visit_id=visit.id or 0, now=now)
    return window


def put_off(session: Session, *, link: OpenLink, now: datetime) -> None:
    """Nobody will be at home: the visit is called off, also on the way, and another time is to be agreed.

    The technician is told at once, and the desk is asked to ring unless the family picks a time itself.

    Raises WrongStateError: as `why_not_put_off` says (409).
    """
    case = lock_case(session, ticket_id=link.ticket_id)
    ticket, visit = case.ticket, case.visit
    _require(why_not_put_off(ticket, visit))
    assert visit is not None
    by = family_actor(link)
    note_change(
        session,
        ticket=ticket,
        what="FamilyNotAtHome",
        by=by,
        now=now,
        data={"visit_id": visit.id, "on_the_way": visit.state == "en_route"},
    )
    hold(session, ticket_id=link.ticket_id, reason="customer_request", due=None, by=by, now=now)


def answer_cost(
    session: Session, *, link: OpenLink, approval_id: int, agrees: bool, now: datetime
) -> ApprovalFacts:
    """Whoever pays agrees to what the technician asked about, or refuses. The same answer twice is one.

    Raises:
        ForbiddenError: none of this link's people pays (403).
        UnknownApprovalError: no such asking of this case (404).
        ApprovalClosedError: it was answered otherwise, or other work is asked about by now (409).
    """
    ticket = session.get_one(Ticket, link.ticket_id)
    if ticket.payer_role not in link.roles:
        raise ForbiddenError(_("비용을 내시는 분만 답하실 수 있습니다. 전화로 도와드리겠습니다."))
    visit = current_visit(session, ticket_id=link.ticket_id)
    asked = last_approval(session, visit_id=visit.id or 0) if visit is not None else None
    if asked is None or asked.id != approval_id:
        raise UnknownApprovalError(_("그사이 내용이 바뀌었습니다. 처음 화면에서 다시 보아 주세요."))
    by = family_actor(link)
    return answer_approval(session, approval_id=approval_id, agrees=agrees, by=by, now=now, how="FAMILY")


def complain(session: Session, *, link: OpenLink, words: str, now: datetime) -> PersonInfo:
    """Hand what the family wrote to the escalation person on duty, who rings back. Returns who that is.

    Raises NoReasonError: nothing was written (422).
    """
    return escalate_ticket(session, ticket_id=link.ticket_id, reason=words, by=family_actor(link), now=now)


def _require(refused: str | None) -> None:
    if refused is not None:
        raise WrongStateError(refused)


def _written(window: Window) -> list[str]:
    return [rfc3339_kst(window.start), rfc3339_kst(window.end)]
