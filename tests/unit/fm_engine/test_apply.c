// SPDX-License-Identifier: Apache-2.0
/* Documents in, functions in place for hosts without an agent; refusals; deletion; restart. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

START_TEST(active_without_agent)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	W_OPS(&w, "observe take-owner ");
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	W_OPS(&w, "provision observe configure map gate-open authorise authorise authorise ");
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.ident0, 0x0225b5000000);
	ck_assert(w.c.adapter[0].fn[0].gate_open);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 1);
	ck_assert(fm_engine_idle(w.e));
	w_done(&w);
}
END_TEST

START_TEST(delete_frees_all)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), false);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "1 running assignment would go"));
	W_PHASE(&w, "web/data0", ACTIVE);
	W_OPS(&w, "");
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	ck_assert_int_eq(w.exit_code, 0);
	W_OPS(&w, "gate-close block drain unmap tombstone reset ");
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	ck_assert_uint_eq(w_mapped(&w), 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_ASSIGNMENT), 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 1); /* until reuseAfter */
	w_chassis(&w, FM_CE_REMOVAL_SEEN, 1, w.c.host[0].bridge[0].tombstone ? 0 : 1, 0);
	w_settle(&w);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	ck_assert(!w.c.host[0].bridge[0].tombstone);
	w_run(&w, 25ll * 3600 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 0);
	w_done(&w);
}
END_TEST

/* A manager that starts knows how long only when it has read the policy. */
START_TEST(reuse_outlives_the_manager)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_restart(&w);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 1);
	w_run(&w, 25ll * 3600 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 0);
	w_done(&w);
}
END_TEST

START_TEST(restart_touches_nothing)
{
	struct world w;
	unsigned writes;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	writes = w.writes;
	w_restart(&w);
	W_OPS(&w, "observe take-owner observe ");
	ck_assert_uint_eq(w.writes, writes);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w.c.owner_epoch, 2);
	w_text(&w, FM_VERB_PLAN, WEB, false);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_str_eq(w.text, "nothing to do");
	w_done(&w);
}
END_TEST

START_TEST(plan_says_what_apply_does)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_text(&w, FM_VERB_PLAN, WEB, false);
	ck_assert_int_eq(w.exit_code, 2);
	ck_assert_uint_eq(fm_engine_assignments(w.e), 0);
	w_apply(&w, WEB);
	w_text(&w, FM_VERB_PLAN, WEB, false);
	ck_assert_int_eq(w.exit_code, 0);
	w_text(&w, FM_VERB_APPLY, WEB, false);
	ck_assert_ptr_nonnull(strstr(w.text, "nothing changed, version 1"));
	w_done(&w);
}
END_TEST

static const struct {
	const char *name, *text, *finding;
} bad[] = {
	{"not yaml", "a: [", ""},
	{"misspelt", W_HOSTS_TEXT "apiVersion: banyan/v1\nkind: Host\nmetadata: {nmae: x}\n",
	 "name"},
	{"no pool",
	 "apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\nspec:\n  host: "
	 "blade01\n"
	 "  devices: [{name: d, class: ethernet, pool: none-such}]\n",
	 "none-such"},
	{"a pair of whole devices",
	 "apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: gpus}\n"
	 "spec: {adapterSelector: {class: gpu}}\n---\n"
	 "apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\nspec:\n"
	 "  host: blade01\n  devices:\n"
	 "    - {name: a, class: gpu, pool: gpus, ha: {role: primary, with: b}}\n"
	 "    - {name: b, class: gpu, pool: gpus, ha: {role: secondary, with: a}}\n",
	 "has whole devices only"},
	{"second wrong", WEB "---\napiVersion: banyan/v1\nkind: Host\nmetadata: 7\n", ""},
};

START_TEST(refused_changes_nothing)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w_text(&w, FM_VERB_APPLY, bad[_i].text, true);
	ck_assert_msg(w.exit_code == 1, "%s was taken", bad[_i].name);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	ck_assert_msg(w.findings[0] && strstr(w.findings, bad[_i].finding), "%s: %s",
		      bad[_i].name, w.findings);
	W_PHASE(&w, "web/data0", ACTIVE);
	W_OPS(&w, "");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_DOCUMENT), 6);
	w_done(&w);
}
END_TEST

/* What contradicts the inventory is refused, unless it is so already: an adapter that came
 * later keeps nobody from other edits. */
START_TEST(contradictions)
{
#define POOL(name, what) \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: " name "}\nspec: " what "\n"
	const char *const both = POOL("x", "{adapterSelector: {serials: [S-40]}}") "---\n" POOL(
		"y", "{adapterSelector: {slots: [\"31\"]}}");
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_POOLS_TEXT);
	w_text(&w, FM_VERB_APPLY, POOL("y", "{adapterSelector: {matchAll: true}}"), true);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.findings, "overlaps AdapterPool 'nics'"));
	w_apply(&w, both);
	mr_copy(w.c.adapter[1].serial, sizeof(w.c.adapter[1].serial), "S-40");
	w.c.adapter[1].slot = 31;
	w_chassis(&w, FM_CE_OVERFLOW, 0, 0, 0);
	w_run(&w, MR_NS_PER_S);
	w_text(&w, FM_VERB_APPLY, POOL("z", "{adapterSelector: {serials: [S-40]}}"), true);
	ck_assert_int_eq(w.exit_code, 1);
	w_apply(&w, W_PROFILE("web", "blade01"));
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* The wrong file is not a success without a word. */
START_TEST(delete_of_what_is_not_there)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w_text(&w, FM_VERB_DELETE, "# all of it is a comment\n", true);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.findings, "expected a document, there is none"));
	w_text(&w, FM_VERB_DELETE, W_PROFILE("wbe", "blade01"), true);
	ck_assert_int_eq(w.exit_code, 0); /* it may have been deleted before */
	ck_assert_ptr_nonnull(
		strstr(w.findings, "warning: there is no ServerProfile 'wbe' in force"));
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(sets_and_prune)
{
	struct world w;
	struct fm_file f = {"p.yaml", WEB, strlen(WEB)};
	struct fm_file less = {"p.yaml", W_HOSTS_TEXT W_POOLS_TEXT,
			       strlen(W_HOSTS_TEXT W_POOLS_TEXT)};
	struct fm_request r = {.verb = FM_VERB_APPLY, .file = &f, .files = 1, .set = "one"};

	w_init(&w);
	w_start(&w);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	r.set = "two";
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.findings, "belongs to the set 'one', not to 'two'"));
	r.set = "";
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.findings, "belongs to the set 'one': say --set one"));
	r.set = "one";
	r.file = &less;
	r.prune = true;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1); /* takes a running assignment */
	W_PHASE(&w, "web/data0", ACTIVE);
	r.yes = true;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	w_done(&w);
}
END_TEST

/* drain none: nobody is asked, not even who would say that it is busy. */
START_TEST(cut_without_asking)
{
	struct world w;

	w_up(&w, _i, _i);
	w.agent[1].busy = true;
	w_apply(&w,
		"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\nspec: "
		"{update: {drain: {mode: none}}}\n---\n" W_POOLS_TEXT W_PROFILE("web",
										"blade01"));
	W_PHASE(&w, "web/data0", ACTIVE);
	mr_buf_reset(&w.ops);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "quiesce"));
	w_done(&w);
}
END_TEST

START_TEST(more_than_fits)
{
	struct world w;
	struct mr_buf b = {0};

	w_init(&w);
	w_start(&w);
	mr_buf_puts(&b, W_HOSTS_TEXT W_POOLS_TEXT
		    "apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n"
		    "  host: blade01\n  devices: [{name: d, class: ethernet, pool: nics, "
		    "count: 10}]\n");
	w_apply(&w, mr_buf_text(&b));
	W_PHASE(&w, "web/d/0", ACTIVE);
	W_PHASE(&w, "web/d/7", ACTIVE);
	W_PHASE(&w, "web/d/8", PENDING);
	W_PHASE(&w, "web/d/9", PENDING);
	ck_assert_int_eq(w_asg(&w, "web/d/9")->reason, MR_REASON_NO_CAPACITY);
	ck_assert_str_ne(w_asg(&w, "web/d/9")->detail, "");
	ck_assert_uint_eq(w_mapped(&w), 8);
	w_done(&w);
	mr_buf_done(&b);
}
END_TEST

START_TEST(live_update)
{
	struct world w;
	static const char slower[] = W_HOSTS_TEXT W_POOLS_TEXT
		"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n"
		"  host: blade01\n  devices:\n    - {name: data0, class: ethernet, pool: nics, "
		"qos: {guaranteed: 1Gbit, limit: 5Gbit}, identity: {mac: {pool: macs}}}\n";

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w_text(&w, FM_VERB_PLAN, slower, false);
	ck_assert_int_eq(w.exit_code, 2);
	w_apply(&w, slower);
	W_OPS(&w, "set-attrs ");
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.max_mbps, 5000);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_text(&w, FM_VERB_PLAN, slower, false);
	ck_assert_int_eq(w.exit_code, 0);
	w_done(&w);
}
END_TEST

#define RATES(devices)                                                                       \
	W_HOSTS_TEXT W_POOLS_TEXT                                                            \
		"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n" \
		"  host: blade01\n  devices:\n" devices
#define RATE(name, gbit)                                                                       \
	"    - {name: " name ", class: ethernet, pool: nics, qos: {guaranteed: " gbit "Gbit}}" \
	"\n"

/* What a lowered guarantee leaves is given on when the function was read back with less (I3).
 */
START_TEST(a_lowered_guarantee_is_waited_for)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, RATES(RATE("a", "60")));
	W_PHASE(&w, "web/a", ACTIVE);
	mr_buf_reset(&w.ops);
	w_apply(&w, RATES(RATE("a", "20") RATE("b", "50")));
	w_run(&w, MR_NS_PER_S);
	ck_assert_msg(mr_starts(mr_buf_text(&w.ops), "set-attrs "), "%s", mr_buf_text(&w.ops));
	W_PHASE(&w, "web/a", ACTIVE);
	W_PHASE(&w, "web/b", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(whole_device)
{
	struct world w;
	static const char text[] = W_HOSTS_TEXT
		"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: gpus}\n"
		"spec: {adapterSelector: {class: gpu}}\n---\n"
		"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: ml}\nspec:\n"
		"  host: blade02\n  devices: [{name: gpu, class: gpu, pool: gpus}]\n";

	w_init(&w);
	w_start(&w);
	mr_buf_reset(&w.ops);
	w_apply(&w, text);
	W_PHASE(&w, "ml/gpu", ACTIVE);
	W_OPS(&w, "reset configure map authorise authorise authorise ");
	ck_assert_uint_eq(w_asg(&w, "ml/gpu")->fn.pf, FM_WHOLE);
	w_text(&w, FM_VERB_DELETE, text, true);
	W_OPS(&w, "block drain unmap tombstone reset ");
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

START_TEST(nothing_to_apply)
{
	struct fm_file file = {.name = "e.yaml", .text = "# later\n", .len = 8};
	struct fm_request r = {.verb = FM_VERB_APPLY, .file = &file, .files = 1};
	struct world w;

	w_init(&w);
	w_start(&w);
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	ck_assert_int_eq(w.exit_code, 1);
	w_done(&w);
}
END_TEST

#define GROUP(hosts)                                                          \
	"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: g}\nspec: " \
	"{hosts: [" hosts "]}\n---\n"
#define INITIAL(limit)                                                                   \
	"apiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: t}\nspec: "      \
	"{hostGroup: g, mode: initial, template: {devices: [{name: d, class: ethernet, " \
	"pool: nics, qos: {limit: " limit "}}]}}\n"

/* An edit of an initial template is for the profiles that it makes from then on. */
START_TEST(initial_template)
{
	struct fm_request del = {.verb = FM_VERB_DELETE,
				 .kind = "profiletemplates",
				 .name = "t",
				 .yes = true,
				 .who = "eve"};
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT "---\n" GROUP("blade01") INITIAL("10Gbit"));
	W_PHASE(&w, "t-blade01/d", ACTIVE);
	w_apply(&w, GROUP("blade01, blade02") INITIAL("20Gbit"));
	W_PHASE(&w, "t-blade02/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "t-blade01/d")->limit_mbps, 10000);
	ck_assert_uint_eq(w_asg(&w, "t-blade02/d")->limit_mbps, 20000);
	mr_buf_reset(&w.ops);
	w_apply(&w, GROUP("blade01, blade02") INITIAL("20Gbit"));
	ck_assert_str_eq(w.text, "nothing changed, version 2 is in force");
	w_request(&w, del);
	ck_assert_int_eq(w.exit_code, 0);
	W_OPS(&w, "");
	ck_assert_uint_eq(w_asg(&w, "t-blade02/d")->limit_mbps, 20000);
	w_restart(&w);
	w_apply(&w, INITIAL("30Gbit"));
	ck_assert_uint_eq(w_asg(&w, "t-blade01/d")->limit_mbps, 10000);
	ck_assert_uint_eq(w_asg(&w, "t-blade02/d")->limit_mbps, 20000);
	w_done(&w);
}
END_TEST

#define ANY(name)                                                                        \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\nspec: " \
	"{host: {group: g}, devices: [{name: d, class: ethernet, pool: nics}]}\n---\n"

#define MACS                                                                             \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: b}\nspec: "        \
	"{host: {group: g}, devices: [{name: d, class: ethernet, pool: nics, identity: " \
	"{mac: {pool: macs}}}]}\n---\n"

static const char *where(struct world *w, const char *asg)
{
	const struct fm_assignment *a = w_asg(w, asg);

	return a && a->has_fn ? a->host : "";
}

/* Any free host of a group: the first by name, and the one that it has stays its own. */
START_TEST(any_host_of_a_group)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w,
		W_HOSTS_TEXT W_POOLS_TEXT "---\n" GROUP("blade02, blade03") ANY("b") ANY("c"));
	ck_assert_str_eq(where(&w, "b/d"), "blade02");
	ck_assert_str_eq(where(&w, "c/d"), "blade03");
	w_apply(&w, ANY("a")); /* earlier by name, and too late */
	ck_assert_str_eq(where(&w, "a/d"), "");
	ck_assert_str_eq(where(&w, "b/d"), "blade02");
	w_restart(&w);
	ck_assert_str_eq(where(&w, "b/d"), "blade02");
	ck_assert_str_eq(where(&w, "c/d"), "blade03");
	W_OPS(&w, "observe take-owner observe ");
	w_text(&w, FM_VERB_DELETE, ANY("b"), true);
	w_settle(&w);
	ck_assert_str_eq(where(&w, "a/d"), "blade02");
	W_PHASE(&w, "a/d", ACTIVE);
	w_apply(&w, GROUP("blade01, blade02, blade03") W_PROFILE("x", "blade01"));
	ck_assert_str_eq(where(&w, "a/d"), "blade02");
	ck_assert_str_eq(where(&w, "c/d"), "blade03");
	w_done(&w);
}
END_TEST

/* Who loses its last host of the group lets go, waits under its old number and with what is its
 * own, and goes on where a host comes free. */
START_TEST(last_host_of_a_group)
{
	const struct fm_assignment *a;
	struct world w;
	uint64_t mac;
	uint32_t id;

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT "---\n" GROUP("blade02") MACS);
	a = w_asg(&w, "b/d");
	id = a->id;
	mac = a->attrs.ident0;
	ck_assert_str_eq(where(&w, "b/d"), "blade02");
	ck_assert_uint_ne(mac, 0);
	w_text(&w, FM_VERB_APPLY, GROUP("blade03") W_PROFILE("x", "blade03"), false);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_str_eq(where(&w, "b/d"), "blade02");
	w_apply(&w, GROUP("blade03") W_PROFILE("x", "blade03"));
	ck_assert_uint_eq(w_mapped(&w), 1);
	W_PHASE(&w, "b/d", PENDING);
	a = w_asg(&w, "b/d");
	ck_assert(!a->has_fn);
	ck_assert_int_ne(a->reason, MR_REASON_OK);
	ck_assert_uint_eq(a->id, id);
	w_apply(&w, GROUP("blade02, blade03"));
	W_PHASE(&w, "b/d", ACTIVE);
	a = w_asg(&w, "b/d");
	ck_assert_str_eq(a->host, "blade02");
	ck_assert_uint_eq(a->id, id);
	ck_assert_uint_eq(a->attrs.ident0, mac);
	w_done(&w);
}
END_TEST

#define CLASS(limit)                                                             \
	"apiVersion: banyan/v1\nkind: QosClass\nmetadata: {name: gold}\nspec: {" \
	"guaranteed: 1Gbit, limit: " limit "}\n---\n"
#define OF_CLASS(name, host)                                                       \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\n" \
	"spec: {host: " host                                                       \
	", devices: [{name: d, class: ethernet, pool: nics, qos: gold}]}\n---\n"

/* A class of rates is edited: who names it follows in place, and nobody else. What was only
 * tried is taken back; each wish is held against one that is resolved from scratch. */
START_TEST(class_of_two)
{
	struct fm_file f = {"q.yaml", CLASS("5Gbit"), strlen(CLASS("5Gbit"))};
	struct fm_request plan = {.verb = FM_VERB_PLAN, .file = &f, .files = 1};
	unsigned checked;
	struct world w;

	w_up(&w, false, false);
	w_apply(&w,
		W_POOLS_TEXT CLASS("10Gbit") OF_CLASS("a", "blade01") OF_CLASS("b", "blade02"));
	w_apply(&w, W_PROFILE("web", "blade01"));
	w_apply(&w, CLASS("9Gbit")); /* the first edit is checked with all documents */
	mr_buf_reset(&w.ops);
	w_request(&w, plan);
	ck_assert_int_eq(w.exit_code, 2);
	ck_assert_uint_eq(mr_tree_get(mr_tree_get(w.tree, "plan"), "changes")->n, 2);
	ck_assert_uint_eq(w_asg(&w, "a/d")->limit_mbps, 9000);
	W_OPS(&w, "");
	w_apply(&w, CLASS("5Gbit"));
	W_OPS(&w, "set-attrs set-attrs ");
	ck_assert_uint_eq(w_asg(&w, "a/d")->limit_mbps, 5000);
	ck_assert_uint_eq(w_asg(&w, "b/d")->limit_mbps, 5000);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->limit_mbps, 10000);
	ck_assert_uint_eq(fm_engine_plans_differ(w.e, &checked), 0);
	w_restart(&w);
	W_OPS(&w, "observe take-owner observe ");
	ck_assert_uint_eq(w_asg(&w, "b/d")->limit_mbps, 5000);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine apply");
	TCase *t = tcase_create("all");

	tcase_add_test(t, nothing_to_apply);
	tcase_add_test(t, active_without_agent);
	tcase_add_test(t, delete_frees_all);
	tcase_add_test(t, reuse_outlives_the_manager);
	tcase_add_test(t, restart_touches_nothing);
	tcase_add_test(t, plan_says_what_apply_does);
	tcase_add_loop_test(t, refused_changes_nothing, 0, MR_ARRAY_SIZE(bad));
	tcase_add_test(t, contradictions);
	tcase_add_test(t, delete_of_what_is_not_there);
	tcase_add_test(t, sets_and_prune);
	tcase_add_loop_test(t, cut_without_asking, 0, 2);
	tcase_add_test(t, more_than_fits);
	tcase_add_test(t, live_update);
	tcase_add_test(t, a_lowered_guarantee_is_waited_for);
	tcase_add_test(t, whole_device);
	tcase_add_test(t, initial_template);
	tcase_add_test(t, any_host_of_a_group);
	tcase_add_test(t, last_host_of_a_group);
	tcase_add_test(t, class_of_two);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
