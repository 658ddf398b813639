/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences of config/'s examples that take minutes, with the times as they are written:
 * fail-over and its graces (spare-blade.yaml), the grace of preemption and the
 * window of a rolling update (hpc-preemption.yaml). Everything else of them is in tests/system,
 * with the real processes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "tests/sim-test/fixture.h"

#define S MR_NS_PER_S

static bool agent_on(const char *host)
{
	static const char *const hosts[] = {"blade05", "blade06", "blade07",
					    "blade08", "blade09", "blade13",
					    "blade14", "blade15", "blade16"};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(hosts); i++)
		if (mr_streq(host, hosts[i]))
			return true;
	return false;
}

static void setup(void)
{
	fabric_power("config/rack-chassis.yaml", 7, agent_on);
}

/* A file of config/ with 'more' behind it. */
static char *example(const char *name, const char *more)
{
	struct mr_buf b = {0};
	char path[512], text[8192];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/config/%s", SRCDIR, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "no %s", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	mr_buf_printf(&b, "%s%s", text, more);
	return mr_buf_steal(&b);
}

static void apply(char *text)
{
	fabric_accept(text);
	free(text);
}

static bool is_on(const char *profile, const char *host)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		n += mr_streq(a->profile, profile) && a->phase == FM_PHASE_ACTIVE &&
		     mr_streq(a->host, host);
	}
	return n == 2;
}

static unsigned vh(const char *host)
{
	return (unsigned)sim_host_find(w->chassis, host);
}

static void power(const char *host, bool on)
{
	w->shaken = true;
	sim_host_set_power(w->chassis, w->now, (uint16_t)vh(host), on);
	world_notices(w);
}

/* ---- spare-blade.yaml ---- */

static void spare_blade(void)
{
	world_manager_start(w);
	fabric_settle();
	apply(example("spare-blade.yaml", ""));
	fabric_settle();
	world_run_for(w, 60 * S);
	ck_assert(is_on("db-blade05", "blade05"));
	ck_assert(is_on("db-blade06", "blade06"));
}

/* agentLost is 15 s: a minute without it, and then its return. */
START_TEST(agent_lost_alone)
{
	spare_blade();
	world_agent_crash(w, vh("blade05"));
	world_run_for(w, 60 * S);
	ck_assert(is_on("db-blade05", "blade05"));
	ck_assert(fabric_shows("profiles", "db-blade05", "Degraded"));
	world_agent_restart(w, vh("blade05"));
	world_run_for(w, 60 * S);
	ck_assert(!fabric_shows("profiles", "db-blade05", "Degraded"));
	ck_assert(fabric_shows("profiles", "db-blade05", "Ready"));
}
END_TEST

/* Power off counts at once, the agent after 15 s: not before these, and soon after. */
START_TEST(agent_lost_and_power_off)
{
	spare_blade();
	power("blade05", false);
	world_run_for(w, 4 * S);
	ck_assert_str_eq(fabric_find("db-blade05/hba0")->host, "blade05");
	world_run_for(w, 26 * S);
	ck_assert(is_on("db-blade05", "blade15"));
	ck_assert_uint_eq(fabric_find("db-blade05/hba0")->attrs.ident0, 0x20000025b50a0000);
	power("blade05", true);
	world_run_for(w, 600 * S);
	ck_assert(is_on("db-blade05", "blade15"));
}
END_TEST

/* The switch saw the link go with the power on: nothing counts for 10 minutes. */
START_TEST(link_down_for_longer_than_the_grace)
{
	spare_blade();
	world_agent_crash(w, vh("blade05"));
	w->shaken = true;
	sim_port_set_link(w->chassis, w->now, (uint16_t)vh("blade05"), false);
	world_notices(w);
	world_run_for(w, 590 * S);
	ck_assert_str_eq(fabric_find("db-blade05/hba0")->host, "blade05");
	ck_assert(fabric_shows("profiles", "db-blade05", "Progressing"));
	world_run_for(w, 60 * S);
	ck_assert(is_on("db-blade05", "blade15"));
}
END_TEST

/* Its administrator reboots it, which takes 5 minutes. */
START_TEST(reboot)
{
	spare_blade();
	sim_blade_timing(w->host[vh("blade05")].blade)->boot_ns = 300 * S;
	w->shaken = true;
	sim_host_reset(w->chassis, w->now, (uint16_t)vh("blade05"));
	world_notices(w);
	for (unsigned i = 0; i < 28; i++) {
		world_run_for(w, 10 * S);
		ck_assert_str_eq(fabric_find("db-blade05/hba0")->host, "blade05");
		ck_assert(fabric_shows("profiles", "db-blade05", "Progressing"));
		ck_assert(!fabric_shows("profiles", "db-blade05", "Degraded"));
	}
	world_run_for(w, 60 * S);
	ck_assert(is_on("db-blade05", "blade05"));
	ck_assert(fabric_shows("profiles", "db-blade05", "Ready"));
}
END_TEST

/* A second apart: one after the other, blade05's first (maxConcurrent 1). */
START_TEST(feed_lost)
{
	bool first = false;
	int64_t end;

	spare_blade();
	end = w->now.mono_ns + 300 * S;
	power("blade05", false);
	world_run_for(w, S);
	power("blade06", false);
	while (!is_on("db-blade06", "blade16") && w->now.mono_ns < end) {
		world_step(w);
		first = first || is_on("db-blade05", "blade15");
		ck_assert_msg(first ||
				      mr_streq(fabric_find("db-blade06/hba0")->host, "blade06"),
			      "blade06's profile moved before blade05's had");
	}
	ck_assert(is_on("db-blade05", "blade15"));
	ck_assert(is_on("db-blade06", "blade16"));
}
END_TEST

/* ---- hpc-preemption.yaml ---- */

#define MORE_HOSTS                                                  \
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: " \
	"blade08, labels: {role: hpc}}\n"                           \
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: " \
	"blade09, labels: {role: hpc}}\n"

static unsigned with_pkey(uint16_t pkey)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		n += mr_streq(a->device, "hca") && a->phase == FM_PHASE_ACTIVE &&
		     a->attrs.pkey[0] == pkey;
	}
	return n;
}

static char *other_pkey(void)
{
	char *text = example("hpc-preemption.yaml", MORE_HOSTS);

	memcpy(strstr(text, "0x8001"), "0x8002", 6);
	return text;
}

/* Thursday noon: nothing before Saturday, 02:00 UTC; then one host at a time. */
START_TEST(window)
{
	static const int64_t friday_midnight = INT64_C(1767398400); /* 2026-01-03 00:00 */
	int64_t end;

	w->now.wall_ns = (friday_midnight - 36 * 3600) * S;
	world_manager_start(w);
	fabric_settle();
	apply(example("hpc-preemption.yaml", MORE_HOSTS));
	world_run_for(w, 120 * S);
	ck_assert_uint_eq(with_pkey(0x8001), 3);
	apply(other_pkey());
	while (w->now.wall_ns < (friday_midnight + 2 * 3600 - 60) * S) {
		world_run_for(w,
			      600 * S < (friday_midnight + 2 * 3600 - 60) * S - w->now.wall_ns
				      ? 600 * S
				      : (friday_midnight + 2 * 3600 - 60) * S - w->now.wall_ns);
		ck_assert_uint_eq(with_pkey(0x8001), 3);
	}
	end = w->now.mono_ns + 600 * S;
	while (with_pkey(0x8002) < 3 && w->now.mono_ns < end) {
		world_step(w);
		ck_assert_uint_ge(with_pkey(0x8001) + with_pkey(0x8002), 2);
	}
	ck_assert_uint_eq(with_pkey(0x8002), 3);
}
END_TEST

static void third_host(const char *labels)
{
	char more[256];

	mr_fmt(more, sizeof(more),
	       "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade08, labels: "
	       "{role: hpc}}\n"
	       "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade09%s}\n",
	       labels);
	apply(example("hpc-preemption.yaml", more));
}

/* The victim's host does not answer: it has the 60 s of its taker's class, then it is cut. */
START_TEST(grace)
{
	const char *taker = "hpc-io-blade09/gpu/0", *victim = "scratch-gpu-blade14/gpu/1";

	world_manager_start(w);
	fabric_settle();
	third_host("");
	world_run_for(w, 120 * S);
	ck_assert(fabric_find(victim)->phase == FM_PHASE_ACTIVE);
	world_agent_crash(w, vh("blade14"));
	third_host(", labels: {role: hpc}");
	world_run_for(w, 55 * S);
	ck_assert_str_eq(fabric_find(victim)->host, "blade14");
	ck_assert(fabric_find(taker)->phase != FM_PHASE_ACTIVE);
	world_run_for(w, 25 * S);
	ck_assert(fabric_find(taker)->phase == FM_PHASE_ACTIVE);
	ck_assert(!fabric_find(victim) || !fabric_find(victim)->has_fn);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("examples");
	Suite *s = suite_create("examples");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, agent_lost_alone);
	tcase_add_test(t, agent_lost_and_power_off);
	tcase_add_test(t, link_down_for_longer_than_the_grace);
	tcase_add_test(t, reboot);
	tcase_add_test(t, feed_lost);
	tcase_add_test(t, grace);
	tcase_add_test(t, window);
	suite_add_tcase(s, t);
	return check_run(s);
}
