"""People of both makers: head offices, desks and technicians, with log-ins, licences and homes."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from geo.gazetteer import find_area
from simulation.bulk import Batch
from simulation.crews import NIGHT_CREW_FROM
from simulation.names import Numbers, adult_name
from simulation.points import scatter
from simulation.shapes import Maker, PointSpec, StaffMember, TechnicianSpec
from workforce.models import Account, Membership, Person, Qualification, Technician

BOTH_MAKERS = 10
"""Technicians who work for both makers, at different times."""
SKILLS = (("GAS_WORK", 0.92), ("FLUE", 0.60), ("CONDENSING", 0.80), ("COMMERCIAL", 0.15))
EXPIRED_SHARE = 0.03
HEAD_OFFICE = {"agent": 12, "dispatcher": 4, "qa": 4, "manager": 2, "admin": 2, "point": 1, "technician": 1}
"""How many company-wide members a maker has by role."""


@dataclass(frozen=True)
class Staff:
    """Everybody, by what they do."""

    desks: dict[int, tuple[StaffMember, StaffMember]]
    head_office: dict[int, dict[str, tuple[StaffMember, ...]]]
    technicians: dict[int, TechnicianSpec]


class Hiring:
    """Puts people into the batch. All accounts share one password hash: it is the demo's."""

    def __init__(
        self, batch: Batch, *, numbers: Numbers, rng: random.Random, password_hash: str, now: datetime
    ) -> None:
        self.batch, self.numbers, self.rng = batch, numbers, rng
        self._password_hash = password_hash
        self._now = now
        self._since = now - timedelta(days=900)

    def person(self, login: str) -> StaffMember:
        """A new person with an account."""
        name, phone = adult_name(self.rng), self.numbers.mobile()
        person_id = self.batch.add(Person, name=name, phone=phone, created_at=self._since)
        account_id = self.batch.add(
            Account,
            person_id=person_id,
            login=login,
            password_hash=self._password_hash,
            created_at=self._since,
        )
        return StaffMember(person_id, account_id, name, phone, login)

    def join(
        self, member: StaffMember, *, company_id: int, role: str, point_id: int | None = None, badge: str = ""
    ) -> None:
        """A membership since long ago."""
        self.batch.add(
            Membership,
            person_id=member.id,
            company_id=company_id,
            service_point_id=point_id,
            role=role,
            badge_number=badge,
            valid_from=self._since,
        )


def add_staff(
    hiring: Hiring, *, makers: dict[str, Maker], points: dict[int, PointSpec], base_day: date
) -> Staff:
    """Head offices first, so that `login` without a name finds them."""
    head_office = {maker.id: _head_office(hiring, maker) for maker in makers.values()}
    by_company = {maker.id: maker for maker in makers.values()}
    desks, technicians = {}, {}
    for point in points.values():
        maker = by_company[point.company_id]
        desks[point.id] = _desk(hiring, maker, point)
        for technician in _technicians(hiring, maker, point, base_day=base_day):
            technicians[technician.id] = technician
    return Staff(desks, head_office, _work_for_both(hiring, makers, points, technicians))


def _head_office(hiring: Hiring, maker: Maker) -> dict[str, tuple[StaffMember, ...]]:
    office = {}
    for role, count in HEAD_OFFICE.items():
        members = []
        for n in range(1, count + 1):
            stem = f"{maker.code}-{role}"
            member = hiring.person(stem if n == 1 else f"{stem}-{n}")
            hiring.join(member, company_id=maker.id, role=role)
            members.append(member)
        office[role] = tuple(members)
    return office


def _desk(hiring: Hiring, maker: Maker, point: PointSpec) -> tuple[StaffMember, StaffMember]:
    stem = f"{maker.code}-point-{point.code}"
    members = (hiring.person(stem), hiring.person(f"{stem}.2"))
    for member in members:
        hiring.join(member, company_id=maker.id, role="point", point_id=point.id)
    return members


def _technicians(hiring: Hiring, maker: Maker, point: PointSpec, *, base_day: date) -> list[TechnicianSpec]:
    """The first of a large point work nights; who works nights has every licence that a night may need."""
    rng = hiring.rng
    nights = 2 if point.size >= NIGHT_CREW_FROM[point.kind] else 0
    found = []
    for n in range(point.size):
        pattern = "night" if n < nights else rng.choices(("early", "day", "late"), (14, 64, 22))[0]
        person = hiring.person(f"{maker.code}-{point.code}-t{n + 1}")
        badge = f"{maker.number_prefix}-{point.id:03d}{n + 1:02d}"
        hiring.join(person, company_id=maker.id, role="technician", point_id=point.id, badge=badge)
        area = find_area(rng.choice(point.dongs))
        assert area is not None
        home = scatter(area, rng)
        technician_id = hiring.batch.add(
            Technician, person_id=person.id, home_lat=home.lat, home_lon=home.lon
        )
        skills = _qualify(hiring, technician_id, base_day=base_day, every=pattern == "night")
        found.append(
            TechnicianSpec(
                id=technician_id,
                person=person,
                point_id=point.id,
                company_id=maker.id,
                badge=badge,
                home=home,
                skills=skills,
                pattern=pattern,
                turn=n if pattern == "night" else rng.randrange(7),
            )
        )
    return found


def _qualify(hiring: Hiring, technician_id: int, *, base_day: date, every: bool) -> frozenset[str]:
    rng, valid = hiring.rng, set()
    for code, share in SKILLS:
        needed = every and code in ("GAS_WORK", "FLUE")
        if not needed and rng.random() >= share:
            continue
        expired = not needed and rng.random() < EXPIRED_SHARE
        since = base_day - timedelta(days=rng.randint(400, 2_500))
        until = base_day - timedelta(days=rng.randint(3, 60)) if expired else base_day + timedelta(days=1_100)
        hiring.batch.add(
            Qualification,
            technician_id=technician_id,
            code=code,
            certificate=f"데모-{since.year}-{technician_id:05d}",
            valid_from=since,
            valid_to=until if expired or code == "GAS_WORK" else None,
        )
        if not expired:
            valid.add(code)
    return frozenset(valid)


def _work_for_both(
    hiring: Hiring,
    makers: dict[str, Maker],
    points: dict[int, PointSpec],
    technicians: dict[int, TechnicianSpec],
) -> dict[int, TechnicianSpec]:
    """Ten technicians of direct points are counted at a designated point nearby as well.

    The point they help takes in one newcomer less, so that each maker has exactly the technicians it has.
    """
    chosen: dict[int, TechnicianSpec] = {}
    gone: set[int] = set()
    helpers = [t for t in technicians.values() if t.company_id == makers["onnuri"].id and t.pattern == "day"]
    for helper in helpers[:: max(1, len(helpers) // (BOTH_MAKERS + 4))]:
        place = _helped(helper, makers["haedam"], points, technicians, gone)
        if place is None or len(chosen) == BOTH_MAKERS:
            continue
        gone.add(place.id)
        chosen[helper.id] = replace(
            helper, other_point_id=place.point_id, other_company_id=place.company_id, other_badge=place.badge
        )
    _take_over(hiring.batch, technicians, chosen, gone)
    return {i: chosen.get(i, t) for i, t in technicians.items() if i not in gone}


def _helped(
    helper: TechnicianSpec,
    maker: Maker,
    points: dict[int, PointSpec],
    technicians: dict[int, TechnicianSpec],
    gone: set[int],
) -> TechnicianSpec | None:
    """Whose place the helper takes: an ordinary technician of the nearest point of the other maker."""
    near = min(
        (p for p in points.values() if p.company_id == maker.id and p.size >= 4),
        key=lambda p: (p.place.lat - helper.home.lat) ** 2 + (p.place.lon - helper.home.lon) ** 2,
    )
    here = [
        t for t in technicians.values() if t.point_id == near.id and t.pattern != "night" and t.id not in gone
    ]
    already = any(technicians[i].point_id == near.id for i in gone)
    return None if already or len(here) < 2 else here[-1]


def _take_over(
    batch: Batch,
    technicians: dict[int, TechnicianSpec],
    chosen: dict[int, TechnicianSpec],
    gone: set[int],
) -> None:
    """The membership of the one who was not hired goes to the helper; nothing else of him stays."""
    helper_of = {t.other_badge: t.person.id for t in chosen.values()}
    people = {technicians[i].person.id for i in gone}
    for row in batch.rows[Membership]:
        if row["person_id"] in people:
            row["person_id"] = helper_of[row["badge_number"]]
    batch.rows[Technician] = [r for r in batch.rows[Technician] if r["id"] not in gone]
    batch.rows[Qualification] = [r for r in batch.rows[Qualification] if r["technician_id"] not in gone]
    batch.rows[Account] = [r for r in batch.rows[Account] if r["person_id"] not in people]
    batch.rows[Person] = [r for r in batch.rows[Person] if r["id"] not in people]
