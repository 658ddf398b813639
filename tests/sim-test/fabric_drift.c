/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody changes a running function behind the manager's back: a register of its adapter, or
 * its driver in the host. It is seen, shown by `diff`, and reported or put right as the policy
 * says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "sim/model/place.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

#define VH 1 /* blade01 */

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
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
	fabric_apply_buf(&text);
}

/* Whether `diff` says the word; without drift its exit code is 0. */
static bool differs(const char *word)
{
	const struct fm_request q = world_request(FM_VERB_DIFF, "", "");
	const struct mr_tree *l;

	fabric_ask(&q);
	l = mr_tree_get(w->reply.tree, "drift");
	ck_assert_int_eq(w->reply.exit_code, l->n ? FM_EXIT_CHANGES : FM_EXIT_DONE);
	return l->n && strstr(mr_tree_text(l->child[0], "text"), word);
}

/* Not the owner's batch of the manager: as somebody with a debugger would. */
static void by_hand_at_the_adapter(void)
{
	const struct fm_assignment *a = fabric_active("p");
	uint64_t row = management_vf_row(w, a->fn.port, a->fn.pf, a->fn.vf);

	management_write(w, row + VF_MAX_MBPS, 123);
}

static const char *driver_there(uint16_t *ret_rid)
{
	const struct sim_blade *b = w->host[VH].blade;
	unsigned bus, dev, fn;
	const struct sim_dev *d;

	ck_assert_int_eq(sscanf(fabric_active("p")->bdf, "0000:%x:%x.%x", &bus, &dev, &fn), 3);
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
	epoch = fabric_active("p")->epoch;
	activity = management_activity(w);
	if (_i)
		by_hand_in_the_host();
	else
		by_hand_at_the_adapter();
	world_run_for(w, 20 * MR_NS_PER_S);
	ck_assert(differs(word));
	fabric_active("p");
	apply("Correct");
	world_run_for(w, 20 * MR_NS_PER_S);
	fabric_settle();
	ck_assert(!differs(""));
	ck_assert_uint_eq(fabric_active("p")->epoch, epoch);
	ck_assert_uint_eq(management_activity(w), activity);
	ck_assert_str_ne(driver_there(&rid), "");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("drift");
	Suite *s = suite_create("drift");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, reported_then_corrected, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
