/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge can fail: one story (two profiles, one moves, a third takes over what was freed)
 * without a fault and with each planted one; the judge is silent in the first and names the
 * right invariant in the others.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (60 * MR_NS_PER_S)

static const char common_text[] =
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\nspec:\n"
	"  unknownHosts: ignore\n  update: {drain: {mode: force, timeout: 1s}}\n"
	"---\napiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n"
	"spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "
	"\"02:25:b5:00:00:ff\"}],"
	" reuseAfter: 1s}\n"
	"---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: left}\n"
	"spec: {adapterSelector: {class: ethernet, serials: [N-0001]}}\n"
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n"
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n"
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade05}\n";

/* "PROFILE HOST" each: two functions of the left NIC. */
static const char *const story[][3] = {
	{"p0 blade04", "p1 blade01"},
	{"p0 blade02", "p1 blade01"},
	{"p0 blade02", "p2 blade05", "p3 blade04"},
};

struct run {
	struct oracle *o;
	bool failed;
};

static void after_step(struct world *w, void *arg)
{
	struct run *r = arg;

	(void)w;
	if (!r->failed && !oracle_after_event(r->o))
		r->failed = true;
}

static void before_batch(struct world *w, void *arg)
{
	struct run *r = arg;

	(void)w;
	oracle_traffic(r->o);
}

static bool nobody(const char *host)
{
	(void)host;
	return false;
}

static void apply(struct world *w, const char *const *profile)
{
	struct mr_buf text = {0};

	mr_buf_puts(&text, common_text);
	for (unsigned i = 0; i < 3 && profile[i]; i++)
		mr_buf_printf(&text,
			      "---\napiVersion: banyan/v1\nkind: ServerProfile\n"
			      "metadata: {name: %.2s}\nspec:\n  host: %s\n  devices:\n"
			      "      - {name: d0, class: ethernet, pool: left, count: 2, "
			      "identity: {mac: {pool: macs}}}\n",
			      profile[i], profile[i] + 3);
	ck_assert_msg(world_apply_set(w, "story", mr_buf_text(&text)), "%s", w->reply.text);
	mr_buf_done(&text);
	world_settle(w, SETTLE_NS);
}

/* What the judge says of the story with this fault (WORLD_FAULT_COUNT: none); "" = nothing.
 * Thorough: everything is looked at after every event, besides. */
static char *verdict(unsigned fault, bool thorough)
{
	struct world *w = world_new(SRCDIR "/config/demo-chassis.yaml", 7, nobody);
	struct run r = {oracle_new(w), false};
	char *said;

	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	world_settle(w, SETTLE_NS);
	if (thorough)
		oracle_thorough(r.o);
	w->unsaid = true;
	w->after_step = after_step;
	w->before_batch = before_batch;
	w->arg = &r;
	if (fault < WORLD_FAULT_COUNT)
		world_fault_set(w, (enum world_fault)fault, true);
	for (unsigned i = 0; i < 3 && !r.failed; i++)
		apply(w, story[i]);
	for (unsigned i = 0; i < 3 && !r.failed; i++) {
		world_run_for(w, 15 * MR_NS_PER_S);
		r.failed = !oracle_check(r.o, 0);
	}
	if (!r.failed)
		oracle_stale_writer(r.o);
	said = strdup(oracle_complaint(r.o));
	oracle_free(r.o);
	world_free(w);
	return said;
}

START_TEST(test_no_fault)
{
	char *said = verdict(WORLD_FAULT_COUNT, _i);

	ck_assert_str_eq(said, "");
	free(said);
}
END_TEST

static const char *const expected[] = {
	[WORLD_FAULT_NO_CUT] = "I5: host 4 reaches",
	[WORLD_FAULT_NO_RESET] = "I2: a word",
	[WORLD_FAULT_NO_GATE_CLOSE] = "I4: identity",
	[WORLD_FAULT_SAME_IDENTITY] = "I4: identity",
	[WORLD_FAULT_OVERBOOKED] = "I3: port",
	[WORLD_FAULT_WRONG_HOST] = "I5: host",
	[WORLD_FAULT_LOST_ROW] = "I5: host",
	[WORLD_FAULT_OLD_OWNER] = "I9: a write",
	[WORLD_FAULT_CROSSED_PORTS] = "I2: host 2 reads",
	[WORLD_FAULT_LATE_WORDS] = "I1: a word",
	[WORLD_FAULT_STRAY_WRITE] = "I6: a write",
	/* no input touched that function: found when everything is looked at */
	[WORLD_FAULT_STRAY_RESET] = "I6: no operation",
	[WORLD_FAULT_STALE_ATC] = "I2: host 5 finds states 0x20",
	[WORLD_FAULT_NO_REDIRECT] = "I1: a word of port",
	[WORLD_FAULT_STALE_ATS] = "I2: a translated word",
};

/* The complaint without what the thorough judge says before it of a look that missed it. */
static const char *complaint(const char *said, bool *ret_missed)
{
	static const char missed[] = "not seen by the check of what was touched: ";

	*ret_missed = !strncmp(said, missed, sizeof(missed) - 1);
	return *ret_missed ? said + sizeof(missed) - 1 : said;
}

/* What an event touched is enough to see it: the thorough judge says the same. */
START_TEST(test_fault)
{
	for (unsigned thorough = 0; thorough < 2; thorough++) {
		char *said = verdict((unsigned)_i, thorough);
		bool missed;
		const char *text = complaint(said, &missed);

		ck_assert_msg(!strncmp(text, expected[_i], strlen(expected[_i])),
			      "fault %d%s: the judge says \"%s\", not \"%s ...\"", _i,
			      thorough ? ", thorough" : "", said, expected[_i]);
		ck_assert_msg(missed == (thorough && _i == WORLD_FAULT_STRAY_RESET),
			      "fault %d: \"%s\"", _i, said);
		free(said);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle");
	TCase *t = tcase_create("oracle");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_no_fault, 0, 2);
	tcase_add_loop_test(t, test_fault, 0, WORLD_FAULT_COUNT);
	suite_add_tcase(s, t);
	return check_run(s);
}
