"""A plan that moves before it is told: whatever happens in whatever order, each ends with the truth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, func, select

from core.db import Database
from core.models import StoredEvent
from dispatch import notices, tasks
from dispatch.job_news import truth_of
from dispatch.models import Task, Ticket, Visit
from dispatch.resending import resend_notice
from dispatch.visit_news import window_truth
from notifications import delivery
from notifications.messages import Window
from notifications.models import Notice
from notifications.providers.base import (
    SETTLING,
    Accepted,
    Channel,
    Fault,
    FindOutcome,
    Found,
    Handed,
    MessageState,
    NotFound,
    OutgoingMessage,
    Receipt,
    Refused,
    SendOutcome,
    Unclear,
)
from notifications.providers.choice import Carriers
from notifications.rules import read_our_id
from notifications.webhooks import take_receipts
from tests import world

FAMILY = ("resident", "requester")


@dataclass
class MoodyProvider:
    """Takes a text, refuses it for now, or says nothing about either; what it took it remembers, in order."""

    dice: random.Random
    name: str = "solapi"
    channels: frozenset[Channel] = frozenset({"SMS", "LMS"})
    batch: int = 2
    polls: bool = False
    took: list[tuple[int, str]] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    """What did not arrive, by our id: how many it had taken by the time it said so."""
    calm: bool = False

    def send_many(self, messages: Sequence[OutgoingMessage], *, now: datetime) -> list[SendOutcome]:
        return [self.send(message, now=now) for message in messages]

    def reports(self, handed: Sequence[Handed], *, now: datetime) -> list[Receipt]:
        return []

    def close(self) -> None:
        pass

    def send(self, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
        mood = "takes" if self.calm else self.dice.choice(["takes", "takes", "busy", "silent", "lost"])
        if mood == "busy":
            return Refused(fault=Fault.RETRY, code="3024", detail="busy")
        if mood != "lost":
            self.took.append((read_our_id(message.our_id)[0], message.our_id))  # type: ignore[index]
        return Unclear("no answer") if mood in ("silent", "lost") else Accepted(f"P{len(self.took)}")

    def find(self, message: OutgoingMessage, *, tried_at: datetime, now: datetime) -> FindOutcome:
        if any(our_id == message.our_id for _notice, our_id in self.took):
            return Found(provider_id=message.our_id, state=MessageState.ACCEPTED, code="2000", fault=None)
        return NotFound(remembers=True)

    def parse_webhook(self, payload: object) -> list[Receipt]:
        return []


class Story:
    """One agreed visit, two technicians, and a plan that cannot make up its mind."""

    def __init__(self, database: Database, dice: random.Random, *, resident: str) -> None:
        self.database, self.dice, self.now = database, dice, world.NOW
        self.provider = MoodyProvider(dice)
        self.carriers = Carriers({"solapi": self.provider}, ("solapi",))
        with database.transaction() as session:
            company = world.make_company(session, code=f"maker{dice.randrange(10**9)}")
            point = world.make_point(session, company=company)
            people = [world.make_technician(session, point=point, name=name) for name in ("박", "최")]
            self.technicians = [who.id or 0 for who in people]
            home = world.make_household(
                session, company=company, resident=("김영자", resident), child=("김민수", "010-9876-5432")
            )
            ticket = world.make_ticket(
                session, company=company, point=point, household=home, status="ASSIGNED"
            )
            visit = world.make_visit(
                session, ticket=ticket, point=point, technician=None, start=world.NOW + timedelta(hours=4)
            )
            self.ticket_id, self.visit_id = ticket.id or 0, visit.id or 0

    def windows(self, nth: int) -> Window:
        start = world.NOW + timedelta(hours=4 + 2 * nth)
        return Window(start, start + timedelta(hours=2))

    def move(self) -> None:
        """Another window, another technician, both, or what it was: the family and both of them are told."""
        with self.database.transaction() as session:
            session.get_one(Ticket, self.ticket_id, with_for_update=True)
            visit = session.get_one(Visit, self.visit_id)
            window = self.windows(self.dice.randrange(3))
            visit.window_start, visit.window_end = window.start, window.end
            visit.planned_start = window.start
            visit.technician_id = self.dice.choice(self.technicians)
            session.add(visit)
            session.flush()
            notices.tell_job_changed(session, visit_id=self.visit_id, now=self.now)
            notices.tell_job_assigned(session, visit_id=self.visit_id, now=self.now, at_work=True)
            notices.tell_window(session, visit_id=self.visit_id, before=None, reason=None, now=self.now)

    def send_one(self) -> None:
        waiting = [row.id for row in self.rows() if row.state == "queued"]
        if waiting:
            delivery.send_notice(
                self.database,
                notice_id=self.dice.choice(waiting) or 0,
                carriers=self.carriers,
                clock=lambda: self.now,
            )

    def report(self) -> None:
        """The carrier says that one of the texts handed over came to nothing: for now, or for good.

        What is so no more is never sent again, nor is anybody asked to tell it.
        """
        handed = [row for row in self.rows() if row.state == "accepted"]
        if not handed:
            return
        row, truths = self.dice.choice(handed), self.truths()
        is_stale = row.recipient in FAMILY and row.truth != truths["visit" if row.line == "visit" else "job"]
        asked = self.asked()
        self.fail(row, self.dice.choice([Fault.RETRY, Fault.PERMANENT]) if is_stale else Fault.RETRY)
        state = next(it.state for it in self.rows() if it.id == row.id)
        assert not (is_stale and state == "queued"), (row.event, row.truth)
        assert self.asked() == asked

    def fail(self, row: Notice, fault: Fault) -> None:
        """The carrier's report of one."""
        our_id = f"{row.id}-{row.attempts}"
        self.provider.lost[our_id] = len(self.provider.took)
        failed = Receipt(
            event_id=f"report-{our_id}",
            our_id=our_id,
            provider_id=row.provider_message_id or "",
            state=MessageState.FAILED,
            code="3024",
            fault=fault,
            at=self.now,
            body={},
        )
        with self.database.transaction() as session:
            take_receipts(session, provider_name="solapi", receipts=[failed], now=self.now)

    def asked(self) -> int:
        """How often a person was asked to tell what no text told."""
        with self.database.reading() as session:
            failed = col(StoredEvent.name) == "NoticeFailed"
            return session.exec(select(func.count()).select_from(StoredEvent).where(failed)).one()

    def ring(self) -> None:
        """The desk rings the landline and reads out what is written."""
        with self.database.transaction() as session:
            for task in self.calls(session):
                tasks.close_task(
                    session,
                    ticket_id=self.ticket_id,
                    task_id=task.id or 0,
                    outcome="전했습니다",
                    by=world.AGENT,
                    now=self.now,
                )

    def calls(self, session: Any) -> list[Task]:
        query = select(Task).where(Task.ticket_id == self.ticket_id, Task.kind == tasks.CALL_LANDLINE)
        return list(session.exec(query.where(col(Task.state) == "open")))

    def wait(self) -> None:
        self.now += timedelta(seconds=self.dice.choice([1, 16, 31]))

    def rows(self) -> list[Notice]:
        with self.database.reading() as session:
            query = select(Notice).where(col(Notice.ticket_id) == self.ticket_id).order_by(col(Notice.id))
            return list(session.exec(query))

    def truths(self) -> dict[str, Any]:
        with self.database.reading() as session:
            visit = session.get_one(Visit, self.visit_id)
            return {"visit": window_truth(visit), "job": truth_of(visit), "who": visit.technician_id}

    def check_queue(self) -> None:
        truths = self.truths()
        waiting = [
            r for r in self.rows() if r.state == "queued" and not r.sending_since and not r.withdrawn_reason
        ]
        for row in waiting:
            if row.line == "visit":
                assert row.truth == truths["visit"]
            else:
                assert row.truth is not None
                assert row.truth in (truths["job"], {"visit": self.visit_id, "mine": False})
        with self.database.reading() as session:
            assert all(task.data["truth"] == truths["visit"] for task in self.calls(session))

    def settle(self) -> None:
        """Everything that waits goes out."""
        self.provider.calm = True
        for _round in range(60):
            open_ones = [row.id or 0 for row in self.rows() if row.state == "queued"]
            if not open_ones:
                break
            self.now += SETTLING + timedelta(seconds=20)
            for notice_id in open_ones:
                delivery.send_notice(
                    self.database, notice_id=notice_id, carriers=self.carriers, clock=lambda: self.now
                )
        self.ring()

    def heard(self) -> dict[str, list[Any]]:
        """What lies on each telephone, by number, in the order it came."""
        by_id = {row.id: row for row in self.rows()}
        lying: dict[str, list[Any]] = {}
        for notice_id, our_id in self.provider.took:
            if our_id not in self.provider.lost:
                lying.setdefault(by_id[notice_id].to_phone, []).append(by_id[notice_id])
        return lying

    def check_nothing_twice(self) -> None:
        """Whatever was handed over said something else than what the phone had last by then."""
        by_id = {row.id: row for row in self.rows()}
        came: dict[str, list[tuple[str, Any]]] = {}
        for nth, (notice_id, our_id) in enumerate(self.provider.took):
            row = by_id[notice_id]
            earlier = came.setdefault(row.to_phone, [])
            lying = [truth for other, truth in earlier if self.provider.lost.get(other, nth + 1) > nth]
            assert not lying or lying[-1] != row.truth, (row.event, row.truth)
            earlier.append((our_id, row.truth))


@pytest.mark.parametrize("resident", ["010-1111-2222", "02-555-0101", "010-9876-5432"])
def test_everybody_ends_with_the_truth_and_hears_nothing_twice(database: Database, resident: str) -> None:
    """Own mobiles, a landline, one phone for two."""
    saved = 0
    for seed in range(3):
        story = Story(database, random.Random(f"{resident}{seed}"), resident=resident)
        acts = [
            story.move,
            story.move,
            story.send_one,
            story.send_one,
            story.send_one,
            story.wait,
            story.ring,
            story.report,
        ]
        story.move()
        for _step in range(22):
            story.dice.choice(acts)()
            story.check_queue()
        story.settle()
        truths = story.truths()
        rows = story.rows()
        assert all(row.state != "queued" for row in rows)
        story.check_nothing_twice()
        lying = story.heard()
        with database.reading() as session:
            done = session.exec(
                select(Task)
                .where(Task.ticket_id == story.ticket_id, Task.state == "done")
                .order_by("done_at")
            ).all()
        numbers = {row.recipient: row.to_phone for row in rows}
        for role in FAMILY:
            if role in numbers:
                assert lying[numbers[role]][-1].truth == truths["visit"], role
        if resident.startswith("02"):
            assert [task.data["truth"] for task in done][-1] == truths["visit"]
        for texts in (texts for texts in lying.values() if texts[0].recipient == "technician"):
            job = texts[-1].truth
            assert job == truths["job"] or job["mine"] is False
        assert sum(t[-1].truth == truths["job"] for t in lying.values()) == 1
        saved += sum(row.state == "withdrawn" for row in rows)
    assert saved > 8, "most moves were overtaken before anybody heard of them"


@pytest.mark.parametrize("newer", [None, {"visit": 0}], ids=["the same", "otherwise"])
def test_what_was_told_anew_does_not_go_again_by_itself(database: Database, newer: Any) -> None:
    """Sent once more by hand; or a newer text says otherwise, and the older one's report comes back late."""
    story = Story(database, random.Random("again"), resident="010-1111-2222")
    story.provider.calm = True
    story.move()
    story.settle()
    first = next(row for row in story.rows() if row.recipient == "requester")
    with database.transaction() as session:
        copy_id = resend_notice(
            session,
            notice_id=first.id or 0,
            ticket_id=story.ticket_id,
            reason="아직 안 왔다고 하심",
            by=world.AGENT,
            now=story.now,
        )
    story.settle()
    story.fail(first, Fault.RETRY)
    with database.transaction() as session:
        copy = session.get_one(Notice, copy_id)
        copy.truth = newer or copy.truth
    story.settle()
    assert [row.state for row in story.rows() if row.recipient == "requester"] == ["withdrawn", "accepted"]
