// SPDX-License-Identifier: Apache-2.0
/* whatif: the answers, and that asking changes nothing: no operation, no record, and the plan
 * of what is in force is the same afterwards. */
#include "tests/unit/fm_engine/world.h"

#define GROUP                                                                          \
	"---\napiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: g}\nspec: {"    \
	"hosts: [blade01], spares: [blade02], failover: {mode: automatic, triggers: {" \
	"powerOff: true}, quorum: 1}}\n"
#define TEMPLATE                                                                          \
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n---\n"        \
	"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: many}\nspec: {hosts: [" \
	"blade03, blade04]}\n---\n"                                                       \
	"apiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: t}\nspec: {"      \
	"replicas: 1, template: {host: {group: many}, devices: [{name: d, class: "        \
	"ethernet, pool: nics}]}}\n"

#define ALL W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01") TEMPLATE

/* blade02 has a profile of the template, blade03 and a host that no document
 * names may join its group. */
#define BY_HOST                                                                             \
	W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE(                                                \
		"web", "blade01") "---\napiVersion: banyan/v1\nkind: HostGroup\nmetadata: " \
				  "{name: g}\nspec: {hosts: ["                              \
				  "blade02]}\n---\napiVersion: banyan/v1\nkind: "           \
				  "ProfileTemplate\nmetadata: {name: t}\n"                  \
				  "spec: {hostGroup: g, template: {devices: [{name: d, "    \
				  "class: ethernet, pool: nics}]}}"                         \
				  "\n"

static const struct {
	const char *policy, *question, *object;
	int exit_code;
	unsigned moved, pending, down;
	int64_t left; /* in the pool of the NIC */
} cases[] = {
	{ALL, "host-dies", "blade01", 2, 0, 0, 1, 6},
	{ALL GROUP, "host-dies", "blade01", 0, 1, 0, 0, 6},
	{ALL, "host-dies", "blade02", 0, 0, 0, 0, 6},
	{ALL, "adapter-dies", "nic-left", 2, 0, 2, 0, 0},
	{ALL, "adapter-dies", "gpu0", 0, 0, 0, 0, 6},
	{ALL, "cordon", "blade01", 0, 0, 0, 0, 6},
	{ALL, "more", "t=1", 0, 0, 0, 0, 5},
	{ALL, "more", "t=2", 2, 0, 1, 0, 5},
	{BY_HOST, "more", "t=1", 0, 0, 0, 0, 5},
	{BY_HOST, "more", "t=2", 0, 0, 0, 0, 4},
	{BY_HOST, "more", "t=3", 2, 0, 1, 0, 4},
};

static unsigned moves(const struct world *w)
{
	const struct mr_tree *l = mr_tree_get(mr_tree_get(w->tree, "plan"), "changes");
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++)
		n += mr_streq(mr_tree_text(l->child[i], "change"), "move");
	return n;
}

static int64_t left(const struct world *w, const char *pool)
{
	const struct mr_tree *l = mr_tree_get(w->tree, "pools");

	for (unsigned i = 0; i < l->n; i++)
		if (mr_streq(mr_tree_text(l->child[i], "pool"), pool))
			return mr_tree_int(l->child[i], "free");
	return -1;
}

static void up(struct world *w, const char *policy)
{
	w_init(w);
	w_start(w);
	w_apply(w, policy);
	w_run(w, 60 * MR_NS_PER_S);
	W_PHASE(w, "web/data0", ACTIVE);
	mr_buf_reset(&w->ops);
}

/* Asks, and holds everything against how it was before. */
static void ask(struct world *w, const struct fm_request *r)
{
	unsigned recs = w->recs, writes = w->writes;
	struct fm_record *before = mr_xmemdup(w->rec, recs * sizeof(*before));

	w_request(w, *r);
	W_OPS(w, "");
	ck_assert_uint_eq(w->writes, writes);
	ck_assert_uint_eq(w->recs, recs);
	ck_assert_mem_eq(w->rec, before, recs * sizeof(*before));
	free(before);
}

START_TEST(answers)
{
	struct fm_request r = {
		.verb = FM_VERB_WHATIF, .name = cases[_i].question, .arg = cases[_i].object};
	struct world w;

	up(&w, cases[_i].policy);
	ask(&w, &r);
	ck_assert_msg(w.exit_code == cases[_i].exit_code, "%s", w.text);
	ck_assert_uint_eq(moves(&w), cases[_i].moved);
	ck_assert_uint_eq(mr_tree_get(w.tree, "pending")->n, cases[_i].pending);
	ck_assert_uint_eq(mr_tree_get(w.tree, "down")->n, cases[_i].down);
	ck_assert_int_eq(left(&w, "nics"), cases[_i].left);
	ck_assert_int_eq(mr_tree_get(w.tree, "fits")->num, !cases[_i].exit_code);
	w_request(&w, (struct fm_request){.verb = FM_VERB_PLAN});
	ck_assert_int_eq(w.exit_code, 0);
	w_done(&w);
}
END_TEST

/* What would have no place says why, and what had none before is not counted again. */
START_TEST(says_why)
{
	struct fm_request r = {
		.verb = FM_VERB_WHATIF, .name = "adapter-dies", .arg = "nic-left"};
	const struct mr_tree *p;
	struct world w;

	up(&w, ALL);
	ask(&w, &r);
	p = mr_tree_get(w.tree, "pending")->child[0];
	ck_assert_str_eq(mr_tree_text(p, "assignment"), "t-1/d");
	ck_assert_str_eq(mr_tree_text(p, "reason"), "DEVICE_GONE");
	ck_assert_ptr_nonnull(strstr(mr_tree_text(p, "detail"), "adapter nic-left is gone"));
	ck_assert_int_eq(mr_tree_get(p, "already")->num, 0);
	w_done(&w);
}
END_TEST

START_TEST(of_files)
{
	static const char text[] = W_PROFILE("db", "blade02");
	struct fm_file f = {"db.yaml", text, sizeof(text) - 1};
	struct fm_request r = {.verb = FM_VERB_WHATIF, .file = &f, .files = 1};
	struct world w;

	up(&w, ALL);
	ask(&w, &r);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_int_eq(left(&w, "nics"), 5);
	f.text = "a: [";
	f.len = 4;
	ask(&w, &r);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	w_done(&w);
}
END_TEST

static const struct {
	const char *question, *object, *why;
} bad[] = {
	{"host-dies", "blade99", "there is no host 'blade99'"},
	{"cordon", "blade99", "no document names the host 'blade99'"},
	{"adapter-dies", "nic-right", "there is no adapter 'nic-right'"},
	{"more", "t", "expected TEMPLATE=N"},
	{"more", "t=many", "expected TEMPLATE=N"},
	{"more", "t=10001", "expected TEMPLATE=N"},
	{"more", "u=1", "there is no ProfileTemplate 'u'"},
	{"flood", "blade01", "expected host-dies, adapter-dies, cordon or more, found 'flood'"},
	{NULL, NULL, "expected host-dies"},
};

START_TEST(refused)
{
	struct fm_request r = {
		.verb = FM_VERB_WHATIF, .name = bad[_i].question, .arg = bad[_i].object};
	struct world w;

	up(&w, ALL);
	ask(&w, &r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_msg(strstr(w.text, bad[_i].why) != NULL, "%s", w.text);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine whatif");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, answers, 0, MR_ARRAY_SIZE(cases));
	tcase_add_test(t, says_why);
	tcase_add_test(t, of_files);
	tcase_add_loop_test(t, refused, 0, MR_ARRAY_SIZE(bad));
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
