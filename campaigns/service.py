"""A campaign's own steps: planned, begun, paused, resumed, stopped. Each leaves who, when and why."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from campaigns import rules
from campaigns.inviting import end_unsent
from campaigns.models import Campaign
from campaigns.opinions import opinion_at
from campaigns.schemas import CampaignInfo, Criteria, Draft
from core import audit
from core.actor import SYSTEM, Actor
from core.clock import KST
from core.dated import CompanyRules, read_rules
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import N_, _
from dispatch.pressure import read_pressure
from workforce.queries import points_by_id

LONGEST_NAME, LONGEST_REASON = 80, 500
NEXT = {
    "start": (("draft",), "running"),
    "pause": (("running", "halted"), "paused"),
    "resume": (("paused", "halted"), "running"),
    "stop": (("draft", "running", "paused", "halted"), "stopped"),
}
"""Step -> the states that it follows, and where it leads."""

TAKEN_BACK = {
    "stopped": N_("사전점검 안내를 그만두었습니다."),
    "paused": N_("사전점검 안내를 멈추었습니다."),
}
"""State -> why what waits does not go out."""


class BadCampaignError(InvalidError):
    """A campaign that cannot be: no name, days outside the season, nobody picked (422)."""

    code = "bad-campaign"


class UnknownCampaignError(NotFoundError):
    """No such campaign, or another company's."""

    code = "unknown-campaign"


class CampaignStateError(ConflictError):
    """The step does not follow the campaign's state, or faults press too hard to invite anybody."""

    code = "campaign-state"


def plan_campaign(session: Session, *, company_id: int, draft: Draft, by: Actor, now: datetime) -> int:
    """Keep a campaign that invites nobody yet. Returns its id.

    Raises BadCampaignError: with every bad field.
    """
    company = read_rules(session, company_id=company_id, at=now)
    errors = _faults(session, draft, company, company_id=company_id, now=now)
    if errors:
        raise BadCampaignError(_("빨간 칸을 고쳐 주세요."), errors=tuple(errors))
    wanted = draft.criteria
    row = Campaign(
        company_id=company_id,
        name=draft.name.strip(),
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        point_ids=sorted(wanted.point_ids),
        age_years=wanted.age_years,
        repairs=wanted.repairs,
        repairs_months=wanted.repairs_months,
        risky=wanted.risky,
        opinion_id=draft.opinion_id,
        state_by=by.name,
        state_at=now,
        created_by=by.name,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, row, "CampaignPlanned", by=by, now=now, reason=None)
    return row.id or 0


def take_step(
    session: Session, *, company_id: int, campaign_id: int, step: str, reason: str, by: Actor, now: datetime
) -> CampaignInfo:
    """Start, pause, resume or stop it; every step but the start takes a reason. The same twice is one.

    Raises:
        UnknownCampaignError.
        InvalidError: no reason, or no such step.
        CampaignStateError: it stands otherwise; or it is to invite while faults press, out of its days, or
            as an advertisement without the company's free number.
    """
    if step not in NEXT:
        raise InvalidError(_("그런 단계가 없습니다."))
    row = lock_campaign(session, company_id=company_id, campaign_id=campaign_id)
    follows, target = NEXT[step]
    if row.state == target:
        return info_of(row)
    if row.state not in follows:
        raise CampaignStateError(_("지금 상태에서는 할 수 없습니다. 화면을 새로 고쳐 주세요."))
    why = reason.strip()[:LONGEST_REASON]
    if not why and step != "start":
        message = _("까닭을 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    if target == "running":
        _require_ready(session, row, now=now)
    set_state(session, row, state=target, reason=why, by=by, now=now)
    if target in TAKEN_BACK:
        end_unsent(session, campaign_id=row.id or 0, reason=TAKEN_BACK[target], now=now)
    return info_of(row)


def set_state(
    session: Session, row: Campaign, *, state: str, reason: str, by: Actor = SYSTEM, now: datetime
) -> None:
    """Write where a locked campaign stands, and its line in the timeline."""
    row.state, row.state_reason, row.state_by, row.state_at = state, reason, by.name, now
    session.add(row)
    _note(session, row, f"Campaign{state.capitalize()}", by=by, now=now, reason=reason or None)


def get_campaign(session: Session, *, company_id: int, campaign_id: int) -> CampaignInfo:
    """One campaign. Raises UnknownCampaignError, also for another company's."""
    row = session.get(Campaign, campaign_id)
    if row is None or row.company_id != company_id:
        raise UnknownCampaignError(_("그런 사전점검이 없습니다."))
    return info_of(row)


def list_campaigns(session: Session, *, company_id: int) -> list[CampaignInfo]:
    """All of a company, the newest first."""
    query = select(Campaign).where(col(Campaign.company_id) == company_id)
    return [info_of(row) for row in session.exec(query.order_by(col(Campaign.id).desc()))]


def lock_campaign(session: Session, *, company_id: int, campaign_id: int) -> Campaign:
    """The row, held until the transaction ends. Raises UnknownCampaignError."""
    query = select(Campaign).where(col(Campaign.id) == campaign_id, col(Campaign.company_id) == company_id)
    row = session.exec(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise UnknownCampaignError(_("그런 사전점검이 없습니다."))
    return row


def info_of(row: Campaign) -> CampaignInfo:
    """The frozen shape of a row."""
    return CampaignInfo(
        id=row.id or 0,
        company_id=row.company_id,
        name=row.name,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        criteria=Criteria(
            row.age_years, row.repairs, row.repairs_months, row.risky, frozenset(row.point_ids)
        ),
        opinion_id=row.opinion_id,
        state=row.state,
        state_reason=row.state_reason,
        state_by=row.state_by,
        state_at=row.state_at,
        created_by=row.created_by,
        created_at=row.created_at,
        looked_at=row.looked_at,
    )


def _require_ready(session: Session, row: Campaign, *, now: datetime) -> None:
    company = read_rules(session, company_id=row.company_id, at=now)
    if now.astimezone(KST).date() > row.ends_on:
        raise CampaignStateError(_("기간이 지났습니다. 새 사전점검을 만들어 주세요."))
    opinion = opinion_at(session, company_id=row.company_id, opinion_id=row.opinion_id, at=now)
    if opinion is None and not company.advert_refusal_number:
        raise CampaignStateError(
            _("광고로 보내려면 무료 수신 거부 번호(080)가 있어야 합니다. 기준값에 먼저 넣어 주세요.")
        )
    pressing = rules.why_stop(read_pressure(session, company_id=row.company_id, now=now), company)
    if pressing:
        words, number, limit = pressing[0]
        why = _(words).format(n=number, limit=limit)
        raise CampaignStateError(_("지금은 고장이 먼저라 안내를 보낼 수 없습니다. {why}").format(why=why))


def _faults(
    session: Session, draft: Draft, company: CompanyRules, *, company_id: int, now: datetime
) -> list[FieldError]:
    errors, wanted = [], draft.criteria
    if not draft.name.strip() or len(draft.name) > LONGEST_NAME:
        errors.append(FieldError("name", _("이름을 {n}자까지 적어 주세요.").format(n=LONGEST_NAME)))
    first, last = (rules.season_of(day, company) for day in (draft.starts_on, draft.ends_on))
    if draft.ends_on < draft.starts_on or draft.ends_on < now.astimezone(KST).date():
        errors.append(FieldError("ends_on", _("끝나는 날은 시작하는 날과 오늘보다 앞설 수 없습니다.")))
    elif first is None or first != last:
        season = f"{company.campaign_season_from} ~ {company.campaign_season_to}"
        errors.append(
            FieldError("starts_on", _("사전점검 철({season}) 안에서 고르세요.").format(season=season))
        )
    if not 0 < wanted.age_years <= 50:
        errors.append(FieldError("age_years", _("1년에서 50년까지 적어 주세요.")))
    if not (0 <= wanted.repairs <= 20 and 0 < wanted.repairs_months <= 120):
        errors.append(FieldError("repairs", _("수리 횟수와 개월 수를 확인해 주세요.")))
    points = points_by_id(session, point_ids=wanted.point_ids)
    if any(key not in points or points[key].company_id != company_id for key in wanted.point_ids):
        errors.append(FieldError("points", _("그런 서비스점이 없습니다.")))
    known = opinion_at(session, company_id=company_id, opinion_id=draft.opinion_id, at=now)
    if draft.opinion_id is not None and known is None:
        errors.append(FieldError("opinion", _("지금 쓸 수 있는 법률 의견이 아닙니다.")))
    return errors


def _note(
    session: Session, row: Campaign, what: str, *, by: Actor, now: datetime, reason: str | None
) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("campaign", row.id or 0),
        company_id=row.company_id,
        reason=reason,
        data={"state": row.state, "name": row.name},
    )
