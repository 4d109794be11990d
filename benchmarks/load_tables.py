"""The tables of a load run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.load_tally import points

if TYPE_CHECKING:
    from benchmarks.load import Run

WAITS_SHOWN = 8


def print_run(run: Run) -> None:
    """Everything of one run."""
    print(f"\n### {run.shape}: {run.load.calls_a_second:g} calls a second\n")
    print("| request | n | p50 | p95 | p99 ms |")
    print("|---|---|---|---|---|")
    for kind, took in sorted(run.tally.took.items()):
        print(f"| {kind} | {len(took)} | " + " | ".join(f"{each:.0f}" for each in points(took)) + " |")
    print("\n| what | seen |")
    print("|---|---|")
    for what, seen in _facts(run):
        print(f"| {what} | {seen} |")
    for why, times in run.tally.errors.most_common():
        print(f"\n- {times} x {why}")


def _facts(run: Run) -> list[tuple[str, str]]:
    verdict, watch = run.verdict, run.watch
    planned = " / ".join(f"{each:.1f}" for each in points(verdict.planned_s))
    total = max(1, sum(watch.waits.values()))
    waits = ", ".join(f"{name} {n * 100 // total} %" for name, n in watch.waits.most_common(WAITS_SHOWN))
    most = max(watch.backlogs, key=lambda each: each.open_events, default=None)
    return [
        ("201 / lost / doubled", f"{len(run.tally.filed)} / {len(verdict.lost)} / {len(verdict.twice)}"),
        ("planned, a person asked, nobody yet", _three(run)),
        ("from the call to the route, s, p50 / p95 / p99", planned),
        ("most open events, oldest s", f"{most.open_events if most else 0}, {run.oldest_s:.0f}"),
        ("until nothing waited after the last call, s", _seconds(run.drained_s)),
        ("texts of these tickets", ", ".join(f"{state} {n}" for state, n in run.texts.items())),
        ("news to open pages a second", f"{run.tally.news / run.load.seconds:.0f}"),
        ("processor cores", _by_part(watch.cores, "{:.2f}") + f"; machine {watch.machine:.2f}"),
        ("callers' own cores", f"{run.tally.client_cpu_s / run.load.seconds:.2f}"),
        ("memory, MB", _by_part(watch.memory_mb, "{:.0f}")),
        ("PostgreSQL's backends at work wait for", waits),
        ("errors", str(sum(run.tally.errors.values()))),
    ]


def _three(run: Run) -> str:
    verdict = run.verdict
    return f"{len(verdict.planned_s)} / {verdict.asked} / {len(verdict.silent)}"


def print_growth(runs: Sequence[Run]) -> None:
    """The shapes beside each other."""
    print("\n### What a second process gives\n")
    _print_beside(runs, first="shape", name=lambda run: str(run.shape))


def print_limit(runs: Sequence[Run]) -> None:
    """The rates beside each other, the last of them the one that did not hold, if any."""
    print(f"\n### Where it ends ({runs[0].shape})\n")
    _print_beside(runs, first="calls a second", name=lambda run: f"{run.load.calls_a_second:g}")


def _print_beside(runs: Sequence[Run], *, first: str, name: Callable[[Run], str]) -> None:
    kinds = ("POST /tickets", "search", "console: queue", "technician: step")
    heads = [first, *(f"{kind} p50 / p95" for kind in kinds), "to the route p95 s", "oldest s"]
    heads += ["web, worker, PostgreSQL cores", "memory MB", "errors", "holds"]
    print(f"| {' | '.join(heads)} |")
    print("|---" * len(heads) + "|")
    for run in runs:
        cells = []
        for kind in kinds:
            p50, p95, _p99 = points(run.tally.took.get(kind, []))
            cells.append(f"{p50:.0f} / {p95:.0f}")
        cores = ", ".join(f"{run.watch.cores.get(part, 0):.2f}" for part in ("web", "worker", "PostgreSQL"))
        route = points(run.verdict.planned_s)[1]
        print(
            f"| {name(run)} | {' | '.join(cells)} | {route:.1f} | {run.oldest_s:.0f}"
            f" | {cores} | {sum(run.watch.memory_mb.values()):.0f} | {sum(run.tally.errors.values())}"
            f" | {'yes' if run.holds else 'no'} |"
        )


def _by_part(values: dict[str, float], form: str) -> str:
    return ", ".join(f"{part} {form.format(value)}" for part, value in sorted(values.items()))


def _seconds(value: float | None) -> str:
    return "not within the limit" if value is None else f"{value:.1f}"
