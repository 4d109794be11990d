"""Pure planning: an immutable problem in, a plan and its reasons out. No database, no web, no network.

`parse_problem`, `insert_job` and `rank_windows` answer inside a request (milliseconds); `solve` holds the GIL
for seconds and belongs in a child process. OR-Tools is imported only when `solve` runs.
"""

from scheduling.evaluator import InfeasibleError, Violation, check_plan, check_sequences, evaluate_plan
from scheduling.explain import explain_unserved
from scheduling.insertion import Insertion, insert_greedy, insert_job
from scheduling.plan import (
    Plan,
    Reason,
    Repair,
    Route,
    Sequences,
    Stop,
    Unserved,
    parse_sequences,
    plan_to_json,
    reason_to_json,
    render_reason,
    render_repair,
)
from scheduling.planner import solve
from scheduling.problem import FixedPrefix, Job, Lunch, PlanningProblem, Published, Technician, Window
from scheduling.problem_checks import ProblemError
from scheduling.problem_json import job_to_json, parse_job, parse_problem, problem_to_json, travel_from_points
from scheduling.quote import Ask, BoardOffer, Offer, rank_boards, rank_on, rank_windows
from scheduling.quote_board import QuoteBoard, Touched

__all__ = [
    "Ask",
    "BoardOffer",
    "FixedPrefix",
    "InfeasibleError",
    "Insertion",
    "Job",
    "Lunch",
    "Offer",
    "Plan",
    "PlanningProblem",
    "ProblemError",
    "Published",
    "QuoteBoard",
    "Reason",
    "Repair",
    "Route",
    "Sequences",
    "Stop",
    "Technician",
    "Touched",
    "Unserved",
    "Violation",
    "Window",
    "check_plan",
    "check_sequences",
    "evaluate_plan",
    "explain_unserved",
    "insert_greedy",
    "insert_job",
    "job_to_json",
    "parse_job",
    "parse_problem",
    "parse_sequences",
    "plan_to_json",
    "problem_to_json",
    "rank_boards",
    "rank_on",
    "rank_windows",
    "reason_to_json",
    "render_reason",
    "render_repair",
    "solve",
    "travel_from_points",
]
