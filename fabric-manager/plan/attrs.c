/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a placed claim's function is set to: what the documents say, in the steps that its
 * hardware has. It follows from the place, so a plan keeps of it only what does not.
 */
#include <string.h>

#include "fabric-manager/plan/place.h"

/* See place.h. */
uint32_t fm_place_limit(uint32_t mbps, uint32_t least, uint32_t step)
{
	uint32_t set = step <= 1 || !mbps ? mbps : mbps < step ? step : mbps - mbps % step;

	return set && set < least ? least : set;
}

/* A guarantee, where the adapter has a register for it. */
static uint32_t promise(const struct fm_adapter *a, uint32_t mbps)
{
	return a->caps & MR_CT_CAP_MIN_RATE ? (uint32_t)fm_in_steps(fm_world_step(a), mbps) : 0;
}

/* What the claim demands of the PF's resources, in the steps that it is handed out in. */
static void set_amounts(const struct fm_pf *pf, const struct fm_demand *d, struct fm_attrs *at)
{
	if (d->amount[FM_RESOURCE_MSIX] && pf->amount[FM_RESOURCE_MSIX].max)
		at->msix = (uint16_t)fm_pf_amount(pf, FM_RESOURCE_MSIX,
						  d->amount[FM_RESOURCE_MSIX]);
	if (d->amount[FM_RESOURCE_QUEUES] && pf->amount[FM_RESOURCE_QUEUES].max)
		at->queues = (uint16_t)fm_pf_amount(pf, FM_RESOURCE_QUEUES,
						    d->amount[FM_RESOURCE_QUEUES]);
	if (d->amount[FM_RESOURCE_FRAMEBUFFER] && pf->amount[FM_RESOURCE_FRAMEBUFFER].max &&
	    at->device_class == MR_CLASS_GPU)
		at->gpu.framebuffer_mib = fm_pf_amount(pf, FM_RESOURCE_FRAMEBUFFER,
						       d->amount[FM_RESOURCE_FRAMEBUFFER]);
}

/* See plan.h. Rates in the hardware's steps (the limit never below the guarantee), and nothing
 * that the adapter has no register for. */
struct fm_attrs fm_placed_attrs(const struct fm_plan_input *in, const struct fm_placed *pl,
				const struct fm_claim *c)
{
	const struct fm_desired *d = in->desired;
	const struct fm_adapter *a =
		pl->placed ? fm_adapter_by_port(in->inventory, pl->fn.chassis, pl->fn.port)
			   : NULL;
	struct fm_attrs at;

	if (pl->as_is && pl->current >= 0)
		return in->current[pl->current]->attrs;
	if (!a || a->kind == FM_ADAPTER_BASE)
		return (struct fm_attrs){.ident0 = pl->ident[0], .ident1 = pl->ident[1]};
	at = c->attrs;
	at.ident0 = pl->ident[0];
	at.ident1 = pl->ident[1];
	at.mirror = pl->mirror;
	at.min_mbps = promise(a, at.min_mbps);
	at.max_mbps = pl->max_mbps;
	/* without the capability the limits are 0 */
	at.weight = at.weight < a->limits.weight ? at.weight : a->limits.weight;
	at.burst_kib = at.burst_kib < a->limits.burst_kib ? at.burst_kib : a->limits.burst_kib;
	if (at.device_class == MR_CLASS_IB && !(a->caps & MR_CT_CAP_PKEY))
		memset(at.pkey, 0, sizeof(at.pkey));
	if (c->demand && c->demand <= d->demands && pl->fn.pf < a->pfs)
		set_amounts(&a->pf[pl->fn.pf], &d->demand[c->demand - 1], &at);
	if (c->nss)
		at.nvme.namespaces = fm_data_mask(in, c, pl->fn);
	return at;
}

/* See plan.h. */
struct mr_ident fm_placed_ident(const struct fm_claim *c, const struct fm_placed *pl,
				unsigned slot)
{
	struct mr_ident id = {.type = c->ident[slot].type, .lo = pl->ident[slot]};

	if (c->ident[slot].source == FM_IDENT_LITERAL)
		id.hi = c->ident[slot].literal.hi;
	return id;
}

/* See place.h. */
uint16_t fm_place_mirror(const struct fm_planner *p, unsigned i, uint32_t unit)
{
	unsigned to = p->d->claim[i].mirror;
	int32_t k = to && to <= p->d->claims ? p->plan->placed[to - 1].current : -1;
	const struct fm_assignment *a = k < 0 ? NULL : p->in->current[k];

	if (!a || !a->has_fn || a->going || a->phase != FM_PHASE_ACTIVE ||
	    p->held[k].unit != unit)
		return 0;
	return (uint16_t)(p->held[k].vf + 1);
}

/* See place.h. */
void fm_place_attrs(struct fm_planner *p, unsigned i, uint32_t unit)
{
	const struct fm_adapter *a = p->world.adapter[p->world.unit[unit].adapter].a;
	const struct fm_claim *c = &p->d->claim[i];
	struct fm_placed *pl = &p->plan->placed[i];
	bool whole = a->kind == FM_ADAPTER_BASE;

	pl->as_is = false;
	pl->mirror = 0;
	pl->max_mbps = whole ? 0
			     : fm_place_limit(c->attrs.max_mbps, promise(a, c->attrs.min_mbps),
					      a->rate_step_mbps);
	for (unsigned k = 0; k < FM_IDENTS; k++)
		if (whole || !c->ident[k].source)
			pl->ident[k] = 0;
}
