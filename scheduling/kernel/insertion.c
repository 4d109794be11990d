/* The cheapest place for a job on one route, exact, without changing the route.
 *
 * Three prunings come before any clock is run: the detour alone costs what is not wanted, the earliest arrival
 * is after the window, the departure is too late for what follows.
 */
#include "timing.h"

#define TRIALS 32 /* places of one route that wait to be timed; more are taken in parts */

/* Lateness and overtime behind position k without breaks, when arriving at stop k at this moment. Ends as
 * soon as waiting has swallowed the delay. NEVER when it would not be below `most`. */
static int64_t penalty_behind(const Problem *problem, const Route *route, int32_t k, int32_t arrival, int64_t most) {
    int64_t cost = 0;
    for (; k < route->length; k++) {
        const Job *job = &problem->job[route->stop[k]];
        int32_t start = start_of_work(problem, job, arrival);
        cost += late_cost(job, start);
        if (cost >= most) return NEVER;
        if (start + job->duration == route->ready[k + 1]) return cost + route->penalty - route->late[k + 1];
        arrival = start + job->duration + route->leg[k + 1];
    }
    return cost + overtime_cost(&problem->technician[route->technician], arrival);
}

static bool same_state(const State *one, const State *other) {
    if (one->count != other->count) return false;
    for (int32_t k = 0; k < one->count; k++) {
        const Label *a = &one->label[k], *b = &other->label[k];
        if (a->ready != b->ready || a->cost != b->cost || a->taken != b->taken) return false;
    }
    return true;
}

/* What the day costs at least from a state on, read off what is known behind the leg; NEVER when no label gets
 * home in time. `exact`: it costs no more. */
static int64_t least_penalty(
    const Technician *person, const State *state, int32_t leg, const Behind *behind, bool *exact
) {
    int64_t least = NEVER, sure = NEVER;
    for (int32_t k = 0; k < state->count; k++) {
        const Label label = state->label[k];
        int32_t free = label.ready, arrival = label.ready + leg, taken = label.taken;
        if (label.cost >= sure) continue;
        for (;;) {
            if (arrival <= behind->in_time[taken] && label.cost < least) least = label.cost;
            if (arrival <= behind->at_no_cost[taken]) {
                sure = label.cost;
                break;
            }
            if (taken == person->breaks || free > person->pause[taken].latest) break;
            const Break *pause = &person->pause[taken++];
            free = (free > pause->earliest ? free : pause->earliest) + pause->duration;
            arrival = (arrival > pause->earliest ? arrival : pause->earliest) + pause->duration;
        }
    }
    *exact = least == sure;
    return least;
}

/* The whole penalty of a route with breaks and `job` at position k; NEVER when it would not fit or not be below
 * `most`. */
static int64_t penalty_with_breaks(
    const Problem *problem, const Route *route, int32_t k, const Job *job, int32_t to, int32_t from, int64_t most
) {
    const Technician *person = &problem->technician[route->technician];
    State states[2];
    int32_t now = 0, leg = from;
    bool exact;
    if (!visit(problem, person, &route->state[k], to, job, &states[0])) return NEVER;
    int64_t least = least_penalty(person, &states[0], from, &route->behind[k], &exact);
    if (least >= most) return NEVER;
    if (exact) return least;
    for (; k < route->length; k++) {
        if (!visit(problem, person, &states[now], leg, &problem->job[route->stop[k]], &states[!now])) return NEVER;
        now = !now;
        if (same_state(&states[now], &route->state[k + 1])) return route->penalty;
        leg = route->leg[k + 1];
    }
    return finish(person, &states[now], leg);
}

int64_t added_cost(const Problem *problem, const Route *route, const Job *job, const Trial *trial, int64_t below) {
    const Technician *person = &problem->technician[route->technician];
    int64_t penalty;
    if (person->breaks) {
        int64_t most = below - trial->detour + route->penalty;
        penalty = penalty_with_breaks(problem, route, trial->position, job, trial->to, trial->from, most);
        if (penalty == NEVER) return NEVER;
    } else {
        int64_t late = trial->late + route->late[trial->position];
        int64_t most = below - trial->detour - late + route->penalty;
        penalty = penalty_behind(problem, route, trial->position, trial->arrival, most);
        if (penalty == NEVER) return NEVER;
        penalty += late;
    }
    return trial->detour + penalty - route->penalty;
}

/* Try the places in the order of what they cost at least, until that is no longer below the best. */
static void try_places(
    const Problem *problem, const Route *route, const Job *job, Trial *trials, int32_t count, Place *best
) {
    while (count) {
        int32_t next = 0;
        for (int32_t k = 1; k < count; k++)
            if (trials[k].bound < trials[next].bound) next = k;
        if (trials[next].bound >= best->cost) return;
        int64_t added = added_cost(problem, route, job, &trials[next], best->cost);
        if (added < best->cost) *best = (Place){added, route->version, trials[next].position};
        trials[next] = trials[--count];
    }
}

typedef struct { int32_t first, last; } Span;

/* Positions that keep the order: behind the job this one comes after, before those that come after it. */
static Span span_for(const Problem *problem, const Route *route, int32_t name) {
    Span span = {problem->technician[route->technician].locked, route->length};
    if (!problem->ordered) return span;
    int32_t after = problem->job[name].after;
    bool found = after < 0;
    for (int32_t k = 0; k < route->length; k++) {
        if (route->stop[k] == after) {
            found = true;
            if (k + 1 > span.first) span.first = k + 1;
        }
        if (problem->job[route->stop[k]].after == name && k < span.last) span.last = k;
    }
    if (!found) span.last = -1;
    return span;
}

/* The cheapest place that costs less than `below`: travel, lateness and overtime added; position -1: none. */
Place cheapest_place(const Problem *problem, const Route *route, int32_t name, int64_t below) {
    const Job *job = &problem->job[name];
    const Technician *person = &problem->technician[route->technician];
    Place best = {below, route->version, -1};
    int32_t extra = problem->visit_cost[(int64_t)name * problem->technicians + route->technician];
    if (extra < 0 || (person->capacity >= 0 && route->load + job->demand > person->capacity)) return best;
    const int32_t *from_row = problem->travel + (int64_t)name * problem->nodes;
    const int32_t *to_row = problem->travel_to + (int64_t)name * problem->nodes;
    const int32_t home = problem->jobs + 2 * route->technician;
    const bool rigid = !problem->soft && (person->rate == 0 || person->limit <= person->ends) && !person->breaks;
    Trial trials[TRIALS];
    int32_t count = 0;
    const Span span = span_for(problem, route, name);
    for (int32_t k = span.first; k <= span.last; k++) {
        /* Without a look at the map: too late here (then everywhere behind), or too late for what follows. */
        int32_t soonest = route->ready[k] > job->opens ? route->ready[k] : job->opens;
        if (soonest > job->closes) break;
        if (k < route->length && soonest + job->duration > route->latest[k]) continue;
        int32_t to = to_row[k ? route->stop[k - 1] : home];
        int32_t from = from_row[k < route->length ? route->stop[k] : home + 1];
        int32_t leg = route->length ? route->leg[k] : 0;
        int64_t detour = (int64_t)to + from - leg + extra;
        /* Where the way through the job is shorter than the way past it, what follows may cost less. */
        bool shorter = to + from + job->duration < leg;
        if (detour >= best.cost && !shorter) continue;
        int32_t start = start_of_work(problem, job, route->ready[k] + to);
        if (start > job->closes) continue;
        int32_t arrival = start + job->duration + from;
        if (arrival > (k < route->length ? route->latest[k] : person->limit)) continue;
        if (rigid) {
            if (detour < best.cost) best = (Place){detour, route->version, k};
            continue;
        }
        int64_t late = late_cost(job, start);
        int64_t bound = shorter ? -NEVER : detour + late;
        if (bound >= best.cost) continue;
        trials[count++] = (Trial){bound, detour, to, from, arrival, k, late};
        if (count == TRIALS) {
            try_places(problem, route, job, trials, count, &best);
            count = 0;
        }
    }
    try_places(problem, route, job, trials, count, &best);
    return best;
}
