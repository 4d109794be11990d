"""The forms of campaigns and opinions, read and filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from campaigns.rules import season_ahead
from campaigns.schemas import Criteria, Draft, OpinionDraft
from campaigns.service import BadCampaignError
from core.clock import today_kst
from core.dated import CompanyRules
from core.errors import FieldError
from core.i18n import _
from web.pages.posting import PostedForm
from web.typed_ids import read_id
from workforce.schemas import PointInfo


def usual_values(rules: CompanyRules, *, now: datetime) -> dict[str, Any]:
    """What the form shows first: the company's usual numbers, and what is left of the season."""
    today = today_kst(now)
    first, last = season_ahead(today, rules)
    return {
        "name": "",
        "starts_on": max(today, first).isoformat(),
        "ends_on": last.isoformat(),
        "age_years": rules.checkup_age_years,
        "repairs": rules.checkup_repairs,
        "repairs_months": rules.checkup_repairs_months,
        "risky": ["1"],
        "points": [],
        "opinion": "",
    }


def typed_of(posted: PostedForm) -> dict[str, Any]:
    """What was typed, to show it again; what may be ticked together as lists."""
    shown: dict[str, Any] = {name: value for name, value in posted.fields if name != "idempotency_key"}
    return {**shown, "points": posted.all("points"), "risky": posted.all("risky")}


def draft_from(posted: PostedForm) -> Draft:
    """The campaign that was typed. Raises BadCampaignError: a field that is no number or date (422)."""
    errors: list[FieldError] = []

    def whole(name: str) -> int:
        text = posted.get(name).strip()
        if text.isascii() and text.isdigit() and len(text) < 5:
            return int(text)
        errors.append(FieldError(name, _("숫자를 적어 주세요.")))
        return 0

    criteria = Criteria(
        age_years=whole("age_years"),
        repairs=whole("repairs"),
        repairs_months=whole("repairs_months"),
        risky=posted.get("risky") == "1",
        point_ids=frozenset(key for raw in posted.all("points") if (key := read_id(raw)) is not None),
    )
    draft = Draft(
        name=posted.get("name"),
        starts_on=_day(posted, "starts_on", errors),
        ends_on=_day(posted, "ends_on", errors),
        criteria=criteria,
        opinion_id=read_id(posted.get("opinion")) if posted.get("opinion") else None,
    )
    if errors:
        raise BadCampaignError(_("빨간 칸을 고쳐 주세요."), errors=tuple(errors))
    return draft


def opinion_from(posted: PostedForm) -> OpinionDraft:
    """The opinion that was typed. Raises BadCampaignError: a field that is no date (422)."""
    errors: list[FieldError] = []
    draft = OpinionDraft(
        author=posted.get("author"),
        reference=posted.get("reference"),
        covers=posted.get("covers"),
        valid_from=_day(posted, "valid_from", errors),
        valid_until=_day(posted, "valid_until", errors),
        reason=posted.get("reason"),
    )
    if errors:
        raise BadCampaignError(_("빨간 칸을 고쳐 주세요."), errors=tuple(errors))
    return draft


def shown_criteria(criteria: Criteria, points: Mapping[int, PointInfo]) -> list[str]:
    """What a campaign picks by, in sentences."""
    found = [_("{n}년 넘게 쓴 보일러").format(n=criteria.age_years)]
    if criteria.repairs:
        words = _("{months}달 동안 {n}번 이상 고친 보일러")
        found.append(words.format(months=criteria.repairs_months, n=criteria.repairs))
    if criteria.risky:
        found.append(_("가스·배기·동파로 접수한 적이 있는 댁"))
    names = sorted(points[key].name for key in criteria.point_ids if key in points)
    found.append(", ".join(names) if names else _("모든 서비스점"))
    return found


def _day(posted: PostedForm, name: str, errors: list[FieldError]) -> date:
    try:
        return date.fromisoformat(posted.get(name).strip())
    except ValueError:
        errors.append(FieldError(name, _("날짜를 골라 주세요.")))
        return date.min
