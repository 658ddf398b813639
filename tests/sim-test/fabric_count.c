/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another VF count (class Count) in a whole fabric: nothing happens before `approve`; then the
 * functions of that adapter, and of no other, are given back, the count changes, and they come
 * back, on the functions that they had where these still exist.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim-test/fixture.h"

#define CLAIMS 10

static unsigned provisions, elsewhere; /* operations: PROVISION; on functions of nic-right */
static uint16_t left, right;

/* Eight claims of nic-left (LVFs on blade01, synthetic functions on blade04), two of nic-right.
 */
static void apply(unsigned count, const char *drain)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: %s, timeout: 5s}}}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: left}\n"
		      "spec: {adapterSelector: {serials: [N-0001]}, provision: %u}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: right}\n"
		      "spec: {adapterSelector: {serials: [N-0002]}, provision: 8}\n",
		      drain, count);
	for (unsigned i = 1; i <= 5; i++)
		mr_buf_printf(&text,
			      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: "
			      "blade0%u}\n",
			      i);
	for (unsigned i = 0; i < 3; i++)
		mr_buf_printf(&text,
			      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: "
			      "{name: p%u}\nspec: {host: %s, devices: [{name: d, class: "
			      "ethernet, pool: %s, count: %u}]}\n",
			      i,
			      i == 0   ? "blade01"
			      : i == 1 ? "blade04"
				       : "blade02",
			      i < 2 ? "left" : "right", i < 2 ? 4 : 2);
	fabric_apply_buf(&text);
}

static void on_op(struct world *x, const struct fm_op_result *r, void *arg)
{
	(void)x;
	(void)arg;
	provisions += r->kind == FM_OP_PROVISION;
	elsewhere += r->kind != FM_OP_OBSERVE && r->id.port == right;
	fabric_judge();
}

static bool yes; /* with the next request */

static void verb(enum fm_verb v, const char *name, int exit_code)
{
	struct fm_request r = world_request(v, "", name);

	r.yes = yes;
	yes = false;

	fabric_ask(&r);
	ck_assert_msg(w->reply.exit_code == exit_code, "%d: %s", w->reply.exit_code,
		      w->reply.text);
}

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 3, NULL);
	left = fabric_adapter("nic-left")->port;
	right = fabric_adapter("nic-right")->port;
	w->on_op = on_op;
	apply(8, "force");
	provisions = elsewhere = 0;
}

/* Takes a copy of all assignments, in the order of their names. */
static unsigned take(struct fm_assignment *ret)
{
	unsigned n = fm_engine_assignments(w->engine);

	ck_assert_uint_eq(n, CLAIMS);
	for (unsigned i = 0; i < n; i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);
		unsigned at = (a->profile[1] == '0' ? 0 : a->profile[1] == '1' ? 4 : 8);

		ret[at + a->index] = *a;
	}
	return n;
}

static unsigned active(const struct fm_assignment *a, uint16_t port, unsigned below)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CLAIMS; i++)
		n += a[i].phase == FM_PHASE_ACTIVE && a[i].fn.port == port &&
		     a[i].fn.vf < below;
	return n;
}

START_TEST(test_grow)
{
	struct fm_assignment before[CLAIMS], after[CLAIMS];

	take(before);
	ck_assert_uint_eq(active(before, left, 8), 8);
	ck_assert_uint_eq(active(before, right, 8), 2);
	apply(16, "force");
	take(after);
	for (unsigned i = 0; i < CLAIMS; i++)
		ck_assert_uint_eq(after[i].epoch, before[i].epoch);
	ck_assert_uint_eq(provisions, 0);
	verb(FM_VERB_APPROVE, "nic-right", FM_EXIT_FAILED);
	verb(FM_VERB_APPROVE, "nic-left", FM_EXIT_DONE);
	ck_assert_msg(strstr(w->reply.text, "interrupts 8: ") != NULL, "%s", w->reply.text);
	fabric_settle();
	take(after);
	ck_assert_uint_eq(provisions, 1);
	ck_assert_uint_eq(elsewhere, 0);
	ck_assert_uint_eq(fabric_adapter("nic-left")->pf[0].numvfs, 16);
	ck_assert_uint_eq(active(after, left, 8), 8);
	for (unsigned i = 0; i < CLAIMS; i++) {
		ck_assert(fm_fn_eq(after[i].fn, before[i].fn));
		ck_assert_uint_eq(after[i].epoch, before[i].epoch + (i < 8));
	}
}
END_TEST

START_TEST(test_shrink_and_back)
{
	struct fm_assignment before[CLAIMS], after[CLAIMS];

	take(before);
	apply(4, "force");
	take(after);
	ck_assert_uint_eq(active(after, left, 8), 8);
	verb(FM_VERB_APPROVE, "nic-left", FM_EXIT_FAILED);
	ck_assert_msg(strstr(w->reply.text, "4 of them find no function") != NULL, "%s",
		      w->reply.text);
	yes = true;
	verb(FM_VERB_APPROVE, "nic-left", FM_EXIT_DONE);
	fabric_settle();
	take(after);
	ck_assert_uint_eq(fabric_adapter("nic-left")->pf[0].numvfs, 4);
	ck_assert_uint_eq(active(after, left, 4), 4);
	for (unsigned i = 0; i < 8; i++) {
		if (before[i].fn.vf < 4)
			ck_assert(fm_fn_eq(after[i].fn, before[i].fn));
		else
			ck_assert_int_eq(after[i].phase, FM_PHASE_PENDING);
	}
	apply(8, "force");
	verb(FM_VERB_APPROVE, "nic-left", FM_EXIT_DONE);
	fabric_settle();
	take(after);
	ck_assert_uint_eq(active(after, left, 8), 8);
	ck_assert_uint_eq(provisions, 2);
	ck_assert_uint_eq(elsewhere, 0);
}
END_TEST

START_TEST(test_withdrawn)
{
	struct fm_assignment before[CLAIMS], after[CLAIMS];

	take(before);
	apply(16, "force");
	apply(8, "force");
	verb(FM_VERB_APPROVE, "nic-left", FM_EXIT_FAILED);
	world_run_for(w, 60 * MR_NS_PER_S);
	take(after);
	ck_assert_uint_eq(provisions, 0);
	for (unsigned i = 0; i < CLAIMS; i++)
		ck_assert_uint_eq(after[i].epoch, before[i].epoch);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("count");
	Suite *s = suite_create("class Count");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_grow);
	tcase_add_test(t, test_shrink_and_back);
	tcase_add_test(t, test_withdrawn);
	suite_add_tcase(s, t);
	return check_run(s);
}
