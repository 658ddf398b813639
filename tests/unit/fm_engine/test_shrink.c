/* SPDX-License-Identifier: Apache-2.0 */
/* Edits that leave less than what runs: refused at both places, and carried out with --yes. */
#include "tests/unit/fm_engine/world.h"

#define COUNT(n)                                                                     \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n" \
	"  host: blade01\n  devices:\n"                                              \
	"    - {name: data0, class: ethernet, pool: nics, count: " n "}\n"
#define GROUP(hosts)                                                                        \
	"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: g}\nspec: {hosts: " hosts \
	"}\n"
#define TEMPLATE(more)                                                                    \
	"apiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: t}\nspec:\n" more \
	"  template:\n    devices:\n      - {name: data0, class: ethernet, pool: nics}\n"
#define PRIORITY                                                                     \
	"apiVersion: banyan/v1\nkind: PriorityClass\nmetadata: {name: high}\n"       \
	"spec: {value: 10, preemption: LowerPriority}\n---\n"                        \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: big}\nspec:\n" \
	"  host: blade02\n  priorityClass: high\n  devices:\n"                       \
	"    - {name: data0, class: ethernet, pool: nics, count: 8}\n"

static const struct {
	const char *is, *becomes; /* documents */
	enum fm_verb verb;
	const char *says;
} shrinks[] = {
	{COUNT("3"), COUNT("1"), FM_VERB_APPLY,
	 "p.yaml:7:57: ServerProfile 'web' leaves no place for what runs: web/data0/1, "
	 "web/data0/2 run: ServerProfile 'web' at p.yaml:7:57 asks for them\n"},
	{GROUP("[blade01, blade02]") "---\n" TEMPLATE("  hostGroup: g\n"), GROUP("[blade01]"),
	 FM_VERB_APPLY,
	 "p.yaml:4:8: HostGroup 'g' leaves no place for what runs: t-blade02/data0 "
	 "runs: ProfileTemplate 't' at p.yaml:13:9 asks for it\n"},
	{COUNT("3"), PRIORITY, FM_VERB_APPLY,
	 "p.yaml:13:57: ServerProfile 'big' leaves no place for what runs: web/data0/0, "
	 "web/data0/1, web/data0/2 run, and would be preempted: ServerProfile 'web' at "
	 "p.yaml:7:57 asks for them\n"},
	{COUNT("2"), COUNT("2"), FM_VERB_DELETE,
	 "p.yaml:7:57: ServerProfile 'web' would go, and web/data0/0, web/data0/1 run "
	 "for it\n"},
};

START_TEST(shrinks_below_what_runs)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_POOLS_TEXT);
	w_apply(&w, shrinks[_i].is);
	mr_buf_reset(&w.ops);
	w_text(&w, shrinks[_i].verb, shrinks[_i].becomes, false);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_str_eq(w.findings, shrinks[_i].says);
	W_OPS(&w, "");
	w_text(&w, shrinks[_i].verb, shrinks[_i].becomes, true);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_str_eq(w.findings, "");
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine shrink");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, shrinks_below_what_runs, 0, MR_ARRAY_SIZE(shrinks));
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
