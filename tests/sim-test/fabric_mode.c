/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another operating mode (class Host) in a whole fabric: nothing happens before `approve`; then
 * the functions of that adapter, and of no other, are given back, its PFs leave the hosts, it
 * is reset into the mode, set up anew, and who had a function gets one of those that there are.
 */
#include <string.h>

#include "tests/sim-test/fixture.h"

#define POOL(name, serial) \
	DOC("AdapterPool", name, "{adapterSelector: {serials: [" serial "]}}")
#define PROFILE(name, host, pool)  \
	DOC("ServerProfile", name, \
	    "{host: " host ", devices: [{name: d, class: ethernet, pool: " pool "}]}")
#define MODE(name) DOC("Adapter", "nic", "{mode: " name "}")
#define ALL                             \
	DOC("Host", "blade01", "{}")    \
	DOC("Host", "blade02", "{}")    \
	POOL("nics", "N-1")             \
	POOL("others", "N-2")           \
	PROFILE("a", "blade01", "nics") \
	PROFILE("b", "blade02", "nics") PROFILE("o", "blade01", "others")

static unsigned modes;

static void on_op(struct world *x, const struct fm_op_result *r, void *arg)
{
	(void)x;
	(void)arg;
	modes += r->kind == FM_OP_MODE && r->end == FM_OP_DONE;
	fabric_judge();
}

static const struct fm_adapter *nic(void)
{
	return fm_adapter_by_name(fm_engine_inventory(w->engine), "nic", NULL);
}

static void approve(int exit_code)
{
	struct fm_request r = world_request(FM_VERB_APPROVE, "", "nic");

	fabric_ask(&r);
	ck_assert_msg(w->reply.exit_code == exit_code, "%d: %s", w->reply.exit_code,
		      w->reply.text);
}

static void setup(void)
{
	fabric_begin("tests/sim-test/modes.yaml", 3, NULL);
	modes = 0;
	w->on_op = on_op;
	fabric_apply(ALL);
	fabric_active("a/d");
	fabric_active("b/d");
	fabric_active("o/d");
}

static void is_narrow(uint32_t epoch)
{
	ck_assert_uint_eq(nic()->mode_now, 1);
	ck_assert_uint_eq(nic()->vfs, 4);
	ck_assert_uint_eq(nic()->vhs, 9);
	ck_assert_uint_eq(nic()->pf[0].numvfs, 4);
	ck_assert_uint_eq(modes, 1);
	fabric_active("a/d");
	fabric_active("b/d");
	fabric_active("o/d");
	ck_assert_uint_eq(fabric_get("o/d")->epoch, epoch);
}

/* LVF and synthetic function, there and back; what is new waits for the approval, too. */
START_TEST(after_approval)
{
	uint32_t epoch = fabric_get("o/d")->epoch, before = fabric_get("a/d")->epoch;

	fabric_apply(MODE("narrow") PROFILE("c", "blade01", "nics"));
	ck_assert_uint_eq(modes, 0);
	ck_assert_uint_eq(fabric_get("a/d")->epoch, before);
	ck_assert_int_eq(fabric_get("c/d")->reason, MR_REASON_NEEDS_APPROVAL);
	ck_assert_str_eq(fabric_get("c/d")->detail,
			 "nic is to be switched to another mode first");
	approve(FM_EXIT_DONE);
	ck_assert_msg(strstr(w->reply.text, "interrupts 2: ") != NULL, "%s", w->reply.text);
	fabric_settle();
	is_narrow(epoch);
	fabric_active("c/d");
	fabric_apply(MODE("wide"));
	approve(FM_EXIT_DONE);
	fabric_settle();
	ck_assert_uint_eq(nic()->vfs, 16);
	fabric_active("a/d");
	fabric_active("b/d");
}
END_TEST

static void refused(const char *text, const char *words)
{
	ck_assert(!world_apply(w, text));
	ck_assert_ptr_nonnull(w->reply.diags);
	ck_assert_str_eq(w->reply.diags->item[0].text, words);
	ck_assert_uint_eq(w->reply.diags->n, 1);
}

/* What the adapter does not have is refused, with what it has; so is a second wish. */
START_TEST(unknown_mode)
{
	refused(MODE("mr17"), "'mr17' is no mode of 'nic', which has wide, narrow");
	refused(DOC("Adapter", "other", "{mode: wide}"),
		"'wide' is no mode of 'other', which has no modes");
	refused(MODE("wide") DOC("Adapter", "x", "{slot: \"1\", mode: narrow}"),
		"Adapter 'nic' at policy.yaml:5:14, which is about 'nic' too, asks for mode "
		"wide");
}
END_TEST

START_TEST(withdrawn)
{
	uint32_t before = fabric_get("a/d")->epoch;

	fabric_apply(MODE("narrow"));
	fabric_apply(MODE("wide"));
	approve(FM_EXIT_FAILED);
	ck_assert_uint_eq(modes, 0);
	ck_assert_uint_eq(fabric_get("a/d")->epoch, before);
}
END_TEST

/* At any moment after the yes: it stays a yes, and the adapter ends in its mode. */
START_TEST(manager_dies)
{
	uint32_t epoch = fabric_get("o/d")->epoch;

	fabric_apply(MODE("narrow"));
	approve(FM_EXIT_DONE);
	world_run_for(w, _i * 70 * MR_NS_PER_MS);
	world_manager_kill(w);
	world_run_for(w, MR_NS_PER_S);
	world_manager_start(w);
	fabric_settle();
	modes = 1; /* whoever did it */
	is_narrow(epoch);
}
END_TEST

/* A host is reset while the adapter changes its mode, so the chassis is read meanwhile: what
 * that shows is all that is new, and the functions are set up all the same. */
START_TEST(read_meanwhile)
{
	uint32_t epoch = fabric_get("o/d")->epoch;

	fabric_apply(MODE("narrow"));
	approve(FM_EXIT_DONE);
	while (!(w->began >> FM_OP_MODE & 1))
		ck_assert(world_step(w));
	world_run_for(w, _i * 10 * MR_NS_PER_MS);
	for (unsigned vh = 1; vh <= 2; vh++)
		world_blade_reset(w, vh);
	fabric_settle();
	is_narrow(epoch);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("mode");
	Suite *s = suite_create("class Host");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, after_approval);
	tcase_add_test(t, unknown_mode);
	tcase_add_test(t, withdrawn);
	tcase_add_loop_test(t, manager_dies, 0, 12);
	tcase_add_loop_test(t, read_meanwhile, 0, 12);
	suite_add_tcase(s, t);
	return check_run(s);
}
