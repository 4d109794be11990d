/* Timing of whole routes: forward labels, and backward the latest arrivals. */
#include "timing.h"

#define TOO_EARLY (-1000000000) /* before every time of a problem; keeps long routes within 32 bits */
#define ANY_TIME 1000000000

int64_t route_cost(const Route *route) { return route->travel + route->penalty; }

/* What is left of the breaks may follow the arrival at the end, and costs nothing there. */
static void latest_at_end(const Technician *person, Behind *behind) {
    int32_t begin = ANY_TIME, ends = person->rate && person->ends < person->limit ? person->ends : person->limit;
    for (int32_t taken = person->breaks; taken >= 0; taken--) {
        if (taken < person->breaks) {
            const Break *pause = &person->pause[taken];
            begin = begin - pause->duration < pause->earliest ? TOO_EARLY : begin - pause->duration;
            if (begin > pause->latest) begin = pause->latest;
        }
        behind->in_time[taken] = begin < person->limit ? begin : person->limit;
        behind->at_no_cost[taken] = begin < ends ? begin : ends;
    }
}

void clear_route(const Problem *problem, Route *route) {
    const Technician *person = &problem->technician[route->technician];
    route->length = route->load = 0;
    route->travel = route->penalty = 0;
    route->ready[0] = person->starts;
    route->late[0] = 0;
    route->leg[0] = 0;
    route->state[0] = (State){1, {{0, person->starts, 0}}};
    if (person->breaks) latest_at_end(person, &route->behind[0]);
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

/* The latest moment at which a leg can begin so that the arrival is not after `arrival`, with the breaks
 * from `taken` to `until` upon it. */
static int32_t latest_begin(const Technician *person, int32_t leg, int32_t taken, int32_t until, int32_t arrival) {
    int32_t free = ANY_TIME;
    for (int32_t k = until - 1; k >= taken; k--) {
        const Break *pause = &person->pause[k];
        arrival -= pause->duration;
        free -= pause->duration;
        if (pause->earliest > arrival || pause->earliest > free) return TOO_EARLY;
        if (free > pause->latest) free = pause->latest;
    }
    return arrival - leg < free ? arrival - leg : free;
}

/* The same for the legs to a stop or the end, with the best number of breaks upon each. */
static int32_t latest_leg(const Technician *person, int32_t leg, int32_t taken, const int32_t *arrival) {
    int32_t best = arrival[taken] - leg;
    for (int32_t until = taken + 1; until <= person->breaks; until++) {
        int32_t begin = latest_begin(person, leg, taken, until, arrival[until]);
        if (begin > best) best = begin;
    }
    return best > TOO_EARLY ? best : TOO_EARLY;
}

/* The latest arrival with which work begins by `start`: within a gap it would begin at the gap's end. */
static int32_t latest_arrival(const Problem *problem, const Job *job, int32_t start) {
    if (start < job->opens) return TOO_EARLY;
    for (int32_t k = job->gap_until - 1; k >= job->gap_from; k--) {
        const Gap *gap = &problem->gap[k];
        if (start > gap->closes && start < gap->reopens) start = gap->closes;
    }
    return start;
}

/* The latest arrival at each stop with which every later window and the shift's limit can be met. */
static void find_latest(const Problem *problem, Route *route) {
    int32_t latest = problem->technician[route->technician].limit;
    for (int32_t k = route->length - 1; k >= 0; k--) {
        const Job *job = &problem->job[route->stop[k]];
        int32_t next = latest - route->leg[k + 1] - job->duration;
        route->latest[k] = latest = latest_arrival(problem, job, next < job->closes ? next : job->closes);
    }
}

/* The same with breaks, by how many have been taken; and without any cost of lateness or overtime. */
static void find_behind(const Problem *problem, Route *route) {
    const Technician *person = &problem->technician[route->technician];
    latest_at_end(person, &route->behind[route->length]);
    for (int32_t k = route->length - 1; k >= 0; k--) {
        const Job *job = &problem->job[route->stop[k]];
        const Behind *next = &route->behind[k + 1];
        int32_t closes = job->closes, unhurt = job->closes;
        if (job->rate && job->due < unhurt) unhurt = job->due;
        if (job->later_rate && job->published < unhurt) unhurt = job->published;
        for (int32_t taken = 0; taken <= person->breaks; taken++) {
            int32_t last = latest_leg(person, route->leg[k + 1], taken, next->in_time) - job->duration;
            int32_t free = latest_leg(person, route->leg[k + 1], taken, next->at_no_cost) - job->duration;
            route->behind[k].in_time[taken] = latest_arrival(problem, job, last < closes ? last : closes);
            route->behind[k].at_no_cost[taken] = latest_arrival(problem, job, free < unhurt ? free : unhurt);
        }
        route->latest[k] = route->behind[k].in_time[0];
        for (int32_t taken = 1; taken <= person->breaks; taken++)
            if (route->behind[k].in_time[taken] > route->latest[k]) route->latest[k] = route->behind[k].in_time[taken];
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
    if (person->breaks) {
        find_behind(problem, route);
        return time_with_breaks(problem, route, from);
    }
    find_latest(problem, route);
    return time_without_breaks(problem, route, from);
}
