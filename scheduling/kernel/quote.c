/* Quotes: one job tried at every place of every route for many windows at once, on a plan that stays loaded.
 *
 * The job need not be in the problem: only its place in the matrix counts. Two stages: the cheap bounds of
 * insertion.c leave a few candidates for each window, then these are timed in the order of what they cost at
 * least. The days that offers name are timed by `time_day`, break by break, as the judge does.
 */
#include "timing.h"

#include <stdlib.h>
#include <string.h>

#define ANY_COST ((int64_t)1 << 61) /* above every cost, and far enough below NEVER to be reckoned with */

typedef struct {
    int32_t jobs, technicians, nodes, size; /* `size` is the matrix's */
    const Job *job;
    const Technician *technician;
    const Gap *gap;
    const int32_t *travel, *visit_cost; /* as in Problem */
    const int32_t *matrix, *matrix_to;  /* [from * size + to] and [to * size + from], by location */
    const int32_t *location;            /* [node] */
} BoardInput;

/* The least-cost place of one window: added cost, added travel, where. `technician` -1: none. */
typedef struct { int64_t cost, detour; int32_t technician, position; } WindowPlace;

typedef struct { int32_t opens, closes; } Window;

typedef struct {
    Job job;               /* its window is replaced by each of `window` in turn */
    int32_t location, windows;
    const Window *window;  /* the first to open first */
    const int64_t *extra;  /* [technician]: what it costs besides that he comes, -1: he may not */
    const int64_t *favour; /* [technician]: by how much it may cost more that he comes */
    const int32_t *span;   /* [technician][2]: the first and last place that a pinned order leaves; NULL: all */
    WindowPlace *place;    /* [window], the answer */
} Question;

typedef struct { Trial trial; int64_t detour; int32_t technician; } Candidate;

/* The times of one stop. */
typedef struct { int32_t arrive, start, end; } Times;

/* A day under way: what has been tried, and the cheapest so far. */
typedef struct {
    const Problem *problem;
    const Technician *person;
    int32_t length;
    const Job **stop;
    int32_t *leg;
    Times *now, *best;
    int64_t best_cost;
    int32_t best_finish;
} Day;

typedef struct {
    Problem problem; /* what it points at belongs to the caller */
    int32_t size;
    const int32_t *matrix, *matrix_to, *location;
    Route *route;
    Candidate *candidate;
    int32_t *count, windows; /* candidates of each window; there is room for so many windows */
    Day day;
} Board;

/* A board with empty routes. The arrays of the input must outlive it. */
Board *ondol_board_open(const BoardInput *input) {
    Board *board = calloc(1, sizeof *board);
    Problem *problem = &board->problem;
    problem->jobs = input->jobs;
    problem->technicians = input->technicians;
    problem->nodes = input->nodes;
    /* The search's functions take a problem that they may own; nothing here writes to it. */
    problem->job = (Job *)input->job;
    problem->technician = (Technician *)input->technician;
    problem->gap = (Gap *)input->gap;
    problem->travel = (int32_t *)input->travel;
    problem->visit_cost = (int32_t *)input->visit_cost;
    board->size = input->size;
    board->matrix = input->matrix;
    board->matrix_to = input->matrix_to;
    board->location = input->location;
    board->route = calloc((size_t)input->technicians + 1, sizeof(Route));
    for (int32_t t = 0; t < input->technicians; t++) board->route[t] = empty_route(problem, t);
    size_t stops = (size_t)input->jobs + 2;
    board->day.problem = problem;
    board->day.stop = calloc(stops, sizeof *board->day.stop);
    board->day.leg = calloc(stops, sizeof *board->day.leg);
    board->day.now = calloc(stops, sizeof *board->day.now);
    board->day.best = calloc(stops, sizeof *board->day.best);
    return board;
}

void ondol_board_close(Board *board) {
    for (int32_t t = 0; t < board->problem.technicians; t++) free_route(&board->route[t]);
    void *blocks[] = {
        board->route, board->candidate, board->count, (void *)board->day.stop, board->day.leg, board->day.now,
        board->day.best, board,
    };
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) free(blocks[k]);
}

/* Put these jobs on a route, in this order. 0 when no schedule fits: the route must then be set again. */
int32_t ondol_board_set(Board *board, int32_t technician, int32_t length, const int32_t *stop) {
    Route *route = &board->route[technician];
    make_room(route, length);
    clear_route(&board->problem, route);
    if (length) memcpy(route->stop, stop, (size_t)length * sizeof *stop);
    route->length = length;
    return time_route(&board->problem, route, 0);
}

static void make_place_for(Board *board, int32_t windows) {
    if (windows <= board->windows) return;
    size_t places = (size_t)board->problem.jobs + (size_t)board->problem.technicians;
    free(board->candidate);
    free(board->count);
    board->windows = windows;
    board->candidate = malloc((size_t)windows * places * sizeof *board->candidate + 1);
    board->count = malloc((size_t)windows * sizeof *board->count);
    if (!board->candidate || !board->count) abort(); /* out of memory: nothing to be saved */
}

static Job in_window(const Question *question, int32_t w) {
    Job job = question->job;
    job.opens = question->window[w].opens;
    job.closes = question->window[w].closes;
    job.soft = (job.rate > 0 && job.due < job.closes) || (job.later_rate > 0 && job.published < job.closes);
    return job;
}

/* The places of one route that may do, into the lists of the windows. */
static void list_candidates(Board *board, const Question *question, const Job *jobs, const Route *route) {
    const Problem *problem = &board->problem;
    const Technician *person = &problem->technician[route->technician];
    const int32_t home = problem->jobs + 2 * route->technician;
    const int32_t *from_row = board->matrix + (int64_t)question->location * board->size;
    const int32_t *to_row = board->matrix_to + (int64_t)question->location * board->size;
    const size_t places = (size_t)problem->jobs + (size_t)problem->technicians;
    const int64_t extra = question->extra[route->technician], favour = question->favour[route->technician];
    const int32_t *span = question->span ? question->span + 2 * route->technician : NULL;
    const int32_t first = span ? span[0] : person->locked, final = span ? span[1] : route->length;
    for (int32_t k = first; k <= final; k++) {
        int32_t to = to_row[board->location[k ? route->stop[k - 1] : home]];
        int32_t from = from_row[board->location[k < route->length ? route->stop[k] : home + 1]];
        int32_t leg = route->length ? route->leg[k] : 0;
        int32_t soonest = route->ready[k] + to;
        int32_t last = (k < route->length ? route->latest[k] : person->limit) - question->job.duration - from;
        int64_t detour = (int64_t)to + from - leg;
        /* Where the way through the job is shorter than the way past it, what follows may cost less. */
        bool shorter = to + from + question->job.duration < leg;
        for (int32_t w = 0; w < question->windows; w++) {
            const Job *job = &jobs[w];
            if (job->opens > last) break; /* and so do all that follow */
            if (soonest > job->closes) continue;
            int32_t start = start_of_work(problem, job, soonest);
            if (start > job->closes || start > last) continue;
            int64_t late = late_cost(job, start);
            Trial trial = {
                shorter ? -NEVER : detour + extra + late - favour, detour + extra, to, from,
                start + job->duration + from, k, late,
            };
            board->candidate[(size_t)w * places + (size_t)board->count[w]++] =
                (Candidate){trial, detour, route->technician};
        }
    }
}

/* Less cost (favour aside), then less travel, the first technician, the later place: nobody moves for nothing. */
static bool is_better(const WindowPlace *one, int64_t cost, const WindowPlace *other, int64_t least) {
    if (other->technician < 0 || cost != least) return other->technician < 0 || cost < least;
    if (one->detour != other->detour) return one->detour < other->detour;
    if (one->technician != other->technician) return one->technician < other->technician;
    return one->position > other->position;
}

static WindowPlace choose_place(
    const Board *board, const Question *question, const Job *job, Candidate *candidates, int32_t count
) {
    WindowPlace best = {0, 0, -1, -1};
    int64_t least = ANY_COST;
    while (count) {
        int32_t next = 0;
        for (int32_t k = 1; k < count; k++)
            if (candidates[k].trial.bound < candidates[next].trial.bound) next = k;
        const Candidate chosen = candidates[next];
        if (chosen.trial.bound > least) break;
        candidates[next] = candidates[--count];
        const Route *route = &board->route[chosen.technician];
        int64_t favour = question->favour[chosen.technician];
        int64_t added = added_cost(&board->problem, route, job, &chosen.trial, least + favour + 1);
        if (added == NEVER) continue;
        WindowPlace place = {added, chosen.detour, chosen.technician, chosen.trial.position};
        if (is_better(&place, added - favour, &best, least)) {
            best = place;
            least = added - favour;
        }
    }
    return best;
}

/* The cheapest place for each window of each question, every question on its own board. */
void ondol_board_ask(Board *const *boards, const Question *questions, int32_t count) {
    for (int32_t q = 0; q < count; q++) {
        Board *board = boards[q];
        const Question *question = &questions[q];
        make_place_for(board, question->windows);
        Job *jobs = malloc((size_t)question->windows * sizeof *jobs + 1);
        if (!jobs) abort();
        for (int32_t w = 0; w < question->windows; w++) {
            jobs[w] = in_window(question, w);
            board->count[w] = 0;
        }
        for (int32_t t = 0; t < board->problem.technicians; t++) {
            int32_t capacity = board->problem.technician[t].capacity;
            bool full = capacity >= 0 && board->route[t].load + question->job.demand > capacity;
            if (question->extra[t] >= 0 && !full) list_candidates(board, question, jobs, &board->route[t]);
        }
        const size_t places = (size_t)board->problem.jobs + (size_t)board->problem.technicians;
        for (int32_t w = 0; w < question->windows; w++)
            question->place[w] =
                choose_place(board, question, &jobs[w], board->candidate + (size_t)w * places, board->count[w]);
        free(jobs);
    }
}

/* Whether these breaks may follow the arrival at the end, where they cost nothing. */
static bool fits_after(const Technician *person, int32_t taken, int32_t arrival) {
    for (; taken < person->breaks; taken++) {
        const Break *pause = &person->pause[taken];
        if (arrival > pause->latest) return false;
        arrival = (arrival > pause->earliest ? arrival : pause->earliest) + pause->duration;
    }
    return true;
}

/* Leg k from the moment `free` on, with so many breaks behind: all ways to go on, an early break first. */
static void try_day(Day *day, int32_t k, int32_t free, int32_t arrival, int32_t taken, int64_t cost) {
    const Technician *person = day->person;
    if (taken < person->breaks && free <= person->pause[taken].latest) {
        const Break *pause = &person->pause[taken];
        int32_t rested = (free > pause->earliest ? free : pause->earliest) + pause->duration;
        int32_t later = (arrival > pause->earliest ? arrival : pause->earliest) + pause->duration;
        try_day(day, k, rested, later, taken + 1, cost);
    }
    if (k == day->length) {
        if (arrival > person->limit || !fits_after(person, taken, arrival)) return;
        cost += overtime_cost(person, arrival);
        if (cost > day->best_cost || (cost == day->best_cost && arrival >= day->best_finish)) return;
        day->best_cost = cost;
        day->best_finish = arrival;
        memcpy(day->best, day->now, (size_t)day->length * sizeof *day->best);
        return;
    }
    const Job *job = day->stop[k];
    int32_t start = start_of_work(day->problem, job, arrival);
    if (start > job->closes) return;
    cost += late_cost(job, start);
    if (cost > day->best_cost) return;
    day->now[k] = (Times){arrival, start, start + job->duration};
    try_day(day, k + 1, start + job->duration, start + job->duration + day->leg[k + 1], taken, cost);
}

/* The cheapest schedule of a route, with the question's job at `position` (below 0: as it is); among equal
 * costs the earliest finish, then the earlier breaks. The times into `times`, the arrival at the end into
 * `finish`; travel, lateness and overtime (never what a person costs), NEVER when no schedule fits. */
int64_t ondol_board_time(
    Board *board, int32_t technician, const Question *question, int32_t position, Times *times, int32_t *finish
) {
    const Problem *problem = &board->problem;
    const Route *route = &board->route[technician];
    const Technician *person = &problem->technician[technician];
    const int32_t home = problem->jobs + 2 * technician;
    Day *day = &board->day;
    int64_t travel = 0;
    int32_t before = board->location[home], count = 0;
    for (int32_t k = 0; k <= route->length; k++) {
        if (k == position) {
            day->leg[count] = board->matrix[(int64_t)before * board->size + question->location];
            day->stop[count++] = &question->job;
            before = question->location;
        }
        int32_t here = board->location[k < route->length ? route->stop[k] : home + 1];
        day->leg[count] = board->matrix[(int64_t)before * board->size + here];
        if (k < route->length) day->stop[count++] = &problem->job[route->stop[k]];
        before = here;
    }
    *finish = person->starts;
    if (count == 0) return 0; /* who has nothing to do stays where he is */
    for (int32_t k = 0; k <= count; k++) travel += day->leg[k];
    day->person = person;
    day->length = count;
    day->best_cost = ANY_COST;
    day->best_finish = INT32_MAX;
    try_day(day, 0, person->starts, person->starts + day->leg[0], 0, 0);
    if (day->best_cost == ANY_COST) return NEVER;
    memcpy(times, day->best, (size_t)count * sizeof *times);
    *finish = day->best_finish;
    return day->best_cost + travel;
}
