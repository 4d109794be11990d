"""Tickets of the system before, open and closed, by the rules of intake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlmodel import Session

from core.clock import kst, today_kst
from core.errors import DomainError
from core.i18n import N_, _
from dispatch.earlier_tickets import (
    ClosedTicket,
    check_closed_ticket,
    known_old_numbers,
    store_closed_tickets,
    take_open_ticket,
)
from dispatch.intake_rules import CHANNELS, SYMPTOMS
from dispatch.schemas import (
    FIRST_YEAR,
    BoilerRequest,
    PayerRequest,
    RequesterRequest,
    ResidentRequest,
    SelfFixRequest,
    TicketRequest,
)
from dispatch.words import SYMPTOMS as SYMPTOM_WORDS
from exchange.cells import has_time
from exchange.rows import Column, Ground, Kind, Outcome, RefusedRowError, Row
from exchange.take_homes import ADDRESS, HOUSEHOLDS

LONGEST_LINE = 300
OPEN = "OPEN"
STATES = {
    "진행": OPEN,
    "완료": "CLOSED",
    "취소": "CANCELLED",
    **dict.fromkeys(("진행 중", "접수", "미결", "미완료", "대기", "배정", "처리 중", "보류", "open"), OPEN),
    **dict.fromkeys(("처리 완료", "수리 완료", "종결", "종료", "closed", "done"), "CLOSED"),
    **dict.fromkeys(("접수 취소", "cancelled", "canceled"), "CANCELLED"),
}
SYMPTOM_SYNONYMS = {
    "NO_HEAT": ("난방", "난방 불량", "난방 안됨", "난방이 안됨", "난방 이상"),
    "NO_HOT_WATER": ("온수", "온수 불량", "온수 안됨", "온수 안 나옴", "온수 이상"),
    "LEAK": ("누수", "물샘", "물이 샘"),
    "NOISE": ("소음", "소음 진동", "진동"),
    "ERROR_CODE": ("에러", "에러코드", "오류", "오류코드", "에러 표시"),
    "CONTROLLER": ("조절기", "온도조절기", "리모컨", "실내조절기"),
    "POWER": ("전원", "전원 불량", "전원 안됨", "작동 안됨", "가동 안됨"),
    "FREEZE": ("동파", "동결"),
    "IGNITION": ("점화", "점화 불량", "점화 안됨"),
    "FLUE": ("배기통", "연통", "배기", "급배기"),
    "GAS_SMELL": ("가스", "가스 누출", "가스 누설", "가스냄새"),
    "CO": ("일산화탄소", "CO 경보"),
    "ODOUR_SMOKE": ("연기", "냄새", "탄 냄새"),
    "INSTALL": ("설치", "이전", "이전 설치", "교체"),
    "INSPECTION": ("점검", "정기 점검", "사용 설명"),
    "BILLING": ("요금", "요금 문의", "비용 문의"),
    "COMPLAINT": ("불만", "민원", "불편"),
}
SYMPTOM_NAMES = {
    **{SYMPTOM_WORDS[code]: code for code in SYMPTOMS},
    **{word: code for code, words in SYMPTOM_SYNONYMS.items() for word in words},
    **{code: code for code in SYMPTOMS},
}
CHANNEL_NAMES = {
    "전화": "phone",
    "앱": "app",
    "ARS": "ars",
    "채팅": "chat",
    "카카오톡": "kakao",
    "카톡": "kakao",
    "홈페이지": "web",
    "인터넷": "web",
    "이메일": "email",
    "서면": "paper",
    "방문": "visit",
    "원격": "iot",
    "서비스점": "point",
} | {code: code for code in CHANNELS}
PAYERS = {"거주자": "resident", "신청인": "requester", "본인": "resident", "접수자": "requester"} | {
    code: code for code in ("resident", "requester")
}


def take_ticket(session: Session, row: Row, ground: Ground) -> Outcome:
    """One ticket by its old number; a number that is here already is left as it is."""
    outcome = take_tickets(session, [row], ground)[0]
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def take_tickets(session: Session, rows: Sequence[Row], ground: Ground) -> list[Outcome | DomainError]:
    """Some tickets: open ones one by one like calls, closed ones together."""
    numbers = [row.text("old_number") for row in rows]
    known = known_old_numbers(session, company_id=ground.company_id, numbers=numbers)
    closed: list[ClosedTicket] = []
    outcomes: list[Outcome | DomainError] = []
    for row, old_number in zip(rows, numbers, strict=True):
        if old_number in known:
            outcomes.append(Outcome.PRESENT)
            continue
        try:
            _take_one(session, row, ground, closed)
        except DomainError as error:
            outcomes.append(error)
        else:
            known.add(old_number)
            outcomes.append(Outcome.TAKEN)
    store_closed_tickets(
        session,
        tickets=closed,
        company_id=ground.company_id,
        codes=ground.codes,
        by=ground.by,
        now=ground.now,
    )
    return outcomes


def _take_one(session: Session, row: Row, ground: Ground, closed: list[ClosedTicket]) -> None:
    state = row.word("state", STATES)
    received_at = _received_at(row, state)
    closed_at = _closed_at(row, state, ground)
    request, old_number = _request(row, received_at), row.text("old_number")
    if state == OPEN:
        with session.begin_nested():
            take_open_ticket(
                session,
                old_number=old_number,
                request=request,
                company_id=ground.company_id,
                codes=ground.codes,
                by=ground.by,
                now=ground.now,
            )
        return
    assert closed_at is not None
    closed.append(
        check_closed_ticket(
            old_number=old_number,
            request=request,
            closed_at=closed_at,
            status="CANCELLED" if state == "CANCELLED" else "CLOSED",
            how=row.text("how"),
            now=ground.now,
        )
    )


def _received_at(row: Row, state: str) -> datetime | None:
    at = row.moment("received_at")
    if at is not None and at.year < FIRST_YEAR:
        row.refuse("received_at", _("{year}년부터의 접수만 가져올 수 있습니다.").format(year=FIRST_YEAR))
    if state == OPEN and at is not None and not has_time(row.text("received_at")):
        row.refuse(
            "received_at",
            _("끝나지 않은 접수는 시각까지 적어 주세요(2026-12-01 14:30). 연락 기한을 그때부터 셉니다."),
        )
    return at


def _closed_at(row: Row, state: str, ground: Ground) -> datetime | None:
    """When it was over: a bare date counts to the end of that day."""
    at = row.moment("closed_at")
    if state in ("CLOSED", "CANCELLED") and not row.text("closed_at"):
        row.refuse("closed_at", _("끝난 접수는 끝난 날을 적어 주세요."))
    if state == OPEN and at is not None:
        row.refuse("closed_at", _("끝난 날이 있는데 상태가 ‘진행’입니다. 둘 가운데 하나를 고쳐 주세요."))
    if at is not None and not has_time(row.text("closed_at")):
        return min(kst(today_kst(at), 23, 59), max(ground.now, at))
    return at


def _request(row: Row, received_at: datetime | None) -> TicketRequest:
    """The call as intake takes it. Raises RefusedRowError with everything that is wrong so far."""
    installed_on, care = row.day("installed_on"), row.yes("priority_care")
    symptom = row.word("symptom", SYMPTOM_NAMES)
    channel = row.word("channel", CHANNEL_NAMES, default="phone")
    payer = row.word("payer", PAYERS)
    for column in row.kind.columns:
        if column.key not in ("note", "how") and len(row.text(column.key)) > LONGEST_LINE:
            row.refuse(column.key, _("{n}자까지 적어 주세요.").format(n=LONGEST_LINE))
    row.check()
    asker = None
    if row.text("requester_name") or row.text("requester_phone"):
        asker = RequesterRequest(
            name=row.text("requester_name"),
            phone=row.text("requester_phone"),
            relationship=row.text("relationship") or None,
        )
    model, serial = row.text("model") or None, row.text("serial") or None
    boiler = None
    if model or serial or installed_on:
        boiler = BoilerRequest(model=model, serial=serial, installed_on=installed_on)
    try:
        return TicketRequest(
            channel=channel,
            resident=ResidentRequest(
                name=row.text("name"), phone=row.text("phone"), address=row.text("address")
            ),
            symptom=symptom,
            requester=asker,
            payer=PayerRequest.model_validate(payer) if payer else None,
            error_code=row.text("error_code") or None,
            boiler=boiler,
            priority_care=care,
            age_band=row.text("age_band") or None,
            note=row.text("note") or None,
            self_fix=SelfFixRequest(result="NOT_APPLICABLE"),
            received_at=received_at,
        )
    except ValidationError as error:  # what the readers above let through
        fields = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
        raise RefusedRowError(_("읽을 수 없는 칸이 있습니다: {fields}").format(fields=fields)) from error


_HOME = tuple(column for column in HOUSEHOLDS.columns if column is not ADDRESS)

TICKETS = Kind(
    code="tickets",
    label=N_("접수 건"),
    take=take_ticket,
    take_together=take_tickets,
    columns=(
        Column(
            "old_number",
            N_("예전 접수 번호"),
            ("접수번호", "번호", "관리번호", "old number", "number"),
            True,
            "A-2019-00123",
        ),
        Column(
            "received_at",
            N_("접수 시각"),
            ("접수일시", "접수일", "received", "received at"),
            True,
            "2025-11-30 14:30",
        ),
        Column("state", N_("상태"), ("처리상태", "진행상태", "status"), True, "완료", N_("진행, 완료, 취소")),
        Column(
            "closed_at",
            N_("끝난 시각"),
            ("완료일시", "완료일", "처리일", "closed"),
            False,
            "2025-12-01 16:00",
        ),
        Column("how", N_("처리 내용"), ("조치 내용", "처리결과", "result"), False, "점화 플러그 교체"),
        Column("symptom", N_("증상"), ("고장 증상", "접수 내용", "고장"), True, "난방이 안 됨"),
        *_HOME[:2],
        ADDRESS,
        *_HOME[2:],
        Column("payer", N_("결제하는 분"), ("결제자",), False, "거주자", N_("거주자 또는 신청인")),
        Column("error_code", N_("오류 번호"), ("에러코드", "오류코드"), False, "03"),
        Column("model", N_("모델"), ("모델명", "제품"), False, "ON-20K"),
        Column("serial", N_("제조 번호"), ("시리얼", "일련번호"), False, ""),
        Column("installed_on", N_("설치일"), ("설치일자",), False, "2019-11-02"),
        Column("channel", N_("접수 경로"), ("경로", "채널"), False, "전화"),
        Column(
            "note", N_("메모"), ("비고", "특이사항", "요청사항", "memo", "remarks"), False, "아드님과 통화"
        ),
    ),
    fields={
        "resident.name": "name",
        "resident.phone": "phone",
        "resident.address": "address",
        "requester.name": "requester_name",
        "requester.phone": "requester_phone",
        "boiler.installed_on": "installed_on",
    },
    note=N_(
        "끝나지 않은 접수는 지금 걸려 온 전화처럼 서비스점과 기사를 찾고, 기한은 접수 시각부터 셉니다. "
        "끝난 접수는 이력으로만 남고 문자나 해피콜이 나가지 않습니다."
    ),
)
