/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a chassis that was read again is another one. See signature.h. */
#include "fabric-manager/engine/chassis/signature.h"

#define MIX(v) (h = (h ^ (uint64_t)(v)) * 1099511628211u)
#define MIX_TEXT(s)                        \
	for (const char *t = (s); *t; t++) \
	MIX(*t)

/* What placement and resolving depend on, as one number. */
uint64_t fm_signature(const struct fm_chassis *c)
{
	uint64_t h = 14695981039346656037u;

	for (unsigned i = 0; i < c->hosts; i++) {
		const struct fm_host *p = &c->host[i];

		MIX(p->port | (uint64_t)p->present << 32 | (uint64_t)p->power << 33 |
		    (uint64_t)p->link << 34 | (uint64_t)p->slot << 48);
		MIX(p->link_mbps);
		MIX_TEXT(p->name);
		for (unsigned b = 0; b < p->bridges; b++) {
			MIX(p->bridge[b].mmio);
			MIX(p->bridge[b].mmio64 ^ p->bridge[b].bus_first ^
			    (uint64_t)p->bridge[b].bus_last << 8);
		}
	}
	for (unsigned i = 0; i < c->adapters; i++) {
		const struct fm_adapter *d = &c->adapter[i];

		MIX(d->port | (uint64_t)d->present << 32 | (uint64_t)d->plugged << 33 |
		    (uint64_t)d->kind << 40 | (uint64_t)d->slot << 48);
		MIX(d->vendor | (uint64_t)d->device << 16 | (uint64_t)d->vfs << 32 |
		    (uint64_t)d->mode_now << 48);
		for (unsigned p = 0; p < d->pfs; p++)
			MIX(d->pf[p].net_mbps ^ (uint64_t)d->pf[p].rid << 32 ^
			    (uint64_t)d->pf[p].numvfs << 48);
		MIX(d->device_class);
		MIX_TEXT(d->serial);
		MIX_TEXT(d->name);
	}
	return h;
}

/* Which hosts there are, and where. */
uint64_t fm_signature_slots(const struct fm_chassis *c)
{
	uint64_t h = 14695981039346656037u;

	for (unsigned i = 0; i < c->hosts; i++) {
		MIX(c->host[i].port | (uint64_t)c->host[i].slot << 32);
		MIX_TEXT(c->host[i].name);
	}
	return h;
}
