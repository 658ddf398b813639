/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded generator (splitmix64): the only source of randomness in pure code and tests. */
#ifndef COMMON_RNG_H
#define COMMON_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct mr_rng {
	uint64_t state;
};

void mr_rng_init(struct mr_rng *r, uint64_t seed);
uint64_t mr_rng_next(struct mr_rng *r);
uint64_t mr_rng_below(struct mr_rng *r, uint64_t n); /* 0..n-1, unbiased; n = 0 gives 0 */
bool mr_rng_chance(struct mr_rng *r, unsigned percent);

#endif
