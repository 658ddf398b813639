// SPDX-License-Identifier: Apache-2.0
/* Versions of the documents: what is told of them, what differs, an older one in force again,
 * two people at once; across restarts and failed commits. */
#include "tests/unit/fm_engine/world.h"

#define BASE W_HOSTS_TEXT W_POOLS_TEXT
#define QOS(limit)                                                               \
	"apiVersion: banyan/v1\nkind: QosClass\nmetadata: {name: gold}\nspec: {" \
	"limit: " limit "}\n"

static const struct mr_tree *history(struct world *w)
{
	w_request(w, (struct fm_request){.verb = FM_VERB_HISTORY});
	ck_assert_int_eq(w->exit_code, 0);
	return mr_tree_get(w->tree, "versions");
}

static void rollback(struct world *w, const char *to, bool yes)
{
	w_request(w, (struct fm_request){
			     .verb = FM_VERB_ROLLBACK, .name = to, .yes = yes, .who = "ann"});
}

/* Version 1: hosts and pools; 2: a profile; 3: a QoS class; 4: its limit. */
static void four(struct world *w)
{
	w_init(w);
	w_start(w);
	w_apply(w, BASE);
	w_apply(w, W_PROFILE("web", "blade01"));
	w_apply(w, QOS("10Gbit"));
	w_apply(w, QOS("20Gbit"));
	W_PHASE(w, "web/data0", ACTIVE);
}

static void check_history(struct world *w)
{
	const struct mr_tree *l = history(w);

	ck_assert_uint_eq(l->n, 4);
	ck_assert_int_eq(mr_tree_int(l->child[0], "version"), 1);
	ck_assert_str_eq(mr_tree_text(l->child[1], "changes"), "+ ServerProfile web");
	ck_assert_str_eq(mr_tree_text(l->child[2], "changes"), "+ QosClass gold");
	ck_assert_str_eq(mr_tree_text(l->child[3], "changes"), "~ QosClass gold");
	ck_assert_int_eq(mr_tree_int(l->child[3], "changed"), 1);
	ck_assert_int_eq(mr_tree_int(l->child[2], "added"), 1);
	ck_assert_str_eq(mr_tree_text(l->child[3], "who"), "eve");
	ck_assert_str_eq(mr_tree_text(l->child[3], "how"), "apply");
	ck_assert_int_ge(mr_tree_int(l->child[3], "time"), 1700000000);
	ck_assert_int_eq(mr_tree_get(l->child[3], "current")->num, 1);
	ck_assert_int_eq(mr_tree_get(l->child[2], "current")->num, 0);
}

START_TEST(who_when_what)
{
	struct world w;

	four(&w);
	check_history(&w);
	w_restart(&w);
	check_history(&w);
	w_request(&w,
		  (struct fm_request){.verb = FM_VERB_GET, .kind = "versions", .name = "3"});
	ck_assert_uint_eq(mr_tree_get(w.tree, "items")->n, 1);
	w_done(&w);
}
END_TEST

/* The same documents as then, as a new version; what runs and did not change is not touched. */
START_TEST(back_to_an_older_one)
{
	struct fm_request diff = {.verb = FM_VERB_DIFF, .name = "2"};
	struct world w;

	four(&w);
	w_restart(&w);
	mr_buf_reset(&w.ops);
	rollback(&w, "2", false);
	ck_assert_msg(w.exit_code == 0, "%s", w.text);
	ck_assert_str_eq(w.text, "version 5 is in force");
	W_OPS(&w, "");
	w_request(&w, diff);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_str_eq(mr_tree_text(history(&w)->child[4], "how"), "rollback to 2");
	ck_assert_str_eq(mr_tree_text(history(&w)->child[4], "who"), "ann");
	rollback(&w, NULL, false); /* the one before: with the class again */
	ck_assert_int_eq(w.exit_code, 0);
	diff.name = "4";
	w_request(&w, diff);
	ck_assert_int_eq(w.exit_code, 0);
	w_done(&w);
}
END_TEST

START_TEST(asks_before_it_takes)
{
	struct fm_request r = {
		.verb = FM_VERB_ROLLBACK, .name = "1", .yes = true, .max_disruption = "Live"};
	struct world w;

	four(&w);
	mr_buf_reset(&w.ops);
	rollback(&w, "1", false);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "1 running assignment would go"));
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "release web/data0 on blade01"));
	W_OPS(&w, "");
	rollback(&w, "1", true);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	w_done(&w);
}
END_TEST

static const struct {
	enum fm_verb verb;
	const char *name, *arg, *why;
} bad[] = {
	{FM_VERB_ROLLBACK, "99", NULL, "version 99 is not kept; there are 1 to 4"},
	{FM_VERB_ROLLBACK, "yesterday", NULL, "expected the number of a version"},
	{FM_VERB_DIFF, "0", NULL, "version 0 is not kept"},
	{FM_VERB_DIFF, "1", "5", "version 5 is not kept"},
};

START_TEST(no_such_version)
{
	struct world w;

	four(&w);
	w_request(&w, (struct fm_request){
			      .verb = bad[_i].verb, .name = bad[_i].name, .arg = bad[_i].arg});
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_msg(strstr(w.text, bad[_i].why) != NULL, "%s", w.text);
	ck_assert_uint_eq(history(&w)->n, 4);
	w_done(&w);
}
END_TEST

START_TEST(nothing_to_go_back_to)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	rollback(&w, NULL, true);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	rollback(&w, "1", true);
	ck_assert_str_eq(w.text, "there is no version yet");
	w_apply(&w, BASE);
	rollback(&w, NULL, true);
	ck_assert_str_eq(w.text, "there is no version before this one");
	w_done(&w);
}
END_TEST

START_TEST(differences)
{
	struct fm_request r = {.verb = FM_VERB_DIFF, .name = "3", .arg = "4"};
	const struct mr_tree *d;
	struct world w;

	four(&w);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 2);
	ck_assert_str_eq(w.text, "1 document differs between 3 and 4");
	d = mr_tree_get(w.tree, "documents")->child[0];
	ck_assert_str_eq(mr_tree_text(d, "change"), "changed");
	ck_assert_ptr_nonnull(strstr(mr_tree_text(d, "text"), "- "));
	ck_assert_ptr_nonnull(strstr(mr_tree_text(d, "text"), "10Gbit\n+ "));
	r.arg = NULL; /* with the one in force */
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_int(w.tree, "to"), 4);
	r.name = "4";
	r.arg = "1";
	w_request(&w, r);
	ck_assert_uint_eq(mr_tree_get(w.tree, "documents")->n, 2);
	d = mr_tree_get(w.tree, "documents")->child[0];
	ck_assert_str_eq(mr_tree_text(d, "change"), "removed");
	w_done(&w);
}
END_TEST

/* No more than FM_VERSIONS_KEPT, here and in the store. */
START_TEST(old_ones_go)
{
	const struct mr_tree *l;
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, BASE);
	for (unsigned i = 0; i < 12; i++)
		w_apply(&w, i & 1 ? QOS("10Gbit") : QOS("20Gbit"));
	for (unsigned round = 0; round < 2; round++) {
		l = history(&w);
		ck_assert_uint_eq(l->n, 10);
		ck_assert_int_eq(mr_tree_int(l->child[0], "version"), 4);
		ck_assert_uint_eq(w_count(&w, FM_RECORD_VERSION), 10);
		/* five that never changed, and one row of the class in each version */
		ck_assert_uint_eq(w_count(&w, FM_RECORD_DOCUMENT), 5 + 10);
		w_restart(&w);
	}
	w_done(&w);
}
END_TEST

/* The second of two people is told what the first one did. */
START_TEST(two_at_once)
{
	struct fm_file f = {"q.yaml", QOS("30Gbit"), strlen(QOS("30Gbit"))};
	struct fm_request r = {.verb = FM_VERB_APPLY,
			       .file = &f,
			       .files = 1,
			       .has_if_version = true,
			       .if_version = 3};
	struct world w;

	four(&w);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_int_eq(w.reason, MR_REASON_CONFLICT);
	ck_assert_str_eq(w.text, "version 3 was meant, and 4 is in force by eve (apply): ~ "
				 "QosClass gold; nothing was changed");
	r.if_version = 4;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	r.if_version = 0;
	w_request(&w, r);
	ck_assert_ptr_nonnull(strstr(w.text, "what changed since is not kept"));
	r.if_version = 77;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_str_eq(w.text, "version 77 was meant, and 5 is in force by operator (apply): "
				 "there is no such version yet; nothing was changed");
	w_done(&w);
}
END_TEST

/* A version that the store did not take is no version. */
START_TEST(store_refuses)
{
	struct world w;

	four(&w);
	w.store_fails = true;
	w_text(&w, FM_VERB_APPLY, QOS("40Gbit"), true);
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	w.store_fails = false;
	w_run(&w, 60 * MR_NS_PER_S);
	check_history(&w);
	w_apply(&w, QOS("50Gbit"));
	ck_assert_str_eq(w.text, "version 5 is in force");
	ck_assert_uint_eq(history(&w)->n, 5);
	w_restart(&w);
	ck_assert_uint_eq(history(&w)->n, 5);
	w_done(&w);
}
END_TEST

/* What an older manager wrote and this one does not read: no going back there. */
START_TEST(does_not_read)
{
	struct world w;

	four(&w);
	for (unsigned i = 0; i < w.recs; i++)
		if (w.rec[i].kind == FM_RECORD_DOCUMENT && w.rec[i].document.version == 3 &&
		    mr_streq(w.rec[i].document.kind, "QosClass")) {
			free(w.rec[i].document.text);
			w.rec[i].document.text = mr_xstrdup("kind: [");
		}
	w_restart(&w);
	rollback(&w, "3", true);
	ck_assert_int_eq(w.reason, MR_REASON_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(w.text, "QosClass 'gold'"));
	rollback(&w, "2", true);
	ck_assert_int_eq(w.exit_code, 0);
	w_done(&w);
}
END_TEST

#define LATE                                                                   \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: late}\n"   \
	"spec: {adapterSelector: {minLinkSpeed: 150Gbit}}\n---\n"              \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: late}\n" \
	"spec: {host: blade02, devices: [{name: d, class: ethernet, pool: late}]}\n"

/* An old version that contradicts the adapters that are there now is refused like an edit. */
START_TEST(contradicts_the_inventory)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, BASE LATE);
	w_text(&w, FM_VERB_DELETE, LATE, true);
	ck_assert_int_eq(w.exit_code, 0);
	w.c.adapter[0].pf[0].net_mbps = 200000;
	w_chassis(&w, FM_CE_OVERFLOW, 0, 0, 0);
	w_run(&w, MR_NS_PER_S);
	rollback(&w, "1", true);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.findings, "overlaps AdapterPool"));
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine versions");
	TCase *t = tcase_create("all");

	tcase_add_test(t, who_when_what);
	tcase_add_test(t, back_to_an_older_one);
	tcase_add_test(t, asks_before_it_takes);
	tcase_add_loop_test(t, no_such_version, 0, MR_ARRAY_SIZE(bad));
	tcase_add_test(t, nothing_to_go_back_to);
	tcase_add_test(t, differences);
	tcase_add_test(t, old_ones_go);
	tcase_add_test(t, two_at_once);
	tcase_add_test(t, store_refuses);
	tcase_add_test(t, does_not_read);
	tcase_add_test(t, contradicts_the_inventory);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
