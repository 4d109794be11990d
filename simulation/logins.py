"""The log-ins that the demo prints: one a role, and a technician who has work ahead."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from core.clock import operating_day_bounds
from simulation import marker

PASSWORD = "ondol-demo"  # noqa: S105 - printed on the demo's own console
_PAGES = (
    ("onnuri-agent", "/agent", "상담원 · agent"),
    ("onnuri-dispatcher", "/dispatch", "배차 담당 · dispatcher"),
    ("haedam-point-gangnam", "/point", "지정점 창구(해담 강남) · designated point"),
    ("onnuri-point-gangnam", "/point", "직영점 창구(온누리 강남) · direct point"),
    ("onnuri-qa", "/qa", "해피콜 · happy calls"),
    ("onnuri-manager", "/dispatch", "관리자 · manager"),
    ("onnuri-admin", "/admin", "설정 · settings"),
)
_BUSY = text("""
    SELECT a.login FROM visit v
    JOIN technician t ON t.id = v.technician_id
    JOIN account a ON a.person_id = t.person_id
    JOIN service_point p ON p.id = v.service_point_id
    WHERE v.state IN ('planned', 'agreed') AND v.planned_start >= :start AND v.planned_start < :end
      AND p.kind = 'direct' AND p.code = 'gangnam' AND a.login LIKE 'onnuri-%'
    GROUP BY a.login ORDER BY least(count(*), 2) DESC, min(v.planned_start), a.login LIMIT 1
""")
_ANY = "SELECT login FROM account WHERE login LIKE 'onnuri-gangnam-t%' ORDER BY id LIMIT 1"


@dataclass(frozen=True)
class Login:
    """A log-in with the page it opens."""

    login: str
    password: str
    path: str
    who: str


def list_logins(session: Session) -> list[Login]:
    """The demo's log-ins, the technician's last; empty on a database without a demo."""
    found = marker.read(session)
    if found is None:
        return []
    start, end = operating_day_bounds(found.base_day)
    technician = session.execute(_BUSY, {"start": start, "end": end}).scalar_one_or_none()
    technician = technician or session.execute(text(_ANY)).scalar_one()
    listed = [Login(login, PASSWORD, path, who) for login, path, who in _PAGES]
    return [*listed, Login(technician, PASSWORD, "/m", "기사 · technician")]
