"""`run.py plan-region REGION.json --seconds S --out PLAN.json`: a region without a database."""

from __future__ import annotations

import sys
from collections.abc import Callable

from scheduling.region.model import Region
from scheduling.region.planner import plan_region
from scheduling.region.region_json import parse_region, region_plan_to_json
from scheduling.region.run import RegionOptions, RegionProgress

PHASES = {"points": "서비스점별", "borders": "경계", "reasons": "까닭"}


def plan_file(
    body: object,
    *,
    seconds: float,
    seed: int,
    workers: int,
    iterations: int | None,
    cancelled: Callable[[], bool],
) -> tuple[dict[str, object], str]:
    """The plan's JSON of a region's JSON, and a line about it. Raises ProblemError with the field's path.

    Once `cancelled` says True it is the plan so far.
    """
    region = parse_region(body)
    options = RegionOptions(
        seed=seed,
        iterations=iterations,
        workers=workers,
        cancelled=cancelled,
        on_progress=_show_progress(region) if sys.stderr.isatty() else None,
    )
    found = plan_region(region, seconds=seconds, options=options)
    line = (
        f"비용 {found.cost:,} (따로 계획하면 {found.alone_cost or 0:,}), "
        f"작업 {found.served}/{len(region.jobs)}, 다른 서비스점이 맡은 작업 {len(found.overflow)}, "
        f"빌려준 기사 {len(found.lent)}, {found.seconds:.1f}초"
    )
    return region_plan_to_json(found), line


def _show_progress(region: Region) -> Callable[[RegionProgress], None]:
    def show(progress: RegionProgress) -> None:
        text = (
            f"{progress.seconds:6.1f}초  {PHASES[progress.phase]}  비용 {progress.cost:,}  "
            f"작업 {progress.served}/{len(region.jobs)}  넘김 {progress.overflow}  빌림 {progress.lent}"
        )
        sys.stderr.write(f"\r{text}   ")
        sys.stderr.flush()

    return show
