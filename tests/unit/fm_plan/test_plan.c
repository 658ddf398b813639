/* SPDX-License-Identifier: Apache-2.0 */
/* The planner by cases: the worked examples' numbers, each hard limit with its words, classes.
 */
#include <check.h>

#include "common/tree.h"
#include "tests/unit/fm_plan/fixture.h"

#define GBIT 1000u

/* config nic-sharing: two 100G NICs, 'hosts' profiles with data0 and data1 kept apart. */
static struct fix *nic_sharing(unsigned hosts, uint32_t limit)
{
	struct fix *f = fix_new();
	struct fm_adapter *l =
		fix_adapter(f, "nic-left", FM_ADAPTER_MRA, MR_CLASS_ETHERNET, 1, 64, 17);
	struct fm_adapter *r =
		fix_adapter(f, "nic-right", FM_ADAPTER_MRA, MR_CLASS_ETHERNET, 1, 64, 17);
	struct fm_pool *p = fix_pool(f, "nic100");
	struct fm_ident_pool *ip = &f->d->ident_pool[f->d->ident_pools++];

	fix_part(p, l, 0, 31);
	fix_part(p, r, 0, 31);
	fix_edge(f, l, 100 * GBIT, 90 * GBIT, 200 * GBIT);
	fix_edge(f, r, 100 * GBIT, 90 * GBIT, 200 * GBIT);
	mr_copy(ip->name, sizeof(ip->name), "mac-prod");
	ip->type = MR_IDENT_MAC;
	ip->range = mr_xcalloc(1, sizeof(*ip->range));
	ip->range[0] = (struct fm_ident_range){0x0225b5000000, 0x0225b50003ff};
	ip->ranges = 1;
	ip->reuse_after_ns = INT64_C(86400) * 1000000000;
	for (unsigned h = 0; h < hosts; h++) {
		char host[32], profile[40];

		mr_fmt(host, sizeof(host), "blade%02u", h + 1);
		mr_fmt(profile, sizeof(profile), "web-%s", host);
		fix_host(f, host, 32, true);
		for (unsigned k = 0; k < 2; k++) {
			struct fm_claim *c = fix_claim(f, profile, k ? "data1" : "data0", 0, h);

			c->priority = 1000;
			c->guaranteed_mbps = c->attrs.min_mbps = 10 * GBIT;
			c->limit_mbps = c->attrs.max_mbps = limit;
			c->attrs.vlan = 100;
			c->ident[0] = (struct fm_ident_want){.source = FM_IDENT_POOL,
							     .type = MR_IDENT_MAC};
		}
		fix_rule(f, FM_TOPO_ADAPTER, true, h * 2, h * 2 + 1);
	}
	return f;
}

static unsigned placed(const struct fm_plan *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->claims; i++)
		n += p->placed[i].placed;
	return n;
}

START_TEST(test_nic_sharing)
{
	struct fix *f = nic_sharing(4, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);
	unsigned left = 0;
	struct mr_tree *t;
	const struct mr_tree *e;

	ck_assert_uint_eq(placed(p), 8);
	for (unsigned i = 0; i < 8; i++) {
		left += p->placed[i].fn.port == 257;
		ck_assert_uint_eq(p->placed[i].ident[0].lo, 0x0225b5000000 + i);
		ck_assert_int_eq(p->placed[i].place.way, FM_WAY_LVF);
		ck_assert(p->placed[i].attach_pf);
	}
	ck_assert_uint_eq(left, 4);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_GIVE), 8);
	ck_assert(fm_plan_pending(p));
	t = fm_plan_tree(p, &f->in);
	e = mr_tree_get(t, "edges");
	ck_assert_uint_eq(e->n, 2);
	ck_assert_str_eq(mr_tree_text(e->child[0], "guaranteed"), "40Gbit");
	ck_assert_str_eq(mr_tree_text(e->child[0], "reservable"), "90Gbit");
	ck_assert_str_eq(mr_tree_text(e->child[1], "limits"), "160Gbit");
	ck_assert_str_eq(mr_tree_text(e->child[1], "limitsAllowed"), "200Gbit");
	mr_tree_free(t);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* hosts, limit, placed claims, words of the last. */
static const struct {
	unsigned hosts, limit, placed;
	const char *words;
} fill_cases[] = {
	{5, 40 * GBIT, 10, NULL},
	{6, 40 * GBIT, 10,
	 "nic-left/pf0: limits 200Gbit + 40Gbit = 240Gbit, 200Gbit allowed by "
	 "oversubscription"},
	{9, 20 * GBIT, 18, NULL},
	{10, 20 * GBIT, 18,
	 "nic-left/pf0: guarantees 90Gbit + 10Gbit = 100Gbit, 90Gbit reservable"},
	{3, 0, 4,
	 "nic-left/pf0: limits 200Gbit + 100Gbit = 300Gbit, 200Gbit allowed by "
	 "oversubscription"},
};

START_TEST(test_fill)
{
	struct fix *f = nic_sharing(fill_cases[_i].hosts, fill_cases[_i].limit);
	struct fm_plan *p = fix_plan(f);
	const struct fm_placed *last = &p->placed[p->claims - 1];

	ck_assert_uint_eq(placed(p), fill_cases[_i].placed);
	ck_assert_int_eq(!last->placed, fill_cases[_i].words != NULL);
	if (fill_cases[_i].words) {
		ck_assert_int_eq(last->reason, MR_REASON_NO_BANDWIDTH);
		ck_assert_str_eq(last->detail, fill_cases[_i].words);
	}
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_nic_dies)
{
	struct fix *f = nic_sharing(1, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);
	unsigned gone = p->placed[1].fn.port == 257 ? 0 : 1;
	struct mr_tree *t;

	fix_settle(f, p);
	fm_plan_free(p);
	f->inv.chassis[0].adapter[gone].present = false;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[0].same_fn);
	ck_assert(!p->placed[1].placed);
	ck_assert_int_eq(p->placed[1].reason, MR_REASON_NO_CAPACITY);
	ck_assert_str_eq(p->placed[1].detail,
			 "required antiAffinity over adapter: data0 is on nic-left/pf0/vf0");
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_RELEASE), 1);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PEND), 1);
	ck_assert_uint_eq(p->changes, 2);
	t = fm_plan_explain(&f->in, p, 1);
	ck_assert_uint_eq(mr_tree_get(t, "candidates")->n, 2);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(t, "candidates")->child[1], "detail"),
			 "nic-right is absent");
	mr_tree_free(t);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_live_update)
{
	struct fix *f = nic_sharing(4, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 0);
	ck_assert(!fm_plan_pending(p));
	fm_plan_free(p);
	for (unsigned i = 0; i < f->d->claims; i++)
		f->d->claim[i].limit_mbps = f->d->claim[i].attrs.max_mbps = 30 * GBIT;
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 8);
	for (unsigned i = 0; i < p->changes; i++) {
		ck_assert_int_eq(p->change[i].kind, FM_CHANGE_UPDATE);
		ck_assert_int_eq(p->change[i].change_class, FM_CLASS_LIVE);
		ck_assert(p->placed[i].same_fn);
	}
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* A guarantee that grows beyond its port leaves all as it is and says why. */
START_TEST(test_grow_refused)
{
	struct fix *f = nic_sharing(4, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].guaranteed_mbps = f->d->claim[0].attrs.min_mbps = 61 * GBIT;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[0].same_fn);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_BANDWIDTH);
	ck_assert_uint_eq(p->placed[0].attrs.min_mbps, 10 * GBIT);
	ck_assert(!fm_plan_pending(p));
	ck_assert_uint_eq(p->changes, 1);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_guarantee_broken)
{
	struct fix *f = nic_sharing(4, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->edge[0].guaranteed_max_mbps = 30 * GBIT;
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 0);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_GUARANTEE_BROKEN);
	ck_assert_str_eq(
		p->placed[0].detail,
		"nic-left/pf0: guarantees 30Gbit + 10Gbit = 40Gbit, 30Gbit reservable");
	ck_assert_int_eq(p->placed[1].reason, MR_REASON_OK);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* One pool of one `sriov` adapter with 'vfs' functions, one claim on blade01. */
static struct fix *single(enum fm_adapter_kind kind, unsigned vfs, bool lvf)
{
	struct fix *f = fix_new();
	struct fm_adapter *a = fix_adapter(f, "dev", kind, MR_CLASS_NVME, 1, vfs,
					   kind == FM_ADAPTER_MRA ? 3 : 0);

	fix_host(f, "blade01", 8, lvf);
	fix_host(f, "blade02", 8, lvf);
	fix_host(f, "blade03", 8, lvf);
	fix_part(fix_pool(f, "p"), a, 0, vfs - 1);
	fix_claim(f, "a", "boot", 0, 0);
	return f;
}

START_TEST(test_ways)
{
	static const struct {
		enum fm_adapter_kind kind;
		bool lvf;
		enum fm_way way;
	} cases[] = {{FM_ADAPTER_MRA, true, FM_WAY_LVF},
		     {FM_ADAPTER_MRA, false, FM_WAY_SYNTHETIC},
		     {FM_ADAPTER_SRIOV, true, FM_WAY_SYNTHETIC},
		     {FM_ADAPTER_BASE, false, FM_WAY_DEVICE}};
	struct fix *f = single(cases[_i].kind, 4, cases[_i].lvf);
	struct fm_plan *p = fix_plan(f);

	ck_assert(p->placed[0].placed);
	ck_assert_int_eq(p->placed[0].place.way, cases[_i].way);
	ck_assert_uint_eq(p->placed[0].place.bridge, 0);
	ck_assert_int_eq(p->placed[0].attach_pf, cases[_i].way == FM_WAY_LVF);
	ck_assert_int_eq(p->placed[0].fn.pf == FM_WHOLE, cases[_i].kind == FM_ADAPTER_BASE);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* The second function of the same host comes through the same bridge; the third host finds no
 * device VH. */
START_TEST(test_device_vhs)
{
	struct fix *f = single(FM_ADAPTER_MRA, 8, true);
	struct fm_plan *p;

	fix_claim(f, "a", "boot2", 0, 0);
	fix_claim(f, "b", "boot", 0, 1);
	fix_claim(f, "c", "boot", 0, 2);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[1].place.bridge, p->placed[0].place.bridge);
	ck_assert(p->placed[2].placed);
	ck_assert(!p->placed[3].placed);
	ck_assert_int_eq(p->placed[3].reason, MR_REASON_LIMIT);
	ck_assert_str_eq(p->placed[3].detail, "dev: all 2 device VHs are given to other hosts");
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_attached)
{
	struct fix *f = single(FM_ADAPTER_MRA, 8, true);
	struct fm_bridge *b = &f->inv.chassis[0].host[0].bridge[5];
	struct fm_plan *p;

	b->state = MR_ROW_MAPPED;
	b->target = MR_TARGET(MR_TARGET_PFS, 257, 1, 0);
	f->inv.chassis[0].adapter[0].vh_of[1] = 1;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].place.bridge, 5);
	ck_assert(!p->placed[0].attach_pf);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_windows)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_host *h = &f->inv.chassis[0].host[0];
	struct fm_bar *bar = f->inv.chassis[0].adapter[0].pf[0].vf_bar;
	struct fm_plan *p;

	bar[0] = (struct fm_bar){.size = UINT64_C(16) << 30, .flags = MR_BAR_64 | MR_BAR_PREF};
	h->bridge[6].mmio64 = UINT64_C(16) << 30;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].place.bridge, 6);
	fm_plan_free(p);
	for (unsigned i = 0; i < 8; i++)
		h->bridge[i].mmio64 = i == 7 ? 2 << 20 : 1 << 20;
	p = fix_plan(f);
	ck_assert(!p->placed[0].placed);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_WINDOW);
	ck_assert_str_eq(p->placed[0].detail, "blade01: bridge 7 has 2 MiB, needs 16 GiB");
	fm_plan_free(p);
	for (unsigned i = 0; i < 8; i++)
		h->bridge[i] = (struct fm_bridge){0};
	p = fix_plan(f); /* the host has not booted: its firmware will make room */
	ck_assert_uint_eq(p->placed[0].place.bridge, 0);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_buses)
{
	struct fix *f = single(FM_ADAPTER_MRA, 256, true);
	struct fm_host *h = &f->inv.chassis[0].host[0];
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].pf[0].vf_offset = 256;
	f->inv.chassis[0].adapter[0].pf[0].vf_bar[0].size = 4096;
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_WINDOW);
	ck_assert_str_eq(p->placed[0].detail, "blade01: bridge 0 has 1 buses, needs 2");
	fm_plan_free(p);
	h->bridge[3].bus_last++;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].place.bridge, 3);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Not prefetchable: the aperture of all VFs has to fit the 32-bit window. */
START_TEST(test_aperture)
{
	struct fix *f = single(FM_ADAPTER_MRA, 128, true);
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].pf[0].vf_bar[0].size = 131072;
	p = fix_plan(f);

	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_WINDOW);
	ck_assert_str_eq(p->placed[0].detail, "blade01: bridge 0 has 8 MiB, needs 16 MiB");
	fm_plan_free(p);
	f->inv.chassis[0].adapter[0].pf[0].vf_bar[0].flags |= MR_BAR_PREF;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_barred_places)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 2, false);
	struct fm_fn_id bad = {.port = 257, .pf = 0, .vf = 0};
	struct fm_rec_tombstone tomb = {.chassis = "c1",
					.place = {.way = FM_WAY_SYNTHETIC, .port = 1}};
	struct fm_plan *p;

	f->in.quarantined = &bad;
	f->in.quarantineds = 1;
	f->in.tombstone = &tomb;
	f->in.tombstones = 1;
	f->inv.chassis[0].host[0].bridge[1].tombstone = true;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.vf, 1);
	ck_assert_uint_eq(p->placed[0].place.bridge, 2);
	fm_plan_free(p);
	f->inv.chassis[0].adapter[0].fn[1].row_bridge = 3; /* somebody's whom nobody knows */
	p = fix_plan(f);
	ck_assert(!p->placed[0].placed);
	ck_assert_str_eq(p->placed[0].detail, "dev/pf0: 2 of 2 functions are used");
	fm_plan_free(p);
	f->inv.chassis[0].adapter[0].fn[1].row_bridge = FM_NO_BRIDGE;
	for (unsigned b = 0; b < 8; b++)
		f->inv.chassis[0].host[0].bridge[b].tombstone = true;
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_LIMIT);
	ck_assert_str_eq(p->placed[0].detail, "blade01: all 8 bridges are used or tombstoned");
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* A move takes a new function where there is one, else the same; never the quarantined one. */
START_TEST(test_move)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, _i ? 1 : 2, false);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].host = 1;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	ck_assert_int_eq(p->placed[0].same_fn, _i);
	ck_assert_uint_eq(p->placed[0].fn.vf, _i ? 0 : 1);
	ck_assert_uint_eq(p->placed[0].place.port, 2);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_MOVE);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_MOVE);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 0);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_quarantine)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 2, false);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->cur[0]->phase = FM_PHASE_QUARANTINED;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && !p->placed[0].same_fn);
	ck_assert_uint_eq(p->placed[0].fn.vf, 1);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_MOVE);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_cordon)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->host[0].cordoned = true;
	fix_claim(f, "a", "data", 0, 0);
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[0].same_fn);
	ck_assert(!p->placed[1].placed);
	ck_assert_int_eq(p->placed[1].reason, MR_REASON_NOT_PERMITTED);
	ck_assert_str_eq(p->placed[1].detail, "host blade01 is cordoned");
	ck_assert_uint_eq(p->changes, 1);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_exclusive)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_plan *p;

	f->d->pool[0].exclusive = true;
	fix_claim(f, "a", "data", 0, 0);
	fix_claim(f, "b", "boot", 0, 1);
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[1].placed);
	ck_assert(!p->placed[2].placed);
	ck_assert_str_eq(p->placed[2].detail, "dev/pf0: share: exclusive");
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].host = f->d->claim[1].host =
		2; /* both move: they do not bar each other */
	f->d->claims = 2;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[1].placed);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_provision)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 8, false);
	struct fm_pf *pf = &f->inv.chassis[0].adapter[0].pf[0];
	struct fm_plan *p;

	f->d->pool[0].provision = 4;
	pf->numvfs = 0;
	p = fix_plan(f);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_PROVISION);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_NONE);
	ck_assert_uint_eq(p->change[0].value, 4);
	ck_assert(p->placed[0].placed);
	fix_settle(f, p);
	fm_plan_free(p);
	pf->numvfs = 4;
	f->d->pool[0].provision = 0;
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_COUNT);
	ck_assert_uint_eq(p->change[0].value, 8);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_priority)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 1, false);
	struct fm_plan *p;

	fix_claim(f, "z", "boot", 0, 1)->priority = 5;
	p = fix_plan(f);
	ck_assert(!p->placed[0].placed && p->placed[1].placed);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].priority = 9; /* what runs is not taken away */
	p = fix_plan(f);
	ck_assert(!p->placed[0].placed && p->placed[1].same_fn);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_disconnect)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 1, false);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].host = FM_WHOLE;
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_RELEASE);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 0);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Out of sight: nothing is judged, nothing is placed there. */
START_TEST(test_unobserved)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	fix_claim(f, "b", "boot", 0, 1);
	f->inv.chassis[0].observed = false;
	p = fix_plan(f);
	ck_assert(p->placed[0].same_fn);
	ck_assert_int_eq(p->placed[1].reason, MR_REASON_UNREACHABLE);
	ck_assert_uint_eq(p->changes, 1);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* What the documents bar stays pending, and what runs for it goes on. */
START_TEST(test_barred_claim)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_plan *p = fix_plan(f);
	struct mr_tree *t;

	fix_settle(f, p);
	fm_plan_free(p);
	fix_claim(f, "b", "boot", 0, 1);
	for (unsigned i = 0; i < 2; i++) {
		f->d->claim[i].pool = FM_WHOLE;
		f->d->claim[i].reason = MR_REASON_NOT_FOUND;
		f->d->claim[i].detail = "no such pool";
	}
	p = fix_plan(f);
	ck_assert(p->placed[0].same_fn && !p->placed[1].placed);
	ck_assert_uint_eq(p->changes, 2);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(p->change[i].kind, FM_CHANGE_PEND);
		ck_assert_int_eq(p->placed[i].reason, MR_REASON_NOT_FOUND);
		ck_assert_str_eq(p->placed[i].detail, "no such pool");
	}
	t = fm_plan_explain(&f->in, p, 1);
	ck_assert_str_eq(mr_tree_text(t, "detail"), "no such pool");
	mr_tree_free(t);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_soft_rule)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_adapter *b = fix_adapter(f, "dev2", FM_ADAPTER_SRIOV, MR_CLASS_NVME, 1, 1, 0);
	struct fm_plan *p;

	fix_part(&f->d->pool[0], b, 0, 0);
	for (unsigned i = 0; i < 2; i++)
		fix_claim(f, "a", i ? "x2" : "x1", 0, 0);
	fix_rule(f, FM_TOPO_ADAPTER, false, 0, 2);
	fix_rule(f, FM_TOPO_PORT, false, 1, 2);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.port, 257);
	ck_assert_uint_eq(p->placed[1].fn.port, 258);
	ck_assert(p->placed[2].placed); /* soft: it goes with either */
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_identities)
{
	struct fix *f = nic_sharing(3, 40 * GBIT);
	struct fm_rec_ident rec[2] = {
		{.ident = {.type = MR_IDENT_MAC, .lo = 0x0225b5000000},
		 .profile = "old",
		 .device = "data0",
		 .released_wall_ns = 1000},
		{.ident = {.type = MR_IDENT_MAC, .lo = 0x0225b5000005},
		 .profile = "web-blade02",
		 .device = "data1"},
	};
	struct fm_plan *p;

	f->in.ident = rec;
	f->in.idents = 2;
	f->in.wall_ns = 2000;
	f->d->claim[5].ident[0] =
		(struct fm_ident_want){.source = FM_IDENT_LITERAL,
				       .type = MR_IDENT_MAC,
				       .literal = {.type = MR_IDENT_MAC, .lo = 0x0225b5000001}};
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].ident[0].lo, 0x0225b5000001); /* :00 rests for a day */
	ck_assert_uint_eq(p->placed[3].ident[0].lo, 0x0225b5000005); /* its own lock */
	ck_assert(!p->placed[5].placed);
	ck_assert_int_eq(p->placed[5].reason, MR_REASON_CONFLICT);
	ck_assert_str_eq(p->placed[5].detail,
			 "mac 02:25:b5:00:00:01 is used by web-blade01/data0");
	fm_plan_free(p);
	f->in.wall_ns += INT64_C(86400) * 1000000000;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].ident[0].lo, 0x0225b5000000);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_rebind)
{
	struct fix *f = nic_sharing(1, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].driver = "vfio-pci";
	f->d->ident_pool[0].range[0].first =
		0x0225b5000001; /* :00 left the pool, it is data0's */
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_REBIND);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_RESET);
	ck_assert_uint_eq(p->placed[0].ident[0].lo, 0x0225b5000002);
	ck_assert_uint_eq(p->placed[1].ident[0].lo, 0x0225b5000001);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Two assignments of one claim: the one on its way out goes on counting, the other is kept. */
START_TEST(test_going)
{
	struct fix *f = single(FM_ADAPTER_SRIOV, 3, false);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->cur[0]->going = true;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && !p->placed[0].same_fn);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_MOVE);
	fm_plan_free(p);
	*fix_new_current(f, &f->d->claim[0]) = *f->cur[0];
	f->cur[1]->going = false;
	f->cur[1]->fn.vf = 2;
	f->cur[1]->place.bridge = 4;
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].current, 1);
	ck_assert(p->placed[0].same_fn);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_RELEASE);
	ck_assert_int_eq(p->change[0].current, 0);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_rate_steps)
{
	struct fix *f = nic_sharing(1, 40 * GBIT);
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].rate_step_mbps = 7000;
	f->inv.chassis[0].adapter[1].caps = MR_CT_CAP_VLAN;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].attrs.min_mbps, 7000);
	ck_assert_uint_eq(p->placed[0].attrs.max_mbps, 35000);
	ck_assert_uint_eq(p->placed[1].attrs.min_mbps, 0);
	fm_plan_free(p);
	f->inv.chassis[0].adapter[1].caps = 0;
	p = fix_plan(f);
	ck_assert(!p->placed[1].placed); /* VLAN 100 is asked for */
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, test_nic_sharing);
	tcase_add_loop_test(t, test_fill, 0, (int)MR_ARRAY_SIZE(fill_cases));
	tcase_add_test(t, test_nic_dies);
	tcase_add_test(t, test_live_update);
	tcase_add_test(t, test_grow_refused);
	tcase_add_test(t, test_guarantee_broken);
	tcase_add_loop_test(t, test_ways, 0, 4);
	tcase_add_test(t, test_device_vhs);
	tcase_add_test(t, test_attached);
	tcase_add_test(t, test_windows);
	tcase_add_test(t, test_buses);
	tcase_add_test(t, test_aperture);
	tcase_add_test(t, test_barred_places);
	tcase_add_loop_test(t, test_move, 0, 2);
	tcase_add_test(t, test_quarantine);
	tcase_add_test(t, test_cordon);
	tcase_add_test(t, test_exclusive);
	tcase_add_test(t, test_provision);
	tcase_add_test(t, test_priority);
	tcase_add_test(t, test_disconnect);
	tcase_add_test(t, test_unobserved);
	tcase_add_test(t, test_barred_claim);
	tcase_add_test(t, test_soft_rule);
	tcase_add_test(t, test_identities);
	tcase_add_test(t, test_rebind);
	tcase_add_test(t, test_going);
	tcase_add_test(t, test_rate_steps);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
