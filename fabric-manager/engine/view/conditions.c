// SPDX-License-Identifier: Apache-2.0
/*
 * Conditions of a profile (POLICY, "States that one sees"). They are about what it must have:
 * an extra that found no place degrades nothing. A host that is away degrades what stands on it
 * although the functions may well run (I7): nobody says that they do. While it restarts within
 * `rebootGrace` that is progress.
 */
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/view.h"

/* What is wrong with the host of a profile; text "" = nothing. */
struct away {
	bool restarting;
	char text[FM_DETAIL_MAX];
};

/* What failover.c goes by: a restart was announced or seen, or the link went with the power on.
 */
static bool restarts(const struct fm_engine *e, const struct fm_host_def *d,
		     const struct fm_hst *h, const struct fm_host *p)
{
	int64_t grace = d->group < 0 ? 0 : e->desired->group[d->group].failover.reboot_grace_ns;

	if (!p->power)
		return false;
	return h->grace_until == -1 || h->grace_until > e->now.mono_ns ||
	       (h->link_down && h->link_down + grace > e->now.mono_ns);
}

static struct away look(const struct fm_engine *e, unsigned host)
{
	const struct fm_host_def *d = &e->desired->host[host];
	const struct fm_hst *h = fm_host((struct fm_engine *)e, d->name, false);
	const struct fm_host *p = fm_host_by_port(&e->inv, d->chassis, d->port);
	struct away w = {.restarting = false};

	if (!p || !p->present)
		return w;
	if (!p->power)
		mr_fmt(w.text, sizeof(w.text), "%s is off", d->name);
	else if (!p->link)
		mr_fmt(w.text, sizeof(w.text), "the link of %s is down", d->name);
	else if (h && h->agent_lost)
		mr_fmt(w.text, sizeof(w.text), "the agent of %s is lost", d->name);
	w.restarting = w.text[0] && h && restarts(e, d, h, p);
	return w;
}

static void condition(struct mr_tree *l, const char *type, bool on, enum mr_reason r,
		      const char *text)
{
	struct mr_tree *m = mr_tree_add_map(l, NULL);

	mr_tree_add_text(m, "type", type);
	mr_tree_add_bool(m, "status", on);
	mr_tree_add_text(m, "reason", mr_reason_name(r));
	mr_tree_add_text(m, "message", text);
}

unsigned fm_profile_conditions(const struct fm_engine *e, const struct fm_profile *p,
			       struct mr_tree *conditions)
{
	struct away away = {.restarting = false};
	bool fenced = true, moving = false, whole = true;
	enum mr_reason r = MR_REASON_OK;
	const char *why = "";
	unsigned active = 0;

	if (p->host != FM_WHOLE)
		away = look(e, p->host);
	if (away.text[0]) {
		r = MR_REASON_UNREACHABLE;
		why = away.text;
	}
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);
		bool up = a && a->a.phase == FM_PHASE_ACTIVE;

		active += up;
		whole = whole && (up || c->extra);
		moving = moving || (a && fm_asg_moving(a));
		fenced = fenced && !(a && a->fence_bad);
		if (a && !up && !c->extra && a->a.reason != MR_REASON_OK) {
			r = a->a.reason;
			why = a->a.detail;
		}
	}
	moving = moving || away.restarting;
	condition(conditions, "Ready", whole && !away.text[0], r, why);
	condition(conditions, "Progressing", moving, away.restarting ? r : MR_REASON_OK,
		  away.restarting ? away.text : "");
	condition(conditions, "Degraded", (!whole || away.text[0]) && !moving, r, why);
	if (!fenced)
		condition(conditions, "Fenced", false, MR_REASON_TIMEOUT,
			  "the cut is not confirmed");
	return active;
}
