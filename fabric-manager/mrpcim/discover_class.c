/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery, the answers of what adapters differ in: limits, shared resources, namespaces. */
#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/mrpcim/discover.h"

_Static_assert((unsigned)MR_RES_COUNT == (unsigned)FM_RESOURCE_COUNT &&
		       (unsigned)MR_RES_QUEUES == (unsigned)FM_RESOURCE_QUEUES &&
		       (unsigned)MR_RES_FRAMEBUFFER == (unsigned)FM_RESOURCE_FRAMEBUFFER &&
		       (unsigned)MR_RES_CAPACITY == (unsigned)FM_RESOURCE_STORAGE,
	       "the model counts what the register map counts");

/* A register that a table does not have says nothing. */
static uint64_t known(const uint8_t *v, unsigned reg)
{
	uint64_t value = mr_batch_get_value(v, reg / 8);

	return value == UINT64_MAX ? 0 : value;
}

#define LIMIT(v, reg) known(v, (reg)-CT_LIMITS)

/* How far the adapter's capabilities reach. */
void fm_mr_take_limits(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_adapter *a = &d->ch->adapter[w->a];
	uint64_t limits = LIMIT(v, CT_LIMITS), lists = LIMIT(v, CT_LISTS);
	uint64_t times = LIMIT(v, CT_TIMES), rows = lists >> 16 & 0xffff;

	a->limits = (struct fm_limits){
		.mtu = (uint16_t)limits,
		.weight = (uint16_t)(limits >> 16),
		.burst_kib = (uint32_t)(limits >> 32),
		.trunk_ranges = (uint8_t)lists,
		.pkeys = (uint8_t)(lists >> 8),
		.acl_rules = (uint8_t)LIMIT(v, CT_ACL),
		.iops = (uint32_t)(lists >> 32),
		.slice_us = (uint32_t)times,
		.watchdog_ms = (uint32_t)(times >> 32),
		.scrub_ns = (int64_t)LIMIT(v, CT_SCRUB),
		.block_sizes = (uint32_t)LIMIT(v, CT_BLOCK_SIZES),
	};
	a->namespaces = (uint16_t)(rows < MR_MAX_NAMESPACES ? rows : MR_MAX_NAMESPACES);
}

/* The adapter's modes, and which one is in effect. */
void fm_mr_take_modes(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_adapter *a = &d->ch->adapter[w->a];
	uint64_t modes = known(v, 0);

	a->modes = (uint8_t)((modes & 0xff) < MR_MAX_MODES ? modes & 0xff : MR_MAX_MODES);
	a->mode_now = (uint8_t)(modes >> 8);
	for (unsigned i = 0; i < a->modes; i++) {
		unsigned at = (unsigned)(CT_MODE_ROW(i) - CT_MODES);
		uint64_t counts = known(v, at + MODE_COUNTS);

		for (unsigned k = 0; k < sizeof(a->mode[i].name) - 1; k++)
			a->mode[i].name[k] =
				(char)(known(v, at + MODE_NAME + k / 8 * 8) >> 8 * (k % 8));
		a->mode[i].vfs = (uint16_t)counts;
		a->mode[i].vhs = (uint16_t)(counts >> 16);
	}
}

/* What the VFs of PF 'w->b' share. */
void fm_mr_take_resources(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_pf *pf = &d->ch->adapter[w->a].pf[w->b];

	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++, v += CT_RES(0, 1) - CT_RES(0, 0)) {
		pf->total[r] = (uint32_t)known(v, RES_TOTAL);
		pf->amount[r] = (struct fm_amounts){
			.base = (uint32_t)known(v, RES_BASE),
			.max = (uint32_t)known(v, RES_MAX),
			.step = (uint32_t)known(v, RES_STEP),
			.used = (uint32_t)known(v, RES_USED),
		};
	}
}

/* The namespaces of PF 'w->b'. */
void fm_mr_take_namespaces(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_adapter *a = &d->ch->adapter[w->a];
	struct fm_namespace *ns = mr_xcalloc(a->namespaces + 1u, sizeof(*ns));

	a->pf[w->b].ns = ns;
	for (unsigned i = 0; i < a->namespaces; i++, v += CT_NS(0, 1) - CT_NS(0, 0)) {
		uint64_t reg[NS_REGS];

		for (unsigned k = 0; k < NS_REGS; k++)
			reg[k] = mr_batch_get_value(v, k);
		fm_mr_ns_parse(reg, &ns[i]);
	}
}
