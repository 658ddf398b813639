// SPDX-License-Identifier: Apache-2.0
/* Numbers in rows: see the header. */
#include "fabric-manager/engine/state/cookies.h"

#define ID_MAX INT32_MAX /* what is above was never counted up to */

static void heed(struct fm_engine *e, uint64_t cookie)
{
	uint32_t id = (uint32_t)(cookie >> 32);

	if (id < e->meta.next_assignment || id > ID_MAX)
		return;
	e->meta.next_assignment = id + 1;
	e->meta_dirty = true;
}

static void heed_adapter(struct fm_engine *e, const struct fm_adapter *d)
{
	unsigned n = d->kind == FM_ADAPTER_BASE ? 1 : (unsigned)d->pfs * d->vfs;

	for (unsigned i = 0; d->fn && i < n; i++)
		heed(e, d->fn[i].cookie);
	for (unsigned p = 0; p < d->pfs; p++)
		for (unsigned k = 0; d->pf[p].ns && k < d->namespaces; k++)
			if (d->pf[p].ns[k].exists)
				heed(e, d->pf[p].ns[k].cookie);
}

void fm_cookies_heed(struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];

	for (unsigned h = 0; h < c->hosts; h++)
		for (unsigned b = 0; b < c->host[h].bridges; b++)
			heed(e, c->host[h].bridge[b].cookie);
	for (unsigned i = 0; i < c->adapters; i++)
		heed_adapter(e, &c->adapter[i]);
}
