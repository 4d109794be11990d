"""Whom or what a change of settings was about: names for the ids that the timeline keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from core.models import TimelineEntry
from workforce.queries import get_technicians, people_by_id, points_by_id

Subject = tuple[str, int]
POINT_FIELD, PERSON_FIELD = "service_point_id", "desk"
"""Facts of an entry that are ids."""


@dataclass(frozen=True)
class Named:
    """(name, address of its page) by kind and id."""

    found: Mapping[Subject, tuple[str, str]] = field(default_factory=dict)

    def of(self, kind: str, key: object) -> tuple[str, str]:
        """Its name and page; both empty when it is not known here."""
        return self.found.get((kind, key), ("", "")) if isinstance(key, int) else ("", "")


def names_of(session: Session, *, company_id: int, entries: Collection[TimelineEntry]) -> Named:
    """The names of the people, technicians and points that these entries of a company speak of."""

    def ids(kind: str, name: str = "") -> set[int]:
        told = {entry.data.get(name) for entry in entries}
        own = {entry.subject_id for entry in entries if entry.subject_kind == kind}
        return own | {key for key in told if isinstance(key, int)}

    found: dict[Subject, tuple[str, str]] = {}
    for key, person in people_by_id(session, person_ids=ids("person", PERSON_FIELD)).items():
        found["person", key] = (person.name, f"/admin/people/{key}")
    asked = ids("technician")
    for key, info in get_technicians(session, technician_ids=asked, company_id=company_id).items():
        found["technician", key] = (info.name, f"/admin/people/{info.person_id}")
    for key, point in points_by_id(session, point_ids=ids("service_point", POINT_FIELD)).items():
        found["service_point", key] = (point.name, f"/admin/points/{point.code}")
    return Named(found)
