/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches that are made apart: who needs one waits for it, nobody else does, and what comes
 * out is what comes out where the engine searches itself.
 */
#include "tests/unit/fm_engine/swap.h"

#define BLADE04 "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n"
#define LARGE	"---\n" BLADE04 PROFILE("d", "blade04") DEVICE("d", "9") /* never fits */

/* A request of an operator, and what follows at once. */
static void ask(struct world *w, uint64_t tag, enum fm_verb verb, const char *text)
{
	struct fm_file f = {"p.yaml", text, text ? strlen(text) : 0};
	struct fm_request r = {
		.verb = verb, .file = &f, .files = text != NULL, .kind = "policy", .yes = true};
	struct fm_event ev = {.kind = FM_EV_REQUEST, .tag = tag, .request = &r};

	w_step(w, &ev);
	w_pump(w);
}

static void verb(struct world *w, enum fm_verb verb, const char *host)
{
	struct fm_request r = {.verb = verb, .kind = "hosts", .name = host};

	w_request(w, r);
	ck_assert_msg(w->exit_code == 0, "%s", w->text);
}

/* All five run, two of them elsewhere than before. */
static void all_run(struct world *w, const bool was[4])
{
	unsigned moved = 0;

	w_run(w, 60 * MR_NS_PER_S);
	for (unsigned i = 0; i < 4; i++) {
		W_PHASE(w, names[i], ACTIVE);
		moved += was[i] != on_left(w, names[i]);
	}
	ck_assert_uint_eq(moved, 2);
	W_PHASE(w, "c/z", ACTIVE);
	ck_assert(fm_engine_idle(w->e));
}

static void look(struct world *w, bool was[4])
{
	for (unsigned i = 0; i < 4; i++)
		was[i] = on_left(w, names[i]);
}

/* One who applies, or only plans, waits; others are answered meanwhile. The plan after it
 * searches no more. */
START_TEST(waits)
{
	struct world w;
	unsigned had;
	bool was[4];

	up(&w);
	look(&w, was);
	w.search_waits = true;
	had = w.replies;
	ask(&w, 8, _i ? FM_VERB_PLAN : FM_VERB_APPLY, ASKED);
	w_settle(&w);
	ck_assert_uint_eq(w.replies, had);
	ck_assert_uint_eq(w.searched, 1);
	ck_assert(!fm_engine_idle(w.e));
	ask(&w, 9, FM_VERB_STATUS, NULL);
	ck_assert_uint_eq(w.replies, had + 1);
	ask(&w, 10, FM_VERB_PLAN, ASKED); /* the same search */
	ck_assert_uint_eq(w.searched, 1);
	w_search_go(&w);
	w_settle(&w);
	ck_assert_uint_eq(w.replies, had + 3);
	if (_i)
		w_apply(&w, ASKED);
	all_run(&w, was);
	ck_assert_uint_eq(w.searched, 1);
	w_done(&w);
}
END_TEST

/* The plan of what is in force waits for one, once; where the chassis is another one meanwhile
 * it goes on without, and the search comes a second later. */
START_TEST(plan_waits)
{
	struct world w;
	unsigned after;
	bool was[4];

	up(&w);
	look(&w, was);
	w_apply(&w, BLADE04);
	verb(&w, FM_VERB_CORDON, "blade03");
	verb(&w, FM_VERB_CORDON, "blade04");
	w_apply(&w, ASKED LARGE);
	ck_assert_uint_eq(w.searched, 0);
	w.search_waits = true;
	verb(&w, FM_VERB_UNCORDON, "blade03");
	ck_assert_uint_eq(w.searched, 1);
	ck_assert(!fm_engine_idle(w.e));
	w_run(&w, 60 * MR_NS_PER_S);
	if (_i) {
		verb(&w, FM_VERB_UNCORDON, "blade04");
		w_run(&w, 2 * MR_NS_PER_S);
		ck_assert_uint_eq(w.searched, 2);
	}
	for (unsigned i = 0; i < 4; i++)
		ck_assert(on_left(&w, names[i]) == was[i]);
	w_search_go(&w);
	after = w.searched;
	all_run(&w, was);
	ck_assert_uint_eq(w.searched, after);
	w_done(&w);
}
END_TEST

/* Who edits after one who waits comes after him; who only looks does not. */
START_TEST(in_turn)
{
	static const char other[] =
		ASKED PROFILE("d", "blade03") "    - {name: d, class: ethernet, pool: nics}\n";
	struct world w;
	unsigned had;

	up(&w);
	w.search_waits = true;
	had = w.replies;
	ask(&w, 8, FM_VERB_APPLY, ASKED);
	ask(&w, 9, FM_VERB_APPLY, other);
	w_settle(&w);
	ck_assert_uint_eq(w.replies, had);
	ck_assert_uint_eq(w.searched, 1); /* the other one has not begun */
	ask(&w, 10, FM_VERB_STATUS, NULL);
	ck_assert_uint_eq(w.replies, had + 1);
	w_search_go(&w);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w.replies, had + 3);
	ck_assert_msg(strstr(w.text, "version 7"), "%s", w.text);
	for (unsigned i = 0; i < 4; i++)
		W_PHASE(&w, names[i], ACTIVE);
	W_PHASE(&w, "c/z", ACTIVE);
	ck_assert(fm_engine_idle(w.e));
	w_done(&w);
}
END_TEST

/* The chassis is another one whenever a search is answered: nobody waits for ever. */
START_TEST(changed)
{
	struct world w;
	unsigned had, asked = 0;

	up(&w);
	w_apply(&w, BLADE04);
	w.search_waits = true;
	had = w.replies;
	ask(&w, 8, FM_VERB_PLAN, ASKED LARGE);
	while (w.replies == had) {
		w.c.adapter[0].pf[0].net_mbps += 1; /* it is read again */
		w_chassis(&w, FM_CE_OVERFLOW, 0, 0, 0);
		ck_assert_uint_le(++asked, 3);
		w_search_go(&w);
		w.search_waits = true;
		w_settle(&w);
	}
	ck_assert_uint_eq(asked, 2);
	ck_assert_uint_eq(w.searched, 2);
	ck_assert_int_eq(w.exit_code, 2);
	w_done(&w);
}
END_TEST

/* The manager dies while somebody waits: nothing is lost but the question. */
START_TEST(dies)
{
	struct world w;
	bool was[4];

	up(&w);
	look(&w, was);
	w.search_waits = true;
	ask(&w, 8, FM_VERB_APPLY, ASKED);
	w_restart(&w);
	w.search_waits = false;
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(&w, p, "boot-a", false);
	for (unsigned i = 0; i < 4; i++)
		W_PHASE(&w, names[i], ACTIVE);
	ck_assert_ptr_null(w_asg(&w, "c/z"));
	w_apply(&w, ASKED);
	all_run(&w, was);
	w_done(&w);
}
END_TEST

/* The engine searches itself, where nobody does it for it. */
START_TEST(alone)
{
	struct world w;
	bool was[4];

	up(&w);
	w.apart = false;
	w_restart(&w);
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(&w, p, "boot-a", false);
	look(&w, was);
	w_apply(&w, ASKED);
	all_run(&w, was);
	ck_assert_uint_eq(w.searched, 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("search");
	TCase *t = tcase_create("search");

	tcase_add_loop_test(t, waits, 0, 2);
	tcase_add_loop_test(t, plan_waits, 0, 2);
	tcase_add_test(t, in_turn);
	tcase_add_test(t, changed);
	tcase_add_test(t, dies);
	tcase_add_test(t, alone);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return check_run(s);
}
