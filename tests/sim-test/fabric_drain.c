/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host is drained, in a whole fabric: its profiles go to the spares as long as they fit
 * there, those of a group to other hosts of it; what stays is named with the reason.
 */
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "tests/sim-test/fixture.h"

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 7, NULL);
}

/* A group of three hosts with these spares, and profiles "NAME HOST POOL". What is of the pool
 * `safe` can't go to blade04. */
static void apply(const char *spares, const char *const *profile)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		      "---\napiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: g}\n"
		      "spec: {hosts: [blade01, blade02, blade03], spares: [%s]}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"
		      "spec: {adapterSelector: {slots: [\"3\"]}, provision: 16}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: safe}\n"
		      "spec: {adapterSelector: {slots: [\"5\"]}, provision: 16, "
		      "require: {interruptRemapping: true}}\n",
		      spares);
	for (unsigned i = 0; profile[i]; i += 3)
		mr_buf_printf(&text,
			      "---\napiVersion: banyan/v1\nkind: ServerProfile\n"
			      "metadata: {name: %s}\nspec: {host: %s, devices: [{name: d, "
			      "class: ethernet, pool: %s, qos: {guaranteed: 50Gbit}}]}\n",
			      profile[i], profile[i + 1], profile[i + 2]);
	fabric_apply_buf(&text);
}
#define APPLY(spares, ...) apply(spares, (const char *const[]){__VA_ARGS__, NULL})

static int ask(enum fm_verb verb, const char *host, bool release, bool yes)
{
	struct fm_request r = world_request(verb, "", host);

	r.release = release;
	r.yes = yes;
	fabric_ask(&r);
	fabric_settle();
	return w->reply.exit_code;
}

static void on(const char *profile, const char *host)
{
	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (!mr_streq(a->profile, profile))
			continue;
		ck_assert_str_eq(host[0] ? a->host : "", host);
		ck_assert_msg(a->phase == (host[0] ? FM_PHASE_ACTIVE : FM_PHASE_PENDING),
			      "%s: %s %s", profile, fm_phase_name(a->phase), a->detail);
		return;
	}
	ck_assert_msg(!host[0], "there is no %s", profile);
}

START_TEST(over_several_spares)
{
	APPLY("blade04, blade05", "a", "blade01", "nics", "b", "blade01", "safe", "other",
	      "blade02", "nics");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade01", false, false), 0);
	ck_assert_str_eq(w->reply.text,
			 "blade01 is cordoned; 2 profiles go to blade04, blade05");
	on("a", "blade04");
	on("b", "blade05");
	on("other", "blade02");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade02", false, false), 1);
	ck_assert_str_eq(w->reply.text, "blade02 is cordoned; 1 profile stays: other: no spare "
					"of group g is free");
	on("other", "blade02");
	ck_assert_int_eq(ask(FM_VERB_UNCORDON, "blade01", false, true), 0);
	on("a", "blade01");
	on("b", "blade01");
}
END_TEST

START_TEST(what_does_not_fit_stays)
{
	APPLY("blade04", "a", "blade01", "nics", "b", "blade01", "safe");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade01", false, false), 1);
	ck_assert_ptr_nonnull(strstr(w->reply.text, "1 profile goes to blade04; 1 profile "
						    "stays: b: b/d: UNSUPPORTED: pool safe "
						    "requires interruptRemapping"));
	ck_assert_str_eq(mr_tree_get(w->reply.tree, "stay")->child[0]->text, "b");
	on("a", "blade04");
	on("b", "blade01");
}
END_TEST

/* A profile that takes any host of its group goes to one without a profile first. */
START_TEST(over_the_group)
{
	APPLY("", "fixed", "blade01", "nics", "any", "{group: g}", "safe");
	on("any", "blade02");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade02", false, false), 0);
	on("any", "blade03");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade03", false, false), 0);
	on("any", "blade01");
	on("fixed", "blade01");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade01", false, false), 1);
	ck_assert_ptr_nonnull(strstr(w->reply.text, "2 profiles stay: any: "));
}
END_TEST

START_TEST(released)
{
	APPLY("", "a", "blade01", "nics");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade01", true, false), 1);
	ck_assert_ptr_nonnull(strstr(w->reply.text, "up to 1 running assignment of blade01"));
	on("a", "blade01");
	ck_assert_int_eq(ask(FM_VERB_DRAIN, "blade01", true, true), 0);
	ck_assert_str_eq(w->reply.text, "blade01 is cordoned; 1 profile is released");
	on("a", "");
	ck_assert_int_eq(ask(FM_VERB_UNCORDON, "blade01", false, true), 0);
	on("a", "blade01");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("drain");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_add_test(t, over_several_spares);
	tcase_add_test(t, what_does_not_fit_stays);
	tcase_add_test(t, over_the_group);
	tcase_add_test(t, released);
	suite_add_tcase(s, t);
	return check_run(s);
}
