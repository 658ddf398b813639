/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do, and which blade is hit, so that a step is come to (aim.c). */
#include <stdlib.h>

#include "common/xalloc.h"
#include "tests/sim-test/swarm/trouble.h"

#define ADAPTER "nic-right" /* the one with modes */
#define MODES	2

/* The profile of an assignment that a document of its own stands for; POLICY_PROFILES: it comes
 * of a template. */
static unsigned profile_of(const struct fm_assignment *a)
{
	char *end;
	unsigned long k;

	if (a->profile[0] != 'p')
		return POLICY_PROFILES;
	k = strtoul(a->profile + 1, &end, 10);
	return *end || k > POLICY_PROFILES ? POLICY_PROFILES : (unsigned)k;
}

/* Whether to take it away leads to the step. */
static bool leads_to(const struct swarm *s, const struct fm_assignment *a, unsigned step)
{
	int vh = sim_host_find(s->w->chassis, a->host);

	if (a->phase != FM_PHASE_ACTIVE || vh <= 0)
		return false;
	switch (step) {
	case FM_OP_REQUEST_OUT:
	case FM_OP_RETRACT:
	case FM_OP_READ_FN:
		return a->place.way == FM_WAY_LVF && s->w->host[vh].agent;
	case FM_OP_DETACH_PF:
	case FM_OP_TOMBSTONE: /* a bridge tells by itself that it was let go */
	case FM_OP_COUNT + FM_AGENT_CONFIRM_GONE:
		return a->place.way == FM_WAY_LVF;
	case FM_OP_NS_DELETE:
	case FM_OP_NS_ERASE:
		return a->attrs.device_class == MR_CLASS_NVME && a->device[0] == 'd' &&
		       (a->device[1] - '0') % 2; /* erased with its profile */
	case FM_OP_SET_ATTRS:
		return a->limit_mbps;
	default:
		return s->w->host[vh].wants_agent;
	}
}

/* The blade has no agent, and the act before saw to it. */
static bool is_cut(const struct swarm *s, const struct fm_assignment *a)
{
	int vh = sim_host_find(s->w->chassis, a->host);

	return vh > 0 && s->busy[vh];
}

static const struct fm_assignment *find(const struct swarm *s, unsigned step, bool cut)
{
	const struct fm_engine *e = s->w->engine;

	for (unsigned i = 0; s->w->manager_up && i < fm_engine_assignments(e); i++) {
		const struct fm_assignment *a = fm_engine_assignment(e, i);
		unsigned k = profile_of(a);

		if (k < POLICY_PROFILES && s->latest.profile[k].used &&
		    !s->latest.profile[k].is_template && leads_to(s, a, step) &&
		    (!cut || is_cut(s, a)))
			return a;
	}
	return NULL;
}

/* The blade whose agent is asked for a function. */
static unsigned asked(const struct world *w)
{
	for (unsigned i = 0; i < w->cmds; i++)
		if (w->cmd[i].verb == FM_AGENT_RELEASE) {
			int vh = world_session_host(w, w->cmd[i].session);

			return vh > 0 ? (unsigned)vh : 0;
		}
	return 0;
}

unsigned swarm_wanted(const struct swarm *s, const struct swarm_trouble *t)
{
	const struct fm_assignment *a =
		t->towards != SWARM_IDLE ? find(s, t->towards, false) : NULL;
	int vh = a ? sim_host_find(s->w->chassis, a->host) : 0;

	if (t->towards == FM_OP_RETRACT)
		return asked(s->w);
	return vh > 0 ? (unsigned)vh : 0;
}

/* A profile with a bit of everything, on a blade that takes functions of shared PFs. */
static bool add_profile(struct swarm *s)
{
	static const unsigned blades[] = {0, 1, 4};
	struct policy p = s->latest;
	unsigned k = POLICY_PROFILES;

	while (k && p.profile[k - 1].used)
		k--;
	if (!k)
		return false;
	p.profile[k - 1] = (struct policy_profile){
		.used = true,
		.host = blades[mr_rng_below(&s->rng, MR_ARRAY_SIZE(blades))],
		.devices = 2,
		.device = {{.device_class = MR_CLASS_ETHERNET,
			    .count = 1,
			    .guaranteed_mbps = 100,
			    .limit_mbps = 200},
			   {.device_class = MR_CLASS_NVME, .count = 1}}};
	swarm_send_policy(s, &p);
	return true;
}

static void raise_limits(struct swarm *s)
{
	struct policy p = s->latest;

	for (unsigned k = 0; k < POLICY_PROFILES; k++)
		for (unsigned i = 0; i < p.profile[k].devices; i++)
			if (p.profile[k].device[i].limit_mbps)
				p.profile[k].device[i].limit_mbps += 100;
	swarm_send_policy(s, &p);
}

/* But one, which stays without a host. */
static void take_all(struct swarm *s)
{
	struct policy p = s->latest;
	bool kept = false;

	for (unsigned k = POLICY_PROFILES; k-- > 0;) {
		struct policy_profile *r = &p.profile[k];

		r->used = r->used && !r->is_template && !kept;
		r->host = POLICY_HOSTS;
		kept = kept || r->used;
	}
	p.whole = POLICY_PROFILES;
	swarm_send_policy(s, &p);
}

static bool take_one(struct swarm *s, unsigned step)
{
	bool cut = step == FM_OP_TOMBSTONE || step == FM_OP_COUNT + FM_AGENT_CONFIRM_GONE;
	const struct fm_assignment *a = find(s, step, cut);
	struct policy p = s->latest;
	unsigned k;

	if (!a)
		return false;
	k = profile_of(a);
	p.profile[k].used = false;
	p.whole = p.whole == k ? POLICY_PROFILES : p.whole;
	swarm_send_policy(s, &p);
	return true;
}

void swarm_approve(struct swarm *s)
{
	struct fm_request q = world_request(FM_VERB_APPROVE, "", ADAPTER);

	q.yes = true;
	world_send(s->w, &q);
}

static bool switch_mode(struct swarm *s)
{
	struct policy p = s->latest;

	p.mode = p.mode == MODES ? 1 : MODES;
	swarm_send_policy(s, &p);
	return true;
}

/* An edit makes ready, a delete takes: aim.c. */
bool operator_aims(struct swarm *s, struct swarm_trouble *t)
{
	if (!s->w->manager_up || s->forgotten || !s->applied)
		return false;
	if (t->kind == SWARM_OPERATOR_EDITS) {
		if (t->towards == FM_OP_MODE)
			return switch_mode(s);
		return !find(s, t->towards, false) && add_profile(s);
	}
	swarm_answered(s);
	if (s->asked_policy)
		return false;
	if (t->towards == FM_OP_MODE)
		swarm_approve(s);
	else if (t->towards == FM_OP_SET_ATTRS)
		raise_limits(s);
	else if (t->towards == FM_OP_DETACH_PF)
		take_all(s);
	else
		return take_one(s, t->towards);
	return true;
}
