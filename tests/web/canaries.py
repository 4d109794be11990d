"""Unmistakable people in a furnished house, and what of them stands in an answer."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from billing.models import PriceItem
from campaigns.models import Campaign
from core import audit
from core.models import StoredEvent
from core.visibility import Datum
from dispatch.models import ContactAttempt, Placement, Task, Ticket, Visit
from dispatch.planning.plan_models import Plan
from exchange.models import DataImport
from happycall.models import HappyCall, HappyCallAttempt
from notifications.models import Notice
from notifications.wording_models import TrialText
from tests import world
from tests.web.conftest import WebWorld
from workforce.models import Account, ApiToken, Membership, Qualification, Technician

NAME, CHILD = "나리카나", "피리미라"
PHONE, CHILD_PHONE = "010-7731-4492", "010-7731-9953"
HOUSE = "서울 강남구 역삼동 7788-11"
UNIT = "317동 2904호"
DOOR = "현관 비밀번호 58213#, 열쇠는 화분 밑"
LINK = "https://ondol.example/t/hwabunmitsecret"
SAID = f"{NAME} 님이 {PHONE}, 따님 {CHILD} {CHILD_PHONE}. {HOUSE}, {UNIT}, 현관 비번 58213#"
"""What people type into notes and reasons."""

CANARIES: dict[Datum, re.Pattern[str]] = {
    Datum.NAME: re.compile(f"{NAME}|{CHILD}"),
    Datum.PHONE: re.compile(r"7731\D{0,4}(?:4492|9953)"),
    Datum.ADDRESS: re.compile(r"7788-11|317\s?동|2904\s?호"),
    Datum.DOOR_NOTE: re.compile(r"(?<![0-9A-Za-z.])58213(?![0-9A-Za-z])|화분 밑"),  # no part of a gauge
    Datum.SENT_TEXT: re.compile(r"hwabunmitsecret"),
}
"""A text as it went out is known by its link: the rest of it is names, numbers and places."""


def seen_in(answer: str) -> set[Datum]:
    """Which canaries stand in an answer, whatever the mark-up around them."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found.group(1), 16)), html.unescape(answer))
    return {datum for datum, pattern in CANARIES.items() if pattern.search(plain)}


@dataclass
class Planted:
    """`values`: something for each name that paths have; `numbers`: the tickets by how they stand."""

    numbers: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


def plant(web: WebWorld) -> Planted:
    """A ticket in each state that screens show differently, with canaries in every text that can hold one."""
    planted = Planted()
    with web.database.transaction() as session:
        company, point = session.merge(web.company, load=False), session.merge(web.point, load=False)
        technician = session.get_one(Technician, web.technician.id)
        home = world.make_household(
            session,
            company=company,
            raw=f"{HOUSE}, {UNIT}",
            resident=(NAME, PHONE),
            child=(CHILD, CHILD_PHONE),
            model="ON-20K",
        )
        home.access_note = DOOR
        _unit(session, home.address_id)
        states: dict[str, dict[str, Any]] = {
            "waiting": {"status": "UNASSIGNED"},
            "planned": {"status": "ASSIGNED", "visit": "planned"},
            "at work": {"status": "IN_PROGRESS", "visit": "in_progress"},
            "done": {"status": "COMPLETED", "visit": "completed", "completed_at": web.now},
            "cancelled": {"status": "CANCELLED", "cancelled_at": web.now},
        }
        for hours, (name, state) in enumerate(states.items(), start=1):
            visit_state = state.pop("visit", None)
            ticket = world.make_ticket(
                session,
                company=company,
                household=home,
                point=point if visit_state else None,
                received_at=web.now - timedelta(minutes=30),
                note=SAID,
                end_reason=SAID if name in ("done", "cancelled") else None,
                **state,
            )
            planted.numbers[name] = ticket.number
            visit = None
            if visit_state:
                ended = {"ended_at": web.now} if name == "done" else {}
                begun = {"arrived_at": web.now, "started_at": web.now} if name != "planned" else {}
                visit = world.make_visit(
                    session,
                    ticket=ticket,
                    point=point,
                    technician=technician,
                    state=visit_state,
                    start=web.now + timedelta(hours=hours),
                    note=SAID,
                    **begun,
                    **ended,
                )
            _texts(session, web, ticket, visit, point_id=point.id or 0)
        session.flush()
        planted.values = _values(session, web, planted, home_id=home.id or 0)
    return planted


def _unit(session: Session, address_id: int) -> None:
    from customers.models import Address

    address = session.get_one(Address, address_id)
    address.normalised, address.unit = HOUSE, UNIT
    session.add(address)


def _texts(session: Session, web: WebWorld, ticket: Ticket, visit: Visit | None, *, point_id: int) -> None:
    ticket_id, company_id, now = ticket.id or 0, ticket.company_id, web.now
    owner = world.make_colleague(session, company_id=company_id, point_id=None, name="최담당")
    session.add_all(
        [
            ContactAttempt(
                ticket_id=ticket_id,
                visit_id=visit.id if visit else None,
                outcome="NO_ANSWER",
                evidence="SELF_REPORT",
                with_role="resident",
                at=now,
                recorded_at=now,
                note=SAID,
            ),
            Placement(
                ticket_id=ticket_id,
                service_point_id=point_id,
                rank=1,
                travel_s=900,
                state="DECLINED",
                reason_code="DECLINED",
                reason_text=SAID,
                at=now,
                answered_at=now,
            ),
            *(
                Task(
                    ticket_id=ticket_id,
                    company_id=company_id,
                    service_point_id=point_id if visit else None,
                    kind=kind,
                    recipient="resident" if kind == "CALL_LANDLINE" else "",
                    owner_person_id=owner.id or 0,
                    state="open",
                    detail=f"{SAID} {LINK} 에서 보세요",
                    created_at=now,
                )
                for kind in ("CALL_LANDLINE", "ESCALATION", "PLAN_BY_HAND", "NOTICE_FAILED")
            ),
            Notice(
                company_id=company_id,
                ticket_id=ticket_id,
                event="VISIT_SCHEDULED",
                generation=1,
                recipient="resident",
                channel="LMS",
                to_phone="+821077314492",
                from_phone="+8215880000",
                subject=f"{NAME} 님",
                text=f"{SAID} {LINK} 에서 보세요. 문의 1588-0000",
                bytes=90,
                template_version="1",
                state="delivered",
                created_at=now,
                next_try_at=now,
            ),
        ]
    )
    for what in ("TicketEscalated", "TicketTransferred", "ContactAttempted", "TaskClosed", "VisitHeld"):
        audit.record(
            session,
            by=world.AGENT,
            at=now,
            what=what,
            subject=("ticket", ticket_id),
            company_id=company_id,
            reason=SAID,
        )
    if ticket.status == "COMPLETED" and visit is not None:
        _happy_call(session, web, ticket, visit)


def _happy_call(session: Session, web: WebWorld, ticket: Ticket, visit: Visit) -> None:
    call = world.add(
        session,
        HappyCall(
            company_id=ticket.company_id,
            ticket_id=ticket.id or 0,
            visit_id=visit.id,
            state="scheduled",
            due_at=web.now,
            until_at=web.now + timedelta(days=3),
            reason=SAID,
            created_at=web.now,
        ),
    )
    answers = {"fixed": False, "overall": 2, "verbatim": SAID}
    for outcome, said in (("CALL_BACK", {}), ("CONNECTED", answers)):
        session.add(
            HappyCallAttempt(happy_call_id=call.id or 0, at=web.now, outcome=outcome, answers=said, note=SAID)
        )


def _values(session: Session, web: WebWorld, planted: Planted, *, home_id: int) -> dict[str, str]:
    from sqlmodel import col, select

    company_id, point_id = web.company.id or 0, web.point.id or 0
    plan = world.add(
        session,
        Plan(
            service_point_id=point_id,
            company_id=company_id,
            day=web.now.date(),
            version=1,
            base_version=0,
            origin="solve",
            state="proposed",
            made_at=web.now,
            made_by="온돌",
            routes=[],
        ),
    )
    world.add(
        session,
        TrialText(
            company_id=company_id,
            event="VISIT_SCHEDULED",
            variant="resident",
            channel="LMS",
            to_phone="+821077314492",
            from_phone="+8215880000",
            text=SAID,
            bytes=90,
            asked_at=web.now,
            asker_name="최관리",
        ),
    )
    qualification = world.add(
        session,
        Qualification(
            technician_id=web.technician.id or 0, code="FLUE", valid_from=web.now.date() - timedelta(days=9)
        ),
    )
    for days in (-9, 9):
        world.add(
            session,
            PriceItem(
                company_id=company_id,
                code="VISIT_FEE",
                label="출장비",
                kind="visit_fee",
                tier="day",
                amount=18000 + days,
                valid_from=web.now.date() + timedelta(days=days),
                entered_at=web.now,
            ),
        )
    membership = session.exec(select(Membership).where(col(Membership.role) == "technician")).first()
    assert membership is not None
    account = world.add(session, Account(person_id=membership.person_id, login="api", created_at=web.now))
    token = world.add(
        session,
        ApiToken(
            token_hash="no token's",
            account_id=account.id,
            membership_id=membership.id or 0,
            created_at=web.now,
            expires_at=web.now + timedelta(days=9),
            name="연동 프로그램",
        ),
    )
    brought = world.add(
        session,
        DataImport(
            company_id=company_id,
            kind="tickets",
            file_name="접수.csv",
            sha256="0" * 64,
            state="done",
            at=web.now,
            by_name="관리자",
            source="test",
            lines=1,
            refused=1,
            refusals=[{"line": 2, "reason": "주소를 읽을 수 없습니다."}],
        ),
    )
    parked = world.add(
        session,
        StoredEvent(
            name="TicketFiled",
            payload={"company_id": company_id, "ticket_id": 1},
            at=web.now,
            next_try_at=web.now,
            attempts=12,
            parked_at=web.now,
            last_error="x",
        ),
    )
    campaign = world.add(
        session,
        Campaign(
            company_id=company_id,
            name="사전점검",
            starts_on=web.now.date(),
            ends_on=web.now.date(),
            point_ids=[],
            age_years=1,
            repairs=1,
            repairs_months=12,
            risky=True,
            state="paused",
            state_by="한관리",
            state_at=web.now,
            created_by="한관리",
            created_at=web.now,
        ),
    )
    call = session.exec(select(HappyCall)).first()
    visit = session.exec(select(Visit).where(col(Visit.state) == "completed")).one()
    person = session.get_one(Technician, web.technician.id).person_id
    notice = session.exec(select(Notice)).first()
    assert notice is not None
    notice.person_id = person
    return {
        "notice_id": str(notice.id),
        "event": "VISIT_SCHEDULED",
        "variant": "resident",
        "household_id": str(home_id),
        "campaign_id": str(campaign.id),
        "happy_call_id": str(call.id if call else 0),
        "plan_id": str(plan.id),
        "visit_id": str(visit.id),
        "service_point": web.point.code,
        "code": web.point.code,
        "place": web.point.code,
        "person_id": str(person),
        "membership_id": str(membership.id),
        "token_id": str(token.id),
        "import_id": str(brought.id),
        "upload_id": "0",
        "kind": "tickets",
        "event_id": str(parked.id),
        "day": web.now.date().isoformat(),
        "technician_id": str(web.technician.id),
        "qualification_id": str(qualification.id),
        "step": "call",
        "part": "queue",
        "tier": "day",
        "price_day": (web.now.date() + timedelta(days=9)).isoformat(),
        "key": "contact_limit_s",
        "field": "resident_phone",
    }
