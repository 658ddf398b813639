/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transaction of documents: first a plan on trial, then every refusal, then the new version.
 */
#include "fabric-manager/engine/request/force.h"

#include "common/err.h"
#include "fabric-manager/engine/desire/impact.h"
#include "fabric-manager/engine/desire/kept.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/request/shrink.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"

/* The findings sorted, for a reply to take; NULL when there is none. */
struct mr_diags *fm_diags_keep(struct mr_diags *d)
{
	struct mr_diags *n = NULL;

	if (d->n) {
		fm_diags_sort(d);
		n = mr_xmemdup(d, sizeof(*d));
	} else {
		mr_diags_done(d);
	}
	return n;
}

/* Which running assignments the plan takes away, as a list of names; their number. */
static unsigned losses(const struct fm_trial *t, struct mr_tree *list)
{
	char name[FM_ASSIGNMENT_TEXT];
	unsigned n = 0;

	for (unsigned i = 0; i < t->plan->changes; i++) {
		const struct fm_asg *a = fm_shrink_lost(t, &t->plan->change[i]);

		if (!a)
			continue;
		mr_tree_add_text(list, NULL, fm_assignment_text(&a->a, name));
		n++;
	}
	return n;
}

/* How many functions run on hosts whose document goes. */
static unsigned disowned(const struct fm_engine *e, const struct fm_base *b,
			 struct mr_tree *list)
{
	char name[FM_ASSIGNMENT_TEXT];
	const struct fm_asg *a;
	unsigned n = 0;

	for (unsigned i = 0; i < e->base.docs.n; i++) {
		const struct fm_doc *d = e->base.docs.doc[i];

		if (d->kind == FM_KIND_HOST && (i >= b->docs.n || b->docs.doc[i] != d))
			n += !fm_docs_find(&b->docs, FM_KIND_HOST, d->meta.name.s);
	}
	if (!n)
		return 0;
	n = 0;
	FM_FOREACH_ASG(e, a)
	{
		if (!fm_asg_runs(a) || a->a.going ||
		    !fm_docs_find(&e->base.docs, FM_KIND_HOST, a->a.host) ||
		    fm_docs_find(&b->docs, FM_KIND_HOST, a->a.host))
			continue;
		mr_tree_add_text(list, NULL, fm_assignment_text(&a->a, name));
		n++;
	}
	return n;
}

/* The chassis in which the change would happen, FM_WHOLE = in none. */
static unsigned chassis_of(const struct fm_trial *t, const struct fm_change *c)
{
	bool adapters = c->kind == FM_CHANGE_PROVISION || c->kind == FM_CHANGE_MODE;
	const struct fm_assignment *a = c->current < 0 ? NULL : t->in.current[c->current];

	if (adapters)
		return c->chassis;
	if (c->claim >= 0 && t->plan->placed[c->claim].placed)
		return t->plan->placed[c->claim].fn.chassis;
	return a && a->has_fn ? a->fn.chassis : FM_WHOLE;
}

/* Chassis that are only read, where the plan would change something: into 'list', and in words
 * to 'out'. Nothing happens there before somebody adopts them. */
static void only_read(struct fm_engine *e, const struct fm_trial *t, struct mr_tree *list,
		      struct mr_buf *out)
{
	for (unsigned c = 0; c < e->inv.n; c++) {
		struct mr_tree *m;
		unsigned n = 0;

		for (unsigned i = 0; i < t->plan->changes; i++)
			n += chassis_of(t, &t->plan->change[i]) == c;
		if (!n || e->ch[c].state != FM_CH_READONLY)
			continue;
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_text(m, "chassis", e->chassis_name[c]);
		mr_tree_add_int(m, "changes", n);
		mr_buf_printf(out,
			      "; chassis %s is only read, and %u change%s there wait%s for "
			      "`banyan adopt chassis %s`",
			      e->chassis_name[c], n, n == 1 ? "" : "s", n == 1 ? "s" : "",
			      e->chassis_name[c]);
	}
}

/* What a transaction would do. */
struct trying {
	struct fm_trial trial;
	struct fm_impact impact;
	struct mr_tree *tree; /* for the reply, which takes it */
	bool differs;	      /* the documents do */
	unsigned lost;	      /* running assignments that go */
	struct mr_buf waits;  /* what waits for an adoption, for the end of a sentence */
};

/* False where the request is made again, after a search. */
static bool try_it(struct fm_engine *e, uint64_t tag, const struct fm_request *r, bool changes,
		   struct fm_base *b, struct trying *ret)
{
	struct trying t = {0};
	struct mr_tree *plan;

	fm_searching_begin(e);
	fm_trial_of(e, b, &t.trial);
	fm_searching_end(e);
	if (fm_searching_asks(e, tag, r, changes, &t.trial)) {
		fm_trial_done(e, &t.trial);
		return false;
	}
	t.tree = mr_tree_map();
	t.differs = fm_base_compare(&e->base, b, NULL, NULL) != 0;
	plan = fm_kept_tree(e, &t.trial);
	fm_impact_of(e, &t.trial, plan, &t.impact);
	mr_tree_add_int(t.tree, "version", (int64_t)e->base.version);
	mr_tree_add_bool(t.tree, "documentsChange", t.differs);
	mr_tree_add_int(t.tree, "overrides", e->overrides);
	mr_tree_attach(t.tree, "plan", plan);
	t.lost = losses(&t.trial, mr_tree_add_list(t.tree, "releases"));
	only_read(e, &t.trial, mr_tree_add_list(t.tree, "onlyRead"), &t.waits);
	*ret = t;
	return true;
}

/* Whether the plan is more than --max-disruption allows; answers then. */
static bool too_much(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		     struct trying *t, struct mr_diags *diags)
{
	struct fm_allowance allowed;
	struct mr_buf why = {0};
	bool good;

	if (!fm_allowance_parse(r->max_disruption, &allowed)) {
		mr_tree_free(t->tree);
		fm_reply(e, tag, MR_REASON_INVALID, 1, NULL, fm_diags_keep(diags),
			 "--max-disruption: expected None, Live, Reset, Move, Count, Host or a "
			 "number of assignments, found '%.64s'",
			 r->max_disruption);
		return true;
	}
	good = fm_impact_allowed(&t->trial, &t->impact, &allowed, &why);
	if (!good)
		fm_reply(e, tag, MR_REASON_NOT_PERMITTED, 1, t->tree, fm_diags_keep(diags),
			 "this is more than --max-disruption %s allows: %s; nothing was "
			 "changed",
			 r->max_disruption, mr_buf_text(&why));
	mr_buf_done(&why);
	return !good;
}

#define NAMED_MAX 8 /* documents, in a sentence */

/* Whether another version is in force than the one that was meant; answers then, with what
 * changed since and who did it. */
static bool changed_meanwhile(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_version *then, *now;
	struct mr_buf what = {0};

	if (!r->has_if_version || r->if_version == e->base.version)
		return false;
	then = fm_history_get(e, r->if_version);
	now = fm_history_get(e, e->base.version);
	mr_buf_printf(&what, "version %llu was meant, and %llu is in force",
		      (unsigned long long)r->if_version, (unsigned long long)e->base.version);
	if (now)
		mr_buf_printf(&what, " by %s (%s)", now->rec.who[0] ? now->rec.who : "operator",
			      now->rec.how);
	mr_buf_puts(&what, ": ");
	if (r->if_version > e->base.version)
		mr_buf_puts(&what, "there is no such version yet");
	else if (then && now)
		fm_base_compare_words(&then->base, &now->base, NAMED_MAX, &what);
	else
		mr_buf_puts(&what, "what changed since is not kept");
	fm_refuse(e, tag, MR_REASON_CONFLICT, "%s; nothing was changed", mr_buf_text(&what));
	mr_buf_done(&what);
	return true;
}

/* What was tried is what is in force. */
static void commit(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct fm_base *b, const char *how, struct trying *t, struct mr_diags *diags)
{
	fm_refusing_end_all(e);
	fm_base_commit(e, b, &(struct fm_origin){r->who, r->set, how});
	fm_trial_take(e, &t->trial);
	fm_log(e, 1, "policy: version %llu by '%s', %u documents",
	       (unsigned long long)e->base.version, r->who, e->base.docs.n);
	fm_note(e, MR_REASON_OK, "policy", "version %llu by %s",
		(unsigned long long)e->base.version, r->who[0] ? r->who : "operator");
	fm_reply(e, tag, MR_REASON_OK, 0, t->tree, fm_diags_keep(diags),
		 "version %llu is in force%s", (unsigned long long)e->base.version,
		 mr_buf_text(&t->waits));
}

void fm_force(struct fm_engine *e, uint64_t tag, const struct fm_request *r, struct fm_base *b,
	      const char *how, struct mr_diags *diags)
{
	struct trying t;
	unsigned alone;

	if (changed_meanwhile(e, tag, r))
		return;
	if (!try_it(e, tag, r, true, b, &t)) {
		mr_diags_done(diags);
		return;
	}
	alone = disowned(e, b, mr_tree_add_list(t.tree, "disowned"));
	if (alone && !r->yes)
		fm_reply(e, tag, MR_REASON_NOT_PERMITTED, 1, t.tree, fm_diags_keep(diags),
			 "%u running assignment%s on a host whose document would go; say --yes "
			 "if that is meant",
			 alone, alone == 1 ? " is" : "s are");
	else if (t.lost && !r->yes) {
		fm_shrink_tell(e, &b->docs, &t.trial, diags);
		fm_reply(e, tag, MR_REASON_NOT_PERMITTED, 1, t.tree, fm_diags_keep(diags),
			 "%u running assignment%s would go; say --yes if that is meant", t.lost,
			 t.lost == 1 ? "" : "s");
	} else if (!too_much(e, tag, r, &t, diags)) {
		if (t.differs)
			commit(e, tag, r, b, how, &t, diags);
		else
			fm_reply(e, tag, MR_REASON_OK, 0, t.tree, fm_diags_keep(diags),
				 "nothing changed, version %llu is in force%s",
				 (unsigned long long)e->base.version, mr_buf_text(&t.waits));
	}
	fm_trial_done(e, &t.trial);
	mr_buf_done(&t.waits);
}

void fm_force_plan(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct fm_base *b, struct mr_diags *diags)
{
	struct trying t;
	char overrides[32] = "";
	bool pending;

	if (e->overrides)
		mr_fmt(overrides, sizeof(overrides), "; %u override%s", e->overrides,
		       e->overrides == 1 ? "" : "s");
	if (!try_it(e, tag, r, false, b, &t)) {
		mr_diags_done(diags);
		return;
	}
	pending = fm_plan_pending(t.trial.plan);
	if (!too_much(e, tag, r, &t, diags))
		fm_reply(e, tag, MR_REASON_OK, pending || t.differs ? 2 : 0, t.tree,
			 fm_diags_keep(diags), "%s%s%s",
			 pending     ? "changes are pending"
			 : t.differs ? "documents change, nothing has to be done"
				     : "nothing to do",
			 overrides, mr_buf_text(&t.waits));
	fm_trial_done(e, &t.trial);
	mr_buf_done(&t.waits);
}

void fm_force_findings(struct fm_engine *e, uint64_t tag, struct mr_diags *diags)
{
	char shown[48] = "";
	unsigned n, kept = 0;

	fm_diags_sort(diags);
	n = diags->errors;
	for (unsigned i = 0; i < diags->n; i++)
		kept += diags->item[i].severity == MR_SEV_ERROR;
	if (kept < n)
		mr_fmt(shown, sizeof(shown), ", the first %u are shown", kept);
	fm_reply(e, tag, MR_REASON_INVALID, 1, NULL, fm_diags_keep(diags),
		 "%u error%s%s; nothing was changed", n, n == 1 ? "" : "s", shown);
}
