"""A dispatcher or the point's desk decides who goes, and when. Licences and booked times stay hard."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.actor import SYSTEM, Actor, Role
from core.clock import operating_day, rfc3339_kst
from core.errors import ConflictError, FieldError, ForbiddenError, InvalidError
from core.i18n import _
from dispatch.cases import WrongStateError
from dispatch.models import Ticket, Visit
from dispatch.open_visits import ensure_open_visit, find_open_visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import load_horizon, planned_days
from dispatch.planning.board_problem import Freedom
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.booked_times import span_words, why_not
from dispatch.planning.day_locks import lock_days
from dispatch.planning.deserted import somebody_goes
from dispatch.planning.insertion import Insertion
from dispatch.planning.moving import drafts_without, travel_for
from dispatch.planning.one_technician import place_with
from dispatch.planning.plan_models import Plan
from dispatch.planning.publishing import StalePlanError, publish
from dispatch.planning.reason_words import skill_words
from dispatch.planning.retrying import on_fresh_data
from dispatch.planning.solve_requests import PAUSE_S, request_solve
from dispatch.states import UNDER_WAY_STATES
from dispatch.tickets import has_ended, lock_ticket
from workforce.queries import get_technicians, qualifications_on

PINS = ("technician", "time")
OVERRULING_ROLES = (Role.MANAGER, Role.ADMIN)
"""Who may send a technician again whom the family has complained of."""


class LicenceMissingError(InvalidError):
    """The technician lacks a qualification that the visit needs; nobody can override that."""

    code = "licence-missing"


class BookedTimeError(ConflictError):
    """The technician is booked at that time, or cannot get there; the detail says by what."""

    code = "booked-time"


class SomebodyElseWasFasterError(ConflictError):
    """Another person assigned the ticket meanwhile; the detail names them."""

    code = "somebody-else-was-faster"


class ExcludedTechnicianError(ForbiddenError):
    """The family has complained of this technician; only a manager may send him again."""

    code = "excluded-technician"


@dataclass(frozen=True)
class HandAssignment:
    """What was decided. `moved` lists other visits whose technician or time changed with it.

    `added_travel_s` is what is driven more than by the plan before (less: below 0); `late` how many agreed
    times of that day its plan can no longer keep, whoever is to blame.
    """

    version: int
    technician_id: int
    technician_name: str
    start_at: datetime
    moved: tuple[dict[str, Any], ...]
    added_travel_s: int = 0
    late: int = 0


def assign_by_hand(
    session: Session,
    *,
    ticket_id: int,
    technician_id: int,
    start: datetime | None,
    reason: str,
    pin: Collection[str],
    by: Actor,
    now: datetime,
    base_version: int | None = None,
) -> HandAssignment:
    """Give a ticket to a technician, at `start` or at his first good place in the planned days.

    Args:
        pin: `technician` and/or `time`: what planning may not change afterwards.
        base_version: the version of the visit's day (or of the day aimed at) that the person was looking at.

    Raises:
        InvalidError: no reason, a past time, an unknown pin or technician (422).
        LicenceMissingError: a qualification is missing (422).
        BookedTimeError: he is booked or cannot be there (409).
        SomebodyElseWasFasterError: another person changed the ticket meanwhile (409).
        WrongStateError: the ticket is on hold (409).
        ConflictError: the ticket has ended, waits for a point, or its technician is on the way.
    """
    _check(start, reason, pin, now)
    seen = find_open_visit(session, ticket_id=ticket_id)
    before = _stand(seen)
    if seen is not None:
        days = planned_days(session, point_id=seen.service_point_id, now=now)
        lock_days(session, point_id=seen.service_point_id, days=days)
    ticket = lock_ticket(session, ticket_id=ticket_id)
    visit = _visit_to_plan(session, ticket, now)
    if seen is not None and before != _stand(visit):
        raise _faster(session, visit, who=None)
    if base_version is not None:
        _check_version(session, visit, base_version, by=by)
    _check_technician(session, ticket, visit, technician_id=technician_id, at=start or now, by=by)
    visit_id = visit.id or 0

    def assign() -> tuple[Insertion, int]:
        boards = load_horizon(session, point_id=visit.service_point_id, now=now, anew=visit_id)
        planned = next((v for board in boards if (v := board.find(visit_id)) is not None), None)
        if planned is None:
            raise StalePlanError(_("방문이 그사이 바뀌었습니다. 화면을 새로 고쳐 주세요."))
        boards = reckon_with(session, boards, planned.place)
        driven[:] = [travel_for(boards, planned)]
        found = _place(session, boards, planned, technician_id=technician_id, start=start, pin=pin)
        drafts = [found.draft, *drafts_without(boards, planned, but=found.day)]
        author = Authorship(by, "hand", reason, visit_id)
        published = publish(session, drafts=drafts, author=author, now=now)
        moved[:] = [
            change.as_json(found.draft.board.names)
            for change in published.changes
            if change.before.visit_id != visit_id and change.notable
        ]
        return found, published.versions[found.day]

    moved: list[dict[str, Any]] = []
    driven: list[int] = []
    found, version = on_fresh_data(session, assign)
    somebody_goes(session, ticket_id=ticket_id, by=by, now=now)
    audit.record(
        session,
        by=by,
        at=now,
        what="VisitAssignedByHand",
        subject=("ticket", ticket_id),
        company_id=ticket.company_id,
        reason=reason,
        data={
            "visit_id": visit_id,
            **_from(before),
            "technician_id": technician_id,
            "start": rfc3339_kst(found.start_at),
            "pin": sorted(pin),
            "day": found.day.isoformat(),
            "version": version,
            "moved": [change["visit_id"] for change in moved],
        },
    )
    request_solve(session, point_id=visit.service_point_id, day=found.day, now=now, delay_s=PAUSE_S)
    return HandAssignment(
        version=version,
        technician_id=technician_id,
        technician_name=found.technician_name,
        start_at=found.start_at,
        moved=tuple(moved),
        added_travel_s=found.added_travel_s - driven[0],
        late=sum(stop.late for stop in found.draft.stops),
    )


def _check(start: datetime | None, reason: str, pin: Collection[str], now: datetime) -> None:
    errors = []
    if not reason.strip():
        errors.append(FieldError("reason", _("왜 이렇게 정하는지 적어 주세요.")))
    if start is not None and start < now:
        errors.append(FieldError("start", _("이미 지난 시각입니다. 앞으로 올 시각을 골라 주세요.")))
    if set(pin) - set(PINS):
        errors.append(FieldError("pin", _("technician, time 가운데서 골라 주세요.")))
    if errors:
        raise InvalidError(_("배정할 수 없습니다. 표시된 칸을 확인해 주세요."), errors=tuple(errors))


def _visit_to_plan(session: Session, ticket: Ticket, now: datetime) -> Visit:
    if has_ended(ticket):
        raise ConflictError(_("이미 끝난 접수입니다. 다시 가야 하면 먼저 재접수해 주세요."))
    if ticket.status == "ON_HOLD":  # who is on hold stands on no board
        text = _("지금 상태는 {status}입니다. 가족과 통화해 방문할 시간을 정하면 보류가 끝납니다.")
        raise WrongStateError(text.format(status=ticket.status))
    if ticket.service_point_id is None:
        raise ConflictError(_("아직 서비스점이 정해지지 않았습니다. 먼저 서비스점을 정해 주세요."))
    visit = ensure_open_visit(session, ticket=ticket, point_id=ticket.service_point_id, now=now)
    if visit.state in UNDER_WAY_STATES:
        raise ConflictError(_("기사가 이미 출발했습니다. 기사와 통화한 뒤 방문을 마치거나 보류해 주세요."))
    return visit


def _check_technician(
    session: Session, ticket: Ticket, visit: Visit, *, technician_id: int, at: datetime, by: Actor
) -> None:
    crew = get_technicians(session, technician_ids=[technician_id], company_id=ticket.company_id)
    if technician_id not in crew:
        message = _("이 회사의 기사가 아닙니다. 목록에서 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("technician_id", message),))
    name = crew[technician_id].name
    had = qualifications_on(session, technician_ids=[technician_id], day=operating_day(at))[technician_id]
    missing = sorted(set(visit.skills) - had)
    if missing:
        message = _(
            "{name} 기사에게는 필요한 자격({skills})이 없습니다. 자격이 있는 기사를 골라 주세요."
        ).format(name=name, skills=skill_words(missing))
        raise LicenceMissingError(message, errors=(FieldError("technician_id", message),))
    if ticket.excluded_technician_id == technician_id and by.role not in OVERRULING_ROLES:
        raise ExcludedTechnicianError(
            _("고객 불만으로 {name} 기사는 다시 보낼 수 없습니다. 책임자만 풀 수 있습니다.").format(name=name)
        )


def _place(
    session: Session,
    boards: Sequence[DayBoard],
    visit: BoardVisit,
    *,
    technician_id: int,
    start: datetime | None,
    pin: Collection[str],
) -> Insertion:
    if start is not None and visit.window is not None and not visit.window[0] <= start <= visit.window[1]:
        raise BookedTimeError(
            _("고객과 {window}에 약속했습니다. 시간을 바꾸려면 먼저 고객과 다시 약속해 주세요.").format(
                window=span_words(*visit.window)
            )
        )
    target = replace(
        visit,
        pinned_technician="technician" in pin or visit.safety,  # no plan undoes it
        pinned_time="time" in pin,
        only_window=(start, start) if start is not None else None,
        wished=visit.wished if start is None else (),
    )
    found = place_with(boards, target, technician_id=technician_id, freedom=Freedom.FREE)
    if found is None:
        raise BookedTimeError(why_not(session, boards, visit, technician_id, start))
    return found


def _stand(visit: Visit | None) -> tuple[object, ...] | None:
    if visit is None:
        return None
    return visit.technician_id, visit.planned_start, visit.pinned_technician, visit.pinned_time


def _from(stood: tuple[object, ...] | None) -> dict[str, object]:
    """Who had it and when, as the timeline keeps it."""
    if stood is None:
        return {}
    technician_id, start = stood[0], stood[1]
    return {
        "from_technician_id": technician_id,
        "from_start": rfc3339_kst(start) if isinstance(start, datetime) else None,
    }


def _check_version(session: Session, visit: Visit, base_version: int, *, by: Actor) -> None:
    """Only a change of this very visit counts: the day itself may have moved on without harm.

    Nor does a solver's other minute for the same technician: nobody's choice is worth less for it.
    """
    query = (
        select(Plan.made_by, Plan.changes)
        .where(
            col(Plan.service_point_id) == visit.service_point_id,
            col(Plan.day) == _day_of(visit),
            col(Plan.state) == "published",
            col(Plan.version) > base_version,
        )
        .order_by(col(Plan.version).desc())
    )
    for made_by, changes in session.exec(query):
        own = [change for change in changes if change["visit_id"] == visit.id]
        if made_by == SYSTEM.name:
            own = [change for change in own if change["what"] != "retimed"]
        if made_by != by.name and own:
            raise _faster(session, visit, who=made_by)
    # A decision that confirms what was planned changes no stop: only the timeline knows of it.
    day = _day_of(visit)
    for entry in audit.list_entries(session, subject=("ticket", visit.ticket_id)):
        decided = entry.what == "VisitAssignedByHand" and entry.actor_name != by.name
        same_day = day is not None and entry.data.get("day") == day.isoformat()
        if decided and same_day and entry.data.get("version", 0) > base_version:
            raise _faster(session, visit, who=entry.actor_name)


def _faster(session: Session, visit: Visit, *, who: str | None) -> SomebodyElseWasFasterError:
    if who is None:
        query = (
            select(Plan.made_by, Plan.changes)
            .where(col(Plan.service_point_id) == visit.service_point_id, col(Plan.state) == "published")
            .order_by(col(Plan.id).desc())
            .limit(20)
        )
        found = (made for made, changes in session.exec(query) if _concerns(changes, visit.id))
        who = next(found, None) or _("다른 분")
    if who == SYSTEM.name:
        return SomebodyElseWasFasterError(
            _("그사이 자동 계획이 이 방문의 기사를 바꾸었습니다. 지금 기사와 시간을 보고 다시 정해 주세요.")
        )
    return SomebodyElseWasFasterError(
        _("방금 {who} 님이 이 접수를 먼저 배정했습니다. 지금 기사와 시간을 보고 다시 정해 주세요.").format(
            who=who
        )
    )


def _concerns(changes: Sequence[dict[str, Any]], visit_id: int | None) -> bool:
    return any(change["visit_id"] == visit_id for change in changes)


def _day_of(visit: Visit) -> date | None:
    return operating_day(visit.planned_start) if visit.planned_start is not None else None
