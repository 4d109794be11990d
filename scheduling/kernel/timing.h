/* One step of a route's clock, shared by timing.c (whole routes) and insertion.c (trials). */
#ifndef ONDOL_TIMING_H
#define ONDOL_TIMING_H

#include "kernel.h"

/* Start of work when arriving at this moment; beyond `closes` when there is no window left. */
static inline int32_t start_of_work(const Problem *problem, const Job *job, int32_t arrival) {
    int32_t start = arrival > job->opens ? arrival : job->opens;
    for (int32_t k = job->gap_from; k < job->gap_until; k++) {
        const Gap *gap = &problem->gap[k];
        if (start > gap->closes && start < gap->reopens) start = gap->reopens;
    }
    return start;
}

/* What beginning at this moment costs: after the due time, and after the published start. */
static inline int64_t late_cost(const Job *job, int32_t start) {
    int64_t cost = 0;
    if (!job->soft) return 0;
    if (start > job->due) cost += (int64_t)(start - job->due) * job->rate;
    if (start > job->published) cost += (int64_t)(start - job->published) * job->later_rate;
    return cost;
}

static inline int64_t overtime_cost(const Technician *person, int32_t arrival) {
    return arrival > person->ends ? (int64_t)(arrival - person->ends) * person->rate : 0;
}

/* What a job at position k would cost: the detour and the rest, with the penalty of the whole route. */
typedef struct { int64_t bound, detour; int32_t to, from, arrival, position; int64_t late; } Trial;

/* insertion.c: exact, NEVER where it would not fit or not be below `below`. */
int64_t added_cost(const Problem *problem, const Route *route, const Job *job, const Trial *trial, int64_t below);

/* A label joins a state, unless another is as good in every respect; those that it beats go.
 * Having taken a break already is never worse: it can be taken again only at a loss. */
static inline void add_label(State *state, Label label) {
    int32_t kept = 0;
    for (int32_t k = 0; k < state->count; k++) {
        const Label old = state->label[k];
        if (old.taken >= label.taken && old.ready <= label.ready && old.cost <= label.cost) return;
        if (label.taken >= old.taken && label.ready <= old.ready && label.cost <= old.cost) continue;
        state->label[kept++] = old;
    }
    /* More than MAX_LABELS ways that are all of use have not been seen; one less only hides a cheaper day. */
    if (kept < MAX_LABELS) state->label[kept++] = label;
    state->count = kept;
}

/* The state after a leg and a stop; false when no label gets there in time. Any break that may begin on the
 * leg may be taken there: it interrupts the travel, begins no earlier than `earliest`, by `latest`. */
static inline bool visit(
    const Problem *problem, const Technician *person, const State *before, int32_t leg, const Job *job, State *after
) {
    after->count = 0;
    for (int32_t k = 0; k < before->count; k++) {
        Label label = before->label[k];
        int32_t free = label.ready, arrival = label.ready + leg, taken = label.taken;
        for (;;) {
            int32_t start = start_of_work(problem, job, arrival);
            if (start > job->closes) break; /* another break would only be later */
            add_label(after, (Label){label.cost + late_cost(job, start), start + job->duration, taken});
            if (taken == person->breaks || free > person->pause[taken].latest) break;
            const Break *pause = &person->pause[taken++];
            free = (free > pause->earliest ? free : pause->earliest) + pause->duration;
            arrival = (arrival > pause->earliest ? arrival : pause->earliest) + pause->duration;
        }
    }
    return after->count > 0;
}

/* Lateness and overtime of the cheapest day that ends a leg from here; NEVER when none does. */
static inline int64_t finish(const Technician *person, const State *state, int32_t leg) {
    int64_t best = NEVER;
    for (int32_t k = 0; k < state->count; k++) {
        const Label label = state->label[k];
        int32_t free = label.ready, arrival = label.ready + leg, taken = label.taken;
        for (;;) {
            if (arrival > person->limit) break;
            /* What is left of the breaks may follow the arrival, and costs nothing there. */
            int32_t after = arrival, left = taken;
            while (left < person->breaks && after <= person->pause[left].latest) {
                const Break *pause = &person->pause[left++];
                after = (after > pause->earliest ? after : pause->earliest) + pause->duration;
            }
            int64_t cost = label.cost + overtime_cost(person, arrival);
            if (left == person->breaks && cost < best) best = cost;
            if (taken == person->breaks || free > person->pause[taken].latest) break;
            const Break *pause = &person->pause[taken++];
            free = (free > pause->earliest ? free : pause->earliest) + pause->duration;
            arrival = (arrival > pause->earliest ? arrival : pause->earliest) + pause->duration;
        }
    }
    return best;
}

#endif
