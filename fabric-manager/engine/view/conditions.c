// SPDX-License-Identifier: Apache-2.0
/*
 * Conditions of profiles, hosts and adapters (POLICY, "States that one sees"). Those of a
 * profile are about what it must have: an extra that found no place degrades nothing. A host
 * that is away degrades what stands on it although the functions may well run (I7): nobody says
 * that they do. While it restarts within `rebootGrace` that is progress.
 */
#include "fabric-manager/engine/chassis/damp.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/view.h"

/* What is wrong with the host of a profile; text "" = nothing. */
struct away {
	bool restarting;
	char text[FM_DETAIL_MAX];
};

/* What failover.c goes by: a restart was announced or seen, the link went with the power on, or
 * the manager found it without power when it started. */
static bool restarts(const struct fm_engine *e, const struct fm_host_def *d,
		     const struct fm_hst *h, const struct fm_roots *p)
{
	int64_t grace = d->group < 0 ? 0 : e->desired->group[d->group].failover.reboot_grace_ns;

	if (!p->power)
		return fm_host_up_by(e, d, h, p) > e->now.mono_ns;
	return h->grace_until == -1 || h->grace_until > e->now.mono_ns ||
	       (h->link_down && h->link_down + grace > e->now.mono_ns);
}

static struct away look(const struct fm_engine *e, unsigned host)
{
	const struct fm_host_def *d = &e->desired->host[host];
	const struct fm_hst *h = fm_host((struct fm_engine *)e, d->name, false);
	struct fm_roots p = fm_roots_of(&e->inv, d);
	struct away w = {.restarting = false};

	if (!p.present)
		return w;
	if (!p.power)
		mr_fmt(w.text, sizeof(w.text), "%s is off", d->name);
	else if (!p.link)
		mr_fmt(w.text, sizeof(w.text), "the link of %s is down", d->name);
	else if (h && h->agent_lost)
		mr_fmt(w.text, sizeof(w.text), "the agent of %s is lost", d->name);
	w.restarting = w.text[0] && h && restarts(e, d, h, &p);
	return w;
}

/* 'since': wall clock of the youngest change that made it so, 0 = nobody remembers one. */
static void condition(struct mr_tree *l, const char *type, bool on, enum mr_reason r,
		      const char *text, int64_t since)
{
	struct mr_tree *m = mr_tree_add_map(l, NULL);

	mr_tree_add_text(m, "type", type);
	mr_tree_add_bool(m, "status", on);
	mr_tree_add_text(m, "reason", mr_reason_name(r));
	mr_tree_add_text(m, "message", text);
	if (since)
		mr_tree_add_int(m, "since", since / MR_NS_PER_S);
	else
		mr_tree_add_text(m, "since", NULL);
}

unsigned fm_profile_conditions(const struct fm_engine *e, const struct fm_profile *p,
			       struct mr_tree *conditions)
{
	struct away away = {.restarting = false};
	bool fenced = true, moving = false, whole = true;
	char astray[FM_DETAIL_MAX + MR_NAME_MAX];
	enum mr_reason r = MR_REASON_OK;
	const char *why = "";
	unsigned active = 0;
	int64_t since = 0;
	/* a profile that is connected to no host, and holds nothing, lacks nothing */
	bool wanted = p->host != FM_WHOLE || p->group;

	if (p->host != FM_WHOLE)
		away = look(e, p->host);
	if (away.text[0]) {
		r = MR_REASON_UNREACHABLE;
		why = away.text;
	}
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);
		bool up = a && fm_asg_up(a);

		active += up;
		wanted = wanted || (a && a->a.has_fn);
		if (a && a->a.since_wall_ns > since)
			since = a->a.since_wall_ns;
		whole = whole && (up || c->extra);
		moving = moving || (a && fm_asg_moving(a));
		fenced = fenced && !(a && a->fence_bad);
		if (a && !up && !c->extra && a->a.reason != MR_REASON_OK) {
			r = a->a.reason;
			why = a->a.detail;
		} else if (up && p->host != FM_WHOLE &&
			   !mr_streq(a->a.host, e->desired->host[p->host].name)) {
			whole = false; /* its way out was given up */
			r = a->a.reason;
			mr_fmt(astray, sizeof(astray), "it runs on %s%s%s", a->a.host,
			       a->a.detail[0] ? ": " : "", a->a.detail);
			why = astray;
		}
	}
	moving = moving || away.restarting;
	condition(conditions, "Ready", whole && !away.text[0], r, why, since);
	condition(conditions, "Progressing", moving, away.restarting ? r : MR_REASON_OK,
		  away.restarting ? away.text : "", since);
	condition(conditions, "Degraded", (!whole || away.text[0]) && !moving && wanted, r, why,
		  since);
	if (!fenced)
		condition(conditions, "Fenced", false, MR_REASON_TIMEOUT,
			  "the cut is not confirmed", since);
	return active;
}

/* What runs with a shortfall; the first one in words. */
struct shortfall {
	bool any, moving;
	bool holds, uncut; /* a function; one whose cut is not confirmed */
	enum mr_reason reason;
	char text[FM_ASSIGNMENT_TEXT + FM_DETAIL_MAX];
	int64_t since;
};

static void count_in(struct shortfall *s, const struct fm_asg *a)
{
	char name[FM_ASSIGNMENT_TEXT];

	s->moving = s->moving || fm_asg_moving(a);
	s->holds = true;
	s->uncut = s->uncut || a->fence_bad;
	if (a->a.phase != FM_PHASE_DEGRADED && a->a.phase != FM_PHASE_FAILED &&
	    a->a.phase != FM_PHASE_QUARANTINED)
		return;
	if (!s->any) {
		s->reason = a->a.reason;
		mr_fmt(s->text, sizeof(s->text), "%s: %s", fm_assignment_text(&a->a, name),
		       a->a.detail);
	}
	s->any = true;
	if (a->a.since_wall_ns > s->since)
		s->since = a->a.since_wall_ns;
}

static void three(struct mr_tree *l, const char *lacks, enum mr_reason r,
		  const struct shortfall *s)
{
	condition(l, "Ready", !lacks, lacks ? r : MR_REASON_OK, lacks ? lacks : "", 0);
	condition(l, "Progressing", s->moving, MR_REASON_OK, "", 0);
	condition(l, "Degraded", s->any, s->reason, s->text, s->since);
}

/* A port whose link is held to be down; nothing where it is not. */
static void flapping(const struct fm_engine *e, unsigned chassis, unsigned port,
		     struct mr_tree *l)
{
	const struct fm_damp *d = fm_damp_at(e, chassis, port);
	char text[FM_DETAIL_MAX];

	if (!d || !d->held)
		return;
	mr_fmt(text, sizeof(text),
	       "its link goes up and down: it gets nothing new before it was stable for %u s",
	       fm_damp_seconds(d));
	condition(l, "Damped", true, MR_REASON_UNREACHABLE, text, 0);
}

#define CONFLICT_NS (300 * MR_NS_PER_S) /* whoever is wrong tries again sooner */

/* Agents that say that they are this host, and can't be, or are two; or two groups that select
 * it. */
static void host_conflict(const struct fm_engine *e, const char *name, const struct fm_hst *st,
			  struct mr_tree *l)
{
	const char *why = "";
	enum mr_reason r = MR_REASON_OK;

	if (st && st->conflict[0] && st->conflict_at + CONFLICT_NS > e->now.mono_ns) {
		r = MR_REASON_WRONG_SLOT;
		why = st->conflict;
	}
	for (unsigned i = 0; i < e->sessions; i++) {
		const struct fm_session *s = e->session[i];

		if (!mr_streq(s->hello.host, name) ||
		    (s->state != FM_SS_CONTEST && s->state != FM_SS_SUSPENDED))
			continue;
		r = MR_REASON_CONFLICT;
		why = "two boots answer for this host";
	}
	for (unsigned i = 0; r == MR_REASON_OK && i < e->desired->contests; i++) {
		const struct fm_contest *c = &e->desired->contest[i];

		if (!mr_streq(e->desired->host[c->host].name, name))
			continue;
		r = MR_REASON_CONFLICT;
		why = c->text;
	}
	condition(l, "Conflict", r != MR_REASON_OK, r, why, 0);
}

/* Whether a host that failed is cut off: said while something of it is being cut, and as long
 * as its profiles are away for it. */
static void host_fenced(const struct fm_engine *e, const char *name, const struct fm_hst *st,
			const struct shortfall *s, struct mr_tree *l)
{
	bool away = false;

	for (unsigned i = 0; i < e->overrides && !away; i++) {
		const struct fm_rec_override *o = &e->override[i];
		const struct fm_profile *p = fm_profile_find(e->desired, o->profile);

		away = mr_streq(o->who, "failover") && p && p->home != FM_WHOLE &&
		       mr_streq(e->desired->host[p->home].name, name) &&
		       !mr_streq(o->host, name);
	}
	if (s->uncut)
		condition(l, "Fenced", false, MR_REASON_TIMEOUT, "a cut is not confirmed", 0);
	else if (away && st && !s->holds)
		condition(l, "Fenced", true, MR_REASON_OK,
			  "its profiles failed over; every function was cut, and read back",
			  st->rec.moved_wall_ns);
}

void fm_host_conditions(const struct fm_engine *e, const char *name, bool cordoned,
			struct mr_tree *conditions)
{
	const struct fm_host_def *d = fm_host_def(e, name);
	unsigned chassis = d && d->roots ? d->chassis : 0;
	const struct fm_host *h = d && d->roots ? fm_root_get(&e->inv, d, 0)
						: fm_host_by_name(&e->inv, name, &chassis);
	const struct fm_hst *st = fm_host((struct fm_engine *)e, name, false);
	struct fm_roots all = d ? fm_roots_of(&e->inv, d) : (struct fm_roots){0};
	const char *lacks = !h || !(h->present || all.present)
				    ? "it is in no chassis that answers"
			    : !(h->power || all.power) ? "it is off"
			    : !(h->link || all.link)   ? "its link is down"
			    : !st || !st->session      ? "no agent is connected"
						       : NULL;
	struct shortfall s = {.any = false};
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->a.has_fn && mr_streq(a->a.host, name))
			count_in(&s, a);
	}
	if (!s.any && all.link && d && fm_roots_missing(e, d, s.text, sizeof(s.text))) {
		s.any = true;
		s.reason = MR_REASON_UNREACHABLE;
	}
	three(conditions, lacks, MR_REASON_UNREACHABLE, &s);
	condition(conditions, "Maintenance", cordoned, MR_REASON_OK,
		  cordoned ? "it is cordoned and gets nothing new" : "", 0);
	for (unsigned r = 0; d && r < d->roots; r++)
		flapping(e, chassis, d->root[r], conditions);
	if (h && !(d && d->roots))
		flapping(e, chassis, h->port, conditions);
	host_conflict(e, name, st, conditions);
	host_fenced(e, name, st, &s, conditions);
}

void fm_adapter_conditions(const struct fm_engine *e, unsigned chassis,
			   const struct fm_adapter *d, struct mr_tree *conditions)
{
	const char *lacks = !fm_adapter_in_slot(d) ? "it is not in its slot"
			    : !d->link		   ? "its link is down"
			    : !d->present	   ? "it does not answer"
						   : NULL;
	enum mr_reason why =
		fm_adapter_in_slot(d) ? MR_REASON_UNREACHABLE : MR_REASON_DEVICE_GONE;
	struct shortfall s = {.any = false};
	char text[FM_DETAIL_MAX] = "";
	unsigned asked;
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->a.has_fn && a->a.fn.chassis == chassis && a->a.fn.port == d->port)
			count_in(&s, a);
	}
	three(conditions, lacks, why, &s);
	flapping(e, chassis, d->port, conditions);
	asked = fm_card_asked((struct fm_engine *)e, chassis, d, false);
	if (asked)
		mr_fmt(text, sizeof(text),
		       "it is in the slot of another adapter; %u assignment%s for a yes", asked,
		       asked == 1 ? " waits" : "s wait");
	condition(conditions, "Conflict", asked,
		  asked ? MR_REASON_NEEDS_APPROVAL : MR_REASON_OK, text, 0);
	if (s.uncut)
		condition(conditions, "Fenced", false, MR_REASON_TIMEOUT,
			  "a cut is not confirmed", 0);
}
