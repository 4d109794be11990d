"""Every kind of data that retention destroys: how long it is kept, what becomes of it, who does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from billing import retention as money
from campaigns import retention as campaigns
from core import retention as house
from core.i18n import N_
from core.retention import Cut, Ids
from customers import retention as homes
from dispatch import retention as cases
from exchange import retention as lists
from happycall import retention as happy_calls
from notifications import retention as texts
from workforce import retention as staff

Find = Callable[[Session, int | None, Cut, int], Ids]
Destroy = Callable[[Session, Ids, Cut], int]


@dataclass(frozen=True)
class Kind:
    """A kind of data. `name` and `becomes` are message ids.

    Attributes:
        setting: the field of `CompanyRules` with the days it is kept.
        of_company: False for what belongs to the installation: there the longest wish of any company holds.
    """

    code: str
    setting: str
    name: str
    becomes: str
    find: Find
    destroy: Destroy
    of_company: bool = True


def destroy_cases(session: Session, ids: Ids, cut: Cut) -> int:
    """The people of these cases, and what they said on happy calls."""
    still = cases.hold_due(session, ids, cut)
    happy_calls.destroy_words(session, ticket_ids=still)
    return cases.destroy_tickets(session, still, cut)


def destroy_homes(session: Session, ids: Ids, cut: Cut) -> int:
    """These homes, and to what they were invited."""
    campaigns.forget_homes(session, household_ids=ids, cut=cut)
    return homes.destroy_households(session, ids, cut)


DELETED = N_("지웁니다")

KINDS: tuple[Kind, ...] = (
    Kind(
        "text",
        "retain_text_days",
        N_("보낸 문자의 내용"),
        N_("글과 받는 번호를 비웁니다. 보낸 때와 결과는 남습니다"),
        cases.due_texts,
        texts.destroy_texts,
    ),
    Kind(
        "invitation",
        "retain_text_days",
        N_("사전점검 안내의 내용"),
        N_("글과 받는 번호를 비웁니다. 보낸 때와 결과는 남습니다"),
        texts.due_invitations,
        texts.destroy_texts,
    ),
    Kind(
        "ticket",
        "retain_ticket_days",
        N_("접수의 개인정보"),
        N_("이름·번호·메모를 지웁니다. 시각, 상태, 비용은 남습니다"),
        cases.due_tickets,
        destroy_cases,
    ),
    Kind(
        "day_close",
        "retain_ticket_days",
        N_("하루 마감이 다른 까닭"),
        N_("쓴 글을 비웁니다. 금액은 남습니다"),
        money.due_day_closes,
        money.destroy_day_closes,
    ),
    Kind(
        "household",
        "retain_household_days",
        N_("댁의 정보"),
        N_("사람, 주소, 출입 메모를 지웁니다. 시군구는 남습니다"),
        homes.due_households,
        destroy_homes,
    ),
    Kind(
        "refused_number",
        "retain_household_days",
        N_("광고를 거부한 전화번호"),
        N_("댁의 정보에 없는 번호만 지웁니다. 번호는 다른 분께 넘어갈 수 있습니다"),
        homes.due_refused_numbers,
        homes.destroy_refused_numbers,
    ),
    Kind(
        "timeline",
        "retain_timeline_days",
        N_("이력"),
        DELETED,
        house.due_timeline,
        house.destroy_timeline,
    ),
    Kind(
        "access_log",
        "retain_access_log_days",
        N_("열람 기록"),
        DELETED,
        staff.due_access_log,
        staff.destroy_access_log,
    ),
    Kind(
        "request",
        "retain_request_days",
        N_("다시 온 요청의 답"),
        DELETED,
        house.due_requests,
        house.destroy_requests,
    ),
    Kind(
        "session",
        "retain_session_days",
        N_("끝난 로그인"),
        DELETED,
        staff.due_sessions,
        staff.destroy_sessions,
    ),
    Kind(
        "device",
        "retain_session_days",
        N_("기사 휴대전화의 알림 주소"),
        DELETED,
        texts.due_devices,
        texts.destroy_devices,
    ),
    Kind(
        "import_refusal",
        "retain_request_days",
        N_("가져오지 못한 줄의 내용"),
        N_("까닭에 적힌 글을 비웁니다. 누가 언제 몇 줄을 가져왔는지는 남습니다"),
        lists.due_refusals,
        lists.destroy_refusals,
    ),
    Kind("plan", "retain_plan_days", N_("지난 계획"), DELETED, cases.due_plans, cases.destroy_plans),
    Kind(
        "sign_in_try",
        "retain_sign_in_try_days",
        N_("틀린 로그인 기록"),
        DELETED,
        staff.due_sign_in_tries,
        staff.destroy_sign_in_tries,
        of_company=False,
    ),
    Kind(
        "remembered_device",
        "retain_session_days",
        N_("로그인을 기억하던 기기"),
        DELETED,
        staff.due_devices,
        staff.destroy_devices,
        of_company=False,
    ),
    Kind(
        "recovery_code",
        "retain_session_days",
        N_("다 쓴 복구 번호"),
        DELETED,
        staff.due_recovery_codes,
        staff.destroy_recovery_codes,
        of_company=False,
    ),
    Kind(
        "receipt",
        "retain_receipt_days",
        N_("통신사의 보고"),
        DELETED,
        texts.due_receipts,
        texts.destroy_receipts,
        of_company=False,
    ),
    Kind(
        "event",
        "retain_event_days",
        N_("끝난 사건"),
        DELETED,
        house.due_events,
        house.destroy_events,
        of_company=False,
    ),
    Kind(
        "job",
        "retain_job_days",
        N_("끝난 작업"),
        DELETED,
        house.due_jobs,
        house.destroy_jobs,
        of_company=False,
    ),
)
