/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roots that a host lost while others of its roots stand: what was behind them goes to the
 * others. Where these have no room the host counts as failed, for the profiles that are stuck.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_ROOTLOSS_H
#define FABRIC_MANAGER_ENGINE_DESIRE_ROOTLOSS_H

#include "fabric-manager/engine/state/state.h"

/* Looks at the links of the host's roots; a plan follows where one was lost or is back. Returns
 * when to look again (mono), MR_NEVER = at the next event. */
int64_t fm_rootloss_look(struct fm_engine *e, const struct fm_host_def *d, struct fm_hst *h,
			 const struct fm_failover *f);
/* Whether something of the profile (NULL: of any) is behind a lost root of the host, and the
 * plans since then had no other place for it. */
bool fm_rootloss_stuck(const struct fm_engine *e, const struct fm_host_def *d,
		       const struct fm_hst *h, const char *profile);
/* Whether the assignment is behind a root that is lost. */
bool fm_rootloss_of(const struct fm_engine *e, const struct fm_asg *a);
/* A plan was made and began. */
void fm_rootloss_planned(struct fm_engine *e);

#endif
