/* The plan in hand: changing routes within one step, undoing the step, keeping it. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

void make_room(Route *route, int32_t length) {
    if (length < route->room) return;
    int32_t room = 2 * length + 8;
    size_t n = (size_t)room;
    route->stop = realloc(route->stop, n * sizeof *route->stop);
    route->leg = realloc(route->leg, n * sizeof *route->leg);
    route->ready = realloc(route->ready, n * sizeof *route->ready);
    route->latest = realloc(route->latest, n * sizeof *route->latest);
    route->late = realloc(route->late, n * sizeof *route->late);
    route->state = realloc(route->state, n * sizeof *route->state);
    route->behind = realloc(route->behind, n * sizeof *route->behind);
    if (!route->stop || !route->leg || !route->ready || !route->latest || !route->late || !route->state ||
        !route->behind)
        abort(); /* out of memory: nothing to be saved */
    route->room = room;
}

static void copy_route(Route *to, const Route *from, bool breaks) {
    make_room(to, from->length);
    size_t n = (size_t)from->length + 1;
    to->length = from->length;
    to->load = from->load;
    to->version = from->version;
    to->travel = from->travel;
    to->penalty = from->penalty;
    memcpy(to->stop, from->stop, (n - 1) * sizeof *to->stop);
    memcpy(to->leg, from->leg, n * sizeof *to->leg);
    memcpy(to->ready, from->ready, n * sizeof *to->ready);
    memcpy(to->latest, from->latest, (n - 1) * sizeof *to->latest);
    memcpy(to->late, from->late, n * sizeof *to->late);
    if (breaks) memcpy(to->behind, from->behind, n * sizeof *to->behind);
    size_t states = breaks ? n : 1;
    for (size_t k = 0; k < states; k++) {
        to->state[k].count = from->state[k].count;
        memcpy(to->state[k].label, from->state[k].label, (size_t)from->state[k].count * sizeof(Label));
    }
}

/* Before a route changes in a step, what it was is kept beside it. */
void touch_route(Search *search, int32_t technician) {
    if (search->touched[technician]) return;
    search->touched[technician] = true;
    search->touched_list[search->touched_count++] = technician;
    copy_route(
        &search->spare[technician], &search->route[technician],
        search->problem.technician[technician].breaks > 0
    );
}

static void renumber(Search *search, int32_t technician, int32_t from) {
    const Route *route = &search->route[technician];
    for (int32_t k = from; k < route->length; k++) {
        search->route_of[route->stop[k]] = technician;
        search->place_of[route->stop[k]] = k;
    }
}

/* Put a job where it is known to fit. */
void put_job(Search *search, int32_t technician, int32_t job, int32_t position) {
    touch_route(search, technician);
    Route *route = &search->route[technician];
    make_room(route, route->length + 1);
    memmove(
        route->stop + position + 1, route->stop + position,
        (size_t)(route->length - position) * sizeof *route->stop
    );
    route->stop[position] = job;
    route->length++;
    route->version = ++search->versions;
    time_route(&search->problem, route, position);
    renumber(search, technician, position);
}

/* Take the removed jobs off their routes. False when a route has no schedule without them: a way through a
 * job can be faster than the road past it. */
bool take_removed(Search *search) {
    bool sound = true;
    for (int32_t k = 0; k < search->removed_count; k++) search->mark[search->removed[k]] = 1;
    for (int32_t k = 0; k < search->removed_count; k++) {
        int32_t technician = search->route_of[search->removed[k]];
        if (technician < 0) continue;
        touch_route(search, technician);
        Route *route = &search->route[technician];
        int32_t kept = 0, first = -1;
        for (int32_t i = 0; i < route->length; i++) {
            int32_t job = route->stop[i];
            if (search->mark[job]) {
                search->route_of[job] = -1;
                if (first < 0) first = i;
            } else {
                route->stop[kept++] = job;
            }
        }
        route->length = kept;
        route->version = ++search->versions;
        sound = time_route(&search->problem, route, first) && sound;
        renumber(search, technician, first);
    }
    for (int32_t k = 0; k < search->removed_count; k++) search->mark[search->removed[k]] = 0;
    return sound;
}

/* Everything as it was before the step. */
void undo_step(Search *search) {
    for (int32_t k = 0; k < search->pending_count; k++) search->route_of[search->pending[k]] = -1;
    for (int32_t k = 0; k < search->touched_count; k++) {
        int32_t technician = search->touched_list[k];
        Route kept = search->route[technician];
        search->route[technician] = search->spare[technician];
        search->spare[technician] = kept;
        search->touched[technician] = false;
        renumber(search, technician, 0);
    }
    search->touched_count = 0;
}

static void list_absent(Search *search, int32_t job, bool is_absent) {
    int32_t at = search->absent_at[job];
    if (is_absent == (at >= 0)) return;
    if (is_absent) {
        search->absent_at[job] = search->absent_count;
        search->absent[search->absent_count++] = job;
        return;
    }
    int32_t last = search->absent[--search->absent_count];
    search->absent[at] = last;
    search->absent_at[last] = at;
    search->absent_at[job] = -1;
}

/* The step stands. */
void keep_step(Search *search) {
    for (int32_t k = 0; k < search->pending_count; k++) {
        int32_t job = search->pending[k];
        list_absent(search, job, search->route_of[job] < 0);
    }
    for (int32_t k = 0; k < search->touched_count; k++) search->touched[search->touched_list[k]] = false;
    search->touched_count = 0;
}

void remember_best(Search *search) {
    int32_t filled = 0;
    for (int32_t t = 0; t < search->problem.technicians; t++) {
        const Route *route = &search->route[t];
        memcpy(search->best_stop + filled, route->stop, (size_t)route->length * sizeof *route->stop);
        search->best_length[t] = route->length;
        filled += route->length;
    }
    search->best_cost = search->cost;
}

/* Replace the plan in hand by these routes, one after the other. False, with nothing usable in hand, when a
 * route has no schedule. */
bool load_plan(Search *search, const int32_t *length, const int32_t *stop) {
    const Problem *problem = &search->problem;
    for (int32_t j = 0; j < problem->jobs; j++) {
        search->route_of[j] = -1;
        list_absent(search, j, true);
    }
    bool sound = true;
    search->cost = 0;
    for (int32_t j = 0; j < problem->jobs; j++) search->cost += problem->job[j].worth;
    for (int32_t t = 0; t < problem->technicians; t++) {
        Route *route = &search->route[t];
        make_room(route, length[t]);
        make_room(&search->spare[t], length[t]);
        clear_route(problem, route);
        clear_route(problem, &search->spare[t]);
        memcpy(route->stop, stop, (size_t)length[t] * sizeof *stop);
        stop += length[t];
        route->length = length[t];
        route->version = ++search->versions;
        sound = time_route(problem, route, 0) && sound;
        renumber(search, t, 0);
        search->cost += route_cost(route);
        for (int32_t k = 0; k < route->length; k++) {
            list_absent(search, route->stop[k], false);
            search->cost -= problem->job[route->stop[k]].worth;
        }
    }
    search->touched_count = 0;
    memset(search->touched, 0, (size_t)problem->technicians * sizeof *search->touched);
    return sound;
}
