/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small worlds of network adapters in one pool, and what the tests of the policy's language
 * (test_language.c) and of who yields to whom (test_yield.c) ask of a plan of them.
 */
#ifndef TESTS_UNIT_FM_PLAN_NICS_H
#define TESTS_UNIT_FM_PLAN_NICS_H

#include <check.h>

#include "tests/unit/fm_plan/fixture.h"

/* 'n' sriov NICs nic0.. of 'vfs' functions, 100 Gbit each, in pool 0; blade01 to blade03. */
static inline struct fix *nics(unsigned n, unsigned vfs)
{
	struct fix *f = fix_new();
	struct fm_pool *pool = fix_pool(f, "nics");

	for (unsigned i = 0; i < n; i++) {
		char name[16];
		struct fm_adapter *a;

		mr_fmt(name, sizeof(name), "nic%u", i);
		a = fix_adapter(f, name, FM_ADAPTER_SRIOV, MR_CLASS_ETHERNET, 1, vfs, 0);
		fix_part(pool, a, 0, vfs - 1);
		fix_edge(f, a, 100 * GBIT, 100 * GBIT, UINT64_MAX);
	}
	fix_host(f, "blade01", 16, false);
	fix_host(f, "blade02", 16, false);
	fix_host(f, "blade03", 16, false);
	f->d->prio = mr_xcalloc(4, sizeof(*f->d->prio));
	f->d->demand = mr_xcalloc(4, sizeof(*f->d->demand));
	f->d->domain = mr_xcalloc(4, sizeof(*f->d->domain));
	f->d->pair = mr_xcalloc(4, sizeof(*f->d->pair));
	return f;
}

static inline struct fm_claim *claim(struct fix *f, const char *profile, const char *device,
				     unsigned host, uint32_t mbps)
{
	struct fm_claim *c = fix_claim(f, profile, device, 0, host);

	c->guaranteed_mbps = c->attrs.min_mbps = mbps;
	return c;
}

/* Another pool that hands out all functions of NIC 'i', and of NIC 'i' + 1 once 'parts' is 2.
 */
static inline uint16_t nics_pool(struct fix *f, const char *name, unsigned i)
{
	struct fm_adapter *a = f->inv.chassis[0].adapter;
	struct fm_pool *pool = fix_pool(f, name);

	fix_part(pool, &a[i], 0, a[i].vfs - 1);
	if (i + 1 < f->inv.chassis[0].adapters)
		fix_part(pool, &a[i + 1], 0, a[i + 1].vfs - 1);
	pool->parts = 1;
	return (uint16_t)(f->d->pools - 1);
}

static inline void is_refused(const struct fm_plan *p, unsigned i, enum mr_reason r,
			      const char *words)
{
	ck_assert(!p->placed[i].placed);
	ck_assert_str_eq(p->placed[i].detail, words);
	ck_assert_int_eq(p->placed[i].reason, r);
}

static inline void end(struct fix *f, struct fm_plan *p)
{
	fm_plan_free(p);
	fix_free(f);
}

#endif
