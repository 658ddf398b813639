// SPDX-License-Identifier: Apache-2.0
/*
 * Two selectors that come to take the same when the inventory changes: the one that had it
 * keeps it, the later one waits and says why, and nothing that runs moves.
 */
#include "tests/unit/fm_engine/world.h"

#define POOL(name, what)                                                        \
	"---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: " name \
	"}\nspec: " what "\n"
#define GROUP(name, label)                                                                \
	"---\napiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: " name "}\nspec: " \
	"{hostSelector: {matchLabels: {" label "}}}\n"
#define PROFILE(name, host, pool)                                                       \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\n" \
	"spec: {host: " host ", devices: [{name: d, class: ethernet, pool: " pool "}]}\n"
#define TEMPLATE(name, group)                                                                 \
	"---\napiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: " name "}\n"     \
	"spec: {hostGroup: " group ", template: {devices: [{name: d, class: ethernet, pool: " \
	"nics}]}}\n"

/* 'fast' comes first by name, and selects nothing before the port gets faster. */
#define POOLS                                                                   \
	W_HOSTS_TEXT POOL("fast", "{adapterSelector: {minLinkSpeed: 150Gbit}}") \
		POOL("nics", "{adapterSelector: {class: ethernet}}")            \
			PROFILE("web", "blade01", "nics") PROFILE("late", "blade02", "fast")

static void reread(struct world *w)
{
	w_chassis(w, FM_CE_OVERFLOW, 0, 0, 0);
	w_run(w, 2 * MR_NS_PER_S);
}

/* 'name' waits, and its reason names both places. */
static void waits(struct world *w, const char *name, const char *one, const char *other)
{
	const struct fm_assignment *a;

	W_PHASE(w, name, PENDING);
	a = w_asg(w, name);
	ck_assert_msg(a->reason == MR_REASON_CONFLICT && strstr(a->detail, one) &&
			      strstr(a->detail, other),
		      "%s: %s: %s", name, mr_reason_name(a->reason), a->detail);
}

static void pools_wait(struct world *w)
{
	W_PHASE(w, "web/d", ACTIVE);
	waits(w, "late/d", "'fast' (", "'nics' (");
	W_OPS(w, "");
}

/* The port gets faster: the pool that has it keeps it, over a restart as well. */
START_TEST(pool_that_had_it)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, POOLS);
	W_PHASE(&w, "web/d", ACTIVE);
	W_PHASE(&w, "late/d", PENDING);
	mr_buf_reset(&w.ops);
	w.c.adapter[0].pf[0].net_mbps = 200000;
	reread(&w);
	mr_buf_reset(&w.ops); /* it was read */
	pools_wait(&w);
	w_apply(&w, PROFILE("more", "blade03", "nics"));
	W_PHASE(&w, "more/d", ACTIVE);
	w_restart(&w);
	mr_buf_reset(&w.ops);
	pools_wait(&w);
	W_PHASE(&w, "more/d", ACTIVE);
	w_text(&w, FM_VERB_PLAN, PROFILE("web", "blade01", "nics"), false);
	ck_assert_int_eq(w.exit_code, 0);
	w.c.adapter[0].pf[0].net_mbps = 100000;
	reread(&w);
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_int_ne(w_asg(&w, "late/d")->reason, MR_REASON_CONFLICT);
	w_done(&w);
}
END_TEST

/* An edit that shifts the lines of the two documents is no new conflict; one that makes another
 * is. */
START_TEST(edited_while_it_stands)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, POOLS);
	w.c.adapter[0].pf[0].net_mbps = 200000;
	reread(&w);
	w_text(&w, FM_VERB_APPLY, "# a comment\n" POOLS, false);
	ck_assert_int_eq(w.reason, MR_REASON_OK);
	w_text(&w, FM_VERB_APPLY,
	       "# a comment\n" POOLS POOL(
		       "third", "{adapterSelector: {class: ethernet, slots: [\"1\"]}}"),
	       false);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	waits(&w, "late/d", "'fast' (", "'nics' (");
	w_done(&w);
}
END_TEST

/* What is pulled, and comes back, is whose it was. */
START_TEST(pulled_and_back)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, POOLS);
	w.c.adapter[0].pf[0].net_mbps = 200000;
	reread(&w);
	w.c.adapter[0].present = w.c.adapter[0].plugged = w.c.adapter[0].link = false;
	w_chassis(&w, FM_CE_ADAPTER_PRESENCE, NIC, 0, 0);
	w_run(&w, 5 * MR_NS_PER_S);
	ck_assert(!w_asg(&w, "web/d")->has_fn);
	for (unsigned i = 0; i < w.c.adapter[0].vfs; i++) /* it comes back blank */
		w.c.adapter[0].fn[i] =
			(struct fm_fn){.row_bridge = FM_NO_BRIDGE,
				       .status = MR_VF_RESET_DONE | MR_VF_DEFAULTS};
	w.c.adapter[0].present = w.c.adapter[0].plugged = w.c.adapter[0].link = true;
	w.c.adapter[0].pf[0].numvfs = 0; /* it comes back blank */
	for (unsigned v = 0; v < W_VFS; v++)
		w.c.adapter[0].fn[v] =
			(struct fm_fn){.row_bridge = FM_NO_BRIDGE,
				       .status = MR_VF_RESET_DONE | MR_VF_DEFAULTS};
	w_chassis(&w, FM_CE_ADAPTER_PRESENCE, NIC, 0, 1);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", ACTIVE);
	waits(&w, "late/d", "'fast' (", "'nics' (");
	w_done(&w);
}
END_TEST

/* Nobody had it: the first by name, and the other one says so. */
START_TEST(nobody_had_it)
{
	struct world w;

	w_init(&w);
	w.c.adapter[0].present = false;
	w_start(&w);
	w_apply(&w, POOLS);
	w.c.adapter[0].present = w.c.adapter[0].plugged = true;
	w.c.adapter[0].pf[0].net_mbps = 200000;
	reread(&w);
	W_PHASE(&w, "late/d", ACTIVE);
	waits(&w, "web/d", "'fast' (", "'nics' (");
	w_done(&w);
}
END_TEST

static void groups_wait(struct world *w)
{
	W_PHASE(w, "tb-blade01/d", ACTIVE);
	waits(w, "ta-blade01/d", "'a' (", "'b' (");
	W_OPS(w, "");
}

/* A blade moves to another slot number: the group that has it keeps it. */
START_TEST(group_that_had_it)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w,
		POOL("nics", "{adapterSelector: {class: ethernet}}") GROUP("a", "slot: \"7\"")
			GROUP("b", "rack: one") TEMPLATE("ta", "a") TEMPLATE(
				"tb", "b") "---\napiVersion: banyan/v1\nkind: Host\nmetadata: "
					   "{name: blade01, labels: {rack: one}}\n");
	W_PHASE(&w, "tb-blade01/d", ACTIVE);
	ck_assert_ptr_null(w_asg(&w, "ta-blade01/d"));
	w.c.host[0].slot = 7;
	reread(&w);
	mr_buf_reset(&w.ops);
	groups_wait(&w);
	w_restart(&w);
	mr_buf_reset(&w.ops);
	groups_wait(&w);
	w.c.host[0].slot = 1;
	reread(&w);
	ck_assert_ptr_null(w_asg(&w, "ta-blade01/d"));
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("overlap");
	TCase *t = tcase_create("all");

	tcase_add_test(t, pool_that_had_it);
	tcase_add_test(t, edited_while_it_stands);
	tcase_add_test(t, pulled_and_back);
	tcase_add_test(t, nobody_had_it);
	tcase_add_test(t, group_that_had_it);
	suite_add_tcase(s, t);
	return check_run(s);
}
