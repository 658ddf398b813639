// SPDX-License-Identifier: Apache-2.0
/*
 * get, describe: every kind of the policy, and what Banyan knows besides. The trees' keys are a
 * contract (docs/json.md).
 */
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/found.h"
#include "fabric-manager/engine/view/view.h"

typedef void list_fn(struct fm_engine *e, struct mr_tree *list, const char *name);

static bool asked(const char *want, const char *name)
{
	return !want[0] || mr_streq(want, name);
}

static void get_assignments(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	char text[FM_ASSIGNMENT_TEXT];
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (asked(name, fm_assignment_text(&a->a, text)))
			mr_tree_attach(list, NULL, fm_tree_assignment(e, a));
	}
}

static void add_function(struct fm_engine *e, struct mr_tree *list, const char *name,
			 struct fm_fn_id id)
{
	const struct fm_asg *a = fm_asg_by_fn(e, id);
	const struct fm_fn *f = fm_fn_get(&e->inv, id);
	char text[FM_FN_TEXT], who[FM_ASSIGNMENT_TEXT];
	struct fm_found x;
	struct mr_tree *m;

	fm_fn_text(&e->inv, id, text);
	if (!f || !asked(name, text))
		return;
	m = mr_tree_add_map(list, NULL);
	mr_tree_add_text(m, "name", text);
	mr_tree_add_text(m, "assignment", a ? fm_assignment_text(&a->a, who) : NULL);
	if (fm_found(e, id, &x))
		mr_tree_add_text(m, "host", x.name);
	else
		mr_tree_add_text(m, "host", a && a->a.host[0] ? a->a.host : NULL);
	fm_tree_root(m, e, a);
	mr_tree_add_text(m, "bdf", a && a->a.bdf[0] ? a->a.bdf : NULL);
	fm_tree_found(e, id, m);
	mr_tree_add_int(m, "vh", f->owner_vh);
	mr_tree_add_int(m, "slot", f->lvf_slot);
	mr_tree_add_bool(m, "gateOpen", f->gate_open);
	mr_tree_add_bool(m, "blocked", f->block == 3);
	mr_tree_add_bool(m, "reset", (f->status & MR_VF_RESET_DONE) != 0);
	mr_tree_add_text(m, "quarantine", fm_quarantine_why(e, id));
	if (id.vf == FM_WHOLE) { /* the device has no such registers */
		mr_tree_add_text(m, "resets", NULL);
		mr_tree_add_text(m, "remaps", NULL);
		return;
	}
	mr_tree_add_int(m, "resets", f->resets);
	mr_tree_add_int(m, "remaps", f->remaps);
}

static void get_functions(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	for (unsigned c = 0; c < e->inv.n; c++)
		for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++) {
			const struct fm_adapter *d = &e->inv.chassis[c].adapter[i];
			struct fm_fn_id id = {(uint16_t)c, d->port, FM_WHOLE, FM_WHOLE};

			if (d->kind == FM_ADAPTER_BASE)
				add_function(e, list, name, id);
			else
				for (unsigned k = 0; k < (unsigned)d->pfs * d->vfs; k++) {
					id.pf = (uint16_t)(k / d->vfs);
					id.vf = (uint16_t)(k % d->vfs);
					add_function(e, list, name, id);
				}
		}
}

static void add_update(struct mr_tree *list, const struct fm_asked *k)
{
	struct mr_tree *m = mr_tree_add_map(list, NULL);

	mr_tree_add_int(m, "id", (int64_t)k->op);
	mr_tree_add_text(m, "kind", "update");
	mr_tree_add_text(m, "assignment", NULL);
	mr_tree_add_text(m, "state", k->approved ? "approved" : "needs approval");
	mr_tree_add_fmt(m, "detail", "the edit of %s, class %s", k->profile,
			fm_class_name(k->change_class));
}

/* The rollout under way, and what of it waits for a yes. */
static void add_rollout(struct fm_engine *e, struct mr_tree *list)
{
	const struct fm_rollout *o = &e->rollout;
	struct mr_tree *m;

	if (!o->op)
		return;
	m = mr_tree_add_map(list, NULL);
	mr_tree_add_int(m, "id", (int64_t)o->op);
	mr_tree_add_text(m, "kind", "rollout");
	mr_tree_add_text(m, "assignment", NULL);
	mr_tree_add_text(m, "state", fm_rollout_state_name(o->state));
	mr_tree_add_fmt(m, "detail", "version %llu, %u step%s to begin%s%s",
			(unsigned long long)o->version, o->held, o->held == 1 ? "" : "s",
			o->detail[0] ? ": " : "", o->detail);
	for (unsigned i = 0; i < e->askeds; i++)
		add_update(list, &e->asked[i]);
}

/* Adapters that may take the place of others when somebody says so. */
static void add_replaced(struct fm_engine *e, struct mr_tree *list)
{
	for (unsigned c = 0; c < e->inv.n; c++)
		for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++) {
			const struct fm_adapter *d = &e->inv.chassis[c].adapter[i];
			unsigned n = fm_card_asked(e, c, d, false);
			struct mr_tree *m;

			if (!n)
				continue;
			m = mr_tree_add_map(list, NULL);
			mr_tree_add_int(m, "id", 0);
			mr_tree_add_text(m, "kind", "replace");
			mr_tree_add_text(m, "assignment", NULL);
			mr_tree_add_text(m, "state", "needs approval");
			mr_tree_add_fmt(m, "detail",
					"%s (serial number %s) is where another adapter was: "
					"%u assignment%s for it",
					d->name, d->serial, n, n == 1 ? " waits" : "s wait");
		}
}

static void get_operations(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	char text[FM_ASSIGNMENT_TEXT];
	size_t pos = 0;
	uint64_t v;

	(void)name;
	while (mr_map_next(e->inflight, &pos, NULL, NULL, &v)) {
		const struct fm_inflight *f = (const struct fm_inflight *)(uintptr_t)v;
		const struct fm_asg *a = f->kind == FM_TAG_ASG ? fm_asg_by_id(e, f->asg) : NULL;
		struct mr_tree *m = mr_tree_add_map(list, NULL);

		mr_tree_add_int(m, "id", (int64_t)f->tag);
		mr_tree_add_text(
			m, "kind",
			f->op < 256 ? fm_op_kind_name((enum fm_op_kind)f->op)
				    : fm_agent_verb_name((enum fm_agent_verb)(f->op - 256)));
		mr_tree_add_text(m, "assignment", a ? fm_assignment_text(&a->a, text) : NULL);
		mr_tree_add_text(m, "state", "running");
		mr_tree_add_text(m, "detail", NULL);
	}
	for (unsigned i = 0; i < e->provs; i++) {
		const struct fm_prov *p = &e->prov[i];
		struct mr_buf words = {0}, whom = {0};
		struct mr_tree *m;

		if (!p->approval || p->tag)
			continue;
		fm_prov_words(e, p, &words);
		fm_prov_hits(e, p, &whom);
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_int(m, "id", (int64_t)p->approval);
		mr_tree_add_text(m, "kind", fm_op_kind_name(p->op));
		mr_tree_add_text(m, "assignment", NULL);
		mr_tree_add_text(m, "state", p->approved ? "draining" : "needs approval");
		mr_tree_add_fmt(m, "detail", "%s, interrupts %s", mr_buf_text(&words),
				mr_buf_text(&whom));
		mr_buf_done(&words);
		mr_buf_done(&whom);
	}
	add_replaced(e, list);
	add_rollout(e, list);
}

/* Of one number, or all about one thing. */
static void get_events(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	char seq[24];

	for (unsigned i = 0; i < e->events; i++) {
		const struct fm_rec_event *ev =
			&e->event[(e->event_first + i) % FM_EVENTS_KEPT];

		mr_fmt(seq, sizeof(seq), "%llu", (unsigned long long)ev->seq);
		if (asked(name, seq) || mr_streq(name, ev->object))
			mr_tree_attach(list, NULL, fm_tree_event(ev));
	}
}

#define NAMED_MAX 20 /* documents of a version that are named */

static void get_versions(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	const struct fm_base none = {0};
	char text[24];

	for (unsigned i = 0; i < e->versions; i++) {
		const struct fm_version *v = &e->version[i];
		struct mr_buf changes = {0};
		struct mr_tree *m;

		mr_fmt(text, sizeof(text), "%llu", (unsigned long long)v->rec.version);
		if (!asked(name, text))
			continue;
		if (i || v->rec.version == 1)
			fm_base_compare_words(i ? &e->version[i - 1].base : &none, &v->base,
					      NAMED_MAX, &changes);
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_int(m, "version", (int64_t)v->rec.version);
		mr_tree_add_int(m, "time", v->rec.wall_ns / MR_NS_PER_S);
		mr_tree_add_text(m, "who", v->rec.who);
		mr_tree_add_text(m, "how", v->rec.how);
		mr_tree_add_text(m, "set", v->rec.set);
		mr_tree_add_int(m, "documents", v->base.docs.n + v->unreads);
		mr_tree_add_int(m, "added", v->rec.added);
		mr_tree_add_int(m, "changed", v->rec.changed);
		mr_tree_add_int(m, "removed", v->rec.removed);
		mr_tree_add_text(m, "changes", mr_buf_text(&changes));
		mr_tree_add_bool(m, "current", v->rec.version == e->base.version);
		mr_buf_done(&changes);
	}
}

/* history: the kept versions, oldest first. */
void fm_rq_history(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map();

	(void)r;
	get_versions(e, mr_tree_add_list(t, "versions"), "");
	fm_reply_read(e, tag, t);
}

static void get_chassis(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	for (unsigned i = 0; i < e->inv.n; i++) {
		const struct fm_chassis *c = &e->inv.chassis[i];
		struct mr_buf message = {0};
		struct mr_tree *m;

		if (!asked(name, e->chassis_name[i]))
			continue;
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_text(m, "name", e->chassis_name[i]);
		mr_tree_add_text(m, "state", fm_ch_state_name(e->ch[i].state));
		mr_tree_add_text(m, "serial", c->serial);
		mr_tree_add_int(m, "hosts", c->hosts);
		mr_tree_add_int(m, "adapters", c->adapters);
		mr_tree_add_int(m, "ownerEpoch", (int64_t)c->owner_epoch);
		mr_tree_add_int(m, "generation", (int64_t)c->generation);
		mr_tree_add_int(m, "writes", (int64_t)c->writes);
		mr_tree_add_text(m, "reason", mr_reason_name(e->ch[i].reason));
		fm_ch_message(e, i, &message);
		mr_tree_add_text(m, "message", mr_buf_text(&message));
		mr_buf_done(&message);
	}
}

static unsigned used_of(struct fm_engine *e, unsigned c, const struct fm_adapter *d)
{
	struct fm_fn_id id = {(uint16_t)c, d->port, FM_WHOLE, FM_WHOLE};
	unsigned n = 0;

	if (d->kind == FM_ADAPTER_BASE)
		return fm_asg_by_fn(e, id) != NULL;
	for (unsigned k = 0; k < (unsigned)d->pfs * d->vfs; k++) {
		id.pf = (uint16_t)(k / d->vfs);
		id.vf = (uint16_t)(k % d->vfs);
		n += fm_asg_by_fn(e, id) != NULL;
	}
	return n;
}

static void get_adapters(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	for (unsigned c = 0; c < e->inv.n; c++)
		for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++) {
			const struct fm_adapter *d = &e->inv.chassis[c].adapter[i];
			struct mr_tree *m;

			if (!asked(name, d->name))
				continue;
			m = mr_tree_add_map(list, NULL);
			mr_tree_add_text(m, "name", d->name);
			mr_tree_add_text(m, "chassis", e->chassis_name[c]);
			mr_tree_add_int(m, "slot", d->slot);
			mr_tree_add_int(m, "port", d->port);
			/* an empty slot says nothing of its kind */
			mr_tree_add_text(m, "kind",
					 fm_adapter_in_slot(d) && d->fn
						 ? fm_adapter_kind_name(d->kind)
						 : NULL);
			mr_tree_add_text(m, "class",
					 fm_adapter_in_slot(d) && d->fn
						 ? mr_class_name(d->device_class)
						 : NULL);
			mr_tree_add_fmt(m, "device", "%04x:%04x", d->vendor, d->device);
			mr_tree_add_text(m, "serial", d->serial);
			mr_tree_add_bool(m, "present", fm_adapter_in_slot(d));
			mr_tree_add_int(m, "functions",
					d->kind == FM_ADAPTER_BASE ? 1 : d->pfs * d->vfs);
			mr_tree_add_int(m, "used", used_of(e, c, d));
			mr_tree_add_bool(
				m, "document",
				fm_docs_find(&e->base.docs, FM_KIND_ADAPTER, d->name) != NULL);
			fm_adapter_conditions(e, c, d, mr_tree_add_list(m, "conditions"));
		}
}

static void get_profiles(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	const struct fm_desired *d = e->desired;

	for (unsigned i = 0; i < d->profiles; i++) {
		const struct fm_profile *p = &d->profile[i];
		const struct fm_rec_override *o = fm_override_get(e, p->name);
		struct mr_tree *m, *c;

		if (!asked(name, p->name))
			continue;
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_text(m, "name", p->name);
		mr_tree_add_text(m, "origin", p->origin);
		mr_tree_add_text(m, "host", p->host == FM_WHOLE ? NULL : d->host[p->host].name);
		mr_tree_add_text(m, "home", p->home == FM_WHOLE ? NULL : d->host[p->home].name);
		mr_tree_add_int(m, "devices", p->claims);
		c = mr_tree_list();
		mr_tree_add_int(m, "active", fm_profile_conditions(e, p, c));
		mr_tree_add_text(m, "override", o ? o->why : NULL);
		mr_tree_attach(m, "conditions", c);
	}
}

static const struct {
	const char *plural;
	const char *singular;
	list_fn *fn;
} lists[] = {
	{"assignments", "assignment", get_assignments},
	{"functions", "function", get_functions},
	{"operations", "operation", get_operations},
	{"events", "event", get_events},
	{"versions", "version", get_versions},
	{"namespaces", "namespace", fm_get_namespaces},
	{"chassis", "chassis", get_chassis},
	{"adapters", "adapter", get_adapters},
	{"hosts", "host", fm_get_hosts},
	{"profiles", "profile", get_profiles},
	{"serverprofiles", "serverprofile", get_profiles},
};

static void get_documents(struct fm_engine *e, struct mr_tree *list, enum fm_kind kind,
			  const char *name)
{
	for (unsigned i = 0; i < e->base.docs.n; i++) {
		const struct fm_doc *d = e->base.docs.doc[i];
		struct mr_buf text = {0};
		struct mr_tree *m;

		if (d->kind != kind || !asked(name, d->meta.name.s))
			continue;
		fm_doc_print(d, &text);
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_text(m, "kind", fm_kind_name(d->kind));
		mr_tree_add_text(m, "name", d->meta.name.s);
		mr_tree_add_text(m, "set", fm_base_set(e, &e->base, d->kind, d->meta.name.s));
		mr_tree_add_text(m, "text", mr_buf_text(&text));
		mr_buf_done(&text);
	}
}

static bool fill(struct fm_engine *e, const struct fm_request *r, struct mr_tree *list)
{
	int kind = fm_kind_of_text(r->kind);

	for (unsigned i = 0; i < MR_ARRAY_SIZE(lists); i++)
		if (!mr_strcasecmp(r->kind, lists[i].plural) ||
		    !mr_strcasecmp(r->kind, lists[i].singular)) {
			lists[i].fn(e, list, r->name);
			return true;
		}
	if (kind < 0)
		return false;
	get_documents(e, list, (enum fm_kind)kind, r->name);
	return true;
}

/* "hosts" -> "host"; kinds of documents by their own name. */
static const char *singular(const char *text)
{
	int kind = fm_kind_of_text(text);

	for (unsigned i = 0; i < MR_ARRAY_SIZE(lists); i++)
		if (!mr_strcasecmp(text, lists[i].plural))
			return lists[i].singular;
	return kind < 0 ? text : fm_kind_name((enum fm_kind)kind);
}

static struct mr_tree *items(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map(), *list;

	mr_tree_add_text(t, "kind", r->kind);
	list = mr_tree_add_list(t, "items");
	if (!fill(e, r, list)) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "there is no kind '%s'; kinds are those of the policy in plural, and "
			  "chassis functions assignments operations events versions "
			  "namespaces profiles",
			  r->kind);
	} else if (r->name[0] && !list->n) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no %s '%s'", singular(r->kind),
			  r->name);
	} else {
		return t;
	}
	mr_tree_free(t);
	return NULL;
}

/* get KIND [NAME]. */
void fm_rq_get(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = items(e, tag, r);

	if (t)
		fm_reply_read(e, tag, t);
}

static void add_events_of(struct fm_engine *e, struct mr_tree *t, const char *object)
{
	struct mr_tree *l = mr_tree_add_list(t, "events");

	for (unsigned i = 0; i < e->events; i++) {
		const struct fm_rec_event *ev =
			&e->event[(e->event_first + i) % FM_EVENTS_KEPT];
		size_t n = strlen(object);

		if (!strncmp(ev->object, object, n) && (!ev->object[n] || ev->object[n] == '/'))
			mr_tree_attach(l, NULL, fm_tree_event(ev));
	}
}

/* describe KIND NAME: the object, its document, and what happened to it. */
void fm_rq_describe(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t = items(e, tag, r), *docs;
	int kind = fm_kind_of_text(r->kind);
	char text[FM_ASSIGNMENT_TEXT];
	const struct fm_asg *a;

	if (!t)
		return;
	if (mr_streq(r->kind, "profiles") || mr_streq(r->kind, "profile")) {
		struct mr_tree *l = mr_tree_add_list(t, "assignments");

		kind = FM_KIND_SERVER_PROFILE;
		FM_FOREACH_ASG(e, a)
		{
			if (mr_streq(a->a.profile, r->name))
				mr_tree_attach(l, NULL, fm_tree_assignment(e, a));
		}
	}
	docs = mr_tree_add_list(t, "documents");
	if (kind >= 0)
		get_documents(e, docs, (enum fm_kind)kind, r->name);
	mr_fmt(text, sizeof(text), "%s", r->name);
	add_events_of(e, t, text);
	fm_reply_read(e, tag, t);
}
