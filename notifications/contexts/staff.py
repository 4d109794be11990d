"""News for a technician and his point's desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from notifications.catalogue import Event
from notifications.contexts.base import Window
from notifications.texts import clock_words, one_line


@dataclass(frozen=True)
class JobAssigned:
    """To the technician (and the point's desk): a job is his. `place` stops at the dong: texts go astray.

    `caller`: he is not at work now, and this person at the desk agrees the time; `planned_at` is his plan,
    `is_first` the first job of it.
    """

    maker: str
    ticket_number: str
    place: str
    symptom: str
    window: Window | None = None
    contact_due_at: datetime | None = None
    worker_name: str | None = None
    urgency: Literal["NORMAL", "CARE", "SAFETY"] = "NORMAL"
    caller: str | None = None
    planned_at: datetime | None = None
    is_first: bool = False

    @property
    def push_line(self) -> str:
        """What a locked screen may show: neither whose home it is nor where it stands."""
        return f"{self.place} · {self.symptom}"


@dataclass(frozen=True)
class JobChanged:
    """To the technician (and the point's desk): what changed, in one plain sentence."""

    maker: str
    ticket_number: str
    place: str
    change: str
    window: Window | None = None
    worker_name: str | None = None
    symptom: str = ""

    @property
    def push_line(self) -> str:
        """The same without the sentence: a person may have typed it."""
        return f"{self.place} · {self.symptom}".strip(" ·")


@dataclass(frozen=True)
class ContactDue:
    """To the technician at 30 minutes, to the point's desk at 45: the customer has not been reached yet."""

    maker: str
    ticket_number: str
    place: str
    received_at: datetime
    due_at: datetime
    worker_name: str | None = None

    @property
    def spoken_line(self) -> str:
        """What a voice says to a technician: heard once, at the wheel, so neither numbers nor addresses."""
        whose = f"{clock_words(self.received_at)}에 접수된 {one_line(self.place)} 고객께"
        return (
            f"{one_line(self.maker)}입니다. {whose} 아직 전화하지 못하셨습니다. "
            f"{clock_words(self.due_at)}까지 고객께 전화해서 방문 시간을 정해 주세요."
        )


PushedNews = JobAssigned | JobChanged
"""What has a line for a locked screen."""
StaffNews = JobAssigned | JobChanged | ContactDue
STAFF_NEWS: Mapping[Event, type[StaffNews]] = {
    Event.JOB_ASSIGNED: JobAssigned,
    Event.JOB_CHANGED: JobChanged,
    Event.CONTACT_DUE: ContactDue,
}
