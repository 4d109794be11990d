"""The demo's phones: whose each one is, what lies on it, what never got there, and who is told by voice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.clock import today_kst
from core.i18n import N_, _
from core.phones import displayed, parse_phone
from customers.rules import Relationship, read_relationship, relationship_label
from dispatch.detail_shapes import TicketDetail
from dispatch.follow_up import FollowUpCase, cases_to_follow
from dispatch.tasks import CALL_LANDLINE, TaskInfo, list_tasks
from notifications.catalogue import label_of
from notifications.queries import ARRIVED, MISSED, list_notices
from notifications.schemas import NoticeInfo, PhoneInbox
from web.presenters.masks import OPEN
from web.presenters.messages import ROLES, why_of
from web.presenters.notice_words import WITHHELD
from workforce.queries import list_points, list_technicians

PARTY_ORDER = ("resident", "requester", "payer")
TASK_STATES = {"open": N_("할 일"), "done": N_("마친 일"), "void": N_("거둔 일")}


@dataclass(frozen=True)
class Bubble:
    """A text as it lies on a phone. `number` is its ticket's."""

    id: int
    event: str
    word: str
    text: str
    subject: str
    at: datetime
    channel: str
    bytes: int
    state: str
    sender: str
    number: str


@dataclass(frozen=True)
class Missed:
    """What this phone did not get, and why. `state`: `failed`, `withdrawn`, or `withheld`: never written."""

    state: str
    word: str
    why: str
    text: str
    at: datetime


@dataclass(frozen=True)
class VoiceTask:
    """Somebody rings instead of a text: what he is to say, and how it stands."""

    state: str
    word: str
    event: str
    owner: str
    text: str
    outcome: str


@dataclass(frozen=True)
class ShownPhone:
    """A phone. `pending` counts texts that do not lie on it yet."""

    number: str
    name: str
    sub: str
    landline: bool
    texts: tuple[Bubble, ...]
    voice: tuple[VoiceTask, ...] = ()
    pending: int = 0
    missed: tuple[Missed, ...] = ()


def phones_of_list(
    session: Session,
    *,
    company_id: int,
    inboxes: Sequence[PhoneInbox],
    names: Mapping[str, str],
) -> list[ShownPhone]:
    """Phones with their owners: `names` knows the staff, the tickets know the family."""
    ids = {text.ticket_id for inbox in inboxes for text in inbox.texts if text.ticket_id is not None}
    cases = cases_to_follow(session, company_id=company_id, ticket_ids=ids)
    shown = []
    for inbox in inboxes:
        name, sub = names.get(inbox.phone, ""), ""
        if not name:
            name, sub = _family_names(inbox, cases)
        texts = tuple(_bubble(text, cases) for text in inbox.texts)
        missed = tuple(_missed(text) for text in inbox.missed)
        landline = not parse_phone(inbox.phone).can_text
        shown.append(ShownPhone(display(inbox.phone), name, sub, landline, texts, missed=missed))
    return shown


def phones_of_ticket(
    session: Session, *, detail: TicketDetail, names: Mapping[str, str]
) -> tuple[list[ShownPhone], list[ShownPhone]]:
    """The family's phones side by side (people on one number share it), and the staff's that were told."""
    notices = list_notices(session, ticket_id=detail.id)
    cases = cases_to_follow(session, company_id=detail.company.id, ticket_ids=[detail.id])
    tasks = list_tasks(
        session, company_id=detail.company.id, ticket_id=detail.id, kinds=[CALL_LANDLINE], state=None
    )
    family: dict[str, list[str]] = defaultdict(list)
    people = sorted(detail.parties, key=lambda it: PARTY_ORDER.index(it.role))
    for party in people:
        family[party.phone].append(party.role)
    shown = []
    for phone, roles in family.items():
        owners = [party for party in people if party.phone == phone]
        shown.append(
            ShownPhone(
                number=display(phone),
                name=" · ".join(dict.fromkeys(party.name for party in owners)),
                sub=" · ".join(_who(party.role, party.relationship) for party in owners),
                landline=not owners[0].can_text,
                texts=_arrived(notices, phone, cases),
                voice=tuple(_voice(task) for task in tasks if task.recipient in roles),
                pending=sum(it.to_phone == phone and it.state == "queued" for it in notices),
                missed=_withheld(detail, roles) + _missed_of(notices, phone),
            )
        )
    staff = dict.fromkeys(
        it.to_phone for it in notices if it.recipient not in PARTY_ORDER and it.state != "queued"
    )
    return shown, [
        ShownPhone(
            number=display(phone),
            name=names.get(phone, ""),
            sub="",
            landline=False,
            texts=_arrived(notices, phone, cases),
            missed=_missed_of(notices, phone),
        )
        for phone in staff
    ]


def staff_names(session: Session, *, company_id: int, now: datetime) -> dict[str, str]:
    """Who of the company answers a number: technicians by name, service points by theirs."""
    points = {
        point.desk_phone: point.name
        for point in list_points(session, company_id=company_id, day=today_kst(now))
    }
    crew = {it.phone: it.name for it in list_technicians(session, company_id=company_id, at=now)}
    return {**points, **crew}


def display(phone: str) -> str:
    """`010-9876-5432`."""
    return displayed(phone)


def _family_names(inbox: PhoneInbox, cases: Mapping[int, FollowUpCase]) -> tuple[str, str]:
    """Names and parts of the people on this number, by its newest text's ticket."""
    case = cases.get(inbox.texts[0].ticket_id or 0) if inbox.texts else None
    owners = [person for person in case.people if person.phone == inbox.phone] if case else []
    owners.sort(key=lambda it: PARTY_ORDER.index(it.role))
    name = " · ".join(dict.fromkeys(person.name for person in owners))
    return name, " · ".join(_who(person.role, person.relationship) for person in owners)


def _who(role: str, relationship: str) -> str:
    if role == "resident":
        return _(ROLES[role])
    found = read_relationship(relationship)
    kin = relationship_label(found) if found is not Relationship.OTHER else ""
    return f"{_(ROLES[role])}({kin})" if kin else _(ROLES[role])


def _arrived(
    notices: Iterable[NoticeInfo], phone: str, cases: Mapping[int, FollowUpCase]
) -> tuple[Bubble, ...]:
    mine = [it for it in notices if it.to_phone == phone and it.state in ARRIVED]
    return tuple(_bubble(it, cases) for it in reversed(mine))


def _missed_of(notices: Iterable[NoticeInfo], phone: str) -> tuple[Missed, ...]:
    mine = [it for it in notices if it.to_phone == phone and it.state in MISSED]
    return tuple(_missed(it) for it in reversed(mine))


def _missed(text: NoticeInfo) -> Missed:
    why = why_of(text, masks=OPEN, names=()) or _("까닭을 알 수 없습니다")
    at = text.settled_at or text.created_at
    return Missed(text.state, _(label_of(text.event)), why, text.text, at)


def _withheld(detail: TicketDetail, roles: Sequence[str]) -> tuple[Missed, ...]:
    """What nobody wrote to these people, because they do not want it or their number takes none."""
    found = [
        entry
        for entry in detail.timeline
        if entry.what == "NoticeWithheld" and entry.data.get("recipient") in roles
    ]
    return tuple(
        Missed(
            "withheld",
            _(label_of(str(entry.data.get("event", "")))),
            _(WITHHELD.get(entry.reason or "", "")),
            "",
            entry.at,
        )
        for entry in reversed(found)
    )


def _bubble(text: NoticeInfo, cases: Mapping[int, FollowUpCase]) -> Bubble:
    case = cases.get(text.ticket_id or 0)
    return Bubble(
        id=text.id,
        event=text.event,
        word=_(label_of(text.event)),
        text=text.spoken_text if text.channel == "VOICE" and text.spoken_text else text.text,
        subject="" if text.channel == "VOICE" else text.subject,
        at=text.settled_at or text.created_at,
        channel=text.channel,
        bytes=text.bytes,
        state=text.state,
        sender=display(text.from_phone) if text.from_phone else "",
        number=case.number if case else "",
    )


def _voice(task: TaskInfo) -> VoiceTask:
    event = str(task.data.get("event", ""))
    return VoiceTask(
        state=task.state,
        word=_(TASK_STATES.get(task.state, task.state)),
        event=_(label_of(event)) if event else "",
        owner=task.owner.name,
        text=task.detail,
        outcome=task.outcome,
    )
