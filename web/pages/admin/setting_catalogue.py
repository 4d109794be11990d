"""Every field of `CompanyRules` by group, with its name, its meaning and its shape."""

from __future__ import annotations

from core.dated import CompanyRules
from web.pages.admin.setting_shape import Setting
from web.pages.admin.settings_of_campaigns import OF_CAMPAIGNS
from web.pages.admin.settings_of_the_house import OF_THE_HOUSE
from web.pages.admin.settings_of_work import OF_WORK

GROUPS = (*OF_WORK, *OF_CAMPAIGNS, *OF_THE_HOUSE)

SETTINGS: dict[str, Setting] = {item.key: item for _code, _name, items in GROUPS for item in items}

ELSEWHERE = {"notice_matrix", "notice_ways"}
"""Asked for on a screen of their own (`notices.py`)."""

if set(SETTINGS) | ELSEWHERE != set(CompanyRules.model_fields):
    different = sorted((set(SETTINGS) | ELSEWHERE) ^ set(CompanyRules.model_fields))
    raise RuntimeError(f"settings page and CompanyRules differ: {different}")
