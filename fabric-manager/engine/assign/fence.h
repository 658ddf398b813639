/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fence by power (POLICY, "Failover"): a host that failed is switched off by its baseboard
 * controller, and counts as off when that, or the switch, read it back.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_FENCE_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_FENCE_H

#include "fabric-manager/engine/state/state.h"
#include "fabric-manager/model/bmc.h"

/* Whether the host's power was read back as off: the switch sees none, or its controller said
 * so a moment ago and nothing of the host was seen since. */
bool fm_fence_is_off(const struct fm_engine *e, const struct fm_host_def *d);
/* Has the host switched off, for a fail-over that is decided ('why'); who has no controller, or
 * still answers, is not, and that is said once. Does nothing while it is under way or pauses
 * after a failure. */
void fm_fence_ask(struct fm_engine *e, const struct fm_host_def *d, struct fm_hst *h,
		  const char *why);
/* The answer to 'tag'. The host that it is for; NULL when nobody waits for it any more. */
struct fm_hst *fm_fence_answer(struct fm_engine *e, uint64_t tag, enum fm_power power,
			       const char *detail);
/* An answer that has not come by now will not. Whether that was so. */
bool fm_fence_overdue(struct fm_engine *e, struct fm_hst *h);
/* Whether it was asked for since the host was well: a link that goes down then is no reboot. */
bool fm_fence_asked(const struct fm_hst *h);
/* The host stands for itself again. */
void fm_fence_forget(struct fm_hst *h);

#endif
