"""Why this technician, and how the others stand: asked of the plan as it is, for the dispatcher's card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.i18n import N_, _
from dispatch.console.candidates import CrewMember, list_crew
from dispatch.models import Ticket
from dispatch.open_visits import find_open_visit
from dispatch.planning.board import load_horizon
from dispatch.planning.board_problem import BoardProblem, Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.leaving_out import reason_json, repairs_json
from dispatch.planning.reason_words import told, told_repair
from scheduling.why import Standing, explain_job

PLAIN = {
    "CHEAPEST": N_("지금 일정에서 가장 적은 비용으로 갈 수 있는 기사입니다."),
    "ONLY_ONE_ABLE": N_("갈 수 있는 기사가 이 사람뿐입니다."),
    "ONLY_ONE_FREE": N_("지금 일정에 자리가 있는 기사가 이 사람뿐입니다."),
    "CHEAPER_ELSEWHERE": N_("지금은 {other} 기사가 가는 편이 낫습니다. 다시 계획하면 바뀔 수 있습니다."),
}
"""The planner's sentences without its units, which mean nothing to a dispatcher."""
AMONG_OTHERS = {
    "ONLY_ONE_ABLE": N_("계획이 스스로 보낼 수 있는 기사는 이 사람뿐입니다."),
    "ONLY_ONE_FREE": N_("계획이 스스로 보낼 수 있는 기사는 이 사람뿐입니다."),
}
"""The same where a person may send somebody whom no plan sends."""
TOLD_BY_DIFFERENCE = frozenset({"COSTS_MORE", "COSTS_LESS", "COSTS_SAME"})


@dataclass(frozen=True)
class Stand:
    """One technician and the visit; `text` is empty where the difference says it all.

    `difference`: what his coming would cost beside the present plan, in units of one second of driving; None
    where he has no place. `proof`: no plan could send him. `by_hand_at`: when he would be there if a person
    sent him whom no plan sends.
    """

    technician: str
    text: str
    is_current: bool
    proof: bool
    difference: int | None
    repairs: tuple[str, ...]
    by_hand_at: datetime | None = None


@dataclass(frozen=True)
class WhyThis:
    """How everybody at the point stands towards a visit on one day: who goes first, then the cheapest.

    `soonest`: whom a person could send to be there before the plan's choice, and when; None: nobody.
    """

    day: datetime
    stands: tuple[Stand, ...]
    soonest: tuple[str, datetime] | None = None


def why_this_technician(session: Session, *, ticket_id: int, now: datetime) -> WhyThis | None:
    """The standings on the day of the plan; for a visit that is left out, on the first day with people.

    None while the ticket has no visit at a point, or nobody works there.
    """
    ticket = session.get_one(Ticket, ticket_id)
    visit = find_open_visit(session, ticket_id=ticket_id)
    if ticket.service_point_id is None or visit is None or visit.id is None:
        return None
    boards = load_horizon(session, point_id=ticket.service_point_id, now=now)
    found = _on_board(boards, visit.id)
    if found is None:
        return None
    (board,) = reckon_with(session, [found[0]], found[1].place)
    bp = _problem(board, found[1])
    if found[1].job_id not in bp.problem.job_index:
        return None  # under way with somebody whose working time is over: no plan can say more
    answer = explain_job(bp.problem, bp.sequences, found[1].job_id)
    crew = list_crew(session, ticket_id=ticket_id, now=now)
    able = {each.technician_id: each for each in crew if each.can_go and each.jobs_on == board.day}
    stands: dict[int, Stand] = {}
    for standing in answer.standings:  # the best of whoever works in several stretches
        who = bp.stretch_of(standing.technician).technician_id
        stands.setdefault(who, _stand(bp, found[1], standing, answer.technician, able))
    return WhyThis(board.bounds[0], tuple(stands.values()), _sooner(found[1], able.values()))


def _sooner(visit: BoardVisit, able: Iterable[CrewMember]) -> tuple[str, datetime] | None:
    """Who could be there before the plan's choice, by the list that a person picks from."""
    if visit.window is not None or visit.planned_start is None or visit.under_way:
        return None
    others = ((each.earliest, each.name) for each in able if each.earliest and not each.is_current)
    at, name = min(others, default=(visit.planned_start, ""))
    return (name, at) if at < visit.planned_start else None


def _on_board(boards: Sequence[DayBoard], visit_id: int) -> tuple[DayBoard, BoardVisit] | None:
    """The day on which the visit is planned, or else the first on which anybody works."""
    for board in boards:
        for visit in board.visits:
            if visit.visit_id == visit_id and board.stretches:
                return board, visit
    manned = next((board for board in boards if board.is_manned), None)
    seen = next((v for board in boards if (v := board.find(visit_id)) is not None), None)
    return (manned, seen) if manned is not None and seen is not None else None


def _problem(board: DayBoard, visit: BoardVisit) -> BoardProblem:
    """As a person may decide: what is under way or pinned stays, everything else may move."""
    if any(v.visit_id == visit.visit_id for v in board.visits):
        return to_problem(board, freedom=Freedom.FREE)
    return to_problem(board, freedom=Freedom.FREE, anew=visit)


def _stand(
    bp: BoardProblem,
    visit: BoardVisit,
    standing: Standing,
    present: str | None,
    able: Mapping[int, CrewMember],
) -> Stand:
    who = bp.stretch_of(standing.technician)
    picked = able.get(who.technician_id)
    if standing.difference is None and picked is not None and not picked.is_current:
        return Stand(who.name, "", False, False, None, (), by_hand_at=picked.earliest)
    reason: dict[str, Any] = told(reason_json(bp, visit, standing.reason))
    repairs = () if standing.difference is not None else repairs_json(bp, visit, standing.repairs)
    plain = {**PLAIN, **AMONG_OTHERS} if able.keys() - {who.technician_id} else PLAIN
    return Stand(
        technician=who.name,
        text=_sentence(bp, reason, plain),
        is_current=standing.technician == present,
        proof=reason["kind"] == "proof",
        difference=standing.difference,
        repairs=tuple(told_repair(repair)["text"] for repair in repairs),
    )


def _sentence(bp: BoardProblem, reason: dict[str, Any], plain: Mapping[str, str]) -> str:
    code = reason["code"]
    if code in TOLD_BY_DIFFERENCE:
        return ""
    if code not in plain:
        return str(reason["text"])
    other = reason["params"].get("other")
    return _(plain[code]).format(other=bp.stretch_of(str(other)).name if other else "")
