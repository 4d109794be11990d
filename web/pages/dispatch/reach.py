"""Which points a dispatcher sees, and which of them are chosen: the whole company unless told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import Request
from sqlmodel import Session

from core.actor import Principal, Role
from core.clock import operating_day
from core.errors import NotFoundError
from core.i18n import _
from workforce.queries import get_point, list_points
from workforce.schemas import PointInfo

CONSOLE_ROLES = (Role.DISPATCHER, Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True)
class Reach:
    """The points of this reader, by code. `own_only`: a member of one point, who never sees another."""

    points: tuple[PointInfo, ...]
    chosen: tuple[PointInfo, ...]
    own_only: bool

    @property
    def shown(self) -> tuple[PointInfo, ...]:
        """The chosen points, or all."""
        return self.chosen or self.points

    @property
    def narrowed_ids(self) -> tuple[int, ...] | None:
        """Ids to narrow a read to; None for the whole company, with what belongs to no point."""
        if not self.chosen and not self.own_only:
            return None
        return tuple(point.id for point in self.shown)

    def address(self, path: str = "/dispatch", **more: str | int | None) -> str:
        """An address that keeps the choice."""
        pairs: list[tuple[str, str]] = [("point", point.code) for point in self.chosen]
        pairs += [(name, str(value)) for name, value in more.items() if value not in (None, "")]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def choosing(self, points: Sequence[PointInfo]) -> str:
        """The console's address with another choice."""
        return Reach(self.points, tuple(points), self.own_only).address()


def read_reach(session: Session, request: Request, *, principal: Principal, now: datetime) -> Reach:
    """The reader's points, and those named by `?point=CODE`; names that are not theirs are left out."""
    if principal.service_point_id is not None:
        own = get_point(session, point_id=principal.service_point_id)
        return Reach((own,), (), own_only=True)
    points = tuple(list_points(session, company_id=principal.company_id, day=operating_day(now)))
    wanted = set(request.query_params.getlist("point"))
    return Reach(points, tuple(p for p in points if p.code in wanted), own_only=False)


def require_point(reach: Reach, code: str) -> PointInfo:
    """A point of the reader by its code. Raises NotFoundError, also for another's."""
    for point in reach.points:
        if point.code == code:
            return point
    raise NotFoundError(_("그런 서비스점이 없습니다. 코드를 확인해 주세요."))
