// SPDX-License-Identifier: Apache-2.0
/* Registers that somebody else wrote: reported, corrected or ignored, as the policy says. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

START_TEST(drift_is_reported)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_DIFF};

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	w.c.adapter[0].fn[0].attrs.vlan = 66;
	mr_buf_reset(&w.ops);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "observe"));
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 2);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.vlan, 66); /* reported, not touched */
	w_done(&w);
}
END_TEST

/* On a suspended adapter it is reported. */
#define SUSPENDED                                                                       \
	"---\napiVersion: banyan/v1\nkind: Adapter\nmetadata: {name: nic-left}\nspec: " \
	"{suspend: true}\n"
#define DRIFT(keys)                                                              \
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n" \
	"spec: {drift: {" keys "}}\n"

static void drift(struct world *w)
{
	w->c.adapter[0].fn[0].attrs.vlan = 66;
	w->c.adapter[0].fn[0].attrs.trust = true;
}

START_TEST(drift_on_a_suspended_adapter)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w_apply(&w, DRIFT("action: Correct, interval: 5s") SUSPENDED);
	drift(&w);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.vlan, 66);
	w_request(&w, (struct fm_request){.verb = FM_VERB_DIFF});
	ck_assert_int_eq(w.exit_code, 2);
	w_done(&w);
}
END_TEST

/* Written again at the next look; who sets it back each time is told, not fought. */
START_TEST(drift_is_corrected)
{
	struct fm_request r = {.verb = FM_VERB_DIFF};
	const struct mr_tree *one;
	struct world w;
	unsigned writes = 0;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	w_apply(&w, DRIFT("action: Report"));
	drift(&w);
	w_run(&w, 31 * MR_NS_PER_S);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 2);
	one = mr_tree_get(w.tree, "drift")->child[0];
	ck_assert_str_eq(mr_tree_text(one, "text"),
			 "vlan reads 66 priority 0, intended 0 priority 0; trust reads on, "
			 "intended off");
	one = mr_tree_get(one, "differences")->child[1];
	ck_assert_str_eq(mr_tree_text(one, "attribute"), "trust");
	mr_buf_reset(&w.ops);
	w_apply(&w, DRIFT("action: Correct, interval: 5s"));
	w_run(&w, 6 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "set-attrs"));
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.vlan, 0);
	ck_assert(!w.c.adapter[0].fn[0].attrs.trust);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_run(&w, 10 * MR_NS_PER_S); /* seen to be over */
	for (unsigned i = 0; i < 10; i++) {
		const char *p;

		drift(&w);
		mr_buf_reset(&w.ops);
		w_run(&w, 5 * MR_NS_PER_S);
		for (p = mr_buf_text(&w.ops); (p = strstr(p, "set-attrs")); p++)
			writes++;
	}
	ck_assert_uint_eq(writes, 3);
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.vlan, 66);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* What is ignored is not said, and not corrected. */
START_TEST(drift_is_ignored)
{
	struct fm_request r = {.verb = FM_VERB_DIFF};
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w_apply(&w, DRIFT("action: Correct, interval: 5s, ignore: [vlan, trust]"));
	drift(&w);
	mr_buf_reset(&w.ops);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "observe"));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "set-attrs"));
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	w.c.adapter[0].fn[0].attrs.max_mbps = 7;
	w_run(&w, 6 * MR_NS_PER_S);
	ck_assert_uint_ne(w.c.adapter[0].fn[0].attrs.max_mbps, 7);
	w_apply(&w, DRIFT("action: Ignore"));
	w.c.adapter[0].fn[0].attrs.max_mbps = 7;
	mr_buf_reset(&w.ops);
	w_run(&w, 100 * MR_NS_PER_S);
	W_OPS(&w, "");
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	w_done(&w);
}
END_TEST

static void report(struct world *w, const char *driver, uint64_t ident)
{
	struct fm_agent_fn f = {.place = w_asg(w, "web/data0")->place, .ident0 = ident};
	struct fm_agent_report r = {.revision = 2, .fn = &f, .fns = 1};
	struct fm_event ev = {
		.kind = FM_EV_AGENT_REPORT, .session = w->agent[1].session, .report = &r};

	mr_copy(f.driver, sizeof(f.driver), driver);
	w_step(w, &ev);
	w_pump(w);
}

static const char *differs(struct world *w)
{
	w_request(w, (struct fm_request){.verb = FM_VERB_DIFF});
	return w->exit_code == 2 ? mr_tree_text(mr_tree_get(w->tree, "drift")->child[0], "text")
				 : "";
}

/* Somebody changed something in the host itself. An agent that is away says nothing. */
START_TEST(drift_in_the_host)
{
	struct world w;
	uint64_t mac;
	char text[120];

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	mac = w_asg(&w, "web/data0")->attrs.ident0;
	ck_assert_uint_ne(mac, 0);
	report(&w, "mlx5_core", mac);
	ck_assert_str_eq(differs(&w), "");
	report(&w, "mlx5_core", 0x66);
	mr_fmt(text, sizeof(text), "hostIdentity reads 66, intended %llx",
	       (unsigned long long)mac);
	ck_assert_str_eq(differs(&w), text);
	report(&w, "", mac);
	ck_assert_str_eq(differs(&w), "driver reads none, intended the kernel's");
	mr_buf_reset(&w.ops);
	w_run(&w, 60 * MR_NS_PER_S); /* reported, not touched */
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "activate"));
	w_apply(&w, DRIFT("action: Correct, interval: 5s"));
	mr_buf_reset(&w.ops);
	w_run(&w, 6 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "activate"));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "set-attrs"));
	W_PHASE(&w, "web/data0", ACTIVE);
	report(&w, "mlx5_core", 0x66); /* an address is the host's own business */
	mr_buf_reset(&w.ops);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "activate"));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "set-attrs"));
	ck_assert_str_eq(differs(&w), text);
	w_agent_down(&w, 1, false);
	ck_assert_str_eq(differs(&w), "");
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine drift");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, drift_is_reported);
	tcase_add_loop_test(t, drift_is_corrected, 0, 2);
	tcase_add_test(t, drift_on_a_suspended_adapter);
	tcase_add_test(t, drift_is_ignored);
	tcase_add_loop_test(t, drift_in_the_host, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
