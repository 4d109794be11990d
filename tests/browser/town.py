"""A maker with one service point in Gangnam whose people can log in, for tests through the screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from tests import world
from tests.journeys.house import House
from tests.journeys.test_whole_journey import add_prices, company_of
from workforce.models import Account, Membership, Technician

TECHNICIANS = ("박성호", "이정민")
POINT_DESK = "gangnam-desk"
SECOND_DISPATCHER = "dispatcher-2"


@dataclass(frozen=True)
class Town:
    """The people's log-ins; `technicians` maps a technician's name to theirs."""

    point_code: str
    technicians: dict[str, str]


def open_town(house: House, *, kind: str = "direct") -> Town:
    """Found maker, point, desk, two technicians on shift for three days, a second dispatcher, prices."""
    house.add_company("onnuri", kind=kind)
    logins = {}
    with house.database.transaction() as session:
        company = company_of(session)
        point = world.make_point(session, company=company, code="gangnam", kind=kind)
        for n, name in enumerate(TECHNICIANS):
            technician = world.make_technician(session, point=point, name=name)
            logins[name] = _give_login(session, technician, login=f"technician-{n}", house=house)
        _add_member(session, company_id=company.id or 0, point_id=point.id, role="point", login=POINT_DESK)
        _add_member(
            session,
            company_id=company.id or 0,
            point_id=None,
            role="dispatcher",
            login=SECOND_DISPATCHER,
            name="오배차",
        )
        add_prices(session, company_id=company.id or 0)
    return Town("gangnam", logins)


def _give_login(session: Session, technician: Technician, *, login: str, house: House) -> str:
    session.add(Account(person_id=technician.person_id, login=login, created_at=house.clock()))
    return login


def _add_member(
    session: Session, *, company_id: int, point_id: int | None, role: str, login: str, name: str = "정창구"
) -> None:
    person = world.make_person(session, name=name)
    session.add_all(
        [
            Account(person_id=person.id or 0, login=login, created_at=world.NOW),
            Membership(
                person_id=person.id or 0,
                company_id=company_id,
                service_point_id=point_id,
                role=role,
                badge_number="",
                valid_from=world.NOW - timedelta(days=1),
            ),
        ]
    )
