/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy can say about placement, one rule a case: numbers that can be checked by hand.
 * Who yields to whom is in test_yield.c. */
#include "common/tree.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/nics.h"

/* Two devices of min 1, max 3 on 4 functions: a minimum each, then one extra each. */
START_TEST(test_extras)
{
	struct fix *f = nics(1, 4);
	struct fm_plan *p;

	for (unsigned i = 0; i < 6; i++) {
		struct fm_claim *c = claim(f, i < 3 ? "a" : "b", "d", 0, 0);

		c->index = (uint16_t)(i % 3);
		c->count = 3;
		c->extra = i % 3 > 0;
	}
	p = fix_plan(f);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(p->placed[i].placed, i % 3 < 2);
	fm_plan_free(p);
	f->d->claim[3].priority = f->d->claim[4].priority = f->d->claim[5].priority = 5;
	p = fix_plan(f);
	ck_assert(p->placed[3].placed && p->placed[4].placed && p->placed[5].placed);
	ck_assert(p->placed[0].placed && !p->placed[1].placed);
	end(f, p);
}
END_TEST

START_TEST(test_demand)
{
	struct fix *f = nics(1, 8);
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].pf[0].total[FM_RESOURCE_MSIX] = 100;
	f->d->demand[0].amount[FM_RESOURCE_MSIX] = 40;
	f->d->demands = 1;
	for (unsigned i = 0; i < 3; i++)
		claim(f, "a", i == 0 ? "x" : i == 1 ? "y" : "z", 0, 0)->demand = 1;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[1].placed);
	is_refused(p, 2, MR_REASON_NO_CAPACITY,
		   "nic0/pf0: MSI-X vectors 80 + 40 = 120, 100 to hand out");
	fm_plan_free(p);
	/* every VF has 4 in any case, more in steps of 8: 68 are left, 40 wanted are 44 */
	f->inv.chassis[0].adapter[0].pf[0].amount[FM_RESOURCE_MSIX] =
		(struct fm_amounts){.base = 4, .max = 64, .step = 8};
	p = fix_plan(f);
	ck_assert_uint_eq(fix_attrs(f, p, 0).msix, 44);
	is_refused(p, 1, MR_REASON_NO_CAPACITY,
		   "nic0/pf0: MSI-X vectors 40 + 40 = 80, 68 to hand out");
	end(f, p);
}
END_TEST

START_TEST(test_links)
{
	struct fix *f = nics(2, 8);
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].link_mbps = 64 * GBIT; /* x 0.85 = 54.4 */
	f->inv.chassis[0].adapter[1].link_reservable_mbps = 20 * GBIT;
	claim(f, "a", "d0", 0, 50 * GBIT);
	claim(f, "a", "d1", 1, 20 * GBIT);
	claim(f, "a", "d2", 0, 10 * GBIT);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.port, 257);
	ck_assert_uint_eq(p->placed[1].fn.port, 258);
	is_refused(p, 2, MR_REASON_NO_BANDWIDTH,
		   "nic0: guarantees 50Gbit + 10Gbit = 60Gbit, 54.4Gbit on its PCIe link");
	fm_plan_free(p);
	f->inv.chassis[0].adapter[0].link_mbps = 0; /* not known: not counted */
	f->inv.chassis[0].host[0].link_reservable_mbps = 55 * GBIT;
	p = fix_plan(f);
	is_refused(p, 2, MR_REASON_NO_BANDWIDTH,
		   "blade01: guarantees 50Gbit + 10Gbit = 60Gbit, 55Gbit on its PCIe link");
	f->d->claim[2].host = 1;
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(p->placed[2].placed);
	fix_settle(f, p);
	fm_plan_free(p);
	f->inv.chassis[0].host[0].link_reservable_mbps = 40 * GBIT; /* shrinks: nothing moves */
	p = fix_plan(f);
	ck_assert(p->placed[0].same_fn);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_GUARANTEE_BROKEN);
	end(f, p);
}
END_TEST

/* Two PFs on one network port have one sum. */
START_TEST(test_shared_port)
{
	struct fix *f = nics(0, 1);
	struct fm_adapter *a =
		fix_adapter(f, "dual", FM_ADAPTER_SRIOV, MR_CLASS_ETHERNET, 2, 8, 0);
	struct fm_plan *p;

	fix_part(&f->d->pool[0], a, 0, 7);
	fix_edge(f, a, 100 * GBIT, 100 * GBIT, UINT64_MAX);
	f->d->edges = 1;
	f->d->edge[0].pfs = 1 << 1;
	claim(f, "a", "d0", 0, 60 * GBIT);
	claim(f, "a", "d1", 0, 60 * GBIT);
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	is_refused(p, 1, MR_REASON_NO_BANDWIDTH,
		   "dual/pf0: guarantees 60Gbit + 60Gbit = 120Gbit, 100Gbit reservable");
	end(f, p);
}
END_TEST

START_TEST(test_domain)
{
	struct fix *f = nics(2, 4);
	struct fm_domain *d = &f->d->domain[0];
	struct fm_plan *p;

	mr_copy(d->name, sizeof(d->name), "red");
	d->adapter = mr_xcalloc(1, sizeof(*d->adapter));
	d->adapter[0] = FM_ADAPTER_KEY(0, 257);
	d->adapters = 1;
	d->host = mr_xcalloc(1, sizeof(*d->host));
	d->host[0] = 1;
	f->d->domains = 1;
	claim(f, "in", "d0", 0, 0)->domain = 1;
	claim(f, "in", "d1", 1, 0)->domain = 1;
	claim(f, "out", "d0", 0, 0);
	claim(f, "out", "d1", 1, 0);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.port, 257);
	is_refused(p, 1, MR_REASON_NOT_PERMITTED, "host blade02 is outside of domain red");
	is_refused(p, 2, MR_REASON_NOT_PERMITTED, "host blade01 is in domain red");
	ck_assert_uint_eq(p->placed[3].fn.port, 258);
	end(f, p);
}
END_TEST

START_TEST(test_require)
{
	struct fix *f = nics(1, 4);
	struct fm_plan *p;

	f->d->pool[0].require = 1 << FM_REQUIRE_IOMMU | 1 << FM_REQUIRE_ACS;
	f->lvf[0] = (struct fm_plan_host){.told = true, .has = 7};
	f->lvf[1] = (struct fm_plan_host){.told = true, .has = 1 << FM_REQUIRE_IOMMU};
	for (unsigned h = 0; h < 3; h++)
		claim(f, "a", h == 0 ? "x" : h == 1 ? "y" : "z", h, 0);
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	is_refused(p, 1, MR_REASON_UNSUPPORTED,
		   "pool nics requires acs, which host blade02 does not have");
	is_refused(p, 2, MR_REASON_UNSUPPORTED,
		   "pool nics requires iommu, which host blade03 has not reported");
	end(f, p);
}
END_TEST

/* Frozen: no update, nothing new, no release, whoever edits what. */
START_TEST(test_suspended)
{
	struct fix *f = nics(1, 4);
	struct fm_plan *p;

	claim(f, "a", "d0", 0, 10 * GBIT);
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	claim(f, "a", "d1", 0, 0);
	for (unsigned i = 0; i < 2; i++) {
		f->d->claim[i].suspended = true;
		f->d->claim[i].guaranteed_mbps = 20 * GBIT;
		f->d->claim[i].host = 1;
	}
	p = fix_plan(f);
	ck_assert(p->placed[0].same_fn);
	ck_assert_uint_eq(fix_attrs(f, p, 0).min_mbps, 10 * GBIT);
	is_refused(p, 1, MR_REASON_NOT_PERMITTED, "profile a is suspended");
	ck_assert(!fm_plan_pending(p));
	end(f, p);
}
END_TEST

/* The same for all that stands on a suspended adapter; what is new goes elsewhere, or waits. */
START_TEST(test_suspended_adapter)
{
	struct fix *f = nics(2, 4);
	struct fm_plan *p;
	struct mr_tree *t;

	f->d->adapter = MR_NEW(struct fm_adapter_def);
	claim(f, "a", "d0", 0, 10 * GBIT);
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->adapter[f->d->adapters++] = (struct fm_adapter_def){
		.key = FM_ADAPTER_KEY(0, f->cur[0]->fn.port), .suspended = true};
	claim(f, "a", "d1", 0, 0);
	f->d->claim[0].guaranteed_mbps = 20 * GBIT;
	f->d->claim[0].host = 1;
	f->inv.chassis[0].adapter[0].pf[0].numvfs = 2;
	p = fix_plan(f);
	ck_assert(p->placed[0].same_fn);
	ck_assert_uint_eq(fix_attrs(f, p, 0).min_mbps, 10 * GBIT);
	ck_assert(p->placed[1].placed);
	ck_assert_uint_ne(p->placed[1].fn.port, f->cur[0]->fn.port);
	ck_assert_uint_eq(p->changes, 1);
	t = fm_plan_explain(&f->in, p, 0);
	ck_assert_str_eq(mr_tree_text(t, "frozen"), "adapter nic0 is suspended");
	mr_tree_free(t);
	fm_plan_free(p);
	f->inv.chassis[0].adapter[1].link = false;
	p = fix_plan(f);
	is_refused(p, 1, MR_REASON_NOT_PERMITTED, "nic0 is suspended");
	fm_plan_free(p);
	f->inv.chassis[0].adapter[0].present = false; /* a device that is gone is replaced */
	f->inv.chassis[0].adapter[1].link = true;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && !p->placed[0].same_fn);
	end(f, p);
}
END_TEST

/* A spare adapter is for what a failed one had. */
START_TEST(test_spare)
{
	struct fix *f = nics(2, 4);
	struct fm_plan *p;

	f->d->pool[0].part[1].spare = true;
	for (unsigned i = 0; i < 5; i++)
		claim(f, "a",
		      i == 0   ? "d0"
		      : i == 1 ? "d1"
		      : i == 2 ? "d2"
		      : i == 3 ? "d3"
			       : "d4",
		      0, 0);
	p = fix_plan(f);
	is_refused(p, 4, MR_REASON_NO_CAPACITY, "nic0/pf0: 4 of 4 functions are used");
	fix_settle(f, p);
	for (unsigned i = 0; i < f->curs; i++)
		mr_copy(f->cur[i]->adapter, sizeof(f->cur[i]->adapter), "nic0");
	fm_plan_free(p);
	f->inv.chassis[0].adapter[0].present = false;
	p = fix_plan(f);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(p->placed[i].fn.port, 258);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 4);
	end(f, p);
}
END_TEST

/* Somebody else enables the VFs: those that are enabled are handed out, and no more. */
START_TEST(test_external)
{
	struct fix *f = nics(1, 8);
	struct fm_plan *p;

	f->d->pool[0].external = true;
	f->inv.chassis[0].adapter[0].pf[0].numvfs = 1;
	claim(f, "a", "d0", 0, 0);
	claim(f, "a", "d1", 0, 0);
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && !p->placed[1].placed);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PROVISION), 0);
	end(f, p);
}
END_TEST

static struct fm_rule *rule(struct fix *f, enum fm_rule_type type, bool required, unsigned n)
{
	struct fm_rule *r = &f->d->rule[f->d->rules++];

	*r = (struct fm_rule){.type = type, .required = required, .max_skew = 1, .claims = n};
	r->claim = mr_xcalloc(n, sizeof(*r->claim));
	for (unsigned i = 0; i < n; i++)
		r->claim[i] = i;
	return r;
}

START_TEST(test_affinity)
{
	struct fix *f = nics(3, 2);
	struct fm_plan *p;

	for (unsigned i = 0; i < 3; i++)
		claim(f, "a", i == 0 ? "x" : i == 1 ? "y" : "z", 0, 10 * GBIT);
	rule(f, FM_RULE_AFFINITY, true, 3);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[1].fn.port, p->placed[0].fn.port);
	is_refused(p, 2, MR_REASON_NO_CAPACITY, "nic0/pf0: 2 of 2 functions are used");
	fm_plan_free(p);
	f->d->rule[0].type = FM_RULE_PACK;
	f->d->rule[0].required = false;
	p = fix_plan(f); /* as few adapters as there can be: two */
	ck_assert_uint_eq(p->placed[1].fn.port, p->placed[0].fn.port);
	ck_assert(p->placed[2].placed);
	end(f, p);
}
END_TEST

/* Who is copied stands on one PF with who gets the copies, which begin when both run. */
static const struct {
	enum fm_rule_type type;
	enum fm_topology topology;
	bool required, both;
} units[] = {
	{FM_RULE_ANTI_AFFINITY, FM_TOPO_ADAPTER, true, true},
	{FM_RULE_ANTI_AFFINITY, FM_TOPO_SLOT, true, true},
	{FM_RULE_ANTI_AFFINITY, FM_TOPO_PORT, true, true},
	{FM_RULE_ANTI_AFFINITY, FM_TOPO_CHASSIS, true, false},
	{FM_RULE_ANTI_AFFINITY, FM_TOPO_CHASSIS, false, true},
	{FM_RULE_AFFINITY, FM_TOPO_ADAPTER, true, false},
	{FM_RULE_AFFINITY, FM_TOPO_SLOT, true, false},
	{FM_RULE_AFFINITY, FM_TOPO_PORT, true, false},
	{FM_RULE_AFFINITY, FM_TOPO_SLOT, false, true},
	{FM_RULE_AFFINITY, FM_TOPO_CHASSIS, true, true},
	{FM_RULE_SPREAD, FM_TOPO_CHASSIS, true, true},
	{FM_RULE_PACK, FM_TOPO_SLOT, true, false},
};

/* What one unit is: two adapters of one function each, which are in one chassis. */
START_TEST(test_topologies)
{
	struct fix *f = nics(2, 1);
	struct fm_plan *p;

	claim(f, "a", "x", 0, 10 * GBIT);
	claim(f, "a", "y", 0, 10 * GBIT);
	rule(f, units[_i].type, units[_i].required, 2)->topology = units[_i].topology;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	ck_assert_int_eq(p->placed[1].placed, units[_i].both);
	end(f, p);
}
END_TEST

START_TEST(test_mirror)
{
	struct fix *f = nics(3, 2);
	struct fm_plan *p;
	struct mr_tree *t;

	claim(f, "mon", "tap", 1, 0);
	claim(f, "web", "a", 0, 20 * GBIT)->mirror = 1;
	claim(f, "web", "b", 0, 0)->mirror = 1;
	for (unsigned i = 0; i < 3; i++)
		f->d->claim[i].attrs.mirror = 1;
	rule(f, FM_RULE_MIRROR, true, 3)->topology = FM_TOPO_PF;
	p = fix_plan(f);
	is_refused(p, 1, MR_REASON_UNSUPPORTED, "nic0/pf0: it has no mirror");
	fm_plan_free(p);
	for (unsigned i = 1; i < 3; i++)
		f->inv.chassis[0].adapter[i].caps |= MR_CT_CAP_MIRROR;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[0].fn.port, 258);
	ck_assert_uint_eq(p->placed[1].fn.port, 258);
	ck_assert_uint_eq(p->placed[1].mirror, 0);
	is_refused(p, 2, MR_REASON_NO_CAPACITY, "nic1/pf0: 2 of 2 functions are used");
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[1].mirror, 1 + f->cur[0]->fn.vf);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_UPDATE), 1);
	t = fm_plan_explain(&f->in, p, 1);
	ck_assert_str_eq(mr_tree_text(t, "mirrorTo"), "mon/tap, on nic1/pf0/vf0");
	mr_tree_free(t);
	fix_settle(f, p);
	fm_plan_free(p);
	f->cur[0]->going = true;
	p = fix_plan(f);
	ck_assert_uint_eq(p->placed[1].mirror, 0);
	t = fm_plan_explain(&f->in, p, 1);
	ck_assert_str_eq(mr_tree_text(t, "mirrorTo"),
			 "mon/tap does not run on the same PF: no copies");
	mr_tree_free(t);
	end(f, p);
}
END_TEST

START_TEST(test_spread)
{
	struct fix *f = nics(2, 4);
	unsigned on[2] = {0};
	struct fm_plan *p;

	f->d->edge[1].guaranteed_max_mbps = 10 * GBIT;
	for (unsigned i = 0; i < 4; i++)
		claim(f, "a", i == 0 ? "w" : i == 1 ? "x" : i == 2 ? "y" : "z", 0, 10 * GBIT);
	rule(f, FM_RULE_SPREAD, true, 4);
	p = fix_plan(f);
	for (unsigned i = 0; i < 4; i++)
		if (p->placed[i].placed)
			on[p->placed[i].fn.port - 257]++;
	ck_assert_uint_eq(on[0], 2); /* one more than on the other, which has room for one */
	ck_assert_uint_eq(on[1], 1);
	fm_plan_free(p);
	f->d->rule[0].required = false;
	p = fix_plan(f);
	ck_assert(p->placed[3].placed);
	end(f, p);
}
END_TEST

/* An `ha` pair carries one identity, on two adapters. */
START_TEST(test_pair)
{
	struct fix *f = nics(2, 4);
	struct fm_plan *p;

	for (unsigned i = 0; i < 3; i++) {
		struct fm_claim *c = claim(f, i < 2 ? "a" : "b", i == 1 ? "y" : "x", 0, 0);

		c->pair = i < 2;
		c->ident[0] = (struct fm_ident_want){
			.source = FM_IDENT_LITERAL,
			.type = MR_IDENT_MAC,
			.literal = {.type = MR_IDENT_MAC, .lo = 0x020000000001}};
	}
	f->d->pair[0] = (struct fm_pair){.primary = 0, .secondary = 1};
	f->d->pairs = 1;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[1].placed);
	ck_assert_uint_ne(p->placed[0].fn.port, p->placed[1].fn.port);
	ck_assert_uint_eq(p->placed[0].ident[0], p->placed[1].ident[0]);
	ck_assert_int_eq(p->placed[2].reason, MR_REASON_CONFLICT);
	end(f, p);
}
END_TEST

/* VF n of two PFs in one Function Dependency List goes to one host. */
START_TEST(test_dependency)
{
	struct fix *f = nics(0, 1);
	struct fm_adapter *a =
		fix_adapter(f, "dual", FM_ADAPTER_SRIOV, MR_CLASS_ETHERNET, 2, 2, 0);
	struct fm_plan *p;

	fix_part(&f->d->pool[0], a, 0, 1);
	a->pf[0].depends = 2;
	a->pf[1].depends = 1;
	for (unsigned i = 0; i < 3; i++)
		claim(f, "a", i == 0 ? "x" : i == 1 ? "y" : "z", i, 0);
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[1].placed);
	ck_assert_uint_ne(p->placed[0].fn.vf, p->placed[1].fn.vf);
	is_refused(p, 2, MR_REASON_NO_CAPACITY, "dual/pf0: 1 of 2 functions are used");
	f->d->claim[2].host = 0;
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(p->placed[2].placed);
	ck_assert_uint_eq(p->placed[2].fn.vf, p->placed[0].fn.vf);
	end(f, p);
}
END_TEST

START_TEST(test_atomic)
{
	struct fix *f = nics(1, 3);
	struct fm_plan *p;

	for (unsigned i = 0; i < 4; i++) {
		struct fm_claim *c = claim(f, i < 3 ? "all" : "one",
					   i == 0   ? "x"
					   : i == 1 ? "y"
						    : "z",
					   0, 0);

		c->atomic = i < 3;
		c->guaranteed_mbps = i == 2 ? 200 * GBIT : 0;
	}
	f->d->claim[1].extra = true;
	p = fix_plan(f);
	is_refused(p, 0, MR_REASON_NO_BANDWIDTH,
		   "atomic profile all: all/z has no place: nic0/pf0: guarantees 0kbit + "
		   "200Gbit = "
		   "200Gbit, 100Gbit reservable");
	ck_assert(!p->placed[1].placed && !p->placed[2].placed);
	ck_assert(p->placed[3].placed);
	ck_assert_uint_eq(p->placed[3].fn.vf, 0); /* nothing of it is left in the way */
	fm_plan_free(p);
	f->d->claim[2].guaranteed_mbps = 0;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[2].placed && p->placed[3].placed);
	ck_assert(!p->placed[1].placed);
	end(f, p);
}
END_TEST

/* No host of its group is free: what has nothing goes on waiting, what has something loses it.
 */
START_TEST(test_waits_for_a_host)
{
	struct fix *f = nics(1, 4);
	struct fm_plan *p;

	claim(f, "a", "d", 0, 0)->waits_host = !_i;
	fix_new_current(f, &f->d->claim[0]);
	f->d->claim[0].host = FM_WHOLE;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_RELEASE), _i);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PEND), !_i);
	fm_plan_free(p);
	f->d->claim[0].host = 0;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].host = FM_WHOLE;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_RELEASE), 1);
	end(f, p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("language");
	TCase *t = tcase_create("language");

	tcase_add_test(t, test_extras);
	tcase_add_test(t, test_demand);
	tcase_add_test(t, test_links);
	tcase_add_test(t, test_shared_port);
	tcase_add_test(t, test_domain);
	tcase_add_test(t, test_require);
	tcase_add_test(t, test_suspended);
	tcase_add_test(t, test_suspended_adapter);
	tcase_add_test(t, test_spare);
	tcase_add_test(t, test_external);
	tcase_add_test(t, test_affinity);
	tcase_add_loop_test(t, test_topologies, 0, MR_ARRAY_SIZE(units));
	tcase_add_test(t, test_mirror);
	tcase_add_test(t, test_spread);
	tcase_add_test(t, test_pair);
	tcase_add_test(t, test_dependency);
	tcase_add_test(t, test_atomic);
	tcase_add_loop_test(t, test_waits_for_a_host, 0, 2);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
