/* Putting jobs back: in an order drawn by lot, each at its cheapest place, a few places overlooked. */
#include "random.h"

enum { BY_LOT, MOST_WORTH, FARTHEST, NEAREST, NARROWEST, FIRST_DUE, WORTH_A_SECOND, ORDERS };

static double order_key(Search *search, int32_t order, int32_t name) {
    const Problem *problem = &search->problem;
    const Job *job = &problem->job[name];
    double leg = problem->home_leg[name];
    switch (order) {
    case MOST_WORTH: return -(double)job->worth;
    case FARTHEST: return -leg;
    case NEAREST: return leg;
    case NARROWEST: return (double)job->closes - job->opens;
    case FIRST_DUE: return job->rate ? job->due : job->closes;
    case WORTH_A_SECOND: return -(double)job->worth / (job->duration + 600.0);
    default: return random_share(&search->random);
    }
}

static void add_waiting(Search *search, int32_t job) {
    if (search->mark[job]) return;
    search->mark[job] = 1;
    search->pending[search->pending_count++] = job;
}

/* An absent job by lot: of two the one that is worth more for its time. */
static int32_t draw_absent(Search *search) {
    const Job *all = search->problem.job;
    int32_t one = search->absent[random_below(&search->random, search->absent_count)];
    int32_t other = search->absent[random_below(&search->random, search->absent_count)];
    double first = (double)all[one].worth / (all[one].duration + 600.0);
    double second = (double)all[other].worth / (all[other].duration + 600.0);
    return first < second ? other : one;
}

/* Absent jobs join: all when they are few, else some near the seed and some drawn by lot. */
static void choose_waiting(Search *search) {
    const Problem *problem = &search->problem;
    int32_t most = search->settings.waiting_most;
    int32_t first = search->pending_count;
    if (search->absent_count <= most) {
        for (int32_t k = 0; k < search->absent_count; k++) add_waiting(search, search->absent[k]);
    } else {
        int32_t near = most / 2;
        if (search->absent_at[search->seed_job] >= 0) add_waiting(search, search->seed_job);
        for (int32_t k = 0; k < problem->neighbours && search->pending_count - first < near; k++) {
            int32_t job = problem->near[(int64_t)search->seed_job * problem->neighbours + k];
            if (search->absent_at[job] >= 0 && random_share(&search->random) < 0.5) add_waiting(search, job);
        }
        for (int32_t k = search->pending_count - first; k < most; k++) add_waiting(search, draw_absent(search));
    }
    for (int32_t k = first; k < search->pending_count; k++) search->mark[search->pending[k]] = 0;
}

/* `pending`: the removed and some absent jobs, in the order in which they will be put back. */
void choose_order(Search *search) {
    search->pending_count = 0;
    for (int32_t k = 0; k < search->removed_count; k++)
        search->pending[search->pending_count++] = search->removed[k];
    choose_waiting(search);
    int32_t total = 0, order = 0;
    for (int32_t k = 0; k < ORDERS; k++) total += search->settings.order_weight[k];
    int32_t drawn = random_below(&search->random, total);
    while (drawn >= search->settings.order_weight[order]) drawn -= search->settings.order_weight[order++];
    double *key = search->key;
    for (int32_t k = 0; k < search->pending_count; k++) {
        int32_t job = search->pending[k], i = k;
        double own = order_key(search, order, job);
        if (search->seed_first && job == search->seed_job) own = -1e300;
        for (; i > 0 && key[i - 1] > own; i--) {
            key[i] = key[i - 1];
            search->pending[i] = search->pending[i - 1];
        }
        key[i] = own;
        search->pending[i] = job;
    }
}

/* Whether the empty route of somebody alike has been looked at already: they are one choice, not many. */
static bool seen_empty(Search *search, int32_t technician) {
    if (search->route[technician].length) return false;
    uint64_t *seen = &search->empty_seen[search->problem.technician[technician].twin];
    if (*seen == search->empty_stamp) return true;
    *seen = search->empty_stamp;
    return false;
}

/* Put a job at its cheapest place, if that costs less than leaving it out. What is known of a route is used
 * as long as the route stays as it is: its cheapest place, or (position -1) that none costs less than so
 * much. The known places come first: the cheaper the best so far, the less has to be timed. */
static void insert_job(Search *search, int32_t job) {
    const Problem *problem = &search->problem;
    const int32_t *allowed = problem->visit_cost + (int64_t)job * problem->technicians;
    Place *known = search->known + (int64_t)job * problem->technicians;
    int64_t cheapest = problem->job[job].worth;
    int32_t chosen = -1, position = -1, unknown = 0;
    search->empty_stamp++;
    for (int32_t t = 0; t < problem->technicians; t++) {
        if (allowed[t] < 0 || seen_empty(search, t)) continue;
        if (random_share(&search->random) < search->settings.blink) continue;
        if (known[t].version == search->route[t].version && known[t].position >= 0) {
            if (known[t].cost >= cheapest) continue;
            cheapest = known[t].cost;
            position = known[t].position;
            chosen = t;
        } else {
            search->unknown[unknown++] = t;
        }
    }
    for (int32_t k = 0; k < unknown; k++) {
        int32_t t = search->unknown[k];
        const Route *route = &search->route[t];
        if (known[t].version == route->version && known[t].cost >= cheapest) continue;
        /* Where nothing has to be timed, the whole answer costs little more, and serves next time. */
        int64_t below = problem->soft || problem->breaks ? cheapest : problem->job[job].worth;
        known[t] = cheapest_place(problem, route, job, below);
        if (known[t].position < 0 || known[t].cost >= cheapest) continue;
        cheapest = known[t].cost;
        position = known[t].position;
        chosen = t;
    }
    if (chosen >= 0) put_job(search, chosen, job, position);
}

/* What has to come before an absent job is put back first, if it is among the pending ones. */
static void insert_with_leaders(Search *search, int32_t job) {
    if (!search->mark[job]) return;
    search->mark[job] = 0;
    int32_t after = search->problem.job[job].after;
    if (after >= 0) insert_with_leaders(search, after);
    if (after < 0 || search->route_of[after] >= 0) insert_job(search, job);
}

void insert_pending(Search *search) {
    if (!search->problem.ordered) {
        for (int32_t k = 0; k < search->pending_count; k++) insert_job(search, search->pending[k]);
        return;
    }
    for (int32_t k = 0; k < search->pending_count; k++) search->mark[search->pending[k]] = 1;
    for (int32_t k = 0; k < search->pending_count; k++) insert_with_leaders(search, search->pending[k]);
}
