"""The demo's log-ins: for each maker one a role, and a technician who has work ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from core.actor import Role
from core.clock import operating_day_bounds
from simulation import marker

PASSWORD = "ondol-demo"  # noqa: S105 - printed on the demo's own console
_PAGES = (
    (Role.AGENT, "/agent", "상담원 · agent"),
    (Role.DISPATCHER, "/dispatch", "배차 담당 · dispatcher"),
    (Role.POINT, "/point", "서비스점 창구(강남) · point's desk"),
    (Role.QA, "/qa", "해피콜 · happy calls"),
    (Role.MANAGER, "/dispatch", "관리자 · manager"),
    (Role.ADMIN, "/admin", "설정 · settings"),
    (Role.TECHNICIAN, "/m", "기사 · technician"),
)
_MAKERS = text("SELECT code, brand_name FROM company WHERE code = ANY(:codes) ORDER BY id")
_BUSY = text("""
    SELECT a.login FROM visit v
    JOIN technician t ON t.id = v.technician_id
    JOIN account a ON a.person_id = t.person_id
    JOIN service_point p ON p.id = v.service_point_id
    WHERE v.state IN ('planned', 'agreed') AND v.planned_start >= :start AND v.planned_start < :end
      AND p.code = 'gangnam' AND a.login LIKE :of_maker
    GROUP BY a.login ORDER BY least(count(*), 2) DESC, min(v.planned_start), a.login LIMIT 1
""")
_ANY = text("SELECT login FROM account WHERE login LIKE :of_maker ORDER BY id LIMIT 1")


@dataclass(frozen=True)
class Login:
    """A log-in with the page it opens; `maker` is the brand under which it works."""

    login: str
    password: str
    path: str
    who: str
    role: Role
    maker: str


def list_logins(session: Session) -> list[Login]:
    """Maker by maker, the technician last; empty on a database without a demo."""
    found = marker.read(session)
    if found is None:
        return []
    day = operating_day_bounds(found.base_day)
    makers = session.execute(_MAKERS, {"codes": list(marker.COMPANY_CODES)}).all()
    return [login for code, brand in makers for login in _of_maker(session, code, brand, day)]


def _of_maker(session: Session, code: str, brand: str, day: tuple[datetime, datetime]) -> Iterator[Login]:
    for role, path, who in _PAGES:
        name = f"{code}-{role.value}"
        if role is Role.POINT:
            name = f"{name}-gangnam"
        elif role is Role.TECHNICIAN:
            name = _technician(session, code, day)
        yield Login(name, PASSWORD, path, f"{brand} {who}", role, brand)


def _technician(session: Session, code: str, day: tuple[datetime, datetime]) -> str:
    """One of Gangnam's who has the most to do on the demo's day."""
    of_maker = f"{code}-gangnam-t%"
    busy = session.execute(_BUSY, {"start": day[0], "end": day[1], "of_maker": of_maker}).scalar_one_or_none()
    return str(busy or session.execute(_ANY, {"of_maker": of_maker}).scalar_one())
