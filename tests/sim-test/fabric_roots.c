/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers with several roots (config/two-roots.yaml): each sentence of that file's comment, and
 * what a manager makes of a store that it finds. The judge looks at traffic as ever: to it
 * every root is an owner of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "tests/sim-test/fixture.h"

#define S MR_NS_PER_S

static void setup(void)
{
	char path[512], text[16384];
	size_t n;
	FILE *f;

	fabric_begin("config/roots-chassis.yaml", 11, NULL);
	w->on_op = fabric_judge_op;
	snprintf(path, sizeof(path), "%s/config/two-roots.yaml", SRCDIR);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "no %s", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	fabric_accept(text);
	fabric_settle();
	world_run_for(w, 30 * S);
	fabric_settle();
}

static uint16_t vh(const char *host)
{
	int v = sim_host_find(w->chassis, host);

	ck_assert_int_gt(v, 0);
	return (uint16_t)v;
}

static void cable(const char *host, bool up)
{
	world_cable(w, vh(host), up);
}

/* Port of the root that the device is behind. */
static unsigned port_of(const char *name)
{
	return fabric_active(name)->place.port;
}

static void all_active(const char *host)
{
	static const char *const devices[] = {"data0", "data1", "hba", "boot"};
	char name[64];

	for (unsigned i = 0; i < MR_ARRAY_SIZE(devices); i++) {
		snprintf(name, sizeof(name), "app-%s/%s", host, devices[i]);
		fabric_active(name);
	}
}

/* Where the four functions of a profile are, and how. */
struct state {
	struct fm_assignment a[4];
};

static struct state state_now(const char *profile, bool runs)
{
	static const char *const devices[] = {"data0", "data1", "hba", "boot"};
	struct state s;
	char name[64];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s/%s", profile, devices[i]);
		s.a[i] = runs ? *fabric_active(name) : *fabric_get(name);
	}
	return s;
}

static struct state state_of(const char *profile)
{
	return state_now(profile, true);
}

static bool same(const struct fm_assignment *a, const struct fm_assignment *b)
{
	return fm_fn_eq(a->fn, b->fn) && a->place.port == b->place.port &&
	       a->place.bridge == b->place.bridge && a->epoch == b->epoch;
}

/* Both roots are used, the rule over numa holds, and the agent tells BDFs of both domains. */
START_TEST(uses_both)
{
	for (unsigned i = 1; i <= 6; i++) {
		char host[16], d0[32], d1[32];

		snprintf(host, sizeof(host), "blade%02u", i);
		snprintf(d0, sizeof(d0), "app-%s/data0", host);
		snprintf(d1, sizeof(d1), "app-%s/data1", host);
		all_active(host);
		ck_assert_int_eq(port_of(d0) != port_of(d1), i <= 4);
		for (unsigned k = 0; k < 2; k++) {
			const struct fm_assignment *a = fabric_active(k ? d1 : d0);
			unsigned root = a->place.port - vh(host);
			char domain[8];

			snprintf(domain, sizeof(domain), "%04x:", root);
			ck_assert_msg(!strncmp(a->bdf, domain, 5), "%s of %s", a->bdf, host);
		}
	}
}
END_TEST

/* Whether the list that is asked for has 'key: text' anywhere in it. */
static bool has(const struct mr_tree *t, const char *key, const char *text)
{
	if (t->key && mr_streq(t->key, key) && t->text && mr_streq(t->text, text))
		return true;
	for (unsigned i = 0; i < t->n; i++)
		if (has(t->child[i], key, text))
			return true;
	return false;
}

static bool shown(const char *kind, const char *name, const char *key, const char *text)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = kind, .name = name};

	ck_assert_int_eq(fabric_ask(&r), 0);
	return has(w->reply.tree, key, text);
}

/* One host, not two, with its roots; functions and assignments are called by them. */
START_TEST(shows)
{
	ck_assert(shown("hosts", "blade01", "name", "blade01/root1"));
	ck_assert(shown("hosts", "", "name", "blade01"));
	ck_assert(!shown("hosts", "", "name", "blade01b"));
	ck_assert(shown("assignments", "", "root", "blade01/root0"));
	ck_assert(shown("functions", "", "root", "blade01/root1"));
	ck_assert(!shown("assignments", "", "root", "blade05/root0"));
}
END_TEST

/* Asked before it happens, and nothing happens. */
START_TEST(asked)
{
	struct fm_request r = {.verb = FM_VERB_WHATIF, .kind = "", .name = "host-dies"};
	struct state was = state_of("app-blade01"), is;

	r.arg = "blade01/root1";
	ck_assert_int_eq(fabric_ask(&r), 0);
	ck_assert(has(w->reply.tree, "fromRoot", "blade01/root1"));
	ck_assert(has(w->reply.tree, "root", "blade01/root0"));
	ck_assert(!has(w->reply.tree, "fromRoot", "blade01/root0"));
	r.arg = "blade04/root1";
	ck_assert_int_eq(fabric_ask(&r), FM_EXIT_CHANGES);
	ck_assert(has(w->reply.tree, "assignment", "app-blade04/data0"));
	r.arg = "blade05/root0"; /* its only one */
	ck_assert_int_ne(fabric_ask(&r), 0);
	r.arg = "blade01/root2";
	ck_assert_int_ne(fabric_ask(&r), 0);
	world_run_for(w, 30 * S);
	is = state_of("app-blade01");
	for (unsigned i = 0; i < 4; i++)
		ck_assert(same(&was.a[i], &is.a[i]));
}
END_TEST

/* A root is lost: what was behind it goes to the other one, nothing else is touched, and
 * nothing comes back by itself. */
START_TEST(loses_one)
{
	const char *names[] = {"blade01", "blade02"};
	const char *host = names[_i];
	char profile[32], root1[16], text[64];
	struct state was, is;
	unsigned moved = 0;

	snprintf(profile, sizeof(profile), "app-%s", host);
	snprintf(root1, sizeof(root1), "%sb", host);
	was = state_of(profile);
	cable(root1, false);
	world_run_for(w, 3 * S);
	is = state_now(profile, false); /* hostLinkDown is 5 s */
	for (unsigned i = 0; i < 4; i++)
		ck_assert(same(&was.a[i], &is.a[i]));
	world_run_for(w, 60 * S);
	fabric_settle();
	is = state_of(profile);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(is.a[i].place.port, vh(host));
		ck_assert_str_eq(is.a[i].host, host);
		ck_assert_uint_eq(is.a[i].attrs.ident0, was.a[i].attrs.ident0);
		if (was.a[i].place.port == vh(host))
			ck_assert(same(&was.a[i], &is.a[i]));
		else
			moved++;
	}
	ck_assert_uint_gt(moved, 0);
	ck_assert_uint_lt(moved, 4);
	snprintf(text, sizeof(text), "%s", host);
	ck_assert(fabric_shows("hosts", text, "Degraded"));
	cable(root1, true);
	world_run_for(w, 60 * S);
	fabric_settle();
	was = is;
	is = state_of(profile);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(same(&was.a[i], &is.a[i]));
	ck_assert(!fabric_shows("hosts", text, "Degraded"));
}
END_TEST

/* A link that is away for a moment, whatever the agent sees of it: it still hears commands. */
START_TEST(flaps)
{
	cable("blade02b", false);
	world_run_for(w, (5 + 10 * _i) * MR_NS_PER_MS);
	cable("blade02b", true);
	world_run_for(w, 20 * S);
	fabric_accept(DOC(
		"ServerProfile", "more",
		"{host: blade02, devices: [{name: d, class: nvme, pool: boot, count: 2}]}"));
	world_run_for(w, 30 * S);
	fabric_settle();
	fabric_active("more/d/0");
	fabric_active("more/d/1");
	all_active("blade02");
}
END_TEST

/* Where the other root has no room the profile goes to a spare, with two roots or with one. */
START_TEST(no_room)
{
	const char *spare = _i ? "blade08" : "blade07";
	struct state is;

	if (_i) {
		fabric_accept(DOC("Host", "blade07", "{ports: [11, 12], cordoned: true}"));
		fabric_settle();
	}
	cable("blade04b", false);
	world_run_for(w, 90 * S);
	fabric_settle();
	is = state_of("app-blade04");
	for (unsigned i = 0; i < 4; i++)
		ck_assert_str_eq(is.a[i].host, spare);
	ck_assert_int_eq(is.a[0].place.port != is.a[1].place.port, !_i);
	all_active("blade01");
}
END_TEST

/* A reboot takes both links and gives them back: nothing moves. */
START_TEST(reboots)
{
	struct state was = state_of("app-blade01"), is;

	world_blade_reset(w, vh(_i ? "blade01b" : "blade01"));
	world_run_for(w, 60 * S);
	fabric_settle();
	is = state_of("app-blade01");
	for (unsigned i = 0; i < 4; i++) {
		ck_assert(fm_fn_eq(was.a[i].fn, is.a[i].fn));
		ck_assert_uint_eq(was.a[i].place.port, is.a[i].place.port);
	}
}
END_TEST

/* Power is the server's; the lost server's profile goes to the spare. */
START_TEST(powered_off)
{
	world_blade_power(w, vh("blade03b"), false);
	ck_assert(!sim_host_power(w->chassis, vh("blade03")));
	world_run_for(w, 90 * S);
	fabric_settle();
	ck_assert_str_eq(fabric_active("app-blade03/data0")->host, "blade07");
	ck_assert_str_eq(fabric_active("app-blade03/boot")->host, "blade07");
}
END_TEST

/* A manager that starts finds everything behind the root where it was. */
START_TEST(restarts)
{
	struct state was = state_of("app-blade02"), is;

	if (_i)
		cable("blade02", false); /* and finds a root lost */
	world_manager_kill(w);
	world_run_for(w, 30 * S);
	world_manager_start(w);
	world_run_for(w, 90 * S);
	fabric_settle();
	is = state_of("app-blade02");
	for (unsigned i = 0; i < 4; i++)
		if (_i)
			ck_assert_uint_eq(is.a[i].place.port, vh("blade02b"));
		else
			ck_assert(same(&was.a[i], &is.a[i]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roots");
	TCase *t = tcase_create("roots");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_add_test(t, uses_both);
	tcase_add_test(t, shows);
	tcase_add_test(t, asked);
	tcase_add_loop_test(t, loses_one, 0, 2);
	tcase_add_loop_test(t, flaps, 0, 12);
	tcase_add_loop_test(t, no_room, 0, 2);
	tcase_add_loop_test(t, reboots, 0, 2);
	tcase_add_test(t, powered_off);
	tcase_add_loop_test(t, restarts, 0, 2);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
