"""The operator's table, Prometheus' file and what `/metrics` shows agree."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tools.alerts import ALERTS, ENDS, GUIDE, RULES, rules, with_table
from web.metrics import FIGURES

OTHERS = {
    "up",  # Prometheus' own
    "ondol_live_listeners",
    "ondol_pool_in_use",
    "ondol_pool_most",
    "ondol_disk_free_bytes",
    "ondol_request_seconds_bucket",
    "ondol_request_seconds_count",
}


@pytest.fixture(scope="module")
def group() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]
    return loaded


def test_both_files_are_what_the_table_says() -> None:
    assert RULES.read_text(encoding="utf-8") == rules(), "run python3 tools/alerts.py"
    guide = GUIDE.read_text(encoding="utf-8")
    assert guide == with_table(guide), "run python3 tools/alerts.py"
    assert guide.count(ENDS) == 1


def test_prometheus_reads_each_rule_as_it_was_meant(group: dict[str, Any]) -> None:
    assert [(rule["alert"], rule["expr"], rule["for"]) for rule in group["rules"]] == [
        (alert.name, alert.expression, alert.lasts) for alert in ALERTS
    ]
    assert {rule["labels"]["severity"] for rule in group["rules"]} == {"page", "ticket"}
    assert all(re.fullmatch(r"\d+[smh]", rule["for"]) for rule in group["rules"])
    assert all(rule["annotations"]["action"] for rule in group["rules"])


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_rule_names_only_figures_that_exist(alert: Any) -> None:
    named = set(re.findall(r"\bondol_\w+|\bup\b", alert.expression))
    assert named
    assert named <= {figure.name for figure in FIGURES} | OTHERS
    assert alert.expression.count("(") == alert.expression.count(")")


def test_each_figure_that_can_be_too_high_has_a_rule() -> None:
    told = " ".join(alert.expression for alert in ALERTS)
    for_reading = {"tickets_open", "tickets_unplanned", "events_failing", "solves_waiting", "tasks_open"}
    for_reading |= {"jobs_waiting", "contact_breaches_late_entry"}
    for_reading |= {f"road_{each}_total" for each in ("requests", "fall_backs", "cache_hits", "fetched")}
    without = {figure.name.removeprefix("ondol_") for figure in FIGURES if figure.name not in told}
    assert without == for_reading
