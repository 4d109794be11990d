/* Timing of whole routes: forward labels, and backward the latest arrivals. */
#include "timing.h"

#define TOO_EARLY (-1000000000) /* before every time of a problem; keeps long routes within 32 bits */

int64_t route_cost(const Route *route) { return route->travel + route->penalty; }

void clear_route(const Problem *problem, Route *route) {
    const Technician *person = &problem->technician[route->technician];
    route->length = route->load = 0;
    route->travel = route->penalty = 0;
    route->ready[0] = person->starts;
    route->late[0] = 0;
    route->leg[0] = 0;
    route->state[0] = (State){1, {{0, person->starts, 0}}};
}

/* Legs from position `from` on, the load, and everything that is added to the travel. */
static void measure_legs(const Problem *problem, Route *route, int32_t from) {
    int32_t home = problem->jobs + 2 * route->technician;
    for (int32_t k = from; k <= route->length; k++) {
        int32_t before = k ? route->stop[k - 1] : home;
        int32_t after = k < route->length ? route->stop[k] : home + 1;
        route->leg[k] = problem->travel[(int64_t)before * problem->nodes + after];
    }
    route->travel = route->leg[route->length];
    route->load = 0;
    for (int32_t k = 0; k < route->length; k++) {
        int32_t job = route->stop[k];
        route->travel += route->leg[k];
        route->travel += problem->visit_cost[(int64_t)job * problem->technicians + route->technician];
        route->load += problem->job[job].demand;
    }
}

/* The latest arrival at each stop with which every later window and the shift's limit can be met, breaks
 * aside: necessary with breaks, sufficient without. */
static void find_latest(const Problem *problem, Route *route) {
    int32_t latest = problem->technician[route->technician].limit;
    for (int32_t k = route->length - 1; k >= 0; k--) {
        const Job *job = &problem->job[route->stop[k]];
        int32_t next = latest - route->leg[k + 1] - job->duration;
        latest = next < job->closes ? next : job->closes;
        if (latest < TOO_EARLY) latest = TOO_EARLY;
        /* A start within a gap waits for its end: whoever comes too late for that has to be before it. */
        for (int32_t g = job->gap_until - 1; g >= job->gap_from; g--) {
            const Gap *gap = &problem->gap[g];
            if (latest > gap->closes && latest < gap->reopens) latest = gap->closes;
        }
        route->latest[k] = latest;
    }
}

static bool time_without_breaks(const Problem *problem, Route *route, int32_t from) {
    const Technician *person = &problem->technician[route->technician];
    for (int32_t k = from; k < route->length; k++) {
        const Job *job = &problem->job[route->stop[k]];
        int32_t start = start_of_work(problem, job, route->ready[k] + route->leg[k]);
        if (start > job->closes) return false;
        route->ready[k + 1] = start + job->duration;
        route->late[k + 1] = route->late[k] + late_cost(job, start);
    }
    int32_t arrival = route->ready[route->length] + route->leg[route->length];
    route->penalty = route->late[route->length] + overtime_cost(person, arrival);
    return arrival <= person->limit;
}

static bool time_with_breaks(const Problem *problem, Route *route, int32_t from) {
    const Technician *person = &problem->technician[route->technician];
    for (int32_t k = from; k < route->length; k++) {
        const Job *job = &problem->job[route->stop[k]];
        State *after = &route->state[k + 1];
        if (!visit(problem, person, &route->state[k], route->leg[k], job, after)) return false;
        route->ready[k + 1] = after->label[0].ready;
        for (int32_t i = 1; i < after->count; i++)
            if (after->label[i].ready < route->ready[k + 1]) route->ready[k + 1] = after->label[i].ready;
    }
    route->penalty = finish(person, &route->state[route->length], route->leg[route->length]);
    return route->penalty != NEVER;
}

/* Time a route whose stops have changed from position `from` on; false when no schedule fits. */
bool time_route(const Problem *problem, Route *route, int32_t from) {
    const Technician *person = &problem->technician[route->technician];
    if (route->length == 0) {
        clear_route(problem, route);
        return true;
    }
    measure_legs(problem, route, from);
    if (person->capacity >= 0 && route->load > person->capacity) return false;
    find_latest(problem, route);
    return person->breaks ? time_with_breaks(problem, route, from) : time_without_breaks(problem, route, from);
}
