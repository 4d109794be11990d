"""Rules that are prepared: a rich problem becomes one that the engine knows, and its plan is told back.

Prefer and avoid a technician, dated licences, parts on the van, several days, safety cases, calls before a
deadline and visits by two. A function for each; the kernel sees none of them. `judge_plan` checks the
finished plan without relying on the preparation.
"""

from scheduling.preparation.judge import judge_plan
from scheduling.preparation.model import (
    Call,
    JobRules,
    Licence,
    RichProblem,
    TechnicianRules,
    WorkDay,
)
from scheduling.preparation.rich_json import parse_rich
from scheduling.preparation.rich_plan import RichPlan, rich_plan_to_json
from scheduling.preparation.rich_quote import quote_rich
from scheduling.preparation.solving import solve_rich

__all__ = [
    "Call",
    "JobRules",
    "Licence",
    "RichPlan",
    "RichProblem",
    "TechnicianRules",
    "WorkDay",
    "judge_plan",
    "parse_rich",
    "quote_rich",
    "rich_plan_to_json",
    "solve_rich",
]
