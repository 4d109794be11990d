"""What wakes an operator: one table, written for people (docs/operations.md) and for Prometheus (deploy/).

`python3 tools/alerts.py` writes both; `tests/tools/test_alerts.py` fails when they are not what it writes.
Standard library only.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "deploy" / "prometheus-rules.yml"
GUIDE = ROOT / "docs" / "operations.md"
BEGINS, ENDS = "<!-- alerts: written by tools/alerts.py -->", "<!-- end of alerts -->"


@dataclass(frozen=True)
class Alert:
    """A rule, and how long it must hold. `level`: `page` wakes somebody, `ticket` waits for the morning."""

    name: str
    expression: str
    lasts: str
    level: str
    means: str
    do: str


ALERTS: tuple[Alert, ...] = (
    Alert(
        "OndolDown",
        'up{job="ondol"} == 0',
        "1m",
        "page",
        "A web process does not answer, or the token of the scrape is no longer good.",
        "`systemctl status 'ondol-web@*'`, then its log; `/api/v1/ready` names what is missing.",
    ),
    Alert(
        "OndolWorkerSilent",
        "ondol_worker_silent_seconds > 60 or absent(ondol_worker_silent_seconds)",
        "1m",
        "page",
        "No worker: calls are taken, but nothing is placed, planned or texted.",
        "`systemctl restart ondol-worker`; what waited is worked off by itself.",
    ),
    Alert(
        "OndolJobsLate",
        "max by (queue) (ondol_job_oldest_seconds) > 60",
        "2m",
        "page",
        "A queue is not worked off: `default` = placing and planning, `sms` = texts, `solve` = better plans.",
        "Is the worker busy (its log, CPU)? Start a second one, or one for that queue alone (WORKER_QUEUES).",
    ),
    Alert(
        "OndolTextsLate",
        "ondol_outbox_oldest_seconds > 120",
        "2m",
        "page",
        "Texts that are due are not sent: families wait without word.",
        "Look for `notices_stuck` in the worker's log: the provider is away, or refuses our key or number.",
    ),
    Alert(
        "OndolTicketUnowned",
        "ondol_tickets_unowned > 0",
        "1m",
        "page",
        "An open ticket for which nobody answers: no rota covers this moment and no member stands in.",
        "`/admin/duty?only=gaps` of that company; give somebody the role on `/admin/people`.",
    ),
    Alert(
        "OndolContactBreached",
        "ondol_contact_breaches_open > 0",
        "15m",
        "page",
        "Families have waited for their first call longer than was promised, and still wait.",
        "The dispatch console names them; is the point's desk manned?",
    ),
    Alert(
        "OndolContactsPileUp",
        "ondol_contacts_due_soon > 20",
        "5m",
        "ticket",
        "Many first calls are due within a quarter of an hour.",
        "Tell the points' desks; consider calling from the call centre.",
    ),
    Alert(
        "OndolStepsLate",
        "ondol_events_oldest_seconds > 300",
        "2m",
        "page",
        "What should follow a fact has not happened for five minutes.",
        "`/admin/faults` says why it fails; else it is the worker (above).",
    ),
    Alert(
        "OndolStepPutAside",
        "ondol_events_parked > 0",
        "1m",
        "ticket",
        "A step failed twelve times and is tried no more: its ticket stands still.",
        "`/admin/faults`: mend the cause and press '다시 시도', or '접기' with a reason.",
    ),
    Alert(
        "OndolSolvesLate",
        "ondol_solves_oldest_seconds > 600",
        "5m",
        "ticket",
        "Plans are not improved; new tickets are still put into them by insertion.",
        "Is there a worker for the queue `solve`, and CPU for it?",
    ),
    Alert(
        "OndolSolveSlow",
        "ondol_solve_seconds > 15",
        "10m",
        "ticket",
        "An improving solve takes several times its limit (SOLVE_SECONDS, about 4).",
        "The machine is overloaded: give the solving worker a core of its own.",
    ),
    Alert(
        "OndolRoadsAway",
        "increase(ondol_road_failures_total[15m]) > 3",
        "15m",
        "ticket",
        "The road engine does not answer: plans rest on estimated travel times. No ticket waits.",
        "Start it again ('Travel times from a road engine'); what was estimated is planned anew by itself.",
    ),
    Alert(
        "OndolPoolExhausted",
        "ondol_pool_in_use / ondol_pool_most > 0.9",
        "1m",
        "page",
        "Nearly every database connection of a web process is in use: requests begin to wait.",
        "Look for slow statements in PostgreSQL; start another web process.",
    ),
    Alert(
        "OndolSlowAnswers",
        "histogram_quantile(0.95, sum by (le) (rate(ondol_request_seconds_bucket[5m]))) > 1",
        "5m",
        "ticket",
        "One request in twenty takes longer than a second.",
        "By route: add `route` to `sum by`. A busy machine, a slow disk, or one slow page.",
    ),
    Alert(
        "OndolErrors",
        'sum(rate(ondol_request_seconds_count{status="5xx"}[5m])) > 0.05',
        "5m",
        "page",
        "More than three requests a minute fail through our fault.",
        "`request_failed` or `database_away` in the web's log, with the request's number.",
    ),
    Alert(
        "OndolLiveListenersMany",
        "ondol_live_listeners > 500",
        "10m",
        "ticket",
        "Very many open pages on one process: changes reach them later.",
        "Start another web process.",
    ),
    Alert(
        "OndolDiskFull",
        "ondol_disk_free_bytes < 2e9",
        "5m",
        "page",
        "Less than 2 GB free: below DISK_FREE_MB the process is not ready, at zero PostgreSQL stops.",
        "See 'The disk is full'.",
    ),
    Alert(
        "OndolDatabaseGrows",
        "predict_linear(ondol_database_bytes[1d], 7 * 86400) > 2 * ondol_database_bytes",
        "1h",
        "ticket",
        "At this pace the database doubles within a week.",
        "Which table? `\\dt+` in psql. Is retention running?",
    ),
    Alert(
        "OndolBackupOld",
        'ondol_last_seconds{what="backup"} > 93600',
        "10m",
        "page",
        "The last backup that finished is more than 26 hours old.",
        "The log of the backup's timer; take one by hand.",
    ),
    Alert(
        "OndolRetentionOld",
        'ondol_last_seconds{what="retention"} > 172800',
        "1h",
        "ticket",
        "Data that may be kept no longer has not been removed for two days.",
        "The worker's log: `retention_failed`; /admin/retention shows which kind waits.",
    ),
)


def rules() -> str:
    """The file for Prometheus' `rule_files`."""
    lines = ["# Written by tools/alerts.py: change it there.", "groups:", "  - name: ondol", "    rules:"]
    for each in ALERTS:
        lines += [
            f"      - alert: {each.name}",
            f"        expr: {_quoted(each.expression)}",
            f"        for: {each.lasts}",
            "        labels:",
            f"          severity: {each.level}",
            "        annotations:",
            f"          summary: {_quoted(each.means)}",
            f"          action: {_quoted(each.do)}",
        ]
    return "\n".join(lines) + "\n"


def table() -> str:
    """The same for people."""
    rows = [
        f"| {each.name} ({each.level}) | `{each.expression.replace('|', chr(92) + '|')}` for {each.lasts} "
        f"| {each.means} | {each.do} |"
        for each in ALERTS
    ]
    return "\n".join([BEGINS, "| alert | when | means | do |", "|---|---|---|---|", *rows, ENDS])


def with_table(guide: str) -> str:
    """The guide with the table of now. ValueError when the marks are not in it."""
    before, rest = guide.split(BEGINS)
    return before + table() + rest.split(ENDS)[1]


def main() -> int:
    """Write both."""
    RULES.write_text(rules(), encoding="utf-8")
    GUIDE.write_text(with_table(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _quoted(words: str) -> str:
    """A YAML string in single quotes: nothing in it means anything but itself."""
    return "'" + words.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(main())
