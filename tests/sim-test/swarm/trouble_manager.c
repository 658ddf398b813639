/* SPDX-License-Identifier: Apache-2.0 */
/* Troubles of the manager, its connections and its store; and what operators do. */
#include "common/xalloc.h"
#include "tests/sim-test/swarm/trouble.h"

/* ---- the network ---- */

bool slow_network(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!swarm_take(&s->network_busy))
		return false;
	s->delay_ns = s->w->delay_max_ns;
	s->w->delay_max_ns = 1 + (int64_t)mr_rng_below(&s->rng, MR_NS_PER_S);
	return true;
}

void slow_network_ends(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->network_busy = false;
	s->w->delay_max_ns = s->delay_ns;
}

static bool take_wire(struct swarm *s)
{
	return s->w->manager_up && !s->manager_busy && swarm_take(&s->wire_busy);
}

bool chassis_cut(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!take_wire(s))
		return false;
	world_wire_cut(s->w, mr_rng_chance(&s->rng, 50));
	return true;
}

bool chassis_half_open(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!take_wire(s))
		return false;
	s->w->wire.deaf = mr_rng_chance(&s->rng, 50);
	s->w->wire.mute = !s->w->wire.deaf;
	return true;
}

void chassis_joins(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->wire_busy = false;
	world_wire_cut(s->w, false);
	world_wire_join(s->w);
}

/* ---- the manager ---- */

static bool take_manager(struct swarm *s)
{
	return !s->wire_busy && swarm_take(&s->manager_busy);
}

bool manager_dies(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!take_manager(s))
		return false;
	world_manager_kill(s->w);
	return true;
}

void manager_returns(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->manager_busy = false;
	s->w->store.loses = false;
	world_manager_start(s->w);
}

static void all_agents(struct swarm *s, void (*what)(struct world *w, unsigned vh))
{
	for (unsigned vh = 1; vh <= s->w->hosts; vh++)
		if (s->w->host[vh].blade && !s->busy[vh])
			what(s->w, vh);
}

bool both_die(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!take_manager(s))
		return false;
	all_agents(s, world_agent_crash);
	all_agents(s, world_agent_restart);
	world_manager_kill(s->w);
	return true;
}

void both_return(struct swarm *s, struct swarm_trouble *t)
{
	manager_returns(s, t);
}

bool old_manager(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!take_manager(s))
		return false;
	world_manager_supersede(s->w);
	return true;
}

void old_manager_ends(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->manager_busy = false;
	world_ghost_kill(s->w);
}

/* ---- the store ---- */

static bool store_fails(struct swarm *s, const char *how)
{
	if (!swarm_take(&s->store_busy))
		return false;
	s->w->store.fails = true;
	s->w->store.detail = how;
	return true;
}

bool store_full(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return store_fails(s, "database or disk is full");
}

bool store_error(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return store_fails(s, "disk I/O error");
}

bool store_slow(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!swarm_take(&s->store_busy))
		return false;
	s->w->store.slow_ns = (int64_t)mr_rng_below(&s->rng, 3 * MR_NS_PER_S);
	return true;
}

void store_recovers(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->store_busy = false;
	s->w->store.fails = false;
	s->w->store.slow_ns = 0;
}

/* Nobody was told that it was durable. */
bool store_unsynced(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	if (!take_manager(s))
		return false;
	s->w->store.loses = true;
	world_manager_kill(s->w);
	return true;
}

/* From then on rows of functions and what runs disagree, until an operator says what counts. */
static bool store_becomes(struct swarm *s, const struct store_copy *copy)
{
	if (!take_manager(s))
		return false;
	world_manager_kill(s->w);
	s->w->store.loses = true; /* what was under way was meant for the other one */
	world_store_restore(s->w, copy);
	s->restored = true;
	oracle_excuse_rows(s->r.oracle, true);
	world_manager_start(s->w);
	return true;
}

bool store_old(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return s->copy.rows && store_becomes(s, &s->copy);
}

bool store_gone(struct swarm *s, struct swarm_trouble *t)
{
	const struct store_copy empty = {0};

	(void)t;
	return s->applied && store_becomes(s, &empty);
}

void swarm_adopt(struct swarm *s)
{
	struct fm_request q = world_request(FM_VERB_ADOPT, "chassis", "c1");

	q.yes = true;
	world_send(s->w, &q);
}

void store_adopted(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->manager_busy = false;
	s->w->store.loses = false;
	if (s->w->manager_up)
		swarm_adopt(s);
}

/* ---- operators ---- */

/* The chassis is adopted, and the documents are written once more. */
void store_applied(struct swarm *s, struct swarm_trouble *t)
{
	store_adopted(s, t);
	if (s->w->manager_up && !s->forgotten)
		swarm_send_policy(s, &s->latest);
}

/* One who asks while the last one waits for his answer: which of both is in force is open. */
void swarm_send_policy(struct swarm *s, const struct policy *p)
{
	struct mr_buf text = {0};
	struct fm_request q;
	struct fm_file file;

	swarm_answered(s);
	if (s->sents == MR_ARRAY_SIZE(s->sent))
		s->forgotten = true;
	else
		s->sent[s->sents++] = *p;
	s->latest = *p;
	policy_print(p, &text);
	q = seed_request(FM_VERB_APPLY, &file, &text);
	s->asked_policy = true;
	world_send(s->w, &q);
	mr_buf_done(&text);
}

/* The last request was answered: the policy that it sent is in force, or is not. */
void swarm_answered(struct swarm *s)
{
	struct world *w = s->w;

	if (!s->asked_policy || !w->replied)
		return;
	s->asked_policy = false;
	if (w->reply.exit_code == FM_EXIT_DONE) {
		s->r.p = s->sent[s->sents - 1];
		s->sents = 0;
		s->forgotten = false;
		s->acked = true;
	} else if (w->reply.reason != MR_REASON_STORE_FAILED) {
		s->sents--;
	}
}

static bool operator_can(const struct swarm *s)
{
	return s->w->manager_up && !s->forgotten;
}

bool operator_edits(struct swarm *s, struct swarm_trouble *t)
{
	struct policy p = s->latest;

	(void)t;
	if (!operator_can(s))
		return false;
	if (s->w->store.rows && !s->copy.rows && mr_rng_chance(&s->rng, 70))
		s->copy = world_store_copy(s->w);
	if (s->applied)
		policy_edit(&p, &s->rng);
	s->applied = true;
	swarm_send_policy(s, &p);
	return true;
}

bool operator_deletes(struct swarm *s, struct swarm_trouble *t)
{
	struct policy p = s->latest;
	unsigned first = (unsigned)mr_rng_below(&s->rng, POLICY_PROFILES);

	(void)t;
	for (unsigned i = 0; operator_can(s) && s->applied && i < POLICY_PROFILES; i++) {
		unsigned k = (first + i) % POLICY_PROFILES;

		if (!p.profile[k].used)
			continue;
		p.profile[k].used = false;
		p.whole = p.whole == k ? POLICY_PROFILES : p.whole;
		swarm_send_policy(s, &p);
		return true;
	}
	return false;
}

bool operator_moves(struct swarm *s, struct swarm_trouble *t)
{
	unsigned first = (unsigned)mr_rng_below(&s->rng, POLICY_PROFILES);
	struct fm_request q = world_request(FM_VERB_MOVE, "profiles", "");
	char name[16], host[16];

	(void)t;
	for (unsigned i = 0; operator_can(s) && !s->asked_policy && i < POLICY_PROFILES; i++) {
		unsigned k = (first + i) % POLICY_PROFILES;

		if (!s->latest.profile[k].used || s->latest.profile[k].is_template)
			continue;
		mr_fmt(name, sizeof(name), "p%u", k);
		mr_fmt(host, sizeof(host), "blade%02u",
		       1 + (unsigned)mr_rng_below(&s->rng, s->latest.hosts));
		q.name = name;
		q.host = host;
		q.yes = true;
		world_send(s->w, &q);
		return true;
	}
	return false;
}
