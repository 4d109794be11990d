/* What Python calls (scheduling/kernel.py). Arrays are borrowed for the call; everything is copied. */
#include "random.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int32_t jobs, technicians, nodes, neighbours, gaps;
    uint64_t seed;
    const Job *job;
    const Technician *technician;
    const Gap *gap;
    const int32_t *travel, *visit_cost;
} Input;

static void *copied(const void *from, size_t bytes) {
    void *to = malloc(bytes ? bytes : 1);
    if (bytes) memcpy(to, from, bytes);
    return to;
}

typedef struct { int64_t distance; int32_t job; } Neighbour;

static int by_distance(const void *one, const void *other) {
    const Neighbour *a = one, *b = other;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    return (a->job > b->job) - (a->job < b->job);
}

static void find_neighbours(Problem *problem) {
    int32_t n = problem->jobs;
    Neighbour *all = malloc(((size_t)n + 1) * sizeof *all);
    for (int32_t j = 0; j < n; j++) {
        int32_t count = 0;
        for (int32_t i = 0; i < n; i++) {
            if (i == j) continue;
            int64_t both = (int64_t)problem->travel[(int64_t)i * problem->nodes + j] +
                           problem->travel[(int64_t)j * problem->nodes + i];
            all[count++] = (Neighbour){both, i};
        }
        qsort(all, (size_t)count, sizeof *all, by_distance);
        for (int32_t k = 0; k < problem->neighbours; k++)
            problem->near[(int64_t)j * problem->neighbours + k] = all[k].job;
    }
    free(all);
}

static void find_homes(Problem *problem) {
    for (int32_t j = 0; j < problem->jobs; j++) {
        problem->home_leg[j] = problem->technicians ? INT32_MAX : 0;
        for (int32_t t = 0; t < problem->technicians; t++) {
            int32_t leg = problem->travel[(int64_t)(problem->jobs + 2 * t) * problem->nodes + j];
            if (leg < problem->home_leg[j]) problem->home_leg[j] = leg;
        }
    }
}

static void copy_problem(Problem *problem, const Input *input) {
    size_t n = (size_t)input->jobs, m = (size_t)input->technicians, nodes = (size_t)input->nodes;
    problem->jobs = input->jobs;
    problem->technicians = input->technicians;
    problem->nodes = input->nodes;
    problem->neighbours = input->neighbours < input->jobs ? input->neighbours : (input->jobs ? input->jobs - 1 : 0);
    problem->job = copied(input->job, n * sizeof(Job));
    problem->technician = copied(input->technician, m * sizeof(Technician));
    problem->gap = copied(input->gap, (size_t)input->gaps * sizeof(Gap));
    problem->travel = copied(input->travel, nodes * nodes * sizeof(int32_t));
    problem->travel_to = malloc((nodes * nodes + 1) * sizeof(int32_t));
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) problem->travel_to[b * nodes + a] = problem->travel[a * nodes + b];
    problem->visit_cost = copied(input->visit_cost, n * m * sizeof(int32_t));
    problem->near = malloc((n * (size_t)problem->neighbours + 1) * sizeof(int32_t));
    problem->home_leg = malloc((n + 1) * sizeof(int32_t));
    problem->soft = problem->breaks = problem->ordered = false;
    for (size_t t = 0; t < m; t++) problem->breaks = problem->breaks || problem->technician[t].breaks;
    for (size_t j = 0; j < n; j++) problem->soft = problem->soft || problem->job[j].soft;
    for (size_t j = 0; j < n; j++) problem->ordered = problem->ordered || problem->job[j].after >= 0;
    find_neighbours(problem);
    find_homes(problem);
}

Route empty_route(const Problem *problem, int32_t technician) {
    Route route = {.technician = technician, .room = 8};
    route.stop = calloc(8, sizeof *route.stop);
    route.leg = calloc(8, sizeof *route.leg);
    route.ready = calloc(8, sizeof *route.ready);
    route.latest = calloc(8, sizeof *route.latest);
    route.late = calloc(8, sizeof *route.late);
    route.state = calloc(8, sizeof *route.state);
    route.behind = calloc(8, sizeof *route.behind);
    clear_route(problem, &route);
    return route;
}

void free_route(Route *route) {
    free(route->stop);
    free(route->leg);
    free(route->ready);
    free(route->latest);
    free(route->late);
    free(route->state);
    free(route->behind);
}

/* A search with nothing planned. NULL never: without memory the process ends. */
Search *ondol_open(const Input *input, const Settings *settings, int32_t pool) {
    Search *search = calloc(1, sizeof *search);
    Problem *problem = &search->problem;
    copy_problem(problem, input);
    size_t n = (size_t)problem->jobs, m = (size_t)problem->technicians;
    search->settings = *settings;
    seed_random(&search->random, input->seed);
    search->route = calloc(m + 1, sizeof(Route));
    search->spare = calloc(m + 1, sizeof(Route));
    search->touched = calloc(m + 1, sizeof(bool));
    search->touched_list = calloc(m + 1, sizeof(int32_t));
    search->route_of = calloc(n + 1, sizeof(int32_t));
    search->place_of = calloc(n + 1, sizeof(int32_t));
    search->absent = calloc(n + 1, sizeof(int32_t));
    search->absent_at = malloc((n + 1) * sizeof(int32_t));
    search->known = calloc(n * m + 1, sizeof(Place));
    search->best_stop = calloc(n + 1, sizeof(int32_t));
    search->best_length = calloc(m + 1, sizeof(int32_t));
    search->unknown = calloc(m + 1, sizeof(int32_t));
    search->removed = calloc(n + 1, sizeof(int32_t));
    search->pending = calloc(n + 1, sizeof(int32_t));
    search->mark = calloc(n + 1, sizeof(uint8_t));
    search->key = calloc(n + 1, sizeof(double));
    search->empty_seen = calloc(m + 1, sizeof(uint64_t));
    search->best_cost = NEVER;
    search->pool = make_pool(problem, pool);
    for (size_t j = 0; j <= n; j++) search->absent_at[j] = -1;
    for (size_t t = 0; t < m; t++) {
        search->route[t] = empty_route(problem, (int32_t)t);
        search->spare[t] = empty_route(problem, (int32_t)t);
    }
    return search;
}

void ondol_close(Search *search) {
    Problem *problem = &search->problem;
    for (int32_t t = 0; t < problem->technicians; t++) {
        free_route(&search->route[t]);
        free_route(&search->spare[t]);
    }
    free_pool(search->pool);
    void *blocks[] = {
        problem->job, problem->technician, problem->gap, problem->travel, problem->travel_to,
        problem->visit_cost, problem->near, problem->home_leg, search->route, search->spare,
        search->touched, search->touched_list, search->route_of, search->place_of, search->absent,
        search->absent_at, search->known, search->best_stop, search->best_length, search->unknown, search->removed,
        search->pending, search->mark, search->key, search->empty_seen, search,
    };
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) free(blocks[k]);
}

void ondol_set(Search *search, const Settings *settings) { search->settings = *settings; }

/* Take a plan in hand (routes one after the other). Its cost, or -1 when a route has no schedule. The best
 * plan so far stays remembered, unless this one is better. */
int64_t ondol_load(Search *search, const int32_t *length, const int32_t *stop) {
    if (!load_plan(search, length, stop)) return -1;
    for (int32_t t = 0; t < search->problem.technicians; t++)
        pool_route(search->pool, &search->route[t], search->cost);
    if (search->cost < search->best_cost) remember_best(search);
    return search->cost;
}

/* Cost of the best plan and, where given, its routes. */
int64_t ondol_best(const Search *search, int32_t *length, int32_t *stop) {
    size_t total = 0;
    for (int32_t t = 0; t < search->problem.technicians; t++) total += (size_t)search->best_length[t];
    if (length) {
        memcpy(length, search->best_length, (size_t)search->problem.technicians * sizeof *length);
        memcpy(stop, search->best_stop, total * sizeof *stop);
    }
    return search->best_cost;
}

int64_t ondol_cost(const Search *search) { return search->cost; }

/* Back to the best plan; its routes are in the pool from now on. */
void ondol_return(Search *search) {
    ondol_load(search, search->best_length, search->best_stop);
}

/* The cheapest place for a job on the route in hand below a cost; its added cost, NEVER when there is none. */
int64_t ondol_place(const Search *search, int32_t technician, int32_t job, int64_t below, int32_t *position) {
    Place place = cheapest_place(&search->problem, &search->route[technician], job, below);
    *position = place.position;
    return place.position < 0 ? NEVER : place.cost;
}
