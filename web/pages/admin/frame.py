"""The frame of the settings pages: sections, short messages after a change, and who may come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Request, Response
from sqlmodel import Session

from core.i18n import N_, _
from web.context import context_of
from web.said_once import go_and_say, render_and_say
from web.scope import must_be_company_wide
from workforce.certificates import qualification_words

T = TypeVar("T")

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("/admin", N_("한눈에"), "home"),
    ("/admin/start", N_("시작하기"), "check-circle"),
    ("/admin/companies", N_("회사"), "flame"),
    ("/admin/points", N_("서비스점"), "pin"),
    ("/admin/people", N_("사람"), "users"),
    ("/admin/qualifications", N_("기사 자격"), "shield"),
    ("/admin/shifts", N_("근무"), "calendar"),
    ("/admin/duty", N_("당직"), "bell"),
    ("/admin/prices", N_("가격표"), "won"),
    ("/admin/warranty", N_("무상 보증"), "heart"),
    ("/admin/texts", N_("문자 문구"), "message"),
    ("/admin/calendar", N_("공휴일"), "star"),
    ("/admin/notices", N_("알림"), "message"),
    ("/admin/settings", N_("기준값"), "settings"),
    ("/admin/tokens", N_("API 토큰"), "lock"),
    ("/admin/imports", N_("목록 가져오기"), "list"),
    ("/admin/faults", N_("멈춘 일"), "alert"),
    ("/admin/history", N_("변경 이력"), "doc"),
    ("/admin/access-log", N_("열람 기록"), "lock"),
    ("/admin/retention", N_("보관과 파기"), "clock"),
    ("/admin/person-data", N_("열람 요구"), "doc"),
)
"""Path, name, icon: the side menu."""

DONE = {
    "saved": N_("저장했습니다."),
    "company": N_("새 회사를 만들었습니다. 지금부터 이 회사의 관리자로 일합니다."),
    "switched": N_("이 회사로 옮겼습니다."),
    "point": N_("서비스점을 넣었습니다."),
    "hours": N_("창구 시간을 저장했습니다."),
    "closure": N_("휴무를 넣었습니다. 그동안 새 접수는 다른 서비스점으로 갑니다."),
    "opened": N_("휴무를 끝냈습니다. 다시 접수를 받습니다."),
    "ended": N_("끝나는 날을 정했습니다."),
    "reopened": N_("끝나는 날을 없앴습니다."),
    "person": N_("사람을 넣었습니다."),
    "membership": N_("소속을 주었습니다."),
    "membership-ended": N_("소속을 끝냈습니다. 앞으로의 근무 {0}건도 지웠습니다."),
    "login": N_("아이디를 만들었습니다."),
    "password": N_("비밀번호를 바꿨습니다. 열려 있던 로그인은 모두 끊겼습니다."),
    "disabled": N_("아이디를 막았습니다. 열려 있던 로그인도 끊겼습니다."),
    "enabled": N_("아이디를 다시 열었습니다."),
    "log-in-ended": N_("로그인을 끝냈습니다. 열려 있던 화면은 몇 초 안에 멈춥니다."),
    "device-forgotten": N_("기기를 지웠습니다. 다음에는 2단계 확인을 다시 묻습니다."),
    "factor-reset": N_("2단계 확인을 지웠습니다. 다음 로그인 때 새로 만듭니다."),
    "unlocked": N_("막힘을 풀었습니다. 바로 로그인할 수 있습니다."),
    "token-revoked": N_("토큰을 거두었습니다. 이제 그 토큰으로는 아무것도 할 수 없습니다."),
    "qualification": N_("자격을 넣었습니다."),
    "qualification-ended": N_("자격이 끝나는 날을 정했습니다."),
    "shifts": N_("근무 {0}건을 넣었습니다. 이미 다른 근무가 있던 {1}건은 건너뛰었습니다."),
    "shifts-all": N_("근무 {0}건을 넣었습니다."),
    "shifts-none": N_("넣은 근무가 없습니다. 고른 날 {0}건에 이미 다른 근무가 있습니다."),
    "shift-removed": N_("근무를 지웠습니다."),
    "absence": N_("쉬는 시간을 넣었습니다."),
    "duty": N_("당직 {0}건을 넣었습니다."),
    "filled": N_("빈 시간 {0}곳을 채웠습니다."),
    "price": N_("가격을 저장했습니다."),
    "withdrawn": N_("그날부터 팔지 않습니다."),
    "badge": N_("기사 번호를 고쳤습니다. 앞으로 나가는 문자부터 새 번호가 적힙니다."),
    "recalled": N_("예정한 가격을 거두었습니다. 그 전의 가격을 그대로 씁니다."),
    "warranty": N_("보증 규칙을 저장했습니다."),
    "day": N_("달력을 저장했습니다."),
    "reviewed": N_("지난달 기록을 확인했습니다."),
    "imported": N_("{0}줄을 가져왔습니다. 이미 있던 것 {1}줄, 가져오지 못한 것 {2}줄."),
    "fault-retried": N_("다시 시도합니다. 잠시 뒤 새로 열어 보면 결과가 나옵니다."),
    "fault-dropped": N_("접었습니다. 온돌은 이 일을 다시 하지 않습니다."),
    "text": N_("문구를 저장했습니다. 지금부터 나가는 문자에 쓰입니다."),
    "setting": N_("기준값을 저장했습니다. 정한 때부터 쓰입니다."),
}
"""What is said after a change; numbers come with the redirect."""


@dataclass(frozen=True)
class Done:
    """Where a finished change leads, and what is said there."""

    to: str
    says: str
    numbers: tuple[int, ...] = ()


def look(request: Request, read: Callable[[Session, datetime], T]) -> T:
    """Read from one read-only transaction."""
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        return read(session, context.clock())


def show(
    request: Request, template: str, values: Mapping[str, Any], *, section: str, status: int = 200
) -> Response:
    """A settings page with its side menu and what was said last."""
    sections = [(href, _(name), mark, href == section) for href, name, mark in SECTIONS]
    frame: dict[str, Any] = {"sections": sections, "qualification_words": qualification_words}
    return render_and_say(request, f"admin/{template}", {**frame, **values}, said=DONE, status=status)


def go(done: Done) -> Response:
    """Redirect after a change; the message is shown once on the next page."""
    return go_and_say(done.to, done.says, *done.numbers)
