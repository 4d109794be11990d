"""A new entry of the rota that leaves what was not chosen as it stands (그대로 둠)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Final, Literal

from sqlmodel import Session

from web.pages.posting import PostedForm
from workforce.duty import duty_at
from workforce.duty_gaps import DutyRow, list_duty
from workforce.schemas import PointInfo


class Keep(Enum):
    """What was not chosen anew; its value is what the form sends."""

    KEEP = "keep"


KEEP: Final[Literal[Keep.KEEP]] = Keep.KEEP


@dataclass(frozen=True)
class RotaWish:
    """Whom the form names beside the desk's person. None: nobody, said so."""

    technician_id: int | Keep | None
    escalation_id: int | Keep
    substitute_id: int | Keep | None


@dataclass(frozen=True)
class RotaPart:
    """A stretch of the new entry in which the same people answer."""

    start: datetime
    end: datetime
    technician_id: int | None
    escalation_id: int
    substitute_id: int | None


def is_kept(posted: PostedForm, name: str) -> bool:
    """Whether the field was left as it stands."""
    return posted.get(name) == str(KEEP.value)


def parts_of(
    session: Session, *, point: PointInfo, wish: RotaWish, start: datetime, end: datetime
) -> list[RotaPart]:
    """[start, end) cut where what is kept changes; a gap of the rota keeps who stands in there."""
    rows = list_duty(session, company_id=point.company_id, point_id=point.id, start=start, end=end)
    holding = holding_rows(rows, start=start, end=end)
    borders = sorted({start, end, *(moment for a, b, _row in holding for moment in (a, b))})
    parts: list[RotaPart] = []
    for a, b in pairwise(borders):
        row = next((row for begins, ends, row in holding if begins <= a < ends), None)
        part = _part(session, point, wish, row, a, b)
        if parts and replace(parts[-1], start=a, end=b) == part:
            parts[-1] = replace(parts[-1], end=b)
        else:
            parts.append(part)
    return parts


def _part(
    session: Session, point: PointInfo, wish: RotaWish, row: DutyRow | None, start: datetime, end: datetime
) -> RotaPart:
    escalation = wish.escalation_id
    if escalation is KEEP:
        stands_in = duty_at(session, company_id=point.company_id, point_id=point.id, at=start).escalation.id
        escalation = row.escalation_id if row else stands_in
    technician, substitute = wish.technician_id, wish.substitute_id
    if technician is KEEP:
        technician = row.technician_id if row else None
    if substitute is KEEP:
        substitute = row.substitute_id if row else None
    return RotaPart(start, end, technician, escalation, substitute)


def holding_rows(
    rows: list[DutyRow], *, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, DutyRow]]:
    """Who really answers when: stretches cut at every border, the newest row of each, joined again."""
    borders = sorted({start, end, *(m for r in rows for m in (r.start_at, r.end_at) if start < m < end)})
    found: list[tuple[datetime, datetime, DutyRow]] = []
    for a, b in pairwise(borders):
        over = [row for row in rows if row.start_at <= a and row.end_at >= b]
        if not over:
            continue
        newest = max(over, key=lambda row: row.id)
        if found and found[-1][2] is newest and found[-1][1] == a:
            found[-1] = (found[-1][0], b, newest)
        else:
            found.append((a, b, newest))
    return found
