/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two clocks that enter pure code as a value. Deadlines use mono_ns; reuse delays, windows
 * and log lines use wall_ns (INTERFACES, "How a core is driven").
 */
#ifndef COMMON_NOW_H
#define COMMON_NOW_H

#include <stdint.h>

struct mr_now {
	int64_t mono_ns;
	int64_t wall_ns;
};

#define MR_NEVER     INT64_MAX /* as a deadline: nothing to wait for */
#define MR_NS_PER_US INT64_C(1000)
#define MR_NS_PER_MS INT64_C(1000000)
#define MR_NS_PER_S  INT64_C(1000000000)

#endif
