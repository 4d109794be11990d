"""Qualifications of technicians as dated rows: listed with what runs out soon, ended within one's company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from core.errors import NotFoundError
from core.i18n import N_, _
from workforce.models import Membership, Qualification, Technician
from workforce.queries import valid_at

QUALIFICATIONS = {
    "GAS_WORK": N_("가스시설 시공"),
    "FLUE": N_("배기통 시공"),
    "CONDENSING": N_("콘덴싱 보일러"),
    "COMMERCIAL": N_("업소용·대용량"),
    "IOT": N_("원격 조절기"),
    "TWO_PERSON": N_("2인 작업"),
    "BRAND": N_("제조사 교육"),
}
"""The codes the house knows; a company may use others."""


@dataclass(frozen=True)
class QualificationInfo:
    """A licence or training of a technician; `valid_to` is the last day on which it holds."""

    id: int
    technician_id: int
    code: str
    certificate: str
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on a date."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)


def qualification_words(code: str) -> str:
    """The qualification in the language of this request; an unknown code as it is."""
    return _(QUALIFICATIONS[code]) if code in QUALIFICATIONS else code


def list_qualifications(session: Session, *, technician_ids: list[int]) -> dict[int, list[QualificationInfo]]:
    """All of them, past ones too, by technician; newest first."""
    query = (
        select(Qualification)
        .where(col(Qualification.technician_id).in_(technician_ids))
        .order_by(col(Qualification.valid_from).desc(), col(Qualification.id).desc())
    )
    found: dict[int, list[QualificationInfo]] = {technician_id: [] for technician_id in technician_ids}
    for row in session.exec(query):
        found[row.technician_id].append(_info(row))
    return found


def must_be_own_technician(session: Session, *, technician_id: int, company_id: int, at: datetime) -> None:
    """Raises NotFoundError unless the technician works for the company at the moment."""
    query = (
        select(Technician.id)
        .join(Membership, col(Membership.person_id) == col(Technician.person_id))
        .where(
            col(Technician.id) == technician_id,
            col(Membership.company_id) == company_id,
            col(Membership.role) == "technician",
            valid_at(at),
        )
    )
    if session.exec(query).first() is None:
        raise NotFoundError(_("그런 기사가 없습니다."))


def owner_of_qualification(session: Session, *, qualification_id: int) -> QualificationInfo:
    """One qualification with its technician. Raises NotFoundError."""
    row = session.get(Qualification, qualification_id)
    if row is None:
        raise NotFoundError(_("그런 자격이 없습니다."))
    return _info(row)


def _info(row: Qualification) -> QualificationInfo:
    return QualificationInfo(
        id=row.id or 0,
        technician_id=row.technician_id,
        code=row.code,
        certificate=row.certificate,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
