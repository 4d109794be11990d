/* xoshiro256**: small, fast, and the same on every machine, so that a seed gives the same plan. */
#ifndef ONDOL_RANDOM_H
#define ONDOL_RANDOM_H

#include "kernel.h"

static inline uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static inline uint64_t next_random(Random *random) {
    uint64_t *s = random->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Uniform in [0, 1). */
static inline double random_share(Random *random) { return (double)(next_random(random) >> 11) * 0x1.0p-53; }

/* Uniform in [0, below); below > 0. */
static inline int32_t random_below(Random *random, int32_t below) {
    return (int32_t)(((next_random(random) >> 32) * (uint64_t)below) >> 32);
}

static inline void seed_random(Random *random, uint64_t seed) {
    for (int k = 0; k < 4; k++) { /* splitmix64 */
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        random->s[k] = z ^ (z >> 31);
    }
}

#endif
