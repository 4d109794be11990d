/* The planning kernel: ruin and recreate on exact route costs.
 *
 * Times are whole seconds (int32), costs whole units (int64). Jobs are 0..jobs-1; the node of job j is j, the
 * nodes where technician t leaves and ends his day are jobs + 2t and jobs + 2t + 1. The rules are those of
 * scheduling/evaluator.py, which judges every result again.
 */
#ifndef ONDOL_KERNEL_H
#define ONDOL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_BREAKS 4
#define MAX_LABELS 16
#define NEVER INT64_MAX

typedef struct {
    int32_t opens, closes, duration;   /* work begins within [opens, closes] */
    int32_t due, rate;                 /* soft: rate a second after due */
    int32_t published, later_rate;     /* soft: moving the start behind the published one */
    int32_t demand;
    int32_t gap_from, gap_until;       /* this job's closed times between its windows, in Problem.gaps */
    int32_t soft;                      /* whether a later start can cost anything */
    int32_t after;                     /* the job that has to stand before this one on its route; -1: none */
    int64_t worth;                     /* what leaving the job out costs */
} Job;

typedef struct { int32_t closes, reopens; } Gap; /* no start strictly between the two */

typedef struct { int32_t earliest, latest, duration; } Break;

typedef struct {
    int32_t starts, ends, limit, rate; /* arrival after ends costs rate a second; none after limit */
    int32_t capacity;                  /* -1: none */
    int32_t breaks, locked;            /* number of breaks; stops under way, which keep their place */
    int32_t twin;                      /* the first technician whose empty route is the same as this one's */
    Break pause[MAX_BREAKS];
} Technician;

typedef struct {
    int32_t jobs, technicians, nodes, neighbours;
    bool soft, breaks;     /* some job has a cost that grows with its start; somebody has a break */
    bool ordered;          /* some job has to stand behind another one */
    Job *job;
    Technician *technician;
    Gap *gap;
    int32_t *travel;       /* [from * nodes + to] */
    int32_t *travel_to;    /* [to * nodes + from]: the same, for reading along a row */
    int32_t *visit_cost;   /* [job * technicians + technician]: -1 not allowed, else added to the travel */
    int32_t *home_leg;     /* [job]: travel from the nearest start of a day */
    int32_t *near;         /* [job * neighbours + k]: other jobs, nearest first, both ways together */
} Problem;

/* A way of having come so far: breaks taken, when the next leg can begin, what lateness has cost. */
typedef struct { int64_t cost; int32_t ready, taken; } Label;
typedef struct { int32_t count; Label label[MAX_LABELS]; } State;

/* The latest arrivals, by the number of breaks already taken, with which the rest of the day is in time, and with
 * which it costs nothing but its travel. Exact: the remaining breaks are in them. */
typedef struct { int32_t in_time[MAX_BREAKS + 1], at_no_cost[MAX_BREAKS + 1]; } Behind;

/* Position k is behind the k-th stop; position 0 is the start. Arrays have `room` entries. */
typedef struct {
    int32_t technician, length, room, load;
    uint64_t version;      /* changes with the content, so that what is known of a route can be kept */
    int64_t travel, penalty;
    int32_t *stop;         /* jobs in order */
    int32_t *leg;          /* leg[k] leads to stop k; leg[length] to the end */
    int32_t *ready;        /* ready[k]: the earliest moment at which leg k can begin */
    int32_t *latest;       /* latest[k]: the latest arrival at stop k with which the rest is in time */
    int64_t *late;         /* late[k]: cost of lateness before leg k, without breaks */
    State *state;          /* state[k] before leg k; used where there are breaks */
    Behind *behind;        /* behind[k] from the arrival at stop k on, behind[length] at the end; with breaks */
} Route;

typedef struct { uint64_t s[4]; } Random;

typedef struct { int64_t cost; uint64_t version; int32_t position; } Place;

typedef struct {
    double removed_mean;   /* stops removed at once, on the average */
    double blink;          /* chance that a place is overlooked */
    double split;          /* chance that a removed string keeps some stops in its middle */
    int32_t string_most;   /* stops of one string */
    int32_t waiting_most;  /* absent jobs that join one recreate */
    int32_t ruin_weight[8];
    int32_t order_weight[8];
} Settings;

typedef struct Pool Pool;

typedef struct {
    Problem problem;
    Settings settings;
    Random random;
    Route *route, *spare;  /* spare[t] is the route before this step, where touched[t] */
    bool *touched;
    int32_t *touched_list, touched_count;
    int32_t *route_of;     /* technician of each job, -1: absent */
    int32_t *place_of;     /* position on its route */
    int32_t *absent, *absent_at, absent_count;
    Place *known;          /* [job * technicians + technician]: see insert_job in recreate.c */
    uint64_t versions;
    int64_t cost, best_cost;
    int32_t *best_stop, *best_length; /* routes of the best plan one after the other */
    /* scratch of one step */
    int32_t *unknown;      /* technicians whose cheapest place for a job has to be looked for */
    int32_t *removed, removed_count, *pending, pending_count;
    uint8_t *mark;
    uint64_t *empty_seen, empty_stamp; /* kinds of technicians whose empty route has been looked at */
    double *key;
    int32_t seed_job;
    bool seed_first;
    Pool *pool;
} Search;

/* timing.c */
void clear_route(const Problem *problem, Route *route);
bool time_route(const Problem *problem, Route *route, int32_t from);
int64_t route_cost(const Route *route);

/* insertion.c */
Place cheapest_place(const Problem *problem, const Route *route, int32_t job, int64_t below);

/* ruin.c */
void choose_removed(Search *search);

/* recreate.c */
void choose_order(Search *search);
void insert_pending(Search *search);

/* interface.c */
Route empty_route(const Problem *problem, int32_t technician);
void free_route(Route *route);

/* solution.c */
void make_room(Route *route, int32_t length);
void touch_route(Search *search, int32_t technician);
void put_job(Search *search, int32_t technician, int32_t job, int32_t position);
bool take_removed(Search *search);
void undo_step(Search *search);
void keep_step(Search *search);
void remember_best(Search *search);
bool load_plan(Search *search, const int32_t *length, const int32_t *stop);

/* pool.c */
Pool *make_pool(const Problem *problem, int32_t most);
void free_pool(Pool *pool);
void pool_route(Pool *pool, const Route *route, int64_t plan_cost);

#endif
