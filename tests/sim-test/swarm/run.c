/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a plan, then takes all faults away and holds the fabric to what it promised (I10): what
 * was acknowledged is in force, everything that fits is Active, and after a delete nothing is
 * left of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "sim/model/fault.h"
#include "tests/sim-test/swarm/swarm.h"
#include "tests/sim-test/world/management.h"

#define TRACE_TAIL 8000
#define MODES	   SRCDIR "/tests/sim-test/swarm/modes.yaml"
#define EVENTS_MIN 500		       /* of a seed */
#define EDITS_MAX  50		       /* for that */
#define REUSE_NS   (120 * MR_NS_PER_S) /* identities are free again long before */

/* ---- one step of the world, and the troubles that are over ---- */

static int64_t first_end(const struct swarm *s, int64_t limit_ns)
{
	for (unsigned i = 0; i < s->troubles; i++)
		if (s->trouble[i].until_ns < limit_ns)
			limit_ns = s->trouble[i].until_ns;
	return limit_ns;
}

static void end_trouble(struct swarm *s, unsigned i)
{
	struct swarm_trouble t = s->trouble[i];

	memmove(&s->trouble[i], &s->trouble[i + 1],
		(--s->troubles - i) * sizeof(s->trouble[0]));
	world_trace(s->w, "---- over: %u %s", t.act, swarm_words(t.kind));
	swarm_end(s, &t);
}

static void end_due(struct swarm *s)
{
	for (unsigned i = 0; i < s->troubles;)
		if (s->trouble[i].until_ns <= s->w->now.mono_ns)
			end_trouble(s, i);
		else
			i++;
}

/* The next thing that happens, but nothing later than 'limit_ns'. */
static void step(struct swarm *s, int64_t limit_ns)
{
	int64_t limit = first_end(s, limit_ns);

	if (world_next(s->w) <= limit)
		world_step(s->w);
	else
		world_run_for(s->w, limit - s->w->now.mono_ns);
	end_due(s);
	swarm_answered(s);
}

/* ---- which steps are under way ---- */

static uint64_t under_way(const struct world *w)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < w->ops; i++)
		if (w->op[i].life == w->manager_life)
			set |= UINT64_C(1) << w->op[i].op.kind;
	for (unsigned i = 0; i < w->cmds; i++)
		set |= UINT64_C(1) << (FM_OP_COUNT + w->cmd[i].verb);
	return set ? set : UINT64_C(1) << SWARM_IDLE;
}

static bool is_under_way(const struct world *w, unsigned what)
{
	return (under_way(w) | w->began) >> what & 1;
}

static void await(struct swarm *s, const struct swarm_act *a)
{
	int64_t end = s->w->now.mono_ns + a->wait_ns;

	while (!s->r.failed && s->w->now.mono_ns < end &&
	       (a->step == SWARM_IDLE || !is_under_way(s->w, a->step)))
		step(s, end);
	for (unsigned i = 0; i < a->more && !s->r.failed; i++)
		step(s, s->w->now.mono_ns + MR_NS_PER_S);
}

static void begin(struct swarm *s, const struct swarm_act *a)
{
	struct swarm_trouble t = {.kind = a->kind, .act = a->number, .towards = a->towards};
	uint64_t steps = under_way(s->w);
	struct mr_buf text = {0};

	t.until_ns = s->w->now.mono_ns + a->lasts_ns;
	mr_rng_init(&s->rng, a->rng);
	swarm_act_print(a, &text);
	world_trace(s->w, "---- %s", mr_buf_text(&text));
	mr_buf_done(&text);
	if (!swarm_begin(s, &t)) {
		world_trace(s->w, "---- (cannot be now)");
		return;
	}
	if (t.vh || t.port)
		world_trace(s->w, "---- (blade %u, other %u, adapter %s)", t.vh, t.other,
			    t.adapter);
	for (unsigned i = 0; i < SWARM_STEPS; i++)
		s->result->hit[i][a->kind] += steps >> i & 1;
	if (swarm_lasts(a->kind))
		s->trouble[s->troubles++] = t;
}

/* ---- the end ---- */

static void all_is_well(struct swarm *s)
{
	while (s->troubles)
		end_trouble(s, 0);
	world_trace(s->w, "---- all is well");
}

/* Whether these are the documents in force, whatever there is left to do for them. */
static bool in_force(struct seed_run *r, const struct policy *p)
{
	const struct mr_tree *differs;
	struct mr_buf text = {0};
	struct fm_request q;
	struct fm_file file;

	policy_print(p, &text);
	q = seed_request(FM_VERB_PLAN, &file, &text);
	differs = world_ask(r->w, &q) ? mr_tree_get(r->w->reply.tree, "documentsChange") : NULL;
	mr_buf_done(&text);
	return differs && !differs->num;
}

static bool one_in_force(struct swarm *s)
{
	struct seed_run *r = &s->r;

	if (in_force(r, &r->p))
		return true;
	for (unsigned i = 0; i < s->sents; i++)
		if (in_force(r, &s->sent[i])) {
			r->p = s->sent[i];
			return true;
		}
	return false;
}

/* What was acknowledged is in force, or what was sent after it. */
static void acknowledged_holds(struct swarm *s)
{
	if (s->r.failed || !s->acked || s->forgotten)
		return;
	if (one_in_force(s))
		return;
	seed_fail(&s->r, "I5: neither the policy that was acknowledged last nor one that was "
			 "sent after it is in force");
}

/* An old store, or an empty one, knows nothing of what was done: what runs is adopted, and all
 * invariants hold. What fits beside it depends on what that is. */
static void judge_restored(struct swarm *s)
{
	world_settle(s->w, SEED_SETTLE_NS);
	swarm_adopt(s);
	world_settle(s->w, SEED_SETTLE_NS);
	oracle_excuse_rows(s->r.oracle, false);
	if (!s->r.failed && !oracle_check(s->r.oracle, 0))
		seed_fail(&s->r, "%s", oracle_complaint(s->r.oracle));
}

/* A kernel that missed a hot-plug interrupt sees what it missed when it boots. */
static void reboot_all(struct swarm *s)
{
	for (unsigned vh = 1; vh <= s->w->hosts; vh++)
		if (s->w->host[vh].blade)
			world_blade_reset(s->w, vh);
}

/* The name of a function in quarantine, the next one behind 'after'. */
static bool quarantined(struct swarm *s, const char *after, char name[FM_FN_TEXT])
{
	const struct fm_request q = world_request(FM_VERB_GET, "functions", "");
	const struct mr_tree *l =
		world_ask(s->w, &q) ? mr_tree_get(s->w->reply.tree, "items") : NULL;

	for (size_t i = 0; l && i < l->n; i++) {
		const char *have = mr_tree_text(l->child[i], "name");

		if (!mr_tree_text(l->child[i], "quarantine")[0] || strcmp(have, after) <= 0)
			continue;
		mr_copy(name, FM_FN_TEXT, have);
		return true;
	}
	return false;
}

/* Functions that were not reset while that hung are nobody's until an operator asks for them.
 */
static void quarantine_ends(struct swarm *s)
{
	char name[FM_FN_TEXT] = "", after[FM_FN_TEXT] = "";

	while (!s->r.failed && quarantined(s, after, name)) {
		struct fm_request q = world_request(FM_VERB_RESET, "function", name);

		q.yes = true;
		if (!world_ask(s->w, &q) || s->w->reply.exit_code != FM_EXIT_DONE)
			seed_fail(&s->r, "reset of %s: %s", name, s->w->reply.text);
		mr_copy(after, sizeof(after), name);
	}
}

static void nothing_is_left(struct swarm *s)
{
	struct mr_buf left = {0};

	if (s->r.failed)
		return;
	world_run_for(s->w, REUSE_NS);
	world_settle(s->w, SEED_SETTLE_NS);
	if (world_store_left(s->w, &left))
		seed_fail(&s->r, "rows are left in the store: %.300s", mr_buf_text(&left));
	mr_buf_done(&left);
}

/* An agent that was mistaken finds out when it looks again, though nothing makes it. */
static void all_look_again(struct swarm *s)
{
	world_run_for(s->w, AG_RESCAN_NS + MR_NS_PER_S);
}

static void judge(struct swarm *s)
{
	struct seed_run *r = &s->r;

	if (s->restored) {
		judge_restored(s);
		return;
	}
	if (s->deaf)
		reboot_all(s);
	if (s->dreamt)
		all_look_again(s);
	if (s->modes) { /* what waits for the other mode */
		world_settle(s->w, SEED_SETTLE_NS);
		swarm_approve(s);
	}
	seed_settled(r, NULL, "with all faults off");
	acknowledged_holds(s);
	quarantine_ends(s);
	r->p.request = false; /* a host without an agent never says yes */
	seed_apply(r, &r->p, "the last policy again");
	seed_delete(r);
	nothing_is_left(s);
}

/*
 * Where little happened (an operator whose store was gone wrote nothing anew), operators go on
 * until the seed has as many events as each is to have. The plan was judged before that.
 */
static void goes_on(struct swarm *s, uint64_t seed)
{
	mr_rng_init(&s->rng, seed);
	s->sents = 0;
	s->forgotten = s->asked_policy = false;
	for (unsigned i = 0; i < EDITS_MAX && s->w->events < EVENTS_MIN && !s->r.failed; i++) {
		struct swarm_trouble t = {.kind = SWARM_OPERATOR_EDITS};

		world_trace(s->w, "---- an operator goes on");
		swarm_begin(s, &t);
		world_settle(s->w, SEED_SETTLE_NS);
		swarm_answered(s);
		if (!oracle_check(s->r.oracle, 0))
			seed_fail(&s->r, "%s", oracle_complaint(s->r.oracle));
	}
	if (!s->r.failed && s->w->events < EVENTS_MIN)
		seed_fail(&s->r, "%llu events, and nothing more to do",
			  (unsigned long long)s->w->events);
}

static void print_tail(const struct world *w)
{
	const char *text = mr_buf_text(&w->trace);
	size_t at = w->trace.len > TRACE_TAIL ? w->trace.len - TRACE_TAIL : 0;

	while (at && text[at - 1] != '\n')
		at++;
	fprintf(stderr, "%s", text + at);
}

void swarm_run(const struct swarm_plan *p, const struct swarm_options *o,
	       struct swarm_result *ret)
{
	struct swarm *s = MR_NEW(struct swarm);
	clock_t start = clock();

	memset(ret, 0, sizeof(*ret));
	s->result = ret;
	seed_begin(&s->r, p->modes ? MODES : o->chassis, p->seed, o->verbose);
	s->r.p.request = p->request;
	s->modes = p->modes;
	s->aims = p->aims;
	if (o->thorough)
		oracle_thorough(s->r.oracle);
	s->w = s->r.w;
	s->w->untraced = !o->verbose && !o->trace && !o->digest;
	s->w->delay_max_ns = s->delay_ns = p->delay_max_ns;
	s->latest = s->r.p;
	for (unsigned i = 0; i < p->acts && !s->r.failed; i++) {
		await(s, &p->act[i]);
		if (!s->r.failed)
			begin(s, &p->act[i]);
	}
	all_is_well(s);
	judge(s);
	goes_on(s, p->seed);
	if (s->r.failed && o->trace)
		print_tail(s->w);
	ret->failed = s->r.failed;
	mr_fmt(ret->why, sizeof(ret->why), "%s", s->r.why);
	ret->events = s->w->events;
	ret->requests = oracle_requests(s->r.oracle);
	ret->digest = s->w->digest;
	ret->s = (double)(clock() - start) / CLOCKS_PER_SEC;
	seed_end(&s->r);
	store_copy_done(&s->copy);
	free(s);
}
