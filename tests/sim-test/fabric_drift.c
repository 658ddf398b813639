/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody changes a running function behind the manager's back: a register of its adapter, or
 * its driver in the host. It is seen, shown by `diff`, and reported or put right as the policy
 * says.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "sim/model/place.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)
#define VH	  1 /* blade01 */

static struct world *w;

static void setup(void)
{
	w = world_new(SRCDIR "/config/demo-chassis.yaml", 5, NULL);
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
}

static void teardown(void)
{
	world_free(w);
}

static void apply(const char *action)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {drift: {action: %s, interval: 5s}}\n"
		      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"
		      "spec: {adapterSelector: {class: ethernet}}\n"
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\n"
		      "spec: {host: blade01, devices: [{name: d, class: ethernet, pool: nics, "
		      "identity: {mac: \"02:00:00:00:00:10\"}}]}\n",
		      action);
	ck_assert_msg(world_apply(w, mr_buf_text(&text)), "%s", w->reply.text);
	mr_buf_done(&text);
	ck_assert(world_settle(w, SETTLE_NS));
}

static const struct fm_assignment *active(void)
{
	const struct fm_assignment *a = fm_engine_assignment(w->engine, 0);

	ck_assert_ptr_nonnull(a);
	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s: %s", fm_phase_name(a->phase),
		      a->detail);
	return a;
}

/* Whether `diff` says the word; without drift its exit code is 0. */
static bool differs(const char *word)
{
	const struct fm_request q = {.verb = FM_VERB_DIFF,
				     .kind = "",
				     .name = "",
				     .host = "",
				     .arg = "",
				     .set = "",
				     .who = "tester",
				     .max_disruption = ""};
	const struct mr_tree *l;

	ck_assert(world_ask(w, &q));
	l = mr_tree_get(w->reply.tree, "drift");
	ck_assert_int_eq(w->reply.exit_code, l->n ? FM_EXIT_CHANGES : FM_EXIT_DONE);
	return l->n && strstr(mr_tree_text(l->child[0], "text"), word);
}

/* Not the owner's batch of the manager: as somebody with a debugger would. */
static void by_hand_at_the_adapter(void)
{
	const struct fm_assignment *a = active();
	uint64_t row = management_vf_row(w, a->fn.port, a->fn.pf, a->fn.vf);

	management_write(w, row + VF_MAX_MBPS, 123);
}

static const char *driver_there(uint16_t *ret_rid)
{
	const struct sim_blade *b = w->host[VH].blade;
	unsigned bus, dev, fn;
	const struct sim_dev *d;

	ck_assert_int_eq(sscanf(active()->bdf, "0000:%x:%x.%x", &bus, &dev, &fn), 3);
	*ret_rid = (uint16_t)(bus << 8 | dev << 3 | fn);
	d = sim_blade_find(b, *ret_rid);
	ck_assert_ptr_nonnull(d);
	return d->driver;
}

static void by_hand_in_the_host(void)
{
	uint16_t rid;
	const char *driver = driver_there(&rid);

	ck_assert_str_ne(driver, "");
	ck_assert_int_eq(sim_blade_unbind(w->host[VH].blade, w->now, driver, rid), 0);
	world_blade_changed(w, VH);
}

/* Reported: it stays as it is. Then the policy says Correct: it is as it was, and nothing was
 * reset or taken from the host. */
START_TEST(reported_then_corrected)
{
	const char *word = _i ? "driver reads none" : "rates reads";
	uint64_t activity;
	uint32_t epoch;
	uint16_t rid;

	apply("Report");
	ck_assert(!differs(""));
	epoch = active()->epoch;
	activity = management_activity(w);
	if (_i)
		by_hand_in_the_host();
	else
		by_hand_at_the_adapter();
	world_run_for(w, 20 * MR_NS_PER_S);
	ck_assert(differs(word));
	active();
	apply("Correct");
	world_run_for(w, 20 * MR_NS_PER_S);
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert(!differs(""));
	ck_assert_uint_eq(active()->epoch, epoch);
	ck_assert_uint_eq(management_activity(w), activity);
	ck_assert_str_ne(driver_there(&rid), "");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("drift");
	Suite *s = suite_create("drift");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, reported_then_corrected, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
