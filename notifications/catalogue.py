"""Every event there is to tell, and what holds for it: one line each.

To tell something new: a line in `CATALOGUE`, its data in `contexts`, its wordings in `templates/<event>/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.i18n import N_


class Role(StrEnum):
    """Who a notice is for; the names of the JSON API. A shared number is filed under its first role."""

    REQUESTER = "requester"
    RESIDENT = "resident"
    PAYER = "payer"
    TECHNICIAN = "technician"
    POINT = "point"


class Event(StrEnum):
    """What a notice is about; the names of the JSON API."""

    TICKET_RECEIVED = "TICKET_RECEIVED"
    CONTACT_FAILED = "CONTACT_FAILED"
    VISIT_SCHEDULED = "VISIT_SCHEDULED"
    WINDOW_CHANGED = "WINDOW_CHANGED"
    LATE = "LATE"
    EN_ROUTE = "EN_ROUTE"
    ABSENT = "ABSENT"
    ON_HOLD = "ON_HOLD"
    REVISIT = "REVISIT"
    ESTIMATE = "ESTIMATE"
    APPROVAL_ASKED = "APPROVAL_ASKED"
    VISIT_RESULT = "VISIT_RESULT"
    CORRECTION_NOTICE = "CORRECTION_NOTICE"
    HAPPY_CALL_MISSED = "HAPPY_CALL_MISSED"
    COMPLAINT_CLOSED = "COMPLAINT_CLOSED"
    ADVERT_CHOICE = "ADVERT_CHOICE"
    ADVERT_RECONFIRM = "ADVERT_RECONFIRM"
    CHECKUP_INVITED = "CHECKUP_INVITED"
    JOB_ASSIGNED = "JOB_ASSIGNED"
    JOB_CHANGED = "JOB_CHANGED"
    CONTACT_DUE = "CONTACT_DUE"


FAMILY = (Role.REQUESTER, Role.RESIDENT)
WHOEVER_PAYS = (*FAMILY, Role.PAYER)
STAFF = (Role.TECHNICIAN, Role.POINT)


@dataclass(frozen=True)
class EventRules:
    """What holds for every text about an event.

    `roles`: whom it concerns; of the staff, those whose party is handed in are told.
    `shelf_life`: how long after it was written a text still helps; later it fails, and a person is asked.
    `leads_to_visit`: untrue once somebody has stood at the door.
    `moot_once_ended`: must not go out any more once the case has ended.
    `news_once_ended`: to be told even then.
    `rings`: a person rings the numbers that take no text.
    `stands_alone`: said by telephone beside other news; no newer news takes its place, and it takes none's.
    `urgent`: quiet hours do not hold it back. What leads to a visit is told at any hour where it is a danger.
    `pushed`: a technician hears it on his phone's lock screen first, where he asked for that.
    `voiced`: a technician is rung up first, where the company has a voice.
    `advert`: an advertisement: only in its hours, only to who agrees at the moment of sending (`adverts.py`).
    `personal`: about whoever is told himself: no company leaves anybody out of it.
    """

    label: str
    roles: tuple[Role, ...]
    shelf_life: timedelta
    leads_to_visit: bool = False
    moot_once_ended: bool = False
    news_once_ended: bool = False
    rings: bool = True
    stands_alone: bool = False
    urgent: bool = True
    pushed: bool = False
    voiced: bool = False
    advert: bool = False
    personal: bool = False


_HALF_HOUR, _HOUR, _TWO_HOURS = timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)
_TWO_DAYS, _WEEK = timedelta(days=2), timedelta(days=7)

CATALOGUE: dict[Event, EventRules] = {
    Event.TICKET_RECEIVED: EventRules(
        N_("접수 안내"), FAMILY, _TWO_HOURS, leads_to_visit=True, moot_once_ended=True, rings=False
    ),
    Event.CONTACT_FAILED: EventRules(
        N_("통화하지 못함"), FAMILY, _HALF_HOUR, leads_to_visit=True, moot_once_ended=True, rings=False
    ),
    Event.VISIT_SCHEDULED: EventRules(
        N_("방문 안내"), FAMILY, _TWO_HOURS, leads_to_visit=True, moot_once_ended=True
    ),
    Event.WINDOW_CHANGED: EventRules(
        N_("방문 시간 바뀜"), FAMILY, _TWO_HOURS, leads_to_visit=True, moot_once_ended=True
    ),
    Event.LATE: EventRules(N_("도착 늦음"), FAMILY, _HALF_HOUR, leads_to_visit=True, moot_once_ended=True),
    Event.EN_ROUTE: EventRules(
        N_("출발 안내"), FAMILY, _HALF_HOUR, leads_to_visit=True, moot_once_ended=True
    ),
    Event.ABSENT: EventRules(N_("부재 안내"), FAMILY, _TWO_HOURS, moot_once_ended=True),
    # Somebody rings about a part, and about coming again, in any case (`dispatch.revisits`).
    Event.ON_HOLD: EventRules(N_("방문 미룸"), FAMILY, _TWO_HOURS, moot_once_ended=True, rings=False),
    Event.REVISIT: EventRules(
        N_("다시 방문"),
        FAMILY,
        _TWO_HOURS,
        leads_to_visit=True,
        moot_once_ended=True,
        rings=False,
        urgent=False,
    ),
    Event.ESTIMATE: EventRules(
        N_("예상 비용"),
        WHOEVER_PAYS,
        _TWO_HOURS,
        leads_to_visit=True,
        moot_once_ended=True,
        stands_alone=True,
    ),
    Event.APPROVAL_ASKED: EventRules(
        N_("비용 동의"), WHOEVER_PAYS, _HALF_HOUR, moot_once_ended=True, stands_alone=True
    ),
    Event.VISIT_RESULT: EventRules(
        N_("비용과 결과"), WHOEVER_PAYS, _TWO_DAYS, news_once_ended=True, stands_alone=True
    ),
    Event.CORRECTION_NOTICE: EventRules(
        N_("시정 권고"), FAMILY, _TWO_DAYS, news_once_ended=True, stands_alone=True
    ),
    Event.HAPPY_CALL_MISSED: EventRules(
        N_("해피콜 못 받으심"), FAMILY, _TWO_DAYS, news_once_ended=True, rings=False, urgent=False
    ),
    Event.COMPLAINT_CLOSED: EventRules(
        N_("불편 처리"), FAMILY, _TWO_DAYS, news_once_ended=True, stands_alone=True, urgent=False
    ),
    # The law gives 14 days to tell what came of a word; whoever rings has the second week.
    Event.ADVERT_CHOICE: EventRules(
        N_("광고 동의 결과"),
        FAMILY,
        _WEEK,
        news_once_ended=True,
        rings=False,
        urgent=False,
        personal=True,
    ),
    Event.ADVERT_RECONFIRM: EventRules(
        N_("광고 동의 확인"), FAMILY, _WEEK, rings=False, urgent=False, personal=True
    ),
    # By text or not at all: who is rung up for it would be talked into it.
    Event.CHECKUP_INVITED: EventRules(
        N_("사전점검 안내"), FAMILY, _TWO_DAYS, rings=False, urgent=False, personal=True
    ),
    Event.JOB_ASSIGNED: EventRules(
        N_("새 일"), STAFF, _HOUR, leads_to_visit=True, moot_once_ended=True, pushed=True
    ),
    # Whom it was taken from must hear it although another stands at the door.
    Event.JOB_CHANGED: EventRules(N_("일 바뀜"), STAFF, _HOUR, pushed=True),
    Event.CONTACT_DUE: EventRules(
        N_("연락 재촉"), STAFF, _HALF_HOUR, leads_to_visit=True, moot_once_ended=True, voiced=True
    ),
}

STAFF_EVENTS = frozenset(event for event, rules in CATALOGUE.items() if Role.TECHNICIAN in rules.roles)
ADVERTS = frozenset(event for event, rules in CATALOGUE.items() if rules.advert)
PUSHED_EVENTS = frozenset(event for event, rules in CATALOGUE.items() if rules.pushed)


def label_of(event: str) -> str:
    """An event in Korean words, to be translated where it is shown; itself when it is none of ours."""
    return CATALOGUE[Event(event)].label if event in CATALOGUE else event


def shelf_life(event: str) -> timedelta:
    """How long after it was written a text of an event still helps."""
    return CATALOGUE[Event(event)].shelf_life


def leading_to_a_visit() -> Iterable[Event]:
    """What is untrue once somebody has stood at the door."""
    return [event for event, rules in CATALOGUE.items() if rules.leads_to_visit]


def moot_once_ended() -> Iterable[Event]:
    """What must not go out any more once a case has ended."""
    return [event for event, rules in CATALOGUE.items() if rules.moot_once_ended]
