"""One planned region that several tests look at."""

from __future__ import annotations

import pytest

from scheduling.region import Region, RegionOptions, RegionPlan, plan_region
from scheduling.region.generate import generate_region


@pytest.fixture(scope="session")
def country() -> Region:
    """Six points of different load, all rules of a real day."""
    return generate_region(points=6, technicians=3, jobs=24, seed=11)


@pytest.fixture(scope="session")
def country_plan(country: Region) -> RegionPlan:
    """Its plan with two workers."""
    return plan_region(country, seconds=170, options=RegionOptions(iterations=600, workers=2))
