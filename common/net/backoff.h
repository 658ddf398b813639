/* SPDX-License-Identifier: Apache-2.0 */
/* How long a dialer waits before it tries again: 100 ms, doubling to 10 s, spread so that many
 * do not come at once. */
#ifndef COMMON_NET_BACKOFF_H
#define COMMON_NET_BACKOFF_H

#include <stdint.h>

struct mr_rng;

#define MR_BACKOFF_FIRST_MS 100
#define MR_BACKOFF_LAST_MS  10000

struct mr_backoff {
	unsigned failures; /* since the last connection that became ready */
};

int64_t mr_backoff_next(struct mr_backoff *b, struct mr_rng *rng);
void mr_backoff_reset(struct mr_backoff *b);

#endif
