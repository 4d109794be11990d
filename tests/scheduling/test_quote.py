"""Quotes beside the judge: every window's cheapest place, its times and whom it touches, to the unit."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from scheduling import (
    Ask,
    Job,
    Offer,
    PlanningProblem,
    ProblemError,
    QuoteBoard,
    insert_greedy,
    rank_boards,
    rank_on,
    rank_windows,
)
from scheduling.evaluator import time_route, viable_prefix
from scheduling.generate import generate_day, with_prefixes
from scheduling.problem import Window, may_come

Tiny = Callable[..., PlanningProblem]
Judged = tuple[object, ...] | None


def judged(
    problem: PlanningProblem,
    routes: Sequence[Sequence[int]],
    job: Job,
    window: Window,
    familiar: Mapping[str, int],
) -> Judged:
    """(technician, position, added travel, added cost, start, touched) of the best of all places."""
    trial = replace(problem, jobs=(*problem.jobs, replace(job, window=window, windows=())))
    new = len(problem.jobs)
    options = []
    for t, (person, route) in enumerate(zip(problem.technicians, routes, strict=True)):
        before = time_route(problem, t, list(route))
        load = sum(problem.jobs[j].demand for j in route) + job.demand
        if not may_come(person, job) or (person.capacity is not None and load > person.capacity):
            continue
        assert before is not None
        for k in range(len(viable_prefix(problem, t)), len(route) + 1):
            after = time_route(trial, t, [*route[:k], new, *route[k:]])
            if after is not None:
                cost, travel = after.cost - before.cost, after.travel - before.travel
                starts = [stop.start for stop in after.stops]
                start = starts.pop(k)
                touched = tuple(
                    (stop.job, now - stop.start)
                    for stop, now in zip(before.stops, starts, strict=True)
                    if now != stop.start
                )
                key = (cost - familiar.get(person.id, 0), travel, t, -k)
                options.append((key, (person.id, k, travel, cost, start, touched)))
    return min(options)[1] if options else None


def told(offer: Offer) -> Judged:
    if not offer.reachable:
        return None
    touched = tuple((job, seconds) for job, seconds in offer.touched)
    return offer.technician, offer.position, offer.added_travel_s, offer.added_cost, offer.start, touched


def draw(tiny_problem: Tiny, seed: int) -> tuple[PlanningProblem, Job, list[Window], dict[str, int]]:
    """A problem, a job that is not in it, windows, and what somebody may cost more."""
    rng = random.Random(seed)
    if seed % 25 == 0:
        whole = generate_day(technicians=3, jobs=14, seed=seed)
        first = [rng.randrange(8, 18) * 3600 for _ in range(5)]
        windows = [(at, at + 7200) for at in first]
    else:
        whole = tiny_problem(seed, jobs=3 + seed % 7, technicians=3, prefix=seed % 3 == 0, rich=seed % 2 == 1)
        windows = [(at, at + rng.randint(0, 15)) for at in (rng.randint(0, 50) for _ in range(5))]
    problem = replace(whole, jobs=whole.jobs[:-1])
    familiar = {person.id: rng.randint(0, 20) for person in whole.technicians if rng.random() < 0.3}
    return problem, whole.jobs[-1], windows, familiar


def test_every_window_is_the_judges_best(tiny_problem: Tiny) -> None:
    reached = moved = 0
    for seed in range(500):
        problem, job, windows, familiar = draw(tiny_problem, seed)
        board = QuoteBoard(problem, insert_greedy(problem).sequences)
        offers = rank_on(Ask(board, job, windows, familiar))
        assert sorted(offer.window for offer in offers) == sorted(windows)
        known = [(not offer.reachable, offer.added_cost, offer.window) for offer in offers]
        assert known == sorted(known)
        for offer in offers:
            assert told(offer) == judged(problem, board.routes, job, offer.window, familiar), (seed, offer)
            reached += offer.reachable
            moved += bool(offer.touched)
    assert reached > 700 and moved > 150


def test_a_warm_board_answers_like_a_fresh_one(tiny_problem: Tiny) -> None:
    """Routes change one by one; what no schedule fits is refused and leaves everything as it was."""
    refused = 0
    for seed in range(60):
        problem, job, windows, familiar = draw(tiny_problem, seed)
        rng, board = random.Random(seed), QuoteBoard(problem)
        for _ in range(4):
            technician = rng.randrange(len(problem.technicians))
            others = {j for t, route in enumerate(board.routes) if t != technician for j in route}
            free = [j for j in range(len(problem.jobs)) if j not in others]
            changed = board.set_route(technician, rng.sample(free, rng.randint(0, min(3, len(free)))))
            refused += not changed
            fresh = QuoteBoard(problem, board.sequences)
            assert fresh.routes == board.routes
            assert rank_on(Ask(board, job, windows, familiar)) == rank_on(Ask(fresh, job, windows, familiar))
        for t, route in enumerate(board.routes):
            exact, timed = time_route(problem, t, route), board.present(t)
            assert exact is not None
            assert (timed.stops, timed.cost, timed.finish) == (exact.stops, exact.cost, exact.finish)
            assert timed.travel == exact.travel
    assert 20 < refused < 200


def test_a_visit_to_be_moved_is_taken_off_and_put_back() -> None:
    problem = generate_day(technicians=4, jobs=24, seed=2)
    windows = [(hour * 3600, (hour + 2) * 3600) for hour in range(8, 18, 2)]
    board = QuoteBoard(problem, insert_greedy(problem).sequences)
    before = board.sequences
    for job in problem.jobs:
        rest = {name: [other for other in jobs if other != job.id] for name, jobs in before.items()}
        assert rank_on(Ask(board, job, windows)) == rank_windows(problem, rest, job, windows)
        assert board.sequences == before
    under_way = QuoteBoard(with_prefixes(problem, before), before)
    first = problem.jobs[under_way.routes[0][0]]
    assert not any(offer.reachable for offer in rank_on(Ask(under_way, first, windows)))


def test_without_overtime_nobody_stays_longer_than_he_does_now(tiny_problem: Tiny) -> None:
    tighter = 0
    for seed in range(0, 160, 2):
        problem, job, windows, _ = draw(tiny_problem, seed)
        board = QuoteBoard(problem, insert_greedy(problem).sequences)
        people = []
        for t, person in enumerate(problem.technicians):
            stays = max(0, board.present(t).finish - person.shift[1]) if board.routes[t] else 0
            people.append(replace(person, max_overtime=min(person.max_overtime, stays)))
        strict = QuoteBoard(replace(problem, technicians=tuple(people)), board.sequences)
        free = rank_on(Ask(board, job, windows))
        board.forbid_overtime()
        found = rank_on(Ask(board, job, windows))
        assert found == rank_on(Ask(strict, job, windows))
        tighter += found != free
    assert tighter > 5


def test_many_boards_are_one_list() -> None:
    """The cheapest over points and days, what a board costs beside the others included."""
    asks = []
    for seed in range(6):
        problem = generate_day(technicians=3, jobs=18, seed=seed)
        board = QuoteBoard(problem, insert_greedy(problem).sequences)
        job = replace(
            generate_day(technicians=3, jobs=18, seed=1).jobs[4],
            id="new",
            technician=None,
            skills=frozenset(),
        )
        windows = [(hour * 3600, (hour + 2) * 3600) for hour in range(8 + seed % 2, 18, 2)]
        asks.append(Ask(board, job, windows, surcharge=400 * seed, location=seed))
    expected = [
        (offer.added_cost + ask.surcharge, number, offer)
        for number, ask in enumerate(asks)
        for offer in rank_on(Ask(ask.board, replace(ask.job, location=number), ask.windows))
        if offer.reachable
    ]
    expected.sort(key=lambda item: (item[0], item[1], item[2].window))
    found = rank_boards(asks, most=1000)
    assert [(number, offer) for number, offer in found] == [item[1:] for item in expected]
    assert rank_boards(asks, most=7) == found[:7]
    assert len({number for number, _ in found}) == 6
    assert rank_boards([], most=5) == []


def test_what_no_planner_could_read_is_refused() -> None:
    problem = generate_day(technicians=2, jobs=6, seed=1)
    board, job = QuoteBoard(problem), problem.jobs[0]
    for wrong, path in (
        (Ask(board, replace(job, location=999), [(0, 9)]), "job.location"),
        (Ask(board, job, [(0, 9)], location=-1), "job.location"),
        (Ask(board, replace(job, duration=-1), [(0, 9)]), "job.duration"),
        (Ask(board, job, [(9, 0)]), "windows[0]"),
    ):
        with pytest.raises(ProblemError) as refused:
            rank_on(wrong)
        assert refused.value.path == path
    stranger = replace(job, technician="nobody")
    assert not rank_on(Ask(board, stranger, [(0, 90_000)]))[0].reachable
