// SPDX-License-Identifier: Apache-2.0
/* What changes on functions that run: what grows is admitted, what shrinks is free when it was
 * read back; and what a pair may run on. */
#include <check.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/nics.h"

/* A pool of both kinds: a pair gets functions, which have gates. */
START_TEST(test_pair_on_whole_devices)
{
	struct fix *f = fix_single(FM_ADAPTER_BASE, 1, false);
	struct fm_plan *p;

	p = fix_plan(f);
	ck_assert(p->placed[0].placed);
	fm_plan_free(p);
	f->d->claim[0].pair = 1;
	p = fix_plan(f);
	ck_assert(!p->placed[0].placed);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_UNSUPPORTED);
	ck_assert_msg(strstr(p->placed[0].detail, "no gate") != NULL, "%s",
		      p->placed[0].detail);
	end(f, p);
}
END_TEST

/* What runs asks for more: only as far as the PF has it. Who has more than it asks for keeps it
 * until it was taken. */
START_TEST(test_demand_changes)
{
	struct fix *f = nics(1, 8);
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].pf[0].total[FM_RESOURCE_MSIX] = 100;
	f->inv.chassis[0].adapter[0].pf[0].amount[FM_RESOURCE_MSIX] =
		(struct fm_amounts){.base = 0, .max = 100, .step = 10};
	f->d->demand[0].amount[FM_RESOURCE_MSIX] = 40;
	f->d->demand[1].amount[FM_RESOURCE_MSIX] = 70;
	f->d->demand[2].amount[FM_RESOURCE_MSIX] = 20;
	f->d->demands = 3;
	claim(f, "a", "x", 0, 0)->demand = 1;
	claim(f, "a", "y", 0, 0)->demand = 1;
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].demand = 2;
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_CAPACITY);
	ck_assert_str_eq(p->placed[0].detail,
			 "nic0/pf0: MSI-X vectors 80 + 70 = 150, 100 to hand out");
	ck_assert(p->placed[0].placed && p->placed[0].same_fn);
	ck_assert_uint_eq(fix_attrs(f, p, 0).msix, 40);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_REBIND), 0);
	fm_plan_free(p);
	f->d->claim[1].demand = 3; /* it has 40 until it was set up anew */
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_CAPACITY);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_REBIND), 1);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_attrs(f, p, 0).msix, 70);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_REBIND), 1);
	end(f, p);
}
END_TEST

/* A guarantee that was lowered is promised to nobody before the function has less. */
START_TEST(test_lowered_guarantee)
{
	struct fix *f = nics(1, 8);
	struct fm_plan *p;

	f->inv.chassis[0].adapter[0].link_reservable_mbps = 20 * GBIT;
	claim(f, "a", "x", 0, 15 * GBIT);
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].guaranteed_mbps = f->d->claim[0].attrs.min_mbps = 5 * GBIT;
	claim(f, "a", "y", 0, 10 * GBIT);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_UPDATE), 1);
	is_refused(p, 1, MR_REASON_NO_BANDWIDTH,
		   "nic0: guarantees 15Gbit + 10Gbit = 25Gbit, 20Gbit on its PCIe link");
	fm_plan_free(p);
	f->cur[0]->guaranteed_mbps = 5 * GBIT; /* the books know, the hardware does not */
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[1].reason, MR_REASON_NO_BANDWIDTH);
	f->cur[0]->attrs = fm_placed_attrs(&f->in, &p->placed[0], &f->d->claim[0]);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_msg(p->placed[1].placed, "%s", p->placed[1].detail);
	end(f, p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("running");
	TCase *t = tcase_create("running");

	tcase_add_test(t, test_pair_on_whole_devices);
	tcase_add_test(t, test_demand_changes);
	tcase_add_test(t, test_lowered_guarantee);
	suite_add_tcase(s, t);
	return check_run(s);
}
