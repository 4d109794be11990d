"""One seeded ticket while its rows are written: facts so far, and a timeline in the order of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.models import TimelineEntry
from dispatch.intake_rules import priority_of
from dispatch.models import Task, Ticket
from notifications.catalogue import Role
from notifications.messages import Case, Event, PartyRole
from notifications.recipients import CallTask, Party
from simulation.bulk import Batch, Row
from simulation.moments import Moments
from simulation.office import Office
from simulation.shapes import ContactSpec, HomeSpec, Maker, StaffMember
from simulation.story_shapes import Story
from simulation.telling import Letterbox

SOURCE = "demo"
"""The timeline's source of everything the generator wrote: nobody has touched it."""
_RINGS_AFTER_S = 1_500
"""A call to a landline is made within this time, most of them sooner."""


@dataclass
class CaseFile:
    """What grows while a ticket is written. `ticket` is the row; parties by role."""

    batch: Batch
    office: Office
    story: Story
    moments: Moments
    ticket_id: int
    number: str
    maker: Maker
    home: HomeSpec
    parties: dict[str, ContactSpec]
    symptom: str
    ticket: Row
    letters: Letterbox = field(init=False)
    clock_stops: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """By kind: when the clock was stopped, and the evidence."""
    over: int | None = None
    """When the case ended: clocks that still ran then end without a verdict."""
    reopened: tuple[int, str] | None = None
    """When a happy call took the case up again, and why."""
    _entries: list[tuple[int, int, Row]] = field(default_factory=list)
    _calls: list[Row] = field(default_factory=list)

    def past(self, moment: int | None) -> bool:
        """Whether it has happened."""
        return self.moments.is_past(moment)

    def at(self, seconds: int) -> datetime:
        """A moment on the clock."""
        return self.office.at(seconds)

    def agent(self) -> StaffMember:
        """Who took the call."""
        return self.office.agent(self.story.company_id, seconds=self.moments.received)

    def note(
        self,
        seconds: int,
        what: str,
        by: StaffMember | None,
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """A line of the timeline; nobody: a rule did it."""
        entry = {
            "company_id": self.story.company_id,
            "subject_kind": "ticket",
            "subject_id": self.ticket_id,
            "at": self.at(seconds),
            "what": what,
            "actor_kind": "person" if by else "system",
            "actor_name": by.name if by else "온돌",
            "account_id": by.account_id if by else None,
            "source": SOURCE,
            "reason": reason,
            "data": data or {},
        }
        self._entries.append((seconds, len(self._entries), entry))

    def task(self, kind: str, *, seconds: int, detail: str, owner: StaffMember, **more: Any) -> Row:
        """Something a person must do, or has done; the row may still be changed before it is kept."""
        row: Row = {
            "ticket_id": self.ticket_id,
            "company_id": self.story.company_id,
            "service_point_id": self.ticket["service_point_id"],
            "kind": kind,
            "owner_person_id": owner.id,
            "state": "open",
            "detail": detail,
            "created_at": self.at(seconds),
            **more,
        }
        self.batch.add(Task, **row)
        return self.batch.rows[Task][-1]

    def close(self, task: Row, *, seconds: int, outcome: str, state: str = "done") -> None:
        """Write down that it was done."""
        task.update(
            state=state, outcome=outcome, done_at=self.at(seconds), done_by_id=task["owner_person_id"]
        )

    def ring(self, event: Event, generation: int, call: CallTask, words: str, at: datetime) -> None:
        """A number that takes no text: a person rings it; newer news replaces what was not said yet."""
        seconds = int((at - self.office.zero).total_seconds())
        recipient = call.recipient.value
        earlier = [row for row in self._calls if row["recipient"] == recipient]
        for row in earlier:
            if row["state"] == "open":
                self.close(row, seconds=seconds, outcome="새 소식으로 바뀌었습니다.", state="void")
        task = self.task(
            "CALL_LANDLINE",
            seconds=seconds,
            detail=words,
            owner=self._caller(),
            recipient=recipient,
            generation=len(earlier) + 1,
            data={"event": event.value, "generation": generation},
        )
        self._calls.append(task)
        done = seconds + 180 + self.story.salt % _RINGS_AFTER_S
        if self.past(done):
            self.close(task, seconds=done, outcome="전화로 알려 드렸습니다.")

    def _caller(self) -> StaffMember:
        """Who is on duty now: whoever has gone home owns nothing any more."""
        point_id = self.ticket["service_point_id"]
        if point_id is None:
            return self.office.agent(self.story.company_id, seconds=self.moments.now)
        return self.office.desk(point_id, seconds=self.moments.now)

    def owner_now(self) -> StaffMember:
        """The desk that answers for the ticket now."""
        return self._caller()

    def write_timeline(self) -> None:
        """Keep the lines, oldest first: the timeline is read in the order of its ids."""
        for seconds, _k, entry in sorted(self._entries, key=lambda e: e[:2]):
            if seconds <= self.moments.now:
                self.batch.add(TimelineEntry, **entry)


def open_file(
    batch: Batch, office: Office, story: Story, moments: Moments, ticket_id: int, number: str
) -> CaseFile:
    """Begin a ticket's rows."""
    home, maker = office.world.homes[story.home_id], office.world.makers[story.company_id]
    parties = _parties(story, home)
    symptom = "GAS_SMELL" if moments.safety else story.symptom
    row = _ticket_row(story, moments, home, maker)
    row.update(
        id=ticket_id,
        number=number,
        symptom=symptom,
        priority=priority_of(symptom=symptom, priority_care=home.priority_care, safety=moments.safety),
        received_at=office.at(moments.received),
        recorded_at=office.at(moments.received),
        payer_role=story.payer if story.payer in parties else "resident",
    )
    batch.add(Ticket, **row)
    row = batch.rows[Ticket][-1]
    case = CaseFile(
        batch,
        office,
        story,
        moments,
        ticket_id,
        number,
        maker,
        home,
        parties,
        symptom,
        row,
    )
    case.letters = Letterbox(
        batch,
        maker,
        ticket_id,
        _case(case, row["payer_role"]),
        tuple(_party(role, who) for role, who in parties.items()),
        office.known_phones[maker.id],
        case.ring,
        office.links_at,
    )
    return case


def _ticket_row(story: Story, moments: Moments, home: HomeSpec, maker: Maker) -> Row:
    return {
        "company_id": story.company_id,
        "household_id": home.id,
        "boiler_id": home.boiler_id,
        "channel": story.channel,
        "safety": moments.safety,
        "safety_hold": moments.safety,
        "priority_care": home.priority_care,
        "age_band": home.age_band,
        "note": "가스 냄새가 나요" if moments.safety else story.note,
        "status": "RECEIVED",
        "service_point_id": None,
        **_error_code(story, home, maker),
    }


def _parties(story: Story, home: HomeSpec) -> dict[str, ContactSpec]:
    parties = {"resident": home.resident}
    if story.by_requester and home.requester is not None:
        parties["requester"] = home.requester
    if story.payer == "payer" and home.landlord is not None:
        parties["payer"] = home.landlord
    return parties


def _error_code(story: Story, home: HomeSpec, maker: Maker) -> Row:
    if story.error_meaning is None or home.boiler_family is None:
        return {"error_code": None, "error_code_known": None}
    for family, code, meaning, safety in maker.error_codes:
        if family == home.boiler_family and meaning == story.error_meaning and not safety:
            return {"error_code": code, "error_code_known": True}
    return {"error_code": "88", "error_code_known": False}


def _case(case: CaseFile, payer: str) -> Case:
    requester, third = case.parties.get("requester"), case.parties.get("payer")
    role: PartyRole = "requester" if payer == "requester" else "payer" if payer == "payer" else "resident"
    return Case(
        maker=case.maker.brand_name,
        call_back=case.maker.main_phone,
        ticket_number=case.number,
        resident=case.home.resident.name,
        requester=requester.name if requester else None,
        relationship=requester.relationship if requester else None,
        payer=role,
        payer_name=third.name if third else None,
    )


def _party(role: str, who: ContactSpec) -> Party:
    return Party(Role(role), who.name, who.phone, who.can_text)
