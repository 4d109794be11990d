"""Planning many service points at once: alone in parallel, then over their borders. Pure."""

from scheduling.region.judge import Lent, Overflow, RegionPlan, check_region, judge_region, region_rank
from scheduling.region.model import (
    BorderRules,
    Kind,
    Lending,
    Point,
    Region,
    Travel,
    travel_by_matrix,
    travel_by_points,
)
from scheduling.region.planner import plan_region
from scheduling.region.run import RegionOptions, RegionProgress

__all__ = [
    "BorderRules",
    "Kind",
    "Lending",
    "Lent",
    "Overflow",
    "Point",
    "Region",
    "RegionOptions",
    "RegionPlan",
    "RegionProgress",
    "Travel",
    "check_region",
    "judge_region",
    "plan_region",
    "region_rank",
    "travel_by_matrix",
    "travel_by_points",
]
