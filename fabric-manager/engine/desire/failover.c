// SPDX-License-Identifier: Apache-2.0
/*
 * When a host failed, and where its profiles go (POLICY, "Failover"): triggers that agree, the
 * grace of a reboot, mass loss of the management network, spares. The move itself is the
 * ordinary one, forced; its read-back cut is the fence.
 */
#include "fabric-manager/engine/desire/failover.h"

#include "fabric-manager/engine/assign/fence.h"
#include "fabric-manager/engine/assign/quarantine.h"
#include "fabric-manager/engine/desire/rootloss.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

#define AGAIN_NS    (20 * MR_NS_PER_MS)
#define TOGETHER_NS MR_NS_PER_S /* who is lost so soon after another was lost with it */

static bool has_profile(const struct fm_engine *e, unsigned host)
{
	const struct fm_desired *d = e->desired;

	for (unsigned i = 0; i < d->profiles; i++)
		if (d->profile[i].host == host && d->profile[i].claims)
			return true;
	for (unsigned i = 0; i < e->overrides; i++)
		if (mr_streq(e->override[i].host, d->host[host].name))
			return true;
	return false;
}

/* Whether profiles can be sent there. */
bool fm_host_usable(const struct fm_engine *e, unsigned host)
{
	const struct fm_host_def *d = &e->desired->host[host];
	struct fm_roots h = fm_roots_of(&e->inv, d);

	return !d->cordoned && h.present && h.power && !h.flaps;
}

/* A free spare of the group of 'host' (index of desired.host), or -1. */
int fm_spare_find(const struct fm_engine *e, unsigned host)
{
	const struct fm_desired *d = e->desired;
	const struct fm_group *g;

	if (d->host[host].group < 0)
		return -1;
	g = &d->group[d->host[host].group];
	for (unsigned i = 0; i < g->spares; i++)
		if (fm_host_usable(e, g->spare[i]) && g->spare[i] != host &&
		    !has_profile(e, g->spare[i]))
			return (int)g->spare[i];
	return -1;
}

static unsigned group_moves(const struct fm_engine *e, const char *group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < e->moves; i++)
		n += mr_streq(e->move[i].group, group);
	return n;
}

static bool move_done(const struct fm_engine *e, const struct fm_move *m)
{
	const struct fm_profile *p = fm_profile_find(e->desired, m->profile);
	const struct fm_rec_override *o = fm_override_get(e, m->profile);

	for (unsigned i = 0; p && o && i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);

		if (!a)
			continue;
		if (fm_asg_moving(a) || (a->a.has_fn && !mr_streq(a->a.host, o->host)))
			return false;
	}
	return true;
}

/* Forgets the fail-overs that ended, and lets the next ones of their groups begin. */
void fm_failover_moves(struct fm_engine *e)
{
	for (unsigned i = e->moves; i-- > 0;) {
		struct fm_move m = e->move[i];

		if (e->desire_dirty || !move_done(e, &m))
			continue;
		e->move[i] = e->move[--e->moves];
		fm_note(e, MR_REASON_OK, m.profile, "fail-over ended");
		fm_plan_soon(e, 20 * MR_NS_PER_MS); /* what did not get in its way */
		for (unsigned h = 0; h < e->desired->hosts; h++) {
			const struct fm_host_def *d = &e->desired->host[h];

			if (d->group >= 0 &&
			    mr_streq(e->desired->group[d->group].name, m.group))
				fm_failover_check(e, d->name);
		}
	}
}

/* What is true of a host now, and from when it counts. */
struct signals {
	unsigned count;
	unsigned roots; /* of these, roots that are lost: for the profiles that are stuck there
			 */
	unsigned soon;	/* more, within TOGETHER_NS */
	int64_t next;	/* when to look again */
	char why[FM_DETAIL_MAX];
};

static void signal(struct signals *s, const char *word)
{
	size_t n = strlen(s->why);

	mr_fmt(s->why + n, sizeof(s->why) - n, "%s%s", n ? ", " : "", word);
	s->count++;
}

/* It counts from then on. */
static void counts(const struct fm_engine *e, struct signals *s, int64_t when, const char *word)
{
	if (when <= e->now.mono_ns)
		signal(s, word);
	else
		s->next = fm_min64(s->next, when);
	s->soon += when > e->now.mono_ns && when <= e->now.mono_ns + TOGETHER_NS;
}

static void timed(const struct fm_engine *e, struct signals *s, int64_t since, int64_t after,
		  int64_t grace, const char *word)
{
	if (since && after)
		counts(e, s, since + after < grace ? grace : since + after, word);
}

/* An agent that is not back when a restart of its host would be over, which it may have
 * announced to the manager before this one, is lost since this one started. */
static void await_agent(struct fm_engine *e, struct fm_hst *h, const struct fm_roots *p,
			const struct fm_failover *f, struct signals *s)
{
	int64_t when = h->awaited + f->reboot_grace_ns;

	if (!h->awaited || !f->agent_lost_ns)
		return;
	if (when > e->now.mono_ns) {
		s->next = fm_min64(s->next, when);
		return;
	}
	h->agent_lost = h->awaited;
	h->link_when_lost = p->link;
	h->awaited = 0;
	fm_note(e, MR_REASON_UNREACHABLE, h->rec.name,
		"agent lost: it did not come since the manager started");
}

static struct signals look(struct fm_engine *e, unsigned at, struct fm_hst *h,
			   const struct fm_roots *p, const struct fm_failover *f)
{
	bool off = fm_fence_is_off(e, &e->desired->host[at]);
	int64_t up_by = fm_host_up_by(e, &e->desired->host[at], h, p);
	struct signals s = {.next = MR_NEVER};
	int64_t grace;

	h->had_power |= p->power;
	if (h->grace_until == -1)
		h->grace_until = e->now.mono_ns + f->reboot_grace_ns;
	if (p->link)
		h->link_down = 0;
	else if (!h->link_down)
		h->link_down = e->now.mono_ns ? e->now.mono_ns : 1;
	grace = up_by > h->grace_until ? up_by : h->grace_until;
	if (!off && !p->link && !fm_fence_asked(h) && h->link_down + f->reboot_grace_ns > grace)
		grace = h->link_down + f->reboot_grace_ns;
	if (f->power_off && off)
		counts(e, &s, up_by, "powered off");
	if (f->fatal_error && h->fatal)
		signal(&s, "fatal error");
	await_agent(e, h, p, f, &s);
	timed(e, &s, h->agent_lost, f->agent_lost_ns, grace, "agent lost");
	if (!p->flaps) /* looked at again when that is over */
		timed(e, &s, h->link_down, f->link_down_ns, grace, "link down");
	s.next = fm_min64(s.next, fm_rootloss_look(e, &e->desired->host[at], h, f));
	if (fm_rootloss_stuck(e, &e->desired->host[at], h, NULL)) {
		signal(&s, "a root is lost, and the others have no room");
		s.roots++;
	}
	return s;
}

/* Whether the agents that were lost with their link up are so many that the management network
 * is to blame. */
static bool is_mass(struct fm_engine *e, struct fm_hst *h, const struct fm_group *g)
{
	unsigned lost = 0, reporting = 0;

	if (!h->agent_lost || !h->link_when_lost)
		return false;
	for (unsigned i = 0; i < g->hosts; i++) {
		const struct fm_host_def *d = &e->desired->host[g->host[i]];
		const struct fm_hst *o = fm_host(e, d->name, false);
		int64_t since, apart;
		bool link;

		if (!o)
			continue;
		since = o->awaited ? o->awaited : o->agent_lost;
		link = o->awaited ? fm_roots_of(&e->inv, d).link : o->link_when_lost;
		reporting += o->session != NULL || since;
		apart = since - h->agent_lost;
		if (since && link && apart <= g->failover.mass_window_ns &&
		    -apart <= g->failover.mass_window_ns)
			lost++;
	}
	return lost >= 2 && lost * 2 > reporting;
}

/* When profiles that came back to the host by themselves may leave it again; mono. */
static int64_t back_until(const struct fm_engine *e, const struct fm_hst *h,
			  const struct fm_failover *f)
{
	return h->back_wall_ns
		       ? h->back_wall_ns + f->hold_down_ns - e->now.wall_ns + e->now.mono_ns
		       : 0;
}

static bool held_down(const struct fm_engine *e, const struct fm_profile *p,
		      const struct fm_failover *f)
{
	const struct fm_rec_override *o = fm_override_get(e, p->name);

	return o && mr_streq(o->who, "failover") &&
	       e->now.wall_ns - o->since_wall_ns < f->hold_down_ns;
}

/* Whether profiles of the host could run there again. */
static bool is_well(const struct fm_hst *h, const struct fm_host_def *d,
		    const struct fm_roots *p)
{
	return !d->cordoned && p->present && p->power && p->link && !p->flaps && h->session &&
	       !h->fatal && !h->lost;
}

/* failback automatic: what a fail-over took from the host comes back when it is well, holdDown
 * after it left. Returns when to look again. */
static int64_t come_back(struct fm_engine *e, struct fm_hst *h, unsigned host,
			 const struct fm_failover *f)
{
	int64_t next = MR_NEVER;

	for (unsigned i = 0; f->failback_automatic && i < e->desired->profiles; i++) {
		const struct fm_profile *p = &e->desired->profile[i];
		const struct fm_rec_override *o =
			p->home == host ? fm_override_get(e, p->name) : NULL;
		int64_t left;

		if (!o || !mr_streq(o->who, "failover"))
			continue;
		left = o->since_wall_ns + f->hold_down_ns - e->now.wall_ns;
		if (left > 0) {
			next = fm_min64(next, e->now.mono_ns + left);
			continue;
		}
		fm_note(e, MR_REASON_OK, p->name, "failback to %s", h->rec.name);
		h->back_wall_ns = e->now.wall_ns;
		fm_override_del(e, p->name);
	}
	return next;
}

/* Whether the loss is the profile's: of the whole host, or of the root that it needs. */
static bool concerns(const struct fm_engine *e, const struct fm_profile *p, unsigned host,
		     bool whole)
{
	const struct fm_host_def *d = &e->desired->host[host];
	const struct fm_hst *h = fm_host((struct fm_engine *)e, d->name, false);

	return p->host == host && (whole || (h && fm_rootloss_stuck(e, d, h, p->name)));
}

/* Whether all that the profiles of 'host' claim would be placed on 'spare'. */
static bool spare_fits(struct fm_engine *e, unsigned host, const char *spare, bool whole)
{
	const char **name = mr_xcalloc(e->desired->profiles + 1, sizeof(*name));
	char why[FM_DETAIL_MAX];
	unsigned n = 0;
	bool fits;

	for (unsigned i = 0; i < e->desired->profiles; i++)
		if (concerns(e, &e->desired->profile[i], host, whole))
			name[n++] = e->desired->profile[i].name;
	fits = fm_trial_fits(e, name, n, spare, why, sizeof(why));
	free(name);
	return fits;
}

/* Whether a fail-over of 'host' takes the profile along. */
static bool goes(const struct fm_engine *e, const struct fm_profile *p, unsigned host,
		 const struct fm_failover *f)
{
	return p->host == host && !held_down(e, p, f) && !p->suspended;
}

static bool some_go(const struct fm_engine *e, unsigned host, const struct fm_failover *f)
{
	for (unsigned i = 0; i < e->desired->profiles; i++)
		if (goes(e, &e->desired->profile[i], host, f))
			return true;
	return false;
}

/* methods: [power]: nothing moves from a host that may have power. */
static bool only_by_power(const struct fm_failover *f)
{
	return f->fence_required && !f->fence_switch;
}

/* A host of the group is being switched off: one of the spares is for it. */
static bool is_fencing(struct fm_engine *e, const struct fm_group *g)
{
	for (unsigned i = 0; only_by_power(&g->failover) && i < g->hosts; i++) {
		const struct fm_hst *h = fm_host(e, e->desired->host[g->host[i]].name, false);

		if (h && h->fence.tag)
			return true;
	}
	return false;
}

static void decide(struct fm_engine *e, struct fm_hst *h, unsigned host,
		   const struct fm_group *g, const struct signals *s)
{
	bool whole = s->count > s->roots && s->count - s->roots >= g->failover.quorum;
	const char *why = s->why;
	struct fm_desired *d = e->desired;
	int spare = fm_spare_find(e, host);
	struct fm_move m;

	if (spare < 0 || !spare_fits(e, host, d->host[spare].name, whole)) {
		if (!h->no_spare)
			fm_note(e, MR_REASON_NO_CAPACITY, h->rec.name,
				"alarm: failed (%s), and no spare of group %s fits", why,
				g->name);
		h->no_spare = true;
		return;
	}
	h->no_spare = false;
	if (only_by_power(&g->failover) && !fm_fence_is_off(e, &d->host[host])) {
		if (some_go(e, host, &g->failover))
			fm_fence_ask(e, &d->host[host], h, why);
		return;
	}
	for (unsigned i = 0; i < d->profiles; i++) {
		const struct fm_profile *p = &d->profile[i];

		if (!goes(e, p, host, &g->failover) || !concerns(e, p, host, whole))
			continue;
		fm_note(e, MR_REASON_OK, p->name, "fail-over from %s to %s: %s", h->rec.name,
			d->host[spare].name, why);
		fm_override_put(e, p->name, d->host[spare].name, "failover", why);
		mr_copy(m.profile, sizeof(m.profile), p->name);
		mr_copy(m.group, sizeof(m.group), g->name);
		MR_GROW(e->move, e->moves, e->cap_moves);
		e->move[e->moves++] = m;
	}
	h->rec.moved_wall_ns = e->now.wall_ns;
	h->moved = e->now.mono_ns;
	fm_rec_host_put(e, h);
}

static bool profile_there(const struct fm_engine *e, unsigned host)
{
	for (unsigned i = 0; i < e->desired->profiles; i++)
		if (e->desired->profile[i].host == host)
			return true;
	return false;
}

static void mass_alarm(struct fm_engine *e, struct fm_hst *h, const struct fm_group *g)
{
	if (h->mass)
		return;
	h->mass = true;
	fm_note(e, MR_REASON_UNREACHABLE, g->name,
		"alarm: management network: agents of more than half of the hosts are lost "
		"with "
		"their links up; %s is not moved",
		h->rec.name);
}

/* What is true of host 'at' now, where it is of a group and in a chassis. */
static struct signals signals_of(struct fm_engine *e, unsigned at, const struct fm_roots *p,
				 struct fm_hst *h)
{
	const struct fm_failover *f = &e->desired->group[e->desired->host[at].group].failover;
	struct signals s = look(e, at, h, p, f);

	if (back_until(e, h, f) > e->now.mono_ns) {
		s.next = fm_min64(s.next, back_until(e, h, f));
		s.count = s.soon = 0;
	}
	return s;
}

/* Where people move profiles: that a host counts as failed is told once. */
static void manual_alarm(struct fm_engine *e, struct fm_hst *h, const struct signals *s)
{
	if (h->manual)
		return;
	h->manual = true;
	fm_note(e, MR_REASON_UNREACHABLE, h->rec.name,
		"alarm: it counts as failed (%s); failover.mode is manual: `banyan drain %s` "
		"sends its profiles to spares",
		s->why, h->rec.name);
}

/* Whether host 'at' is lost, or will be in a moment, and its profiles are to go; why is in
 * 'ret'. */
static bool is_lost(struct fm_engine *e, unsigned at, struct signals *ret)
{
	const struct fm_host_def *d = &e->desired->host[at];
	struct fm_roots p = fm_roots_of(&e->inv, d);
	const struct fm_group *g = &e->desired->group[d->group];
	struct fm_hst *h = fm_host(e, d->name, false);

	if (!h || !p.seen || d->spare || g->failover.mode == FM_FAILOVER_NONE)
		return false;
	*ret = signals_of(e, at, &p, h);
	if (ret->count + ret->soon < g->failover.quorum || !(ret->count + ret->soon) ||
	    !profile_there(e, at))
		return false;
	if (ret->count < g->failover.quorum)
		return g->failover.mode == FM_FAILOVER_AUTOMATIC;
	ret->soon = 0;
	if (p.power && p.link && is_mass(e, h, g)) {
		mass_alarm(e, h, g);
		return false;
	}
	if (g->failover.mode == FM_FAILOVER_MANUAL)
		manual_alarm(e, h, ret);
	return g->failover.mode == FM_FAILOVER_AUTOMATIC;
}

/* The most important claim of the profiles at the host. */
static uint32_t priority_at(const struct fm_engine *e, unsigned at)
{
	const struct fm_desired *d = e->desired;
	uint32_t most = 0;

	for (unsigned i = 0; i < d->profiles; i++)
		for (uint32_t c = 0; d->profile[i].host == at && c < d->profile[i].claims; c++)
			if (d->claim[d->profile[i].first_claim + c].priority > most)
				most = d->claim[d->profile[i].first_claim + c].priority;
	return most;
}

/* Of the hosts of the group that are lost by now, and were not passed over: the one with the
 * most important profiles, then by name; -1 = none. */
static int next_lost(struct fm_engine *e, const struct fm_group *g, const bool *passed,
		     struct signals *ret)
{
	uint32_t most = 0;
	int best = -1;

	for (unsigned i = 0; i < g->hosts; i++) {
		unsigned at = g->host[i];
		uint32_t priority;
		struct signals s;

		if (passed[i] || !is_lost(e, at, &s))
			continue;
		priority = priority_at(e, at);
		if (best >= 0 &&
		    (priority < most ||
		     (priority == most && strcmp(e->desired->host[at].name,
						 e->desired->host[g->host[best]].name) > 0)))
			continue;
		best = (int)i;
		most = priority;
		*ret = s;
	}
	return best;
}

/*
 * Who goes to a spare first is decided here, for all of a group that are lost together: not by
 * whose timer was first. False while a more important one is waited for that moment.
 */
static bool decide_group(struct fm_engine *e, const struct fm_group *g)
{
	bool *passed = mr_xcalloc(g->hosts + 1, sizeof(*passed));
	struct signals s = {.soon = 0};
	int i;

	while (!s.soon && !e->desire_dirty && !is_fencing(e, g) &&
	       group_moves(e, g->name) < g->failover.max_concurrent &&
	       (i = next_lost(e, g, passed, &s)) >= 0) {
		passed[i] = true;
		if (s.soon)
			break;
		decide(e, fm_host(e, e->desired->host[g->host[i]].name, false), g->host[i], g,
		       &s);
	}
	free(passed);
	return !s.soon;
}

/* Something of a host changed: does it still stand for its profiles? */
void fm_failover_check(struct fm_engine *e, const char *host)
{
	const struct fm_host_def *d = fm_host_def(e, host);
	struct fm_hst *h = fm_host(e, host, false);
	const struct fm_group *g;
	struct fm_roots p;
	struct signals s;
	unsigned at;

	if (!d || !h || d->group < 0 || d->spare)
		return;
	if (e->desire_dirty) { /* as soon as the documents are in force */
		fm_timer_set(e, FM_TM_HOST, (uintptr_t)h, e->now.mono_ns + AGAIN_NS);
		return;
	}
	p = fm_roots_of(&e->inv, d);
	g = &e->desired->group[d->group];
	at = (unsigned)(d - e->desired->host);
	if (!p.seen)
		return;
	if (p.power && p.link && h->session)
		h->fatal = 0;
	if (is_well(h, d, &p)) {
		fm_fence_forget(h);
		h->manual = false;
	}
	s = signals_of(e, at, &p, h);
	if (is_well(h, d, &p))
		s.next = fm_min64(s.next, come_back(e, h, at, &g->failover));
	if (s.next != MR_NEVER)
		fm_timer_set(e, FM_TM_HOST, (uintptr_t)h, s.next);
	if (!is_lost(e, at, &s) || s.soon)
		return;
	if (!decide_group(e, g))
		fm_timer_set(e, FM_TM_HOST, (uintptr_t)h, e->now.mono_ns + TOGETHER_NS);
	else if (e->desire_dirty) /* somebody went; perhaps not this one */
		fm_timer_set(e, FM_TM_HOST, (uintptr_t)h, e->now.mono_ns + AGAIN_NS);
}

/* A fence by power ended, well or not: its functions may be out of use now, and the others of
 * its group waited for it. */
static void fence_ended(struct fm_engine *e, struct fm_hst *h)
{
	const struct fm_host_def *d = fm_host_def(e, h->rec.name);
	const struct fm_group *g = d && d->group >= 0 ? &e->desired->group[d->group] : NULL;

	fm_quarantine_of_host(e, h->rec.name);
	for (unsigned i = 0; g && i < g->hosts; i++) {
		struct fm_hst *o = fm_host(e, e->desired->host[g->host[i]].name, false);

		if (o)
			fm_failover_soon(e, o);
	}
}

/* What the controller of a host answered to POWER_OFF 'tag'. */
void fm_failover_power(struct fm_engine *e, uint64_t tag, enum fm_power power,
		       const char *detail)
{
	struct fm_hst *h = fm_fence_answer(e, tag, power, detail);

	if (h)
		fence_ended(e, h);
}

/* A trigger's time came, or that of a fence. */
void fm_failover_timer(struct fm_engine *e, const char *host)
{
	struct fm_hst *h = fm_host(e, host, false);

	if (h && fm_fence_overdue(e, h))
		fence_ended(e, h);
	else if (h && fm_fence_asked(h))
		fm_quarantine_of_host(e, host);
	fm_failover_check(e, host);
}
