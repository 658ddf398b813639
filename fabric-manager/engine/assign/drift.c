// SPDX-License-Identifier: Apache-2.0
/*
 * What changed behind our back: the chassis are read again at the interval of FabricPolicy, and
 * what a mapped function shows is compared with what is intended.
 */
#include "fabric-manager/engine/assign/drift.h"

#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/timers.h"

/* Whether what is read of a mapped function is what is intended; else 'why' says what not. */
bool fm_drift(const struct fm_engine *e, const struct fm_asg *a, char *why, size_t size)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);
	const struct fm_attrs *w = &a->a.attrs;

	if (!f || a->a.place.way == FM_WAY_DEVICE || a->a.phase != FM_PHASE_ACTIVE || a->tag ||
	    a->step != FM_STEP_NONE)
		return false;
	if (f->attrs.ident0 != w->ident0 || f->attrs.ident1 != w->ident1)
		mr_fmt(why, size, "identity reads %llx, intended %llx",
		       (unsigned long long)f->attrs.ident0, (unsigned long long)w->ident0);
	else if (f->attrs.vlan != w->vlan || f->attrs.vlan_qos != w->vlan_qos)
		mr_fmt(why, size, "VLAN reads %u, intended %u", f->attrs.vlan, w->vlan);
	else if (f->attrs.min_mbps != w->min_mbps || f->attrs.max_mbps != w->max_mbps)
		mr_fmt(why, size, "rates read %u-%u Mbit/s, intended %u-%u", f->attrs.min_mbps,
		       f->attrs.max_mbps, w->min_mbps, w->max_mbps);
	else if (!fm_attrs_eq(&f->attrs, w))
		mr_fmt(why, size, "attributes differ from what is intended");
	else if (!f->gate_open)
		mr_fmt(why, size, "the gate reads closed");
	else
		return false;
	return true;
}

/* Says so once, and when it is over. */
void fm_drift_report(struct fm_engine *e, struct fm_asg *a)
{
	char why[FM_DETAIL_MAX], name[FM_ASSIGNMENT_TEXT];

	if (!fm_drift(e, a, why, sizeof(why))) {
		if (a->drifted) {
			a->drifted = false;
			fm_note(e, MR_REASON_OK, fm_assignment_text(&a->a, name),
				"drift is over");
		}
		return;
	}
	if (!a->drifted)
		fm_note(e, MR_REASON_CONFLICT, fm_assignment_text(&a->a, name), "drift: %s",
			why);
	a->drifted = true;
}

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
