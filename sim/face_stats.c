// SPDX-License-Identifier: Apache-2.0
/*
 * net/NAME/statistics: the counters of the function's simulated traffic. The peer echoes what
 * it gets, so both directions count alike; what no frame can cause here reads 0.
 */
#include <stddef.h>
#include <string.h>

#include "common/xalloc.h"
#include "sim/face_tree.h"
#include "sim/model/chassis.h"
#include "sim/world.h"

static const struct {
	const char *name;
	size_t at;
} counters[] = {
	{"rx_packets", offsetof(struct sim_counters, frames)},
	{"tx_packets", offsetof(struct sim_counters, frames)},
	{"rx_bytes", offsetof(struct sim_counters, bytes)},
	{"tx_bytes", offsetof(struct sim_counters, bytes)},
	{"tx_dropped", offsetof(struct sim_counters, dropped)},
	{"tx_errors", offsetof(struct sim_counters, lost)},
	{"tx_carrier_errors", offsetof(struct sim_counters, lost)},
};

/* One file. */
int face_stat(const struct face_at *at, struct mr_buf *out)
{
	const char *name = face_row_of(at)->name;
	struct sim_counters n;
	uint64_t v = 0;

	sim_host_fn_counters(sim_world_chassis(at->world), face_now(at), (uint16_t)at->vh,
			     at->rid, &n);
	for (size_t i = 0; i < MR_ARRAY_SIZE(counters); i++)
		if (mr_streq(name, counters[i].name))
			memcpy(&v, (const char *)&n + counters[i].at, sizeof(v));
	mr_buf_printf(out, "%llu\n", (unsigned long long)v);
	return 0;
}
