"""The technician's phone in words: people, place, boiler and warranty of a job, as the reader may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from billing.rules import warranty_words
from billing.schemas import WarrantyAnswer
from callcenter.error_codes import look_up_code
from core.actor import Principal
from core.clock import today_kst
from core.i18n import N_, _
from core.visibility import Relation
from customers.queries import list_models
from customers.rules import Relationship, read_relationship, relationship_label
from customers.schemas import AddressInfo, BoilerInfo
from dispatch.detail_shapes import PartyFacts
from dispatch.technician_shapes import Job, TechnicianDay
from dispatch.words import symptom_words
from web.presenters.masks import Masks, masks_for, masks_for_ticket
from web.presenters.notice_words import foreign_language

SEEN_FOR = timedelta(hours=24)
"""How long a technician still sees the people of a visit of his that has ended (domain.md section 3)."""

DIAL_ORDER = ("requester", "resident", "payer")
BOILER_KINDS = {"condensing": N_("콘덴싱"), "standard": N_("일반"), "commercial": N_("업소용")}
ROLE_WORDS = {"resident": N_("거주자"), "requester": N_("접수하신 분"), "payer": N_("비용 내시는 분")}
OUTCOME_WORDS = {
    "CONNECTED": N_("연결됨"),
    "NO_ANSWER": N_("안 받음"),
    "BUSY": N_("통화 중"),
    "WRONG_NUMBER": N_("잘못된 번호"),
    "CALL_BACK": N_("다시 걸기"),
    "SOLVED_BY_PHONE": N_("전화로 해결"),
}
HOLD_WORDS = {
    "parts_wait": N_("부품 대기"),
    "customer_request": N_("고객 요청"),
    "fault_first": N_("고장 수리 먼저"),
}


@dataclass(frozen=True)
class PersonLine:
    """Somebody of the family. `tel` is what the phone dials, None while the number is masked.

    `wrong`: the last call to this number reached somebody else.
    """

    role: str
    role_label: str
    relationship: str
    name: str
    phone: str
    tel: str | None
    can_text: bool
    wrong: bool = False
    speaks: str = ""
    """The language to speak with them, where it is not Korean."""


@dataclass(frozen=True)
class JobCard:
    """A job of a day in words. `place` is None until the reader may see where it is exactly."""

    job: Job
    order: int
    people: tuple[PersonLine, ...]
    address: str
    symptom: str
    code: str
    boiler: str
    warranty: str
    free: bool
    note: str
    is_missed: bool


def masks_of_visit(
    session: Session,
    *,
    principal: Principal,
    ticket_id: int,
    technician_id: int | None,
    ended_at: datetime | None,
    now: datetime,
) -> Masks:
    """How this reader sees a visit's people: his own whole, others once unmasked with a reason."""
    own = technician_id is not None and principal.technician_id == technician_id
    if own and (ended_at is None or now - ended_at < SEEN_FOR):
        return masks_for(principal.role, Relation.OWN_VISIT)
    return masks_for_ticket(session, principal=principal, ticket_id=ticket_id, now=now)


def cards_of(
    session: Session,
    *,
    principal: Principal,
    technician_id: int,
    day: TechnicianDay,
    jobs: Iterable[Job],
    now: datetime,
) -> list[JobCard]:
    """The cards of some jobs of a day; `order` is the place in the open route, from 1."""
    places = {job.visit_id: n for n, job in enumerate(day.open_jobs, start=1)}
    cards = []
    for job in jobs:
        masks = masks_of_visit(
            session,
            principal=principal,
            ticket_id=job.ticket_id,
            technician_id=technician_id,
            ended_at=job.ended_at,
            now=now,
        )
        missed = job.planned_start is not None and today_kst(job.planned_start) < min(day.day, today_kst(now))
        cards.append(
            JobCard(
                job=job,
                order=places.get(job.visit_id, 0),
                people=people_lines(job.parties, masks),
                address=address_line(job.household.address, masks),
                symptom=symptom_words(job.symptom),
                code=code_words(
                    session, company_id=principal.company_id, code=job.error_code, boiler=job.boiler
                ),
                boiler=boiler_line(job.boiler, today=today_kst(now)),
                warranty=warranty_line(job.warranty),
                free=job.warranty is not None and job.warranty.covered,
                note=masks.words(job.note, names=[party.name for party in job.parties]),
                is_missed=missed and job.state in ("planned", "agreed"),
            )
        )
    return cards


def people_lines(parties: Iterable[PartyFacts], masks: Masks) -> tuple[PersonLine, ...]:
    """Whom to call, in the order in which to try: who asked, who lives there, who pays; wrong ones last."""
    found = tuple(parties)
    ordered = sorted(found, key=lambda party: (party.wrong, DIAL_ORDER.index(party.role)))
    return tuple(
        PersonLine(
            role=party.role,
            role_label=_(ROLE_WORDS[party.role]),
            relationship=relation_words(party),
            name=masks.name(party.name),
            phone=masks.phone(party.phone),
            tel=masks.tel(party.phone),
            can_text=party.can_text,
            wrong=party.wrong,
            speaks=foreign_language(party.language),
        )
        for party in ordered
    )


def relation_words(party: PartyFacts) -> str:
    """`자녀`, `집주인`; the person who lives there is `거주자`."""
    if party.role == "resident":
        return _("거주자")
    found = read_relationship(party.relationship)
    return relationship_label(found) if found is not Relationship.OTHER else ""


def address_line(address: AddressInfo, masks: Masks) -> str:
    """The whole address with 동·호 and the way to the door, or up to the 동."""
    return masks.place(address)


def boiler_line(boiler: BoilerInfo | None, *, today: date) -> str:
    """`ON-20K 콘덴싱 · 7년 됨`; what is not known is left out."""
    if boiler is None:
        return _("보일러 모델 모름")
    name = boiler.model_name or boiler.model_code or boiler.model_text or _("모델 모름")
    kind = _(BOILER_KINDS[boiler.kind]) if boiler.kind in BOILER_KINDS else ""
    parts = [" ".join(word for word in (name, kind) if word)]
    if boiler.installed_on is not None and boiler.installed_on <= today:
        parts.append(age_words((today - boiler.installed_on).days))
    return " · ".join(parts)


def boiler_models(session: Session, *, company_id: int) -> list[dict[str, str]]:
    """The products that can be chosen, with their kind in words."""
    return [
        {"code": m.code, "name": m.name, "kind_words": _(BOILER_KINDS.get(m.kind, m.kind))}
        for m in list_models(session, company_id=company_id)
    ]


def age_words(days: int) -> str:
    """How old a boiler is."""
    if days < 365:
        return _("{n}개월 됨").format(n=max(1, days // 30))
    return _("{n}년 됨").format(n=days // 365)


def warranty_line(warranty: WarrantyAnswer | None) -> str:
    """Why it is free or not, in one sentence; empty when nothing is known any more."""
    return warranty_words(warranty.reason) if warranty is not None else ""


def code_words(session: Session, *, company_id: int, code: str | None, boiler: BoilerInfo | None) -> str:
    """`03: 점화 안 됨`; a code that nobody knows is shown as it was read out."""
    if not code:
        return ""
    found = look_up_code(session, company_id=company_id, code=code)
    family = boiler.family if boiler else None
    meanings = [m.meaning for m in found if family is None or m.family == family] or [
        m.meaning for m in found
    ]
    words = " / ".join(dict.fromkeys(meanings))
    return f"{code}: {words}" if words else code
