/* SPDX-License-Identifier: Apache-2.0 */
/* The pause before the next attempt, as a pure decision. */
#include "common/net/backoff.h"

#include "common/now.h"
#include "common/rng.h"

/* Counts one failure and returns the pause in ns: between half of the step and the step. */
int64_t mr_backoff_next(struct mr_backoff *b, struct mr_rng *rng)
{
	int64_t step = MR_BACKOFF_FIRST_MS * MR_NS_PER_MS;
	const int64_t last = MR_BACKOFF_LAST_MS * MR_NS_PER_MS;

	for (unsigned i = 0; i < b->failures && step < last; i++)
		step *= 2;
	if (step < last)
		b->failures++;
	else
		step = last;
	return step / 2 + (int64_t)mr_rng_below(rng, (uint64_t)(step / 2) + 1);
}

/* A connection became ready: the next pause is a short one. */
void mr_backoff_reset(struct mr_backoff *b)
{
	b->failures = 0;
}
