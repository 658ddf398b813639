/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static limits by weight: the arithmetic as a table, and ports whose adapter has no scheduler
 * in whole plans.
 */
#include <check.h>

#include "common/tree.h"
#include "fabric-manager/plan/shares.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/fixture.h"

#define N    3
#define FREE 100000

static const struct {
	const char *name;
	uint64_t mbps;
	uint32_t step;
	struct fm_share s[N];
	uint64_t want[N];
} cases[] = {
	{"one takes all", 100000, 1, {{0, FREE, 1, 0}}, {100000}},
	{"by weight", 100000, 1, {{0, FREE, 1, 0}, {0, FREE, 3, 0}}, {25000, 75000}},
	{"a limit leaves its part to the others",
	 100000,
	 1,
	 {{0, 10000, 1, 0}, {0, FREE, 1, 0}, {0, FREE, 2, 0}},
	 {10000, 30000, 60000}},
	{"and that may bring another one to its limit",
	 100000,
	 1,
	 {{0, 10000, 2, 0}, {0, 40000, 1, 0}, {0, FREE, 1, 0}},
	 {10000, 40000, 50000}},
	{"guarantees first", 100000, 1, {{40000, FREE, 1, 0}, {0, FREE, 1, 0}}, {70000, 30000}},
	{"limits that fit", 100000, 1, {{0, 10000, 9, 0}, {5000, 20000, 1, 0}}, {10000, 20000}},
	{"a limit below its guarantee", 100, 1, {{50, 40, 1, 0}, {0, FREE, 1, 0}}, {50, 50}},
	{"down to steps, the remainder by name",
	 100000,
	 7000,
	 {{0, FREE, 1, 0}, {0, FREE, 1, 0}, {0, FREE, 1, 0}},
	 {35000, 35000, 28000}},
	{"the remainder goes to nobody above its limit",
	 100000,
	 7000,
	 {{0, 30000, 1, 0}, {0, FREE, 1, 0}, {0, FREE, 1, 0}},
	 {28000, 35000, 35000}},
	{"at least a step", 10000, 100, {{0, FREE, 1000, 0}, {0, FREE, 1, 0}}, {9900, 100}},
	{"nothing left", 0, 0, {{0, FREE, 1, 0}}, {1}},
};

START_TEST(arithmetic)
{
	struct fm_share s[N];
	unsigned n = 0;

	memcpy(s, cases[_i].s, sizeof(s));
	while (n < N && s[n].weight)
		n++;
	fm_shares_fill(s, n, cases[_i].mbps, cases[_i].step);
	for (unsigned i = 0; i < n; i++)
		ck_assert_msg(s[i].mbps == cases[_i].want[i], "%s: %u gets %llu, not %llu",
			      cases[_i].name, i, (unsigned long long)s[i].mbps,
			      (unsigned long long)cases[_i].want[i]);
}
END_TEST

/* One port of 100 Gbit without a scheduler, two claims with weights 1 and 3. */
static struct fix *port(void)
{
	struct fix *f = fix_new();
	struct fm_adapter *a =
		fix_adapter(f, "nic", FM_ADAPTER_SRIOV, MR_CLASS_ETHERNET, 1, 8, 0);

	fix_part(fix_pool(f, "nics"), a, 0, 7);
	fix_edge(f, a, FREE, FREE, UINT64_MAX);
	fix_host(f, "blade01", 16, false);
	fix_claim(f, "a", "d", 0, 0)->attrs.weight = 1;
	fix_claim(f, "b", "d", 0, 0)->attrs.weight = 3;
	return f;
}

static void limits(const struct fm_plan *p, uint32_t a, uint32_t b, uint32_t c)
{
	ck_assert_uint_eq(p->placed[0].max_mbps, a);
	ck_assert_uint_eq(p->placed[1].max_mbps, b);
	if (p->claims > 2)
		ck_assert_uint_eq(p->placed[2].max_mbps, c);
}

/* Who comes takes from the others, live and listed; one without a weight has its guarantee. */
START_TEST(neighbours)
{
	struct fix *f = port();
	struct fm_plan *p = fix_plan(f);
	struct mr_tree *t;
	const char *text;

	limits(p, 25000, 75000, 0);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(!fm_plan_pending(p));
	fm_plan_free(p);
	fix_claim(f, "c", "d", 0, 0)->guaranteed_mbps = 20000;
	p = fix_plan(f);
	limits(p, 20000, 60000, 0);
	ck_assert_uint_eq(p->changes, 3);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_UPDATE);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_LIVE);
	t = fm_plan_tree(p, &f->in);
	text = mr_tree_text(mr_tree_get(t, "changes")->child[0], "detail");
	ck_assert_str_eq(text, "share of the port 25Gbit -> 20Gbit");
	mr_tree_free(t);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[2].attrs.weight = 6;
	p = fix_plan(f);
	limits(p, 8000, 24000, 68000);
	fm_plan_free(p);
	f->d->claim[1].suspended = true;
	p = fix_plan(f);
	limits(p, 8000, 60000, 68000); /* frozen as it was */
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(the_adapters_own_scheduler)
{
	struct fix *f = port();
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].caps |= MR_CT_CAP_WEIGHT;
	f->inv.chassis[0].adapter[0].limits.weight = 1000;
	p = fix_plan(f);
	limits(p, 0, 0, 0);
	ck_assert_uint_eq(fix_attrs(f, p, 1).weight, 3);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shares");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, arithmetic, 0, MR_ARRAY_SIZE(cases));
	tcase_add_test(t, neighbours);
	tcase_add_test(t, the_adapters_own_scheduler);
	suite_add_tcase(s, t);
	return check_run(s);
}
