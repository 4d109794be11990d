/* What is taken out in one step. Ruins are local: what lies together can be exchanged. */
#include "random.h"

/* A stop under way stays; an absent job is out already. */
static bool removable(const Search *search, int32_t job) {
    int32_t technician = search->route_of[job];
    return technician >= 0 && !search->mark[job] &&
           search->place_of[job] >= search->problem.technician[technician].locked;
}

static void remove_job(Search *search, int32_t job) {
    search->mark[job] = 1;
    search->removed[search->removed_count++] = job;
}

static int32_t movable_length(const Search *search, int32_t technician) {
    return search->route[technician].length - search->problem.technician[technician].locked;
}

/* Remove `length` stops in a row around a job; with some luck a few in the middle stay (Christiaens and Vanden
 * Berghe, Slack Induction by String Removals, 2020). */
static void remove_string(Search *search, int32_t job, int32_t length) {
    Random *random = &search->random;
    int32_t technician = search->route_of[job], place = search->place_of[job];
    const Route *route = &search->route[technician];
    int32_t locked = search->problem.technician[technician].locked, free = route->length - locked, kept = 0;
    if (length > 1 && length < free && random_share(random) < search->settings.split) kept = 1;
    int32_t span = length + kept;
    int32_t first = place - span + 1 > locked ? place - span + 1 : locked;
    int32_t last = place < route->length - span ? place : route->length - span;
    int32_t begin = first + random_below(random, last - first + 1);
    int32_t spared = kept ? begin + 1 + random_below(random, span - 2) : -1;
    for (int32_t k = begin; k < begin + span; k++)
        if (k != spared) remove_job(search, route->stop[k]);
}

/* Strings of neighbouring routes around the seed. */
static void remove_strings(Search *search) {
    const Problem *problem = &search->problem;
    Random *random = &search->random;
    int32_t served = problem->jobs - search->absent_count, busy = 0;
    for (int32_t t = 0; t < problem->technicians; t++) busy += movable_length(search, t) > 0;
    if (!busy) return;
    double most = (double)served / busy;
    if (most > search->settings.string_most) most = search->settings.string_most;
    double strings = 4 * search->settings.removed_mean / (1 + most) - 1;
    int32_t wanted = 1 + (int32_t)(random_share(random) * (strings < 1 ? 1 : strings));
    for (int32_t k = -1; k < problem->neighbours && wanted > 0; k++) {
        int32_t job = k < 0 ? search->seed_job : problem->near[(int64_t)search->seed_job * problem->neighbours + k];
        int32_t technician = search->route_of[job];
        if (technician < 0 || search->touched[technician] || !removable(search, job)) continue;
        double longest = movable_length(search, technician);
        if (longest > most) longest = most;
        int32_t length = 1 + (int32_t)(random_share(random) * longest);
        if (length > movable_length(search, technician)) length = movable_length(search, technician);
        remove_string(search, job, length);
        touch_route(search, technician);
        wanted--;
    }
}

/* The nearest stops to the seed, some passed over. */
static void remove_nearest(Search *search) {
    const Problem *problem = &search->problem;
    Random *random = &search->random;
    int32_t wanted = 1 + random_below(random, (int32_t)(2 * search->settings.removed_mean));
    for (int32_t k = -1; k < problem->neighbours && wanted > 0; k++) {
        int32_t job = k < 0 ? search->seed_job : problem->near[(int64_t)search->seed_job * problem->neighbours + k];
        if (!removable(search, job) || random_share(random) < 0.15) continue;
        remove_job(search, job);
        wanted--;
    }
}

/* One or two whole routes near the seed. */
static void remove_routes(Search *search) {
    const Problem *problem = &search->problem;
    int32_t wanted = 1 + random_below(&search->random, 2);
    for (int32_t k = -1; k < problem->neighbours && wanted > 0; k++) {
        int32_t job = k < 0 ? search->seed_job : problem->near[(int64_t)search->seed_job * problem->neighbours + k];
        if (!removable(search, job)) continue;
        const Route *route = &search->route[search->route_of[job]];
        int32_t locked = problem->technician[route->technician].locked;
        for (int32_t i = locked; i < route->length; i++) remove_job(search, route->stop[i]);
        wanted--;
    }
}

/* A few stops, each the least worth for its time among some drawn by lot: room for others. */
static void remove_least_worth(Search *search) {
    const Problem *problem = &search->problem;
    Random *random = &search->random;
    int32_t wanted = 1 + random_below(random, 6);
    while (wanted-- > 0) {
        int32_t chosen = -1;
        double least = 0;
        for (int32_t tries = 0; tries < 5; tries++) {
            int32_t k = random_below(random, problem->neighbours < 40 ? problem->neighbours : 40);
            int32_t job = problem->near[(int64_t)search->seed_job * problem->neighbours + k];
            if (!removable(search, job)) continue;
            const Route *route = &search->route[search->route_of[job]];
            int32_t place = search->place_of[job];
            double time = (double)problem->job[job].duration + route->leg[place] + route->leg[place + 1] + 1;
            double value = (double)problem->job[job].worth / time;
            if (chosen < 0 || value < least) chosen = job, least = value;
        }
        if (chosen >= 0) remove_job(search, chosen);
    }
}

/* Room for an absent job: a string around the nearest of some stops drawn by lot from people who may do it.
 * Those near the job alone are often not qualified, or have nothing in its window. */
static void remove_for_absent(Search *search) {
    const Problem *problem = &search->problem;
    Random *random = &search->random;
    int32_t name = search->absent[random_below(random, search->absent_count)];
    search->seed_job = name;
    for (int32_t wanted = 1 + random_below(random, 2); wanted > 0; wanted--) {
        int32_t chosen = -1, least = 0;
        for (int32_t tries = 0; tries < 8; tries++) {
            int32_t technician = random_below(random, problem->technicians), movable;
            if (problem->visit_cost[(int64_t)name * problem->technicians + technician] < 0) continue;
            if (search->touched[technician] || (movable = movable_length(search, technician)) == 0) continue;
            const Route *route = &search->route[technician];
            int32_t stop = route->stop[route->length - 1 - random_below(random, movable)];
            int32_t both = problem->travel[(int64_t)name * problem->nodes + stop] +
                           problem->travel_to[(int64_t)name * problem->nodes + stop];
            if (chosen < 0 || both < least) chosen = stop, least = both;
        }
        if (chosen < 0) continue;
        int32_t technician = search->route_of[chosen], longest = movable_length(search, technician);
        if (longest > search->settings.string_most) longest = search->settings.string_most;
        remove_string(search, chosen, 1 + random_below(random, longest));
        touch_route(search, technician);
    }
}

/* Whatever comes after a removed job leaves with it: it stands on the same route. */
static void remove_followers(Search *search) {
    for (int32_t k = 0; k < search->removed_count; k++) {
        int32_t leader = search->removed[k];
        const Route *route = &search->route[search->route_of[leader]];
        for (int32_t i = search->place_of[leader] + 1; i < route->length; i++)
            if (search->problem.job[route->stop[i]].after == leader && !search->mark[route->stop[i]])
                remove_job(search, route->stop[i]);
    }
}

/* Draws a seed and fills `removed`. Routes that are only marked here are touched again by their removal. */
void choose_removed(Search *search) {
    const Problem *problem = &search->problem;
    Random *random = &search->random;
    search->removed_count = 0;
    search->seed_job = random_below(random, problem->jobs);
    int32_t total = 0, ruin = 0;
    for (int32_t k = 0; k < 5; k++) total += search->settings.ruin_weight[k];
    int32_t drawn = random_below(random, total);
    while (drawn >= search->settings.ruin_weight[ruin]) drawn -= search->settings.ruin_weight[ruin++];
    if (problem->neighbours == 0) ruin = 1;
    if (ruin == 4 && search->absent_count == 0) ruin = 0;
    if (ruin == 0) remove_strings(search);
    if (ruin == 1) remove_nearest(search);
    if (ruin == 2) remove_routes(search);
    if (ruin == 3) remove_least_worth(search);
    if (ruin == 4) remove_for_absent(search);
    if (problem->ordered) remove_followers(search);
    search->seed_first = search->route_of[search->seed_job] < 0 && random_share(random) < 0.5;
    for (int32_t k = 0; k < search->removed_count; k++) search->mark[search->removed[k]] = 0;
}
