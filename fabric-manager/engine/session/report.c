// SPDX-License-Identifier: Apache-2.0
/*
 * What the agent of a host reports: functions by place, compared with the assignments that
 * should stand there.
 */
#include "common/mutant.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/session/session.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/foreign.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/pkeys.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"

static unsigned chassis_at(const struct fm_session *s, unsigned port)
{
	for (unsigned i = 0; i < s->hello.roots; i++)
		if (s->hello.root[i].port == port)
			return s->chassis[i];
	return s->chassis[0];
}

static struct fm_asg *at_place(struct fm_engine *e, const struct fm_session *s,
			       const struct fm_place *p)
{
	for (unsigned i = 0; i < s->hello.roots; i++)
		if (s->hello.root[i].port == p->port)
			return fm_asg_by_place(e, s->chassis[i], p);
	return NULL;
}

static void appeared(struct fm_engine *e, struct fm_session *s, const struct fm_agent_fn *f)
{
	struct fm_asg *a = at_place(e, s, &f->place);
	char bdf[MR_BDF_TEXT];

	if (!a || a->a.going)
		return;
	if (f->driver[0])
		a->driven = fm_place_key(a->a.chassis, &f->place);
	mr_pci_text(f->domain, f->rid, bdf);
	if (!mr_streq(bdf, a->a.bdf)) {
		mr_copy(a->a.bdf, sizeof(a->a.bdf), bdf);
		fm_asg_dirty(e, a);
	}
	if (a->step == FM_STEP_NONE && !a->bound && a->a.phase == FM_PHASE_DEGRADED) {
		a->step = FM_STEP_ACTIVATE;
		fm_asg_poke(e, a);
	}
	fm_pkeys_check(e, a);
}

static void vanished(struct fm_engine *e, struct fm_session *s, const struct fm_place *p)
{
	struct fm_asg *a = at_place(e, s, p);

	fm_tomb_clear_place(e, chassis_at(s, p->port), p,
			    "the agent reports that the device is gone");
	if (!a || a->a.going)
		return;
	a->bound = false; /* who is on the way in asks for it once more at the end */
	if (a->step != FM_STEP_NONE || a->a.phase != FM_PHASE_ACTIVE)
		return;
	a->a.bdf[0] = 0;
	fm_asg_why(e, a, MR_REASON_DEVICE_GONE, "%s does not show it any more", a->a.host);
	fm_asg_phase(e, a, FM_PHASE_DEGRADED, 0);
}

static bool is_pf(const struct fm_place *p)
{
	return p->way == FM_WAY_LVF && !p->slot;
}

static void put(struct fm_engine *e, struct fm_session *s, const struct fm_agent_fn *f)
{
	struct fm_hst *h = s->host;
	struct fm_agent_fn *have = fm_host_reported(h, &f->place);

	if (!have) {
		have = MR_NEW(struct fm_agent_fn);
		mr_map_set_u64(h->fn, fm_place_key(0, &f->place), (uintptr_t)have);
	}
	*have = *f;
	if (is_pf(&f->place))
		fm_attach_numvfs(e, chassis_at(s, f->place.port), &f->place, f->numvfs);
	appeared(e, s, f);
}

static void take_away(struct fm_engine *e, struct fm_session *s, const struct fm_place *p)
{
	struct fm_agent_fn *have = fm_host_reported(s->host, p);

	if (have) {
		mr_map_del_u64(s->host->fn, fm_place_key(0, p));
		free(have);
	}
	if (is_pf(p))
		fm_attach_numvfs(e, chassis_at(s, p->port), p, 0);
	vanished(e, s, p);
}

static bool has_root(const struct fm_session *s, const struct fm_assignment *a)
{
	for (unsigned i = 0; i < s->hello.roots; i++)
		if (s->hello.root[i].port == a->place.port && s->chassis[i] == a->chassis)
			return true;
	return false;
}

/* What is behind a root that the host does not have now: it can't be asked for it. */
static void rootless(struct fm_engine *e, struct fm_asg *a)
{
	a->bound = false;
	a->a.bdf[0] = 0;
	if (a->step != FM_STEP_NONE || a->a.phase != FM_PHASE_ACTIVE)
		return;
	fm_asg_why(e, a, MR_REASON_DEVICE_GONE, "%s does not show its root", a->a.host);
	fm_asg_phase(e, a, FM_PHASE_DEGRADED, 0);
}

/* The first full report of a session: assignments that it does not show are looked at, what was
 * left unfinished is asked again. */
static void synced(struct fm_engine *e, struct fm_session *s)
{
	struct fm_asg **list;
	unsigned n = fm_asgs_of_host(e, s->hello.host, &list);

	s->synced = true;
	for (unsigned i = 0; i < n; i++) {
		struct fm_asg *a = list[i];
		const struct fm_agent_fn *f;

		if (a->a.going)
			continue;
		a->fail_ns = 0; /* the host may do now what it did not */
		if (!has_root(s, &a->a)) {
			rootless(e, a);
			continue;
		}
		f = fm_host_reported(s->host, &a->a.place);
		a->bound = f && (f->driver[0] || mr_streq(a->a.driver, "none"));
		if (!f && a->step == FM_STEP_NONE && fm_asg_runs(a)) {
			a->step = FM_STEP_ACTIVATE; /* a fresh boot: look, bind, say so */
			fm_asg_poke(e, a);
		}
	}
	free(list);
	for (unsigned r = 0; r < s->hello.roots; r++) {
		fm_attach_booted(e, s->chassis[r], s->hello.root[r].port);
		fm_attach_tidy(e, s->chassis[r], s->hello.root[r].port);
	}
	fm_tomb_ask(e, s);
	e->wake = true;
	fm_host_came(e);
}

static void take_own(struct fm_hst *h, const struct fm_agent_report *r)
{
	free(h->own);
	h->own = r->owns ? mr_xmemdup(r->own, r->owns * sizeof(*r->own)) : NULL;
	h->owns = r->owns;
}

/* A report: full replaces everything known of the host. */
void fm_session_report(struct fm_engine *e, uint64_t id, const struct fm_agent_report *r)
{
	struct fm_session *s = fm_session_get(e, id);

	if (!s || s->state != FM_SS_ACCEPTED || !s->host)
		return;
	if (r->full)
		fm_host_forget(s->host);
	if (!s->host->fn)
		s->host->fn = mr_map_new();
	s->host->revision = r->revision;
	for (unsigned i = 0; i < r->fns && (r->full || !MR_MUTANT(DELTA_DROPPED)); i++)
		put(e, s, &r->fn[i]);
	for (unsigned i = 0; i < r->gones; i++)
		take_away(e, s, &r->gone[i]);
	if (r->own_told || r->full)
		take_own(s->host, r);
	if (r->full && !s->synced)
		synced(e, s);
	fm_foreign_look(e, s->host);
}
