/* SPDX-License-Identifier: Apache-2.0 */
/* The planner by cases: the worked examples' numbers, what stays, what moves, classes. */
#include <check.h>

#include "common/tree.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/fixture.h"

static unsigned placed(const struct fm_plan *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->claims; i++)
		n += p->placed[i].placed;
	return n;
}

START_TEST(test_nic_sharing)
{
	struct fix *f = fix_nic_sharing(4, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);
	unsigned left = 0;
	struct mr_tree *t;
	const struct mr_tree *e;

	ck_assert_uint_eq(placed(p), 8);
	for (unsigned i = 0; i < 8; i++) {
		left += p->placed[i].fn.port == 257;
		ck_assert_uint_eq(p->placed[i].ident[0], 0x0225b5000000 + i);
		ck_assert_int_eq(p->placed[i].place.way, FM_WAY_LVF);
		ck_assert(p->placed[i].attach_pf);
	}
	ck_assert_uint_eq(left, 4);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_GIVE), 8);
	ck_assert(fm_plan_pending(p));
	t = fm_plan_tree(p, &f->in);
	e = mr_tree_get(t, "changes");
	ck_assert_uint_eq(e->n, 8);
	ck_assert_str_eq(mr_tree_text(e->child[0], "change"), "give");
	ck_assert_str_eq(mr_tree_text(e->child[0], "class"), "None");
	ck_assert_str_eq(mr_tree_text(e->child[0], "assignment"), "web-blade01/data0");
	ck_assert_str_eq(mr_tree_text(e->child[0], "host"), "blade01");
	ck_assert_str_eq(mr_tree_text(e->child[0], "function"), "nic-left/pf0/vf0");
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
	struct fix *f = fix_nic_sharing(fill_cases[_i].hosts, fill_cases[_i].limit);
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
	struct fix *f = fix_nic_sharing(1, 40 * GBIT);
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
	ck_assert_ptr_nonnull(
		strstr(mr_tree_text(t, "advice"), "make the rule `required: false`"));
	mr_tree_free(t);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_live_update)
{
	struct mr_tree *t;
	struct fix *f = fix_nic_sharing(4, 40 * GBIT);
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
	t = fm_plan_tree(p, &f->in);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(t, "changes")->child[0], "detail"),
			 "limit 40Gbit -> 30Gbit");
	mr_tree_free(t);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* A guarantee that grows beyond its port leaves all as it is and says why. */
START_TEST(test_grow_refused)
{
	struct fix *f = fix_nic_sharing(4, 40 * GBIT);
	struct fm_plan *p = fix_plan(f);

	fix_settle(f, p);
	fm_plan_free(p);
	f->d->claim[0].guaranteed_mbps = f->d->claim[0].attrs.min_mbps = 61 * GBIT;
	p = fix_plan(f);
	ck_assert(p->placed[0].placed && p->placed[0].same_fn);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_NO_BANDWIDTH);
	ck_assert_uint_eq(fix_attrs(f, p, 0).min_mbps, 10 * GBIT);
	ck_assert(!fm_plan_pending(p));
	ck_assert_uint_eq(p->changes, 1);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

START_TEST(test_guarantee_broken)
{
	struct fix *f = fix_nic_sharing(4, 40 * GBIT);
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

/* A move takes a new function where there is one, else the same; never the quarantined one. */
START_TEST(test_move)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, _i ? 1 : 2, false);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 2, false);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
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

START_TEST(test_priority)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 1, false);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 1, false);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
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
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
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

START_TEST(test_rebind)
{
	struct fix *f = fix_nic_sharing(1, 40 * GBIT);
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
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000002);
	ck_assert_uint_eq(p->placed[1].ident[0], 0x0225b5000001);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* What another value of these takes: partition keys and amounts are read once by a driver. */
static void want_pkey(struct fm_attrs *a)
{
	a->pkey[1] = 0x8002;
}

static void want_queues(struct fm_attrs *a)
{
	a->queues = 4;
}

static void want_slice(struct fm_attrs *a)
{
	a->gpu.slice_us = 2000;
}

static void want_mtu(struct fm_attrs *a)
{
	a->mtu = 9000;
}

static const struct {
	enum mr_class device_class;
	void (*edit)(struct fm_attrs *a);
	enum fm_change_kind kind;
	enum fm_class change_class;
} edits[] = {
	{MR_CLASS_IB, want_pkey, FM_CHANGE_REBIND, FM_CLASS_RESET},
	{MR_CLASS_ETHERNET, want_queues, FM_CHANGE_REBIND, FM_CLASS_RESET},
	{MR_CLASS_GPU, want_slice, FM_CHANGE_UPDATE, FM_CLASS_LIVE},
	{MR_CLASS_ETHERNET, want_mtu, FM_CHANGE_UPDATE, FM_CLASS_LIVE},
};

START_TEST(test_class_of_edit)
{
	struct fix *f = fix_single(FM_ADAPTER_MRA, 4, true);
	struct fm_claim *c = &f->d->claim[0];
	struct fm_plan *p;

	c->attrs.device_class = (uint8_t)edits[_i].device_class;
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	edits[_i].edit(&f->cur[0]->attrs);
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].kind, edits[_i].kind);
	ck_assert_int_eq(p->change[0].change_class, edits[_i].change_class);
	ck_assert(p->placed[0].same_fn);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

/* Two assignments of one claim: the one on its way out goes on counting, the other is kept. */
START_TEST(test_going)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 3, false);
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

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_test(t, test_nic_sharing);
	tcase_add_loop_test(t, test_fill, 0, (int)MR_ARRAY_SIZE(fill_cases));
	tcase_add_test(t, test_nic_dies);
	tcase_add_test(t, test_live_update);
	tcase_add_test(t, test_grow_refused);
	tcase_add_test(t, test_guarantee_broken);
	tcase_add_loop_test(t, test_move, 0, 2);
	tcase_add_test(t, test_quarantine);
	tcase_add_test(t, test_cordon);
	tcase_add_test(t, test_priority);
	tcase_add_test(t, test_disconnect);
	tcase_add_test(t, test_unobserved);
	tcase_add_test(t, test_barred_claim);
	tcase_add_test(t, test_rebind);
	tcase_add_loop_test(t, test_class_of_edit, 0, (int)MR_ARRAY_SIZE(edits));
	tcase_add_test(t, test_going);
	suite_add_tcase(s, t);
	return check_run(s);
}
