// SPDX-License-Identifier: Apache-2.0
/*
 * Hosts with several roots: which of them a claim gets, what counts for a root and what for the
 * host, and what a root that is lost means.
 */
#include <check.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/fixture.h"

/* Host db with two roots (ports 1 and 2) of 'bridges' bridges each, host web with one (port 3),
 * an adapter of 32 functions, 'claims' claims of db. */
static struct fix *two_roots(enum fm_adapter_kind kind, unsigned bridges, unsigned claims,
			     uint32_t guaranteed)
{
	struct fix *f = fix_new();
	struct fm_adapter *a =
		fix_adapter(f, "nic", kind, MR_CLASS_ETHERNET, 1, 32, kind ? 0 : 5);
	struct fm_chassis *c = &f->inv.chassis[0];

	fix_host(f, "db", bridges, true);
	fix_root(f, 0, "db-b", bridges);
	fix_host(f, "web", bridges, true);
	for (unsigned h = 0; h < c->hosts; h++)
		c->host[h].link_reservable_mbps = 20 * GBIT;
	fix_part(fix_pool(f, "p"), a, 0, 31);
	for (unsigned i = 0; i < claims; i++) {
		char device[8];

		mr_fmt(device, sizeof(device), "d%u", i);
		fix_claim(f, "db", device, 0, 0)->guaranteed_mbps = guaranteed;
	}
	return f;
}

static unsigned behind(const struct fm_plan *p, unsigned port)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->claims; i++)
		n += p->placed[i].placed && p->placed[i].place.port == port;
	return n;
}

static void settle(struct fix *f)
{
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
}

/* Guarantees are balanced over the links of the roots, and each link is a border of its own. */
START_TEST(test_links)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 16, 9, 5 * GBIT);
	struct fm_plan *p = fix_plan(f);

	ck_assert_uint_eq(behind(p, 1), 4);
	ck_assert_uint_eq(behind(p, 2), 4);
	ck_assert(!p->placed[8].placed);
	ck_assert_int_eq(p->placed[8].reason, MR_REASON_NO_BANDWIDTH);
	ck_assert_str_eq(p->placed[8].detail, "db/root0: guarantees 20Gbit + 5Gbit = 25Gbit, "
					      "20Gbit on its PCIe link");
	fm_plan_free(p);
	f->inv.chassis[0].host[1].link_reservable_mbps = 60 * GBIT;
	p = fix_plan(f);
	ck_assert_uint_eq(behind(p, 1), 2); /* in proportion to the links */
	ck_assert_uint_eq(behind(p, 2), 7);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Without guarantees the bridges are used alike; the ports of one root do not end the other. */
START_TEST(test_bridges)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 3, 7, 0);
	struct fm_plan *p = fix_plan(f);

	ck_assert_uint_eq(behind(p, 1), 3);
	ck_assert_uint_eq(behind(p, 2), 3);
	ck_assert_int_eq(p->placed[6].reason, MR_REASON_LIMIT);
	ck_assert_str_eq(p->placed[6].detail, "db/root0: all 3 bridges are used or tombstoned");
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* LVFs of one adapter stand in one root: its PFs are led to the host once. */
START_TEST(test_lvf)
{
	struct fix *f = two_roots(FM_ADAPTER_MRA, 3, 12, 0);
	struct fm_plan *p = fix_plan(f);

	ck_assert_uint_eq(behind(p, 1), 12);
	for (unsigned i = 1; i < 12; i++)
		ck_assert_uint_eq(p->placed[i].place.bridge, p->placed[0].place.bridge);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* What runs stays, whatever the balance would be now. */
START_TEST(test_keeps)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 8, 4, 5 * GBIT);
	struct fm_plan *p;

	settle(f);
	free(f->cur[2]);
	free(f->cur[0]); /* root 0 is empty */
	f->cur[0] = f->cur[1];
	f->cur[1] = f->cur[3];
	f->curs = 2;
	f->d->claim[0] = f->d->claim[1];
	f->d->claim[1] = f->d->claim[3];
	f->d->claims = 2;
	p = fix_plan(f);
	ck_assert_uint_eq(behind(p, 2), 2);
	ck_assert(!fm_plan_pending(p));
	ck_assert_uint_eq(p->changes, 0);
	fm_plan_free(p);
	fix_claim(f, "db", "d9", 0, 0)->guaranteed_mbps = 5 * GBIT;
	p = fix_plan(f);
	ck_assert_uint_eq(behind(p, 1), 1);
	ck_assert_uint_eq(p->changes, 1);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Rules over numa count roots. */
START_TEST(test_numa)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 8, 4, 0);
	struct fm_plan *p;

	fix_rule(f, FM_TOPO_NUMA, true, 0, 1);
	fix_rule(f, FM_TOPO_NUMA, true, 2, 3);
	f->d->rule[1].type = FM_RULE_AFFINITY;
	p = fix_plan(f);
	ck_assert_uint_ne(p->placed[0].place.port, p->placed[1].place.port);
	ck_assert_uint_eq(p->placed[2].place.port, p->placed[3].place.port);
	fm_plan_free(p);
	fix_rule(f, FM_TOPO_NUMA, true, 0, 2);
	fix_rule(f, FM_TOPO_NUMA, true, 1, 2);
	p = fix_plan(f);
	ck_assert(!p->placed[2].placed);
	ck_assert_int_eq(p->placed[2].reason, MR_REASON_NO_CAPACITY);
	ck_assert_ptr_nonnull(strstr(p->placed[2].detail, "required antiAffinity over numa"));
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* `share: exclusive` is a border between hosts, not between the roots of one. */
START_TEST(test_exclusive)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 2, 4, 0);
	struct fm_plan *p;

	f->d->pool[0].exclusive = true;
	fix_claim(f, "web", "d0", 0, 1);
	p = fix_plan(f);
	ck_assert_uint_eq(behind(p, 1), 2);
	ck_assert_uint_eq(behind(p, 2), 2);
	ck_assert(!p->placed[4].placed);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(!p->placed[4].placed);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* What is behind a root that is lost goes to the other one, as far as there is room; the rest
 * stays where it is and says so. When the root is back all stay where they are. */
START_TEST(test_lost)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 3, 4, 0);
	struct fm_plan *p;

	settle(f);
	f->lvf[0].lost = 1 << 1;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_uint_eq(behind(p, 1), 3);
	ck_assert_uint_eq(behind(p, 2), 1);
	for (unsigned i = 0; i < 4; i++)
		if (p->placed[i].place.port == 2)
			ck_assert_int_eq(p->placed[i].reason, MR_REASON_LIMIT);
	fix_settle(f, p);
	fm_plan_free(p);
	f->lvf[0].lost = 0;
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 0);
	ck_assert_uint_eq(behind(p, 1), 3);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* The only function there is goes along, through the cut (HANDOVER 5). */
START_TEST(test_lost_same)
{
	struct fix *f = two_roots(FM_ADAPTER_BASE, 3, 1, 0);
	struct fm_plan *p;

	settle(f);
	ck_assert_uint_eq(f->cur[0]->place.port, 1);
	f->lvf[0].lost = 1 << 0;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert(p->placed[0].same_fn);
	ck_assert_uint_eq(p->placed[0].place.port, 2);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* A port that no document gives to the host any more: it moves to one that is. */
START_TEST(test_other_port)
{
	struct fix *f = two_roots(FM_ADAPTER_SRIOV, 3, 2, 0);
	struct fm_plan *p;

	settle(f);
	f->d->host[0].roots = 1;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_uint_eq(behind(p, 1), 2);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roots");
	TCase *t = tcase_create("roots");

	tcase_add_test(t, test_links);
	tcase_add_test(t, test_bridges);
	tcase_add_test(t, test_lvf);
	tcase_add_test(t, test_keeps);
	tcase_add_test(t, test_numa);
	tcase_add_test(t, test_exclusive);
	tcase_add_test(t, test_lost);
	tcase_add_test(t, test_lost_same);
	tcase_add_test(t, test_other_port);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
