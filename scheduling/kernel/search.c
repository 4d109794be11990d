/* Simulated annealing over ruin and recreate, in slices: whoever runs it can stop, look and go on. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "random.h"

#include <math.h>
#include <time.h>

enum { WALL_CLOCK, PROCESSOR_CLOCK };

static double now(int32_t clock) {
    struct timespec time;
    clock_gettime(clock == PROCESSOR_CLOCK ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* What the plan would cost as it stands in this step. */
static int64_t cost_of_step(const Search *search) {
    int64_t cost = search->cost;
    for (int32_t k = 0; k < search->touched_count; k++) {
        int32_t t = search->touched_list[k];
        cost += route_cost(&search->route[t]) - route_cost(&search->spare[t]);
    }
    for (int32_t k = 0; k < search->pending_count; k++) {
        int32_t job = search->pending[k];
        bool was_absent = search->absent_at[job] >= 0, is_absent = search->route_of[job] < 0;
        if (is_absent && !was_absent) cost += search->problem.job[job].worth;
        if (was_absent && !is_absent) cost -= search->problem.job[job].worth;
    }
    return cost;
}

static void pool_touched(Search *search, int64_t cost) {
    for (int32_t k = 0; k < search->touched_count; k++)
        pool_route(search->pool, &search->route[search->touched_list[k]], cost);
}

static void step(Search *search, double temperature, double pool_share) {
    choose_removed(search);
    choose_order(search);
    if (search->pending_count == 0) return;
    if (!take_removed(search)) {
        undo_step(search);
        return;
    }
    insert_pending(search);
    int64_t cost = cost_of_step(search);
    double luck = -temperature * log(1.0 - random_share(&search->random));
    if ((double)(cost - search->cost) >= luck && cost >= search->cost) {
        undo_step(search);
        return;
    }
    search->cost = cost;
    bool good = cost != search->best_cost && (double)cost < (double)search->best_cost * (1.0 + pool_share);
    if (good) pool_touched(search, cost);
    keep_step(search);
    if (cost < search->best_cost) remember_best(search);
}

/* Run for so many steps or seconds, whatever ends first, at one temperature; returns the steps made.
 * Routes of plans within `pool_share` of the best join the pool. */
int64_t ondol_run(
    Search *search, int64_t steps, double seconds, int32_t clock, double temperature, double pool_share
) {
    if (search->problem.jobs == 0 || search->problem.technicians == 0) return 0;
    double end = now(clock) + seconds;
    int64_t made = 0;
    while (made < steps) {
        if (seconds > 0 && made % 8 == 0 && now(clock) >= end) break;
        step(search, temperature, pool_share);
        made++;
    }
    return made;
}

/* Put every absent job where it is cheapest, in this order of `choose_order`; returns the plan's cost. */
int64_t ondol_fill(Search *search, int32_t order) {
    int32_t kept[8], most = search->settings.waiting_most;
    double blink = search->settings.blink;
    for (int32_t k = 0; k < 8; k++) {
        kept[k] = search->settings.order_weight[k];
        search->settings.order_weight[k] = k == order;
    }
    search->settings.waiting_most = search->problem.jobs;
    search->settings.blink = 0;
    search->removed_count = 0;
    search->seed_first = false;
    choose_order(search);
    insert_pending(search);
    search->cost = cost_of_step(search);
    keep_step(search);
    if (search->cost < search->best_cost) remember_best(search);
    for (int32_t k = 0; k < 8; k++) search->settings.order_weight[k] = kept[k];
    search->settings.waiting_most = most;
    search->settings.blink = blink;
    return search->cost;
}
