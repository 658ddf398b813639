// SPDX-License-Identifier: Apache-2.0
/*
 * Requests about documents: apply, plan, validate, delete, diff. All refusals come before the
 * first change; a refused request changes nothing.
 */
#include "common/err.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/drift.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/request/force.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/state/base.h"
#include "fabric-manager/engine/state/foreign.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/model/data.h"
#include "fabric-manager/policy/resolve.h"

/* Reads the files of a request; false when anything in them is wrong. */
static bool parse(struct fm_engine *e, const struct fm_request *r, struct fm_docs *ret,
		  struct mr_diags *diags)
{
	(void)e;
	for (unsigned i = 0; i < r->files; i++)
		fm_docs_read(ret, r->file[i].name, r->file[i].text, r->file[i].len, diags);
	return !diags->errors;
}

static bool foreign(struct fm_engine *e, const struct fm_base *b, const struct fm_doc *d,
		    const char *set, struct mr_diags *diags)
{
	const char *owner = fm_base_set(e, b, d->kind, d->meta.name.s);

	if (!fm_docs_find(&b->docs, d->kind, d->meta.name.s) || mr_streq(owner, set) ||
	    !owner[0])
		return false;
	if (set[0])
		mr_diags_add(diags, MR_SEV_ERROR, d->file, d->at.line, d->at.col, "",
			     "%s '%s' belongs to the set '%s', not to '%s'",
			     fm_kind_name(d->kind), d->meta.name.s, owner, set);
	else
		mr_diags_add(diags, MR_SEV_ERROR, d->file, d->at.line, d->at.col, "",
			     "%s '%s' belongs to the set '%s': say --set %s",
			     fm_kind_name(d->kind), d->meta.name.s, owner, owner);
	return true;
}

/* Before an initial template changes or goes, its profiles become documents of their own. They
 * belong to a set of their own, so that no --prune takes them. */
static void keep_made(struct fm_engine *e, struct fm_base *b, enum fm_kind kind,
		      const char *name)
{
	const struct fm_doc *d = fm_docs_find(&b->docs, kind, name);
	struct fm_resolve_input in;
	struct fm_docs made = {0};

	if (d && d->kind == FM_KIND_PROFILE_TEMPLATE) {
		fm_desire_input(e, &b->docs, &in);
		in.overrides = in.hosts = 0; /* where they were by documents */
		fm_docs_made(&in, d, &made);
		fm_desire_input_done(&in);
	}
	fm_docs_merge(&b->docs, &made);
	for (unsigned i = 0; i < made.n; i++)
		fm_base_set_put(e, b, made.doc[i]->kind, made.doc[i]->meta.name.s, "initial");
	fm_docs_done(&made);
}

/* The same for every template of 'in' that is not in force as it stands there; 'remove': for
 * all. Before anything else changes: a template makes profiles for what its group is now. */
static void keep_all_made(struct fm_engine *e, struct fm_base *b, const struct fm_docs *in,
			  bool remove)
{
	for (unsigned i = 0; i < in->n; i++) {
		const struct fm_doc *d = in->doc[i], *have;

		have = fm_docs_find(&b->docs, d->kind, d->meta.name.s);
		if (have && d->kind == FM_KIND_PROFILE_TEMPLATE &&
		    (remove || !fm_doc_equal(have, d)))
			keep_made(e, b, d->kind, d->meta.name.s);
	}
}

/* The next document of the set that 'keep' does not hold, or NULL. */
static struct fm_doc *next_pruned(struct fm_engine *e, const struct fm_base *b,
				  const struct fm_docs *keep, const char *set, unsigned *i)
{
	for (; *i < b->docs.n; ++*i) {
		struct fm_doc *d = b->docs.doc[*i];

		if (mr_streq(fm_base_set(e, b, d->kind, d->meta.name.s), set) &&
		    !fm_docs_find(keep, d->kind, d->meta.name.s))
			return d;
	}
	return NULL;
}

/* Takes out the documents of the set that 'keep' does not hold; templates first write down what
 * they made, while their groups still stand. */
static void prune(struct fm_engine *e, struct fm_base *b, const struct fm_docs *keep,
		  const char *set)
{
	struct fm_doc *d;

	for (unsigned i = 0; (d = next_pruned(e, b, keep, set, &i)); i++)
		if (d->kind == FM_KIND_PROFILE_TEMPLATE)
			keep_made(e, b, d->kind, d->meta.name.s);
	for (unsigned i = 0; (d = next_pruned(e, b, keep, set, &i));)
		fm_docs_remove(&b->docs, d->kind, d->meta.name.s);
}

/* As the client names itself; who that is, is the operating system's to know. */
static const char *who_of(const struct fm_request *r)
{
	return r->who ? r->who : "";
}

/* The documents together. Where nothing was found before, edits are looked at alone. */
static void check(const struct fm_engine *e, struct fm_base *b, struct mr_diags *diags)
{
	unsigned had = diags->n;

	b->silent = e->base.silent &&
		    fm_docs_edits_silent(&e->base.docs, &b->docs, b->edit, fm_base_edits(e, b));
	if (b->silent)
		return;
	fm_docs_check(&b->docs, diags);
	b->silent = diags->n == had;
}

static void no_document(const struct fm_request *r, struct mr_diags *diags)
{
	mr_diags_add(diags, MR_SEV_ERROR, r->file[0].name, 1, 1, "",
		     "expected a document, there is none");
}

/*
 * What would be in force after 'r' (apply, plan -f) is put into '*ret'. False with findings
 * when it must not be.
 */
bool fm_candidate(struct fm_engine *e, const struct fm_request *r, struct fm_base *ret,
		  struct mr_diags *diags)
{
	const char *set = r->set ? r->set : "";
	struct fm_docs in = {0};
	bool good = parse(e, r, &in, diags);

	fm_base_copy(ret, &e->base);
	if (good)
		keep_all_made(e, ret, &in, false);
	for (unsigned i = 0; good && i < in.n; i++) {
		struct fm_doc *d = in.doc[i], *have;

		if (foreign(e, ret, d, set, diags))
			continue;
		have = fm_docs_find(&ret->docs, d->kind, d->meta.name.s);
		if (!have || !fm_doc_equal(have, d))
			fm_docs_put(&ret->docs, fm_doc_ref(d));
		fm_base_set_put(e, ret, d->kind, d->meta.name.s, set);
	}
	if (good && r->files && !in.n && !r->prune)
		no_document(r, diags);
	if (good && r->prune)
		prune(e, ret, &in, set);
	fm_docs_done(&in);
	if (!diags->errors)
		check(e, ret, diags);
	if (!diags->errors)
		fm_docs_check_users(&e->base.docs, &ret->docs, who_of(r), diags);
	if (!diags->errors)
		fm_desire_check(e, ret, diags);
	if (!diags->errors)
		fm_foreign_check(e, &e->base.docs, &ret->docs, diags);
	return !diags->errors;
}

/* apply -f: documents merge into what is in force. */
void fm_rq_apply(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_diags diags = {0};
	struct fm_base b;

	if (fm_candidate(e, r, &b, &diags))
		fm_force(e, tag, r, &b, fm_verb_name(r->verb), &diags);
	else
		fm_force_findings(e, tag, &diags);
	fm_base_done(&b);
}

/* plan -f: what apply would do; without files what has to be done anyway. Exit 0 nothing, 2
 * something. */
void fm_rq_plan(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_diags diags = {0};
	struct fm_base b;

	if (fm_candidate(e, r, &b, &diags))
		fm_force_plan(e, tag, r, &b, &diags);
	else
		fm_force_findings(e, tag, &diags);
	fm_base_done(&b);
}

/* validate -f: only the findings. */
void fm_rq_validate(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_diags diags = {0};
	struct fm_base b;

	if (fm_candidate(e, r, &b, &diags))
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, fm_diags_keep(&diags), "valid");
	else
		fm_force_findings(e, tag, &diags);
	fm_base_done(&b);
}

static bool remove_files(struct fm_engine *e, const struct fm_request *r, struct fm_base *b,
			 struct mr_diags *diags)
{
	const char *set = r->set ? r->set : "";
	struct fm_docs in = {0};
	bool good = parse(e, r, &in, diags);

	if (good)
		keep_all_made(e, b, &in, true);
	for (unsigned i = 0; good && i < in.n; i++) {
		const struct fm_doc *d = in.doc[i];

		if (!foreign(e, b, d, set, diags) &&
		    !fm_docs_remove(&b->docs, d->kind, d->meta.name.s))
			mr_diags_add(diags, MR_SEV_WARNING, d->file, d->at.line, d->at.col, "",
				     "there is no %s '%s' in force", fm_kind_name(d->kind),
				     d->meta.name.s);
	}
	if (good && !in.n)
		no_document(r, diags);
	fm_docs_done(&in);
	return good && !diags->errors;
}

static bool remove_named(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
			 struct fm_base *b)
{
	int kind = fm_kind_of_text(r->kind);

	if (kind < 0 && mr_streq(r->kind, "profiles"))
		kind = FM_KIND_SERVER_PROFILE;
	if (kind < 0) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no kind of document '%s'",
			  r->kind);
		return false;
	}
	keep_made(e, b, (enum fm_kind)kind, r->name);
	if (!fm_docs_remove(&b->docs, (enum fm_kind)kind, r->name)) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no %s '%s'",
			  fm_kind_name((enum fm_kind)kind), r->name);
		return false;
	}
	return true;
}

/* delete namespace PROFILE/DEVICE/NAME: one that is kept, with its contents; or the row of one
 * that its drive does not have any more. Who expects its data finds an empty one then, so that
 * takes a word, too. */
static void delete_namespace(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	int i = fm_data_named(e, r->name);
	char why[FM_DETAIL_MAX];
	unsigned chassis;
	bool there, lost;

	if (i < 0) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "there is no namespace '%s'; `banyan get namespaces` lists them",
			  r->name);
		return;
	}
	if (!fm_data_erasable(e, (unsigned)i, why, sizeof(why))) {
		fm_refuse(e, tag, MR_REASON_NOT_PERMITTED, "namespace '%s' is not deleted: %s",
			  r->name, why);
		return;
	}
	lost = fm_data_lost(e, (unsigned)i);
	if (!r->yes) {
		fm_refuse(e, tag, MR_REASON_NOT_PERMITTED,
			  lost ? "namespace '%s' is not on its drive any more: if documents "
				 "name it an empty one is made; say --yes if that is meant"
			       : "the contents of namespace '%s' would be lost; say --yes if "
				 "that is meant",
			  r->name);
		return;
	}
	there = fm_data_drive(&e->inv, &e->data[i], &chassis);
	fm_data_erase(e, (unsigned)i, who_of(r));
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL, "%s is %s%s", r->name,
		 lost ? "forgotten" : "erased", there ? "" : " when its drive is there again");
}

/* delete -f PATHS, delete KIND NAME. */
void fm_rq_delete(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_diags diags = {0};
	struct fm_base b;

	if (!r->files && mr_starts(r->kind, "namespace")) {
		delete_namespace(e, tag, r);
		return;
	}
	fm_base_copy(&b, &e->base);
	if (r->files ? !remove_files(e, r, &b, &diags) : !remove_named(e, tag, r, &b)) {
		if (r->files)
			fm_force_findings(e, tag, &diags);
	} else {
		fm_docs_validate(&b.docs, &diags);
		if (!diags.errors)
			fm_docs_check_users(&e->base.docs, &b.docs, who_of(r), &diags);
		if (!diags.errors)
			fm_desire_check(e, &b, &diags);
		if (diags.errors)
			fm_force_findings(e, tag, &diags);
		else
			fm_force(e, tag, r, &b, fm_verb_name(r->verb), &diags);
	}
	fm_base_done(&b);
}

static void add_drift(const struct fm_engine *e, const struct fm_asg *a, uint32_t drift,
		      struct mr_tree *list)
{
	struct mr_tree *m = mr_tree_add_map(list, NULL), *l, *one;
	char name[FM_ASSIGNMENT_TEXT], reads[FM_DRIFT_TEXT], intended[FM_DRIFT_TEXT];
	struct mr_buf text = {0};

	fm_drift_sentence(e, a, drift, &text);
	mr_tree_add_text(m, "assignment", fm_assignment_text(&a->a, name));
	mr_tree_add_text(m, "text", mr_buf_text(&text));
	l = mr_tree_add_list(m, "differences");
	for (unsigned i = 0; i < FM_DRIFT_COUNT; i++) {
		if (!(drift >> i & 1))
			continue;
		fm_drift_text(e, a, (enum fm_drift)i, reads, intended, sizeof(reads));
		one = mr_tree_add_map(l, NULL);
		mr_tree_add_text(one, "attribute", fm_drift_name((enum fm_drift)i));
		mr_tree_add_text(one, "reads", reads);
		mr_tree_add_text(one, "intended", intended);
	}
	mr_buf_done(&text);
}

/* What runs without a document. */
static void add_adopted(const struct fm_engine *e, struct mr_tree *list)
{
	char name[FM_ASSIGNMENT_TEXT], fn[FM_FN_TEXT];
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		struct mr_tree *m = a->a.adopted ? mr_tree_add_map(list, NULL) : NULL;

		if (!m)
			continue;
		mr_tree_add_text(m, "assignment", fm_assignment_text(&a->a, name));
		mr_tree_add_text(m, "function", fm_fn_text(&e->inv, a->a.fn, fn));
		mr_tree_add_text(m, "host", a->a.host);
	}
}

/* What differs between what is intended and what was read. */
static void diff_drift(struct fm_engine *e, uint64_t tag)
{
	struct mr_tree *tree = mr_tree_map(), *list = mr_tree_add_list(tree, "drift");
	struct mr_buf text = {0};
	const struct fm_asg *a;
	unsigned n = 0;

	FM_FOREACH_ASG(e, a)
	{
		uint32_t drift = fm_drift(e, a);

		if (drift)
			add_drift(e, a, drift, list);
		n += drift != 0;
	}
	add_adopted(e, mr_tree_add_list(tree, "adopted"));
	mr_buf_printf(&text, "%u assignment%s drifted", n, n == 1 ? "" : "s");
	if (e->adopteds)
		mr_buf_printf(&text, "; %u function%s adopted, and no document asks for %s",
			      e->adopteds, e->adopteds == 1 ? " was" : "s were",
			      e->adopteds == 1 ? "it" : "them");
	fm_reply(e, tag, MR_REASON_OK, n || e->adopteds ? 2 : 0, tree, NULL, "%s",
		 mr_buf_text(&text));
	mr_buf_done(&text);
}

/* diff: of the hardware, or between versions. Exit 2 when something differs. */
void fm_rq_diff(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	if (r->name[0])
		fm_versions_diff(e, tag, r);
	else
		diff_drift(e, tag);
}
