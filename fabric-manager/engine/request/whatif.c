/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whatif: what would happen, without touching anything. The question becomes other documents,
 * other overrides or an adapter less; a plan on trial of these, held against the plan of now,
 * is the answer. What was put aside for the trial is put back before the answer is given.
 */
#include "common/err.h"
#include "fabric-manager/engine/desire/failover.h"
#include "fabric-manager/engine/desire/impact.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/request/force.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/wanted.h"

#define MORE_MAX 10000

struct question {
	struct fm_base base;	/* documents on trial */
	struct fm_adapter *out; /* adapter on trial without */
	unsigned out_chassis;
	struct fm_hst *loser; /* host on trial without these of its roots */
	uint8_t roots, had_lost;
	struct fm_rec_override *override;
	unsigned overrides;
	struct mr_tree *tree;
	struct mr_tree *down;	 /* names of what would stand still until somebody acts */
	struct mr_tree *pending; /* what would have no place */
	unsigned hostless;	 /* profiles among it that would have no host */
};

typedef bool ask_fn(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		    struct question *q);

/* A copy of a document that nobody shares, in its place; NULL when there is none. */
static struct fm_doc *own(struct fm_base *b, enum fm_kind kind, const char *name)
{
	const struct fm_doc *d = fm_docs_find(&b->docs, kind, name);
	struct mr_diags diags = {0};
	struct fm_docs one = {0};
	struct mr_buf text = {0};
	struct fm_doc *copy = NULL;

	if (!d)
		return NULL;
	fm_doc_print(d, &text);
	if (!fm_docs_read(&one, d->file, mr_buf_text(&text), text.len, &diags) && one.n == 1) {
		copy = one.doc[0];
		fm_docs_put(&b->docs, fm_doc_ref(copy));
	}
	fm_docs_done(&one);
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return copy;
}

/* A document for a host that only others name. */
static struct fm_doc *host_doc(struct fm_base *b, const char *name)
{
	struct fm_doc *d = fm_doc_new(FM_KIND_HOST);

	d->file = mr_xstrdup("");
	d->meta.name.s = mr_xstrdup(name);
	fm_docs_put(&b->docs, d);
	return d;
}

static bool cordon(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct question *q)
{
	const struct fm_host_def *h = fm_host_def(e, r->arg);
	struct fm_doc *d = own(&q->base, FM_KIND_HOST, r->arg);

	if (!d && h && h->known)
		d = host_doc(&q->base, r->arg);
	if (d)
		d->spec.host.cordoned.v = 1;
	else
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "no document names the host '%s'",
			  r->arg);
	return d;
}

/* Its profiles go to the spare, as fail-over or an operator would send them. */
static void to_spare(struct fm_engine *e, unsigned host, int spare, struct question *q)
{
	const struct fm_desired *d = e->desired;

	for (unsigned i = 0; i < d->profiles; i++) {
		const struct fm_profile *p = &d->profile[i];
		struct fm_rec_override *o;
		unsigned k = 0;

		if (p->host != host)
			continue;
		if (spare < 0) {
			mr_tree_add_text(q->down, NULL, p->name);
			continue;
		}
		while (k < q->overrides && !mr_streq(q->override[k].profile, p->name))
			k++;
		o = &q->override[k];
		q->overrides += k == q->overrides;
		*o = (struct fm_rec_override){0};
		mr_copy(o->profile, sizeof(o->profile), p->name);
		mr_copy(o->host, sizeof(o->host), d->host[spare].name);
	}
}

/* "blade01/root1": one root of several. */
static bool root_dies(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		      const char *slash, struct question *q)
{
	const struct fm_host_def *h = NULL;
	char name[MR_NAME_MAX];
	uint64_t n = 0;

	if (mr_fmt(name, sizeof(name), "%.*s", (int)(slash - r->arg), r->arg) &&
	    !mr_parse_u64(slash + strlen("/root"), FM_ROOTS_MAX, false, &n, NULL))
		h = fm_host_def(e, name);
	if (!h || h->roots < 2 || n >= h->roots) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "there is no root '%s' of a host that has several", r->arg);
		return false;
	}
	q->loser = fm_host(e, name, true);
	q->roots = (uint8_t)(1u << n);
	q->had_lost = q->loser->lost;
	mr_tree_add_text(q->tree, "spare", NULL);
	mr_tree_add_bool(q->tree, "automatic", false);
	return true;
}

/* What runs there and is of no document stops, and nobody brings it anywhere else. */
static void adopted_stop(const struct fm_engine *e, const char *host, const char *adapter,
			 struct question *q)
{
	struct mr_tree *list = mr_tree_add_list(q->tree, "adopted");
	char name[FM_ASSIGNMENT_TEXT];
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted && ((host && mr_streq(a->a.host, host)) ||
				     (adapter && mr_streq(a->a.adapter, adapter))))
			mr_tree_add_text(list, NULL, fm_assignment_text(&a->a, name));
	}
}

static bool host_dies(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		      struct question *q)
{
	const struct fm_host_def *h = fm_host_def(e, r->arg);
	enum fm_failover_mode mode = FM_FAILOVER_NONE;
	const char *root = strstr(r->arg, "/root");
	int spare = -1;

	if (root)
		return root_dies(e, tag, r, root, q);
	if (!h || !cordon(e, tag, r, q)) {
		if (!h)
			fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no host '%s'", r->arg);
		return false;
	}
	if (h->group >= 0)
		mode = e->desired->group[h->group].failover.mode;
	if (mode != FM_FAILOVER_NONE)
		spare = fm_spare_find(e, (unsigned)(h - e->desired->host));
	mr_tree_add_text(q->tree, "spare", spare >= 0 ? e->desired->host[spare].name : NULL);
	mr_tree_add_bool(q->tree, "automatic", spare >= 0 && mode == FM_FAILOVER_AUTOMATIC);
	to_spare(e, (unsigned)(h - e->desired->host), spare, q);
	adopted_stop(e, r->arg, NULL, q);
	return true;
}

static bool adapter_dies(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
			 struct question *q)
{
	for (unsigned c = 0; c < e->inv.n; c++)
		for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++) {
			struct fm_adapter *a = &e->inv.chassis[c].adapter[i];

			if (mr_streq(a->name, r->arg) && a->present) {
				q->out = a;
				q->out_chassis = c;
			}
		}
	if (!q->out)
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no adapter '%s'", r->arg);
	else
		adopted_stop(e, NULL, r->arg, q);
	return q->out;
}

static void join(struct fm_doc *group, const char *host)
{
	struct fm_texts *l = &group->spec.host_group.hosts;

	l->item = mr_xrealloc(l->item, l->n + 1, sizeof(l->item[0]));
	l->item[l->n++] = (struct fm_text){.s = mr_xstrdup(host), .at = group->at};
}

/* Whether a host could be one more of a group. */
static bool is_spare_hand(const struct fm_engine *e, unsigned host)
{
	const struct fm_desired *d = e->desired;

	if (d->host[host].group >= 0 || !fm_host_usable(e, host))
		return false;
	for (unsigned i = 0; i < d->profiles; i++)
		if (d->profile[i].host == host)
			return false;
	return true;
}

/* A template that makes one profile a host needs hosts: those of no group join its own, by
 * name; what is still wanted then has no host. */
static void more_hosts(struct fm_engine *e, const char *template, struct fm_doc *group,
		       uint64_t n, struct question *q)
{
	struct mr_tree *list = mr_tree_add_list(q->tree, "joining");
	struct mr_tree *m;

	for (unsigned i = 0; n && i < e->desired->hosts; i++) {
		if (!is_spare_hand(e, i))
			continue;
		join(group, e->desired->host[i].name);
		mr_tree_add_text(list, NULL, e->desired->host[i].name);
		n--;
	}
	q->hostless = (unsigned)n;
	if (!n)
		return;
	m = mr_tree_add_map(q->pending, NULL);
	mr_tree_add_fmt(m, "assignment", "%llu of %s", (unsigned long long)n, template);
	mr_tree_add_text(m, "reason", mr_reason_name(MR_REASON_NO_CAPACITY));
	mr_tree_add_fmt(m, "detail",
			"no further host is free to join group %s: a host that is in no group, "
			"with power, without a profile",
			group->meta.name.s);
	mr_tree_add_bool(m, "already", false);
}

/* "TEMPLATE=N". */
static bool more(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		 struct question *q)
{
	const char *eq = strchr(r->arg, '=');
	char name[MR_NAME_MAX];
	struct fm_doc *d;
	uint64_t n;

	if (!eq || !mr_fmt(name, sizeof(name), "%.*s", (int)(eq - r->arg), r->arg) ||
	    mr_parse_u64(eq + 1, MORE_MAX, false, &n, NULL)) {
		fm_refuse(e, tag, MR_REASON_INVALID,
			  "expected TEMPLATE=N with N up to %d, found '%.64s'", MORE_MAX,
			  r->arg);
		return false;
	}
	d = own(&q->base, FM_KIND_PROFILE_TEMPLATE, name);
	if (!d) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no ProfileTemplate '%s'",
			  name);
		return false;
	}
	if (d->spec.template.host_group.s && d->spec.template.host_group.s[0])
		more_hosts(e, name,
			   own(&q->base, FM_KIND_HOST_GROUP, d->spec.template.host_group.s), n,
			   q);
	else
		d->spec.template.replicas.v += (int64_t)n;
	return true;
}

/* ---- the answer ---- */

static bool wants(const struct fm_claim *c)
{
	return c->host != FM_WHOLE || c->waits_host;
}

/* Where a claim of that name stands in the plan of now; NULL = there is none. */
static const struct fm_placed *placed_now(const struct fm_trial *now, const struct fm_claim *c)
{
	for (unsigned i = 0; i < now->desired->claims; i++) {
		const struct fm_claim *o = &now->desired->claim[i];

		if (o->index == c->index && mr_streq(o->device, c->device) &&
		    mr_streq(o->profile, c->profile))
			return &now->plan->placed[i];
	}
	return NULL;
}

/* Whether it stays behind a root that is lost, for want of another place. */
static bool is_stuck(const struct fm_trial *t, const struct fm_claim *c,
		     const struct fm_placed *p)
{
	int r = c->host == FM_WHOLE || !p->placed
			? -1
			: fm_root_at(&t->desired->host[c->host], p->fn.chassis, p->place.port);

	return r >= 0 && t->in.host[c->host].lost >> r & 1;
}

/* What fits no more, or not at all; their number. */
static unsigned add_pending(const struct fm_trial *now, const struct fm_trial *then,
			    struct mr_tree *list)
{
	char name[FM_CLAIM_TEXT];
	unsigned n = 0;

	for (unsigned i = 0; i < then->desired->claims; i++) {
		const struct fm_claim *c = &then->desired->claim[i];
		const struct fm_placed *p = &then->plan->placed[i], *was;
		struct mr_tree *m;

		if ((p->placed && !is_stuck(then, c, p)) || !wants(c))
			continue;
		was = placed_now(now, c);
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_text(m, "assignment", fm_claim_text(c, name));
		mr_tree_add_text(m, "reason", mr_reason_name(p->reason));
		mr_tree_add_text(m, "detail", p->detail);
		mr_tree_add_bool(m, "already", was && !was->placed);
		n += (!was || was->placed) && !c->extra;
	}
	return n;
}

/* What each pool has left. */
static void add_pools(const struct fm_engine *e, const struct fm_trial *t, struct mr_tree *list)
{
	struct mr_map *used = mr_map_new();
	const struct fm_asg *asg;
	uint64_t v;

	for (unsigned i = 0; i < t->plan->claims; i++)
		if (t->plan->placed[i].placed)
			mr_map_set_u64(used, fm_fn_key(t->plan->placed[i].fn), 1);
	for (unsigned i = 0; i < e->quarantines; i++)
		mr_map_set_u64(used, fm_fn_key(e->quarantine_fn[i]), 1);
	FM_FOREACH_ASG(e, asg)
	{
		if (asg->a.adopted && asg->a.has_fn)
			mr_map_set_u64(used, fm_fn_key(asg->a.fn), 1);
	}
	for (unsigned i = 0; i < t->desired->pools; i++) {
		const struct fm_pool *p = &t->desired->pool[i];
		struct mr_tree *m = mr_tree_add_map(list, NULL);
		unsigned all = 0, taken = 0;

		for (unsigned k = 0; k < p->parts; k++) {
			const struct fm_pool_part *part = &p->part[k];
			struct fm_fn_id fn = {part->chassis, part->port, part->pf, 0};
			const struct fm_adapter *a =
				fm_adapter_by_port(&e->inv, part->chassis, part->port);

			for (uint32_t f = part->vf_first; a && a->present && f <= part->vf_last;
			     f++) {
				fn.vf = (uint16_t)f;
				all++;
				taken += mr_map_get_u64(used, fm_fn_key(fn), &v);
			}
		}
		mr_tree_add_text(m, "pool", p->name);
		mr_tree_add_int(m, "functions", all);
		mr_tree_add_int(m, "used", taken);
		mr_tree_add_int(m, "free", all - taken);
	}
	mr_map_free(used);
}

/* Takes the adapter of the question out, or puts it back. */
static void show_adapter(struct fm_engine *e, const struct question *q, bool present)
{
	if (!q->out)
		return;
	q->out->present = q->out->plugged = present;
	fm_news_port(e, q->out_chassis, q->out->port);
}

/* Takes the root of the question from its host, or gives it back. */
static void show_root(struct fm_engine *e, const struct question *q, bool present)
{
	if (!q->loser)
		return;
	q->loser->lost = (uint8_t)(present ? q->had_lost : q->had_lost | q->roots);
	fm_news_hosts(e);
}

/* The plan as things are; false where the request is made again, after a search. */
static bool plan_now(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		     struct fm_trial *ret)
{
	fm_searching_begin(e);
	fm_trial_make(e, e->desired, ret);
	fm_searching_end(e);
	if (!fm_searching_asks(e, tag, r, false, ret))
		return true;
	fm_trial_done(e, ret);
	return false;
}

static void answer(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct question *q, struct mr_diags *diags)
{
	struct fm_rec_override *have = e->override;
	unsigned haves = e->overrides, bad = 0, down = q->down->n;
	struct fm_desired *d;
	struct fm_trial now, then;
	struct fm_impact impact = {0};
	struct mr_tree *plan = NULL;

	if (!plan_now(e, tag, r, &now)) {
		mr_diags_done(diags);
		return;
	}
	e->override = q->override;
	e->overrides = q->overrides;
	show_adapter(e, q, false);
	show_root(e, q, false);
	d = fm_desire_make(e, &q->base.docs);
	fm_searching_begin(e);
	fm_trial_make(e, d, &then);
	fm_searching_end(e);
	if (!fm_searching_asks(e, tag, r, false, &then)) {
		plan = fm_plan_tree(then.plan, &then.in);
		fm_impact_of(e, &then, plan, &impact);
		bad = q->hostless + add_pending(&now, &then, q->pending);
		add_pools(e, &then, mr_tree_add_list(q->tree, "pools"));
	}
	fm_trial_done(e, &then);
	fm_trial_done(e, &now);
	e->override = have;
	e->overrides = haves;
	show_adapter(e, q, true);
	show_root(e, q, true);
	fm_desired_free(d);
	if (!plan) {
		mr_diags_done(diags);
		return;
	}
	mr_tree_add_bool(q->tree, "fits", !bad && !down);
	mr_tree_attach(q->tree, "plan", plan);
	fm_reply(e, tag, MR_REASON_OK, bad || down ? 2 : 0, q->tree, fm_diags_keep(diags),
		 "%u assignment%s would be interrupted, %u would have no place, %u profile%s "
		 "would be down; nothing was changed",
		 impact.interrupted, impact.interrupted == 1 ? "" : "s", bad, down,
		 down == 1 ? "" : "s");
	q->tree = NULL;
}

static const struct {
	const char *word;
	ask_fn *ask;
} questions[] = {
	{"host-dies", host_dies},
	{"adapter-dies", adapter_dies},
	{"cordon", cordon},
	{"more", more},
};

/* Brings the question into 'q'; false after an answer that there is none. */
static bool understand(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		       struct question *q, struct mr_diags *diags)
{
	if (r->files) {
		if (fm_candidate(e, r, &q->base, diags))
			return true;
		fm_force_findings(e, tag, diags);
		return false;
	}
	fm_base_copy(&q->base, &e->base);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(questions); i++)
		if (mr_streq(questions[i].word, r->name))
			return questions[i].ask(e, tag, r, q);
	fm_refuse(e, tag, MR_REASON_INVALID,
		  "expected host-dies, adapter-dies, cordon or more, found '%.64s'", r->name);
	return false;
}

/* whatif QUESTION OBJECT, whatif -f FILE. Exit 0: all fits, 2: something would not. */
void fm_rq_whatif(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct question q = {.tree = mr_tree_map(), .overrides = e->overrides};
	struct mr_diags diags = {0};

	q.override = mr_xcalloc(e->overrides + e->desired->profiles + 1, sizeof(*q.override));
	for (unsigned i = 0; i < e->overrides; i++)
		q.override[i] = e->override[i];
	mr_tree_add_text(q.tree, "question", r->files ? "apply" : r->name);
	mr_tree_add_text(q.tree, "object", r->files ? NULL : r->arg);
	q.down = mr_tree_add_list(q.tree, "down");
	q.pending = mr_tree_add_list(q.tree, "pending");
	if (understand(e, tag, r, &q, &diags))
		answer(e, tag, r, &q, &diags);
	mr_tree_free(q.tree);
	free(q.override);
	fm_base_done(&q.base);
}
