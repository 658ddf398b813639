/* SPDX-License-Identifier: Apache-2.0 */
/* The planner by cases: hard limits with their words, ties, ways, identities. */
#include <check.h>

#include "common/tree.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/fixture.h"

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
	struct fix *f = fix_single(cases[_i].kind, 4, cases[_i].lvf);
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

/* The host has one bridge: it leads to PFs behind which all of the profile has room, not to the
 * function that the first claim alone would get. */
START_TEST(test_rides)
{
	struct fix *f = fix_new();
	struct fm_adapter *sriov =
		fix_adapter(f, "nic0", FM_ADAPTER_SRIOV, MR_CLASS_ETHERNET, 1, 4, 0);
	struct fm_adapter *mra =
		fix_adapter(f, "nic1", FM_ADAPTER_MRA, MR_CLASS_ETHERNET, 1, 4, 3);
	struct fm_pool *pool = fix_pool(f, "p");
	struct fm_plan *p;

	fix_part(pool, sriov, 0, 3);
	fix_part(pool, mra, 0, 3);
	fix_host(f, "blade01", 1, true);
	for (unsigned i = 0; i < 3; i++) {
		char device[8];

		mr_fmt(device, sizeof(device), "d%u", i);
		fix_claim(f, "web", device, 0, 0)->atomic = true;
	}
	p = fix_plan(f);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(p->placed[i].placed);
		ck_assert_uint_eq(p->placed[i].fn.port, mra->port);
		ck_assert_int_eq(p->placed[i].place.way, FM_WAY_LVF);
	}
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* The second function of the same host comes through the same bridge; the third host finds no
 * device VH. */
START_TEST(test_device_vhs)
{
	struct fix *f = fix_single(FM_ADAPTER_MRA, 8, true);
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
	struct fix *f = fix_single(FM_ADAPTER_MRA, 8, true);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
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
	struct fix *f = fix_single(FM_ADAPTER_MRA, 256, true);
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
	struct fix *f = fix_single(FM_ADAPTER_MRA, 128, true);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 2, false);
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
	tomb.place.way = FM_WAY_LVF; /* of a slot, and its PF is not there any more */
	tomb.place.slot = 1;
	p = fix_plan(f);
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

START_TEST(test_exclusive)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
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

START_TEST(test_soft_rule)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
	struct fm_adapter *b = fix_adapter(f, "dev2", FM_ADAPTER_SRIOV, MR_CLASS_NVME, 1, 1, 0);
	struct fm_plan *p;

	fix_part(&f->d->pool[0], b, 0, 0);
	for (unsigned i = 0; i < 2; i++)
		fix_claim(f, "a", i ? "x2" : "x1", 0, 0);
	fix_rule(f, FM_TOPO_ADAPTER, false, 0, 2);
	fix_rule(f, FM_TOPO_PORT, false, 1, 2);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.port, 257);
	ck_assert_uint_eq(p->placed[1].fn.port, 257); /* the other device stays free */
	ck_assert_uint_eq(p->placed[2].fn.port, 258);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_identities)
{
	struct fix *f = fix_nic_sharing(3, 40 * GBIT);
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
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000001); /* :00 rests for a day */
	ck_assert_uint_eq(p->placed[3].ident[0], 0x0225b5000005); /* its own lock */
	ck_assert(!p->placed[5].placed);
	ck_assert_int_eq(p->placed[5].reason, MR_REASON_CONFLICT);
	ck_assert_str_eq(p->placed[5].detail,
			 "mac 02:25:b5:00:00:01 is used by web-blade01/data0");
	fm_plan_free(p);
	f->in.wall_ns += INT64_C(86400) * 1000000000;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000000);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* What a host shows and was not given: nobody else gets it; who runs with it keeps it. */
START_TEST(test_foreign)
{
	struct fix *f = fix_nic_sharing(3, 40 * GBIT);
	const struct fm_foreign seen[2] = {
		{{MR_IDENT_MAC, 0, 0x0225b5000000}, "", "blade03, on 0000:05:00.0"},
		{{MR_IDENT_MAC, 0, 0x0225b5000009},
		 "web-blade02",
		 "blade02, on web-blade02/data0"},
	};
	struct fm_plan *p;

	for (unsigned i = 4; i < 6; i++)
		f->d->claim[i].ident[0] = (struct fm_ident_want){
			.source = FM_IDENT_LITERAL,
			.type = MR_IDENT_MAC,
			.literal = {MR_IDENT_MAC, 0, i == 4 ? 0x0225b5000009 : 0x0225b5000030}};
	f->d->claim[3].ident[0] = f->d->claim[4].ident[0];
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000000);
	fm_plan_free(p);
	f->in.foreign = seen;
	f->in.foreigns = 2;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000001);
	ck_assert_uint_eq(p->placed[3].ident[0], 0x0225b5000009); /* its own profile's */
	ck_assert(!p->placed[4].placed);
	ck_assert(p->placed[5].placed);
	f->d->claim[3].ident[0].literal.lo = 0x0225b5000031;
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[4].reason, MR_REASON_CONFLICT);
	ck_assert_str_eq(p->placed[4].detail,
			 "mac 02:25:b5:00:00:09 is seen on blade02, on web-blade02/data0");
	f->in.foreigns = 0; /* placed before it was seen */
	fm_plan_free(p);
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->in.foreigns = 2;
	p = fix_plan(f);
	ck_assert(p->placed[4].placed);
	ck_assert_uint_eq(p->changes, 0);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_rate_steps)
{
	struct fix *f = fix_nic_sharing(1, 40 * GBIT);
	const struct mr_tree *changes;
	struct mr_tree *tree;
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].rate_step_mbps = 7000;
	f->inv.chassis[0].adapter[1].caps = MR_CT_CAP_VLAN;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_attrs(f, p, 0).min_mbps, 14000);
	ck_assert_uint_eq(p->placed[0].max_mbps, 35000);
	ck_assert_uint_eq(fix_attrs(f, p, 1).min_mbps, 0);
	tree = fm_plan_tree(p, &f->in);
	changes = mr_tree_get(tree, "changes");
	for (unsigned i = 0; i < changes->n; i++)
		if (mr_streq(mr_tree_text(changes->child[i], "assignment"),
			     "web-blade01/data0"))
			ck_assert_str_eq(
				mr_tree_text(changes->child[i], "detail"),
				"guaranteed 10Gbit is set as 14Gbit, limit 40Gbit is set "
				"as 35Gbit");
	mr_tree_free(tree);
	fm_plan_free(p);
	f->inv.chassis[0].adapter[1].caps = 0;
	p = fix_plan(f);
	ck_assert(!p->placed[1].placed); /* VLAN 100 is asked for */
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* A guarantee is a promise: it is rounded up, counts on its port as what is set, and takes the
 * limit with it. */
START_TEST(test_rounded_guarantees)
{
	struct fix *f = fix_nic_sharing(8, 12 * GBIT);
	uint64_t sum[2] = {0};
	struct fm_plan *p;
	unsigned pend = 0;

	f->inv.chassis[0].adapter[0].rate_step_mbps = 25 * GBIT;
	p = fix_plan(f);
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_placed *pl = &p->placed[i];
		bool left = pl->fn.port == f->inv.chassis[0].adapter[0].port;
		struct fm_attrs at;

		if (!pl->placed) {
			pend++;
			ck_assert_ptr_nonnull(
				strstr(pl->detail, "nic-left/pf0: guarantees 75Gbit + 25Gbit = "
						   "100Gbit, 90Gbit reservable, guaranteed in "
						   "steps of 25Gbit"));
			continue;
		}
		at = fix_attrs(f, p, i);
		ck_assert_uint_eq(at.min_mbps, left ? 25 * GBIT : 10 * GBIT);
		ck_assert_uint_eq(at.max_mbps, left ? 25 * GBIT : 12 * GBIT);
		sum[left] += at.min_mbps;
	}
	ck_assert_uint_le(sum[0], 90 * GBIT);
	ck_assert_uint_le(sum[1], 90 * GBIT);
	ck_assert_uint_eq(pend, 16 - 8 - 3);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Every adapter gets the same abilities; what claim 0 is told of them. */
static void told(unsigned caps, unsigned mtu, const char *words)
{
	struct fix *f = fix_nic_sharing(1, 40 * GBIT);
	struct fm_plan *p;

	for (unsigned a = 0; a < f->inv.chassis[0].adapters; a++) {
		f->inv.chassis[0].adapter[a].caps = caps;
		f->inv.chassis[0].adapter[a].limits.mtu = mtu;
	}
	f->d->claim[0].attrs.mtu = 9000;
	f->d->claim[0].attrs.trust = true;
	p = fix_plan(f);
	ck_assert(!p->placed[0].placed);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(p->placed[0].detail, words));
	fm_plan_free(p);
	fix_free(f);
}

START_TEST(test_what_adapters_lack)
{
	told(MR_CT_CAP_VLAN, 0, ": it has no trust, mtu");
	told(MR_CT_CAP_VLAN | MR_CT_CAP_TRUST | MR_CT_CAP_MTU, 1500,
	     ": mtu 9000, and it has 1500 at most");
}
END_TEST

START_TEST(test_provision)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 8, false);
	struct fm_pf *pf = &f->inv.chassis[0].adapter[0].pf[0];
	struct mr_tree *tree;
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
	pf->numvfs = 8; /* fewer are wanted: after an approval, and no more are handed out */
	for (unsigned i = 0; i < 4; i++)
		fix_claim(f, "b", i == 0 ? "d0" : i == 1 ? "d1" : i == 2 ? "d2" : "d3", 0, 0);
	p = fix_plan(f);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_PROVISION);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_COUNT);
	ck_assert_uint_eq(p->change[0].value, 4);
	ck_assert(p->placed[3].placed && !p->placed[4].placed);
	tree = fm_plan_tree(p, &f->in);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(tree, "changes")->child[0], "detail"),
			 "8 -> 4 VFs on each PF; after approval interrupts a/boot on blade01");
	mr_tree_free(tree);
	fm_plan_free(p);
	pf->numvfs = 4;
	f->d->pool[0].provision = 0;
	p = fix_plan(f);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_PROVISION);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_COUNT);
	ck_assert_uint_eq(p->change[0].value, 8);
	ck_assert(!p->placed[4].placed); /* not before the approval */
	ck_assert_str_eq(p->placed[4].detail,
			 "dev/pf0: 4 of 8 functions are used, 4 not enabled");
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Names before slots: the adapter in slot 2 is called 'a'. */
START_TEST(test_ties)
{
	struct fix *f = fix_new();
	struct fm_adapter *b = fix_adapter(f, "b", FM_ADAPTER_SRIOV, MR_CLASS_NVME, 1, 4, 0);
	struct fm_adapter *a = fix_adapter(f, "a", FM_ADAPTER_SRIOV, MR_CLASS_NVME, 1, 4, 0);
	struct fm_pool *pool = fix_pool(f, "p");
	struct fm_plan *p;

	fix_host(f, "blade01", 8, false);
	fix_part(pool, b, 1, 3);
	fix_part(pool, a, 2, 3);
	for (unsigned i = 0; i < 3; i++)
		fix_claim(f, "x", i == 0 ? "d0" : i == 1 ? "d1" : "d2", 0, 0);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.port, a->port);
	ck_assert_uint_eq(p->placed[0].fn.vf, 2);
	ck_assert_uint_eq(p->placed[1].fn.port, a->port);
	ck_assert_uint_eq(p->placed[1].fn.vf, 3);
	ck_assert_uint_eq(p->placed[2].fn.port, b->port);
	ck_assert_uint_eq(p->placed[2].fn.vf, 1);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* onRelease: scrub takes no GPU whose memory a reset leaves as it is. */
START_TEST(test_scrub)
{
	struct fix *f = fix_new();
	struct fm_adapter *a = fix_adapter(f, "gpu", FM_ADAPTER_SRIOV, MR_CLASS_GPU, 1, 4, 0);
	struct fm_plan *p;

	fix_host(f, "h1", 4, false);
	fix_part(fix_pool(f, "p"), a, 0, 3);
	a->caps |= _i ? MR_CT_CAP_SCRUB : 0;
	fix_claim(f, "a", "x", 0, 0);
	fix_claim(f, "b", "x", 0, 0)->scrub = true;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	ck_assert_int_eq(p->placed[1].placed, _i);
	if (!_i)
		ck_assert_int_eq(p->placed[1].reason, MR_REASON_UNSUPPORTED);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_add_loop_test(t, test_ways, 0, 4);
	tcase_add_test(t, test_device_vhs);
	tcase_add_loop_test(t, test_scrub, 0, 2);
	tcase_add_test(t, test_rides);
	tcase_add_test(t, test_attached);
	tcase_add_test(t, test_windows);
	tcase_add_test(t, test_buses);
	tcase_add_test(t, test_aperture);
	tcase_add_test(t, test_barred_places);
	tcase_add_test(t, test_exclusive);
	tcase_add_test(t, test_soft_rule);
	tcase_add_test(t, test_identities);
	tcase_add_test(t, test_foreign);
	tcase_add_test(t, test_rate_steps);
	tcase_add_test(t, test_rounded_guarantees);
	tcase_add_test(t, test_what_adapters_lack);
	tcase_add_test(t, test_provision);
	tcase_add_test(t, test_ties);
	suite_add_tcase(s, t);
	return check_run(s);
}
