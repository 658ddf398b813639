// SPDX-License-Identifier: Apache-2.0
/*
 * What is shown of assignments, events and the whole: the trees' keys are a contract
 * (docs/json.md).
 */
#include "fabric-manager/engine/view/view.h"

#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/found.h"

static void add_place(struct mr_tree *t, const struct fm_assignment *a)
{
	struct mr_tree *p = mr_tree_add_map(t, "place");

	mr_tree_add_text(p, "way", fm_way_name(a->place.way));
	mr_tree_add_int(p, "port", a->place.port);
	mr_tree_add_int(p, "bridge", a->place.bridge);
	if (a->place.way == FM_WAY_LVF)
		mr_tree_add_int(p, "slot", a->place.slot);
}

/* "KEY=VALUE" lines as members. */
static void add_notes(struct mr_tree *t, const char *notes)
{
	while (*notes) {
		size_t len = strcspn(notes, "\n"), key = strcspn(notes, "=\n");
		char *k = mr_xstrndup(notes, key);
		char *v = mr_xstrndup(notes + key + 1, len - key - 1);

		mr_tree_add_text(t, k, v);
		free(k);
		free(v);
		notes += len + 1;
	}
}

/* Whether it is wanted beyond the minimum of its device. */
static bool is_extra(const struct fm_engine *e, const struct fm_assignment *a)
{
	const struct fm_profile *p = fm_profile_find(e->desired, a->profile);

	for (unsigned i = 0; p && i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];

		if (c->index == a->index && mr_streq(c->device, a->device))
			return c->extra;
	}
	return false;
}

/* An assignment, as `get assignments` lists it and `describe` shows it. */
struct mr_tree *fm_tree_assignment(const struct fm_engine *e, const struct fm_asg *a)
{
	char name[FM_ASSIGNMENT_TEXT], fn[FM_FN_TEXT];
	struct mr_tree *t = mr_tree_map();

	mr_tree_add_text(t, "name", fm_assignment_text(&a->a, name));
	mr_tree_add_text(t, "profile", a->a.profile);
	mr_tree_add_text(t, "device", a->a.device);
	mr_tree_add_int(t, "index", a->a.index);
	mr_tree_add_bool(t, "extra", is_extra(e, &a->a));
	mr_tree_add_text(t, "phase", fm_phase_name(a->a.phase));
	mr_tree_add_text(t, "host", a->a.host[0] ? a->a.host : NULL);
	fm_tree_root(t, e, a);
	mr_tree_add_text(t, "function", a->a.has_fn ? fm_fn_text(&e->inv, a->a.fn, fn) : NULL);
	mr_tree_add_text(t, "bdf", a->a.bdf[0] ? a->a.bdf : NULL);
	mr_tree_add_text(t, "reason", mr_reason_name(a->a.reason));
	mr_tree_add_text(t, "message", a->a.detail);
	mr_tree_add_int(t, "id", a->a.id);
	mr_tree_add_int(t, "epoch", a->a.epoch);
	mr_tree_add_int(t, "since", a->a.since_wall_ns / MR_NS_PER_S);
	mr_tree_add_bool(t, "going", a->a.going);
	mr_tree_add_bool(t, "forced", a->a.forced);
	mr_tree_add_text(t, "partner", a->a.partner[0] ? a->a.partner : NULL);
	mr_tree_add_bool(t, "standby", a->a.standby);
	mr_tree_add_text(t, "step", fm_step_name(a->step));
	mr_tree_add_text(t, "held", a->held ? fm_held_text(a->held) : NULL);
	mr_tree_add_text(t, "waitsFor", a->held ? fm_held_name(a->held) : NULL);
	add_place(t, &a->a);
	fm_tree_attributes(mr_tree_add_map(t, "attributes"), e, &a->a);
	if (a->notes)
		add_notes(mr_tree_add_map(t, "notes"), a->notes);
	if (a->next.set) {
		mr_tree_add_text(t, "nextHost", a->next.host);
		mr_tree_add_text(t, "nextFunction", fm_fn_text(&e->inv, a->next.fn, fn));
	}
	return t;
}

/* An event, as `events` lists it. */
struct mr_tree *fm_tree_event(const struct fm_rec_event *ev)
{
	struct mr_tree *t = mr_tree_map();

	mr_tree_add_int(t, "seq", (int64_t)ev->seq);
	mr_tree_add_int(t, "time", ev->wall_ns / MR_NS_PER_S);
	mr_tree_add_text(t, "object", ev->object);
	mr_tree_add_text(t, "reason", mr_reason_name(ev->reason));
	mr_tree_add_text(t, "text", ev->text);
	return t;
}

/* events: the kept ones from 'since'. */
void fm_rq_events(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map(), *l = mr_tree_add_list(t, "events");

	for (unsigned i = 0; i < e->events; i++) {
		const struct fm_rec_event *ev =
			&e->event[(e->event_first + i) % FM_EVENTS_KEPT];

		if (ev->seq >= r->since)
			mr_tree_attach(l, NULL, fm_tree_event(ev));
	}
	mr_tree_add_int(t, "next", (int64_t)e->meta.next_event);
	fm_reply_read(e, tag, t);
}

static void count_phases(const struct fm_engine *e, struct mr_tree *t)
{
	unsigned n[FM_PHASE_COUNT] = {0};
	struct mr_tree *m = mr_tree_add_map(t, "assignments");
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		n[a->a.phase]++;
	}
	mr_tree_add_int(m, "total", e->asgs);
	for (unsigned i = 0; i < FM_PHASE_COUNT; i++)
		if (n[i])
			mr_tree_add_int(m, fm_phase_name((enum fm_phase)i), n[i]);
}

/* Why it is only read, and what runs there. */
void fm_ch_message(const struct fm_engine *e, unsigned i, struct mr_buf *out)
{
	mr_buf_puts(out, e->ch[i].detail);
	if (e->ch[i].state != FM_CH_READONLY)
		return;
	mr_buf_puts(out, out->len ? "; " : "");
	fm_found_words(e, i, out);
}

static void add_chassis(const struct fm_engine *e, struct mr_tree *list, unsigned i)
{
	const struct fm_chassis *c = &e->inv.chassis[i];
	struct mr_tree *m = mr_tree_add_map(list, NULL);
	struct mr_buf message = {0};

	mr_tree_add_text(m, "name", e->chassis_name[i]);
	mr_tree_add_text(m, "state", fm_ch_state_name(e->ch[i].state));
	mr_tree_add_text(m, "serial", c->serial);
	mr_tree_add_int(m, "hosts", c->hosts);
	mr_tree_add_int(m, "adapters", c->adapters);
	mr_tree_add_int(m, "ownerEpoch", (int64_t)e->ch[i].epoch);
	mr_tree_add_int(m, "generation", (int64_t)c->generation);
	mr_tree_add_int(m, "writes", (int64_t)c->writes);
	mr_tree_add_text(m, "reason", mr_reason_name(e->ch[i].reason));
	fm_ch_message(e, i, &message);
	mr_tree_add_text(m, "message", mr_buf_text(&message));
	mr_buf_done(&message);
	mr_tree_add_int(m, "found", c->observed ? fm_found_count(e, i, 0, NULL) : 0);
}

/* status: the whole at a glance. */
void fm_rq_status(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map(), *l;
	unsigned agents = 0;

	(void)r;
	for (unsigned i = 0; i < e->sessions; i++)
		agents += e->session[i]->state == FM_SS_ACCEPTED;
	mr_tree_add_int(t, "version", (int64_t)e->base.version);
	mr_tree_add_int(t, "documents", e->base.docs.n);
	mr_tree_add_int(t, "overrides", e->overrides);
	mr_tree_add_int(t, "agents", agents);
	mr_tree_add_int(t, "operations", (int64_t)mr_map_count(e->inflight));
	mr_tree_add_int(t, "tombstones", e->tombs);
	mr_tree_add_int(t, "quarantined", e->quarantines);
	mr_tree_add_text(t, "rollout", fm_rollout_state_name(e->rollout.state));
	mr_tree_add_int(t, "held", e->rollout.held);
	mr_tree_add_int(t, "adopted", e->adopteds);
	mr_tree_add_bool(t, "storeGood", !e->store_down);
	mr_tree_add_bool(t, "idle", fm_idle(e));
	count_phases(e, t);
	l = mr_tree_add_list(t, "chassis");
	for (unsigned i = 0; i < e->inv.n; i++)
		add_chassis(e, l, i);
	fm_reply_read(e, tag, t);
}

static void add_port(struct fm_engine *e, struct mr_tree *l, unsigned c,
		     const struct fm_adapter *d, unsigned pf)
{
	struct mr_tree *m = mr_tree_add_map(l, NULL);
	uint64_t guaranteed = 0, limit = 0;
	unsigned used = 0;

	for (unsigned v = 0; v < d->vfs; v++) {
		const struct fm_asg *a = fm_asg_by_fn(
			e, (struct fm_fn_id){(uint16_t)c, d->port, (uint16_t)pf, (uint16_t)v});

		if (!a)
			continue;
		used++;
		guaranteed += a->a.attrs.min_mbps > a->a.guaranteed_mbps ? a->a.attrs.min_mbps
									 : a->a.guaranteed_mbps;
		limit += a->a.limit_mbps ? a->a.limit_mbps : d->pf[pf].net_mbps;
	}
	mr_tree_add_fmt(m, "port", "%s/pf%u", d->name, pf);
	mr_tree_add_int(m, "netMbps", (int64_t)d->pf[pf].net_mbps);
	mr_tree_add_int(m, "guaranteedMbps", (int64_t)guaranteed);
	mr_tree_add_int(m, "limitMbps", (int64_t)limit);
	mr_tree_add_int(m, "used", used);
	mr_tree_add_int(m, "functions", d->vfs);
}

/* top: how much of each port is promised. */
void fm_rq_top(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map(), *l = mr_tree_add_list(t, "ports");

	(void)r;
	for (unsigned c = 0; c < e->inv.n; c++)
		for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++) {
			const struct fm_adapter *d = &e->inv.chassis[c].adapter[i];

			for (unsigned p = 0; d->kind != FM_ADAPTER_BASE && p < d->pfs; p++)
				add_port(e, l, c, d, p);
		}
	fm_reply_read(e, tag, t);
}
