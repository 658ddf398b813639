/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an assignment does, and what the hardware shows of it.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_SEEN_H
#define FABRIC_MANAGER_ENGINE_STATE_SEEN_H

#include "fabric-manager/engine/state/state.h"

bool fm_asg_behind(const struct fm_asg *a, const struct fm_host_def *h);
bool fm_asg_moving(const struct fm_asg *a); /* something is under way */
/* something is under way */
bool fm_asg_runs(const struct fm_asg *a); /* a host may be using it */
/* Where it is meant to be: in use, or ready as the standby of its pair. */
bool fm_asg_up(const struct fm_asg *a);
uint64_t fm_asg_cookie(const struct fm_asg *a);
/* What the hardware shows: mapped for 'a', cut, or neither. */
enum fm_seen {
	FM_SEEN_FREE,
	FM_SEEN_MAPPED,
	FM_SEEN_BLOCKED,
	FM_SEEN_MUTE, /* its adapter does not answer, and no row says it; or its row can't be
			 read */
	FM_SEEN_GONE  /* the adapter is not there and no row leads to it */
};
/* Whether the adapter of a function answers. */
bool fm_seen_adapter(const struct fm_engine *e, struct fm_fn_id fn);
/* Whether the adapter of a function is there and does not answer for it. */
bool fm_seen_mute(const struct fm_engine *e, struct fm_fn_id fn);
enum fm_seen fm_asg_seen(const struct fm_engine *e, const struct fm_asg *a);
struct fm_bridge *fm_asg_bridge(const struct fm_engine *e, const struct fm_asg *a);

#endif
