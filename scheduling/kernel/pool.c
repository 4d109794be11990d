/* Routes that were part of good plans, once each: what the final choice of routes is made from. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t key;          /* of the technician's kind and the set of jobs; 0: free */
    int64_t cost, plan_cost;
    int32_t technician, length;
    int32_t *stop;
} Column;

struct Pool {
    int32_t most, count;
    uint64_t mask;
    const Problem *problem;
    Column *column;
};

static uint64_t mix(uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

Pool *make_pool(const Problem *problem, int32_t most) {
    Pool *pool = calloc(1, sizeof *pool);
    uint64_t size = 1;
    while (size < 2 * (uint64_t)most) size *= 2;
    pool->most = most;
    pool->mask = size - 1;
    pool->problem = problem;
    pool->column = calloc(size, sizeof *pool->column);
    return pool;
}

void free_pool(Pool *pool) {
    for (uint64_t k = 0; k <= pool->mask; k++) free(pool->column[k].stop);
    free(pool->column);
    free(pool);
}

static int by_plan(const void *one, const void *other) {
    int64_t a = ((const Column *)one)->plan_cost, b = ((const Column *)other)->plan_cost;
    return (a > b) - (a < b);
}

static Column *find(Pool *pool, uint64_t key) {
    uint64_t at = key & pool->mask;
    while (pool->column[at].key && pool->column[at].key != key) at = (at + 1) & pool->mask;
    return &pool->column[at];
}

/* The better half stays. */
static void make_space(Pool *pool) {
    Column *all = malloc((size_t)pool->count * sizeof *all);
    int32_t n = 0;
    for (uint64_t k = 0; k <= pool->mask; k++)
        if (pool->column[k].key) all[n++] = pool->column[k];
    qsort(all, (size_t)n, sizeof *all, by_plan);
    memset(pool->column, 0, (pool->mask + 1) * sizeof *pool->column);
    pool->count = n / 2;
    for (int32_t k = 0; k < n; k++) {
        if (k < pool->count) *find(pool, all[k].key) = all[k];
        else free(all[k].stop);
    }
    free(all);
}

/* Note a route of a plan that costs `plan_cost`. */
void pool_route(Pool *pool, const Route *route, int64_t plan_cost) {
    if (route->length == 0) return;
    int32_t twin = pool->problem->technician[route->technician].twin;
    uint64_t key = mix(~(uint64_t)twin);
    for (int32_t k = 0; k < route->length; k++) key += mix((uint64_t)route->stop[k]);
    key |= 1;
    Column *column = find(pool, key);
    int64_t cost = route_cost(route);
    if (column->key) {
        if (plan_cost < column->plan_cost) column->plan_cost = plan_cost;
        if (cost >= column->cost) return;
    } else {
        if (pool->count == pool->most) {
            make_space(pool);
            column = find(pool, key);
        }
        pool->count++;
        *column = (Column){key, cost, plan_cost, twin, route->length, NULL};
        column->stop = malloc((size_t)route->length * sizeof *column->stop);
    }
    column->cost = cost;
    memcpy(column->stop, route->stop, (size_t)route->length * sizeof *column->stop);
}

/* The best columns, those of the best plans first; returns how many. `stop` has room for `most_stops`. */
int32_t ondol_columns(
    Search *search, int32_t most, int32_t most_stops, int32_t *technician, int32_t *length, int64_t *cost,
    int32_t *stop
) {
    Pool *pool = search->pool;
    Column *all = malloc(((size_t)pool->count + 1) * sizeof *all);
    int32_t n = 0, taken = 0;
    for (uint64_t k = 0; k <= pool->mask; k++)
        if (pool->column[k].key) all[n++] = pool->column[k];
    qsort(all, (size_t)n, sizeof *all, by_plan);
    for (; taken < n && taken < most && all[taken].length <= most_stops; taken++) {
        technician[taken] = all[taken].technician;
        length[taken] = all[taken].length;
        cost[taken] = all[taken].cost;
        memcpy(stop, all[taken].stop, (size_t)all[taken].length * sizeof *stop);
        stop += all[taken].length;
        most_stops -= all[taken].length;
    }
    free(all);
    return taken;
}
