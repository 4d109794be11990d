"""What the caller reads out, in order: at most three minutes, plain words, and never a plea for points.

Korean source texts, not gettext messages: they are spoken to the family, whatever language the screen has.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from billing.queries import charge_of_visit
from core.clock import KST
from happycall.schemas import CallInfo, ScriptLine
from workforce.queries import get_company


def script_for(session: Session, *, happy_call: CallInfo) -> tuple[ScriptLine, ...]:
    """The sentences of one call, with the maker's name, the family's and what was billed filled in.

    Questions that make no sense (of a visit where nobody came) are left out.
    """
    brand = get_company(session, company_id=happy_call.company_id).brand_name
    case = happy_call.case
    resident = next((it.name for it in case.people if it.role == "resident"), "고객")
    opening = ScriptLine(
        "GREETING",
        f"안녕하세요, {brand} 고객센터입니다. {resident}님 댁 맞으신가요? {_what_for(happy_call)} "
        "더 나은 서비스를 위해 통화가 녹음됩니다. 3분쯤 여쭤봐도 괜찮으신가요?",
    )
    fixed = ScriptLine("FIXED", "지금은 보일러가 잘 되나요?", "fixed", "yes_no")
    charge = charge_of_visit(session, visit_id=happy_call.visit_id) if happy_call.visit_id else None
    visit = _about_the_visit(charge.total if charge else None) if case.was_visited else ()
    return (opening, fixed, *visit, *_about_everything(brand))


def questions_asked(lines: Iterable[ScriptLine]) -> tuple[str, ...]:
    """The fields of `Answers` that a script asks for; free words may stay empty."""
    return tuple(line.answer for line in lines if line.answer is not None and line.kind != "words")


def _what_for(call: CallInfo) -> str:
    ended = call.case.visit_ended_at
    if not call.case.was_visited or ended is None:
        return "얼마 전 보일러 때문에 전화 주신 일로 연락드렸습니다."
    day = ended.astimezone(KST)
    by = f" {call.case.technician_name} 기사가" if call.case.technician_name else ""
    return f"{day.month}월 {day.day}일에{by} 보일러를 살펴 드린 일로 연락드렸습니다."


def _about_the_visit(total: int | None) -> tuple[ScriptLine, ...]:
    bill = f"문자로 안내드린 금액은 {total:,}원입니다. " if total is not None else ""
    return (
        ScriptLine(
            "CONTACT",
            "접수하신 뒤 한 시간 안에 기사가 전화를 드렸나요?",
            "contacted_in_time",
            "yes_no",
        ),
        ScriptLine("ON_TIME", "약속한 시간에 기사가 왔나요?", "came_on_time", "yes_no"),
        ScriptLine("TOLD_BEFORE", "누가 언제 가는지 미리 안내를 받으셨나요?", "told_before", "yes_no"),
        ScriptLine(
            "COST",
            f"{bill}비용 설명을 들으셨고, 설명과 문자와 실제로 내신 금액이 모두 같았나요?",
            "cost_matches",
            "yes_no",
        ),
    )


def _about_everything(brand: str) -> tuple[ScriptLine, ...]:
    return (
        ScriptLine(
            "OVERALL",
            "이번 서비스에 전반적으로 얼마나 만족하셨나요? 1점은 매우 불만족, 7점은 매우 만족입니다.",
            "overall",
            "seven",
        ),
        ScriptLine(
            "RECOMMEND",
            f"주위 분께 {brand}를 권하실 마음은 0점에서 10점 가운데 몇 점인가요?",
            "nps",
            "ten",
        ),
        ScriptLine(
            "WORDS",
            "더 하고 싶은 말씀이 있으신가요? 불편하셨던 점도 편하게 말씀해 주세요.",
            "verbatim",
            "words",
        ),
        ScriptLine("CLOSING", f"말씀 고맙습니다. 따뜻하게 지내세요. {brand}였습니다."),
    )
