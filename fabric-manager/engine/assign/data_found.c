// SPDX-License-Identifier: Apache-2.0
/*
 * Namespaces that an adoption found, and whose they may be. Nobody is given an empty one while
 * his own may be among them.
 */
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/model/data.h"

int fm_data_own(const struct fm_engine *e, const struct fm_claim *c, const struct fm_ns_want *w)
{
	for (unsigned i = 0; i < e->datas; i++)
		if (e->data[i].state == FM_DATA_KEPT &&
		    mr_streq(e->data[i].profile, FM_ADOPTED) &&
		    fm_data_made_for(&e->inv, &e->data[i], c->profile, c->device, w->name))
			return (int)i;
	return -1;
}

bool fm_data_serves(const struct fm_engine *e, unsigned i, const struct fm_ns_want *w)
{
	const struct fm_rec_data *r = &e->data[i];
	unsigned chassis;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);

	return d && fm_data_attached(d, r, FM_WHOLE) < 0 &&
	       fm_drive_size(d, r->pf, r->size) == fm_drive_size(d, r->pf, w->size) &&
	       r->shared == w->shared &&
	       r->block_shift == fm_drive_block_shift(d, w->block_shift);
}

/* Whether something was made for the claim that it does not have. */
static bool has_own(const struct fm_engine *e, const struct fm_desired *d,
		    const struct fm_claim *c)
{
	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_ns_want *w = &d->ns[c->ns + n];
		char name[3 * MR_NAME_MAX];

		mr_fmt(name, sizeof(name), "%s/%s/%s", c->profile, c->device, w->name);
		if (fm_data_named(e, name) < 0 && fm_data_own(e, c, w) >= 0)
			return true;
	}
	return false;
}

bool fm_data_found(const struct fm_engine *e, const struct fm_desired *d,
		   const struct fm_claim *c)
{
	const struct fm_asg *a;

	if (!c->nss || c->host == FM_WHOLE)
		return false;
	if (has_own(e, d, c))
		return true;
	if (!e->adopteds)
		return false;
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted && a->a.attrs.device_class == MR_CLASS_NVME &&
		    a->a.attrs.nvme.namespaces && fm_asg_behind(a, &d->host[c->host]))
			return true;
	}
	return false;
}
