"""Numbers and rules that a law, a maker or a season sets: dated rows, read as one typed picture."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

import holidays
from pydantic import BaseModel, ConfigDict
from sqlalchemy import bindparam, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from core import audit
from core.actor import Actor
from core.clock import KST
from core.memo import once
from core.models import DatedSetting, Holiday


class NoticeRule(BaseModel):
    """How a company tells of one event (`notifications/policy.py`): the roles told, and whether at night."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: list[str]
    urgent: bool


class CompanyRules(BaseModel):
    """Every dated number of a company as it holds at one moment.

    No field has a default here: the national defaults are rows of the first migration, each with its source.
    Durations are seconds, money is won, costs are planning units (one unit = one second of travel).
    """

    model_config = ConfigDict(frozen=True)

    contact_limit_s: int
    promise_limit_s: int
    handled_limit_s: int
    contact_remind_after_s: int
    contact_hand_over_after_s: int
    accept_limit_s: int
    late_entry_flag_s: int
    late_entry_limit_s: int
    """How long after it was received a ticket may still be entered from paper."""
    stale_step_s: int
    """A step entered later than this after it happened sends no text of what is over by now."""
    season_24h_from: str
    """`MM-DD`, first day on which no hour and no holiday stops the contact clock."""
    season_24h_to: str
    """`MM-DD`, last such day."""
    desk_hours: dict[str, list[str]]
    """Weekday 0-6 (Monday 0) -> [opens, closes] `HH:MM` for the off-season contact clock; absent = closed."""
    contact_clock_off_season: str
    """`hours` (runs in desk hours only) or `always`."""
    absence_wait_s: int
    absence_attempts: int
    safety_depart_s: int
    """How long a technician with a danger may take to set out, or to arrive behind what was expected."""
    arrival_check_s: int
    """How long behind his expected arrival somebody asks after a technician who is under way."""
    freeze_s: int
    route_change_pause_s: int
    window_length_s: int
    window_starts: list[str]
    """Starts of the windows that are offered, `HH:MM` KST."""
    visiting_from: str
    """`HH:MM` KST: an ordinary visit begins no earlier. No heat and danger know no hours."""
    visiting_to: str
    """`HH:MM` KST: an ordinary visit begins no later. The same as `visiting_from`: at any hour."""
    planning_days: int
    """Days planned beside today."""
    drop_cost: list[int]
    """By priority 0-4."""
    lateness_cost: list[int]
    """By priority 0-4, units a second."""
    visit_target_s: list[int]
    """By priority 0-4: the soft due time of a visit, from intake."""
    safety_drop_cost: int
    checkup_drop_cost: int
    """That a check-up gives way. Every fault weighs this much more for each check-up of its day."""
    overtime_cost: int
    max_overtime_s: int
    move_person_cost: dict[str, int]
    """That another comes than planned: `tentative` (nobody is told), `told` (the technician), `promised`."""
    move_later_cost: dict[str, int]
    """A second that work begins later than planned, by the same names."""
    known_face_cost: int
    """What it may cost that the technician comes whom the family knows or wishes for."""
    fairness_cost: int
    """What a visit costs more with a technician for each tenth of his time that he was busier than others."""
    fairness_days: int
    """Of so many days past."""
    call_gap_s: int
    """How long a technician under way stands still to call a family."""
    call_gap_worth: int
    """What such a gap may cost the route at most; else the desk calls."""
    job_duration_s: dict[str, int]
    """By symptom; `default` for the rest."""
    symptom_skills: dict[str, list[str]]
    """By symptom: the qualifications a visit needs; `default` for the rest."""
    travel_detour: float
    travel_speed_kmh: dict[str, float]
    """By hour class `peak`, `day`, `night`."""
    candidate_points: int
    """How many of the nearest points are looked at before a ticket waits for a person."""
    reopen_free_s: int
    warranty_recheck_s: int
    happy_call_after_days: int
    happy_call_until_days: int
    happy_call_hours: list[list[str]]
    happy_call_attempts: int
    happy_call_low_score: int
    happy_call_low_nps: int
    night_from: str
    night_to: str
    approval_limit: int
    """Won: whoever pays agrees to work above this before it is done."""
    vat_percent: int
    """Every amount includes it."""
    cash_receipt_from: int
    """Won: cash of this much or more needs the number of its cash receipt."""
    outlier_part_amount: int
    """Won: a part dearer than this is looked at at the end of the month."""
    outlier_part_times: int
    """A part that somebody uses this many times as often as the company does is looked at."""
    duplicate_window_s: int
    link_days: int
    """So long after the end, or after it was sent if that was later, a family's link answers."""
    link_times_a_day: int
    """So often a day a family sets the time of its visit on its page; further changes take a call."""
    advert_from: str
    """`HH:MM` KST: from when on advertisements may go out."""
    advert_until: str
    """`HH:MM` KST: from then on they may not."""
    advert_consent_years: int
    """So long a yes to advertisements holds; then it is asked again, and without an answer there are none."""
    advert_reconfirm_days: int
    """So many days before that it is asked again."""
    advert_refusal_number: str
    """The company's free number to refuse by (080), as dialled; empty: no advertisement goes out at all."""
    campaign_season_from: str
    """`MM-DD`: preseason campaigns begin no earlier."""
    campaign_season_to: str
    """`MM-DD`: and end no later."""
    checkup_age_years: int
    """How old a boiler a campaign picks, unless its manager says otherwise."""
    checkup_repairs: int
    """How many repairs make a younger one worth a look."""
    checkup_repairs_months: int
    """Within how many months they were."""
    checkup_visited_months: int
    """Whoever was visited so lately is not invited."""
    checkup_travel_s: int
    """What a visit costs of a shift beside the work: the way there."""
    checkup_reserve_percent: int
    """Share of every shift that is kept free for faults still to come."""
    checkup_response_percent: int
    """How many of a hundred invited homes are expected to choose a time."""
    checkup_answer_days: int
    """So long an invitation can be answered, and is reckoned with."""
    checkup_stop_waiting: int
    """As many faults without a technician stop every campaign by themselves."""
    checkup_stop_overdue: int
    """As many families who were not rung within the limit do so too."""
    checkup_stop_surge_percent: int
    """And as many calls in a day, beside the usual day of the four weeks before."""
    correction_days: dict[str, int]
    """By severity (`use_stop`, `repair`, `advice`): within how many days it is to be put right."""
    voice_enabled: bool
    """Landlines hear a notice by voice; a person calls only whom that did not reach."""
    voice_hours: list[list[str]]
    """When a voice may call, [from, to) `HH:MM` KST; else a person does."""
    text_accounts: list[str]
    """Accounts for texts by their names in the settings, the first one tried first; empty: the usual one."""
    notice_matrix: dict[str, NoticeRule]
    """By event: what the company wants otherwise than the catalogue of notices."""
    notice_ways: dict[str, dict[str, list[str]]]
    """By event and recipient: the order of ways, where it is not the usual one (`notifications/ways.py`)."""
    quiet_from: str
    """`HH:MM` KST: from then on a text that can wait waits."""
    quiet_to: str
    """`HH:MM` KST: until then. The same as `quiet_from`: no hour is quiet."""
    late_told_s: int
    """The family is told of a new arrival that is so much behind what it was told last."""
    contact_failed_after: int
    """The family gets a text after so many calls that nobody answered; 0 = never."""
    push_answer_s: int
    """So long a push to a technician waits to be acknowledged; then he is told by text."""
    message_tariff: dict[str, int]
    """Won a thousand messages by channel: `PUSH SMS LMS ALIMTALK VOICE`."""
    retain_ticket_days: int
    """From a case's end until its people are destroyed; figures and money stay."""
    retain_text_days: int
    """From the end of its case until what a text said is destroyed."""
    retain_household_days: int
    """From the last case of a home until the home's people and address are destroyed."""
    retain_timeline_days: int
    retain_access_log_days: int
    retain_request_days: int
    """Answers kept for replays of a POST."""
    retain_session_days: int
    """Ended sessions, tokens and one-time log-in links."""
    retain_sign_in_try_days: int
    retain_receipt_days: int
    """What the provider reported about a text."""
    retain_plan_days: int
    """Earlier versions of plans of past days."""
    retain_event_days: int
    """Facts whose next steps have all run."""
    retain_job_days: int
    allowed_networks: list[str]
    """CIDR: the company's own rooms. Empty: none is known, and `outside` asks nobody for a second factor."""
    second_factor: str
    """`outside` (asked of whoever comes from outside the allowed networks) or `always`."""
    device_days: int
    """How long a remembered device is not asked again."""
    idle_lock_s: dict[str, int]
    """By role: unused for so long, a browser asks for the password again; 0 = never."""
    api_per_minute: int
    """Requests that one API token may make a minute."""


class UnknownSettingError(KeyError):
    """A key that `CompanyRules` does not have."""


def read_rules(session: Session, *, company_id: int, at: datetime) -> CompanyRules:
    """The rules of a company as they hold at a moment: its own newest row, else the national one."""
    return once(session, DatedSetting, (company_id, at), lambda: _read_rules(session, company_id, at))


def _read_rules(session: Session, company_id: int, at: datetime) -> CompanyRules:
    rows = once(session, DatedSetting, company_id, lambda: _read_settings(session, company_id))
    return CompanyRules.model_validate({key: value for key, value, valid_from in rows if valid_from <= at})


# Put together once: every request asks them.
_SETTINGS = (
    columns(col(DatedSetting.key), col(DatedSetting.value), col(DatedSetting.valid_from))
    .where(
        or_(col(DatedSetting.company_id) == bindparam("company_id"), col(DatedSetting.company_id).is_(None))
    )
    .order_by(col(DatedSetting.company_id).nulls_first(), col(DatedSetting.valid_from), col(DatedSetting.id))
)
_HOLIDAYS = (
    columns(col(Holiday.day), col(Holiday.is_holiday), col(Holiday.name))
    .where(or_(col(Holiday.company_id) == bindparam("company_id"), col(Holiday.company_id).is_(None)))
    .order_by(col(Holiday.company_id).nulls_first(), col(Holiday.id))
)


def _read_settings(session: Session, company_id: int) -> list[tuple[str, Any, datetime]]:
    """Of every date: a case may ask for the rules of its call, of its visit and of this minute."""
    rows = session.execute(_SETTINGS, {"company_id": company_id})
    return [(key, value, valid_from) for key, value, valid_from in rows]


def set_rule(
    session: Session,
    *,
    company_id: int,
    key: str,
    value: Any,
    valid_from: datetime,
    source: str,
    by: Actor,
    now: datetime,
) -> None:
    """Let a company's number change from a day on; nothing is overwritten.

    Raises:
        UnknownSettingError: no such key.
        pydantic.ValidationError: the value has the wrong shape.
    """
    if key not in CompanyRules.model_fields:
        raise UnknownSettingError(key)
    current = read_rules(session, company_id=company_id, at=valid_from)
    CompanyRules.model_validate({**current.model_dump(), key: value})
    session.add(
        DatedSetting(
            company_id=company_id,
            key=key,
            value=value,
            valid_from=valid_from,
            source=source,
            entered_at=now,
            entered_by=by.account_id,
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="SettingChanged",
        subject=("company", company_id),
        company_id=company_id,
        reason=source,
        data={"key": key, "value": value, "valid_from": valid_from.isoformat()},
    )


class Calendar:
    """Korean public holidays with the operator's and the company's corrections."""

    def __init__(self, overrides: dict[date, tuple[bool, str]]) -> None:
        self._overrides = overrides
        self._national = _national_holidays()

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a public holiday (weekends are not)."""
        if day in self._overrides:
            return self._overrides[day][0]
        return day in self._national

    def is_day_off(self, day: date) -> bool:
        """Saturday, Sunday or public holiday."""
        return day.weekday() >= 5 or self.is_holiday(day)

    def is_day_off_at(self, at: datetime) -> bool:
        """The same at a moment, by the calendar date in Korea."""
        return self.is_day_off(at.astimezone(KST).date())


def read_calendar(session: Session, *, company_id: int) -> Calendar:
    """The calendar that both the fee and the clocks of a company read."""
    return once(session, Holiday, company_id, lambda: _read_calendar(session, company_id))


def _read_calendar(session: Session, company_id: int) -> Calendar:
    rows = session.execute(_HOLIDAYS, {"company_id": company_id})
    return Calendar({day: (is_holiday, name) for day, is_holiday, name in rows})


@cache
def _national_holidays() -> holidays.HolidayBase:
    """Filled year by year as it is asked."""
    return holidays.country_holidays("KR")
