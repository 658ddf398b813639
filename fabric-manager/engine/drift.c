// SPDX-License-Identifier: Apache-2.0
/*
 * Looking again, at the interval of FabricPolicy, for what changed behind our back.
 */
#include "fabric-manager/engine/core.h"

/* Reads each chassis again; what differs is reported by the join. */
void fm_drift_timer(struct fm_engine *e)
{
	const struct fm_doc *d = fm_docs_find(&e->base.docs, FM_KIND_FABRIC_POLICY, "default");
	int64_t every = 30 * MR_NS_PER_S;

	if (d && d->spec.fabric.drift.interval.v > 0)
		every = d->spec.fabric.drift.interval.v;
	for (unsigned i = 0; i < e->inv.n; i++)
		if (e->ch[i].state == FM_CH_READY && !e->ch[i].tag && !e->store_down &&
		    !(d && d->spec.fabric.drift.action.v == FM_DOC_DRIFT_IGNORE))
			fm_ch_observe(e, i);
	e->drift_at = e->now.mono_ns + every;
	fm_timer_set(e, FM_TM_DRIFT, 0, e->drift_at);
}
