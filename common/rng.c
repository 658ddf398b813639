// SPDX-License-Identifier: Apache-2.0
/*
 * splitmix64 (Steele, Lea, Flood 2014): small, fast, and the same numbers everywhere for the
 * same seed.
 */
#include "common/rng.h"

/* Starts 'r' at 'seed'; every seed is good. */
void mr_rng_init(struct mr_rng *r, uint64_t seed)
{
	r->state = seed;
}

/* The next 64 bits. */
uint64_t mr_rng_next(struct mr_rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A number of 0..n-1, each equally likely; 0 for n = 0. */
uint64_t mr_rng_below(struct mr_rng *r, uint64_t n)
{
	uint64_t least, x;

	if (n == 0)
		return 0;
	/* The first 2^64 mod n values are passed over, so that n divides what is left. */
	least = -n % n;
	do {
		x = mr_rng_next(r);
	} while (x < least);
	return x % n;
}

/* True in 'percent' of 100 cases; always for 100 and above. */
bool mr_rng_chance(struct mr_rng *r, unsigned percent)
{
	return mr_rng_below(r, 100) < percent;
}
