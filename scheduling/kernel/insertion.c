/* The cheapest place for a job on one route, exact, without changing the route.
 *
 * Three prunings come before any clock is run: the detour alone costs what is not wanted, the earliest arrival
 * is after the window, the departure is too late for what follows.
 */
#include "timing.h"

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

/* The whole penalty of a route with breaks and `job` at position k; NEVER when it would not fit. */
static int64_t penalty_with_breaks(
    const Problem *problem, const Route *route, int32_t k, const Job *job, int32_t to, int32_t from
) {
    const Technician *person = &problem->technician[route->technician];
    State states[2];
    int32_t now = 0, leg = from;
    if (!visit(problem, person, &route->state[k], to, job, &states[0])) return NEVER;
    for (; k < route->length; k++) {
        if (!visit(problem, person, &states[now], leg, &problem->job[route->stop[k]], &states[!now])) return NEVER;
        now = !now;
        if (same_state(&states[now], &route->state[k + 1])) return route->penalty;
        leg = route->leg[k + 1];
    }
    return finish(person, &states[now], leg);
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
    for (int32_t k = person->locked; k <= route->length; k++) {
        int32_t to = to_row[k ? route->stop[k - 1] : home];
        int32_t from = from_row[k < route->length ? route->stop[k] : home + 1];
        int32_t leg = route->length ? route->leg[k] : 0;
        int64_t detour = (int64_t)to + from - leg + extra;
        int32_t start = start_of_work(problem, job, route->ready[k] + to);
        if (start > job->closes) continue;
        int32_t arrival = start + job->duration + from;
        if (arrival > (k < route->length ? route->latest[k] : person->limit)) continue;
        if (rigid) {
            if (detour < best.cost) best = (Place){detour, route->version, k};
            continue;
        }
        int64_t late = late_cost(job, start);
        /* Where the way through the job is no shorter than the way past it, what follows is no earlier. */
        if (detour + late >= best.cost && to + from + job->duration >= leg) continue;
        int64_t penalty;
        if (person->breaks) {
            penalty = penalty_with_breaks(problem, route, k, job, to, from);
        } else {
            late += route->late[k];
            penalty = penalty_behind(problem, route, k, arrival, best.cost - detour - late + route->penalty);
            if (penalty != NEVER) penalty += late;
        }
        if (penalty == NEVER) continue;
        int64_t added = detour + penalty - route->penalty;
        if (added < best.cost) best = (Place){added, route->version, k};
    }
    return best;
}
