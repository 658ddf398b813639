/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of the documents: what differs between two of them, and an older one in force again.
 * That one is a new version too, with the checks and refusals of any other.
 */
#include "common/err.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/request/force.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/view/lines.h"

/* The kept version that 'text' names; refuses when there is none. */
static const struct fm_version *version_or_refuse(struct fm_engine *e, uint64_t tag,
						  const char *text)
{
	const struct fm_version *v = NULL;
	uint64_t n;

	if (mr_parse_u64(text, UINT64_MAX, false, &n, NULL)) {
		fm_refuse(e, tag, MR_REASON_INVALID,
			  "expected the number of a version, found '%.64s'", text);
		return NULL;
	}
	v = fm_history_get(e, n);
	if (!v && e->versions)
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "version %s is not kept; there are %llu to %llu", text,
			  (unsigned long long)e->version[0].rec.version,
			  (unsigned long long)e->version[e->versions - 1].rec.version);
	else if (!v)
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no version yet");
	return v;
}

/* Whether the store has not all of it; refuses then. */
static bool broken(struct fm_engine *e, uint64_t tag, const struct fm_version *v)
{
	if (v->broken)
		fm_refuse(e, tag, MR_REASON_STORE_FAILED,
			  "version %llu is not in the store as it was written: %u of %u "
			  "documents, or others",
			  (unsigned long long)v->rec.version, v->base.docs.n + v->unreads,
			  v->rec.documents);
	return v->broken;
}

/* ---- diff ---- */

static void add_difference(void *arg, const struct fm_doc *before, const struct fm_doc *after)
{
	const struct fm_doc *d = after ? after : before;
	struct mr_buf a = {0}, b = {0}, text = {0};
	struct mr_tree *m = mr_tree_add_map(arg, NULL);

	if (before)
		fm_doc_print(before, &a);
	if (after)
		fm_doc_print(after, &b);
	fm_lines_diff(mr_buf_text(&a), mr_buf_text(&b), &text);
	mr_tree_add_text(m, "change", !before ? "added" : !after ? "removed" : "changed");
	mr_tree_add_text(m, "kind", fm_kind_name(d->kind));
	mr_tree_add_text(m, "name", d->meta.name.s);
	mr_tree_add_text(m, "text",
			 text.len ? mr_buf_text(&text) : "(belongs to another set)\n");
	mr_buf_done(&a);
	mr_buf_done(&b);
	mr_buf_done(&text);
}

void fm_versions_diff(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_version *a = version_or_refuse(e, tag, r->name), *b;
	struct mr_tree *t;
	unsigned n;
	char current[24];

	if (!a || broken(e, tag, a))
		return;
	mr_fmt(current, sizeof(current), "%llu", (unsigned long long)e->base.version);
	b = version_or_refuse(e, tag, r->arg[0] ? r->arg : current);
	if (!b || broken(e, tag, b))
		return;
	t = mr_tree_map();
	mr_tree_add_int(t, "from", (int64_t)a->rec.version);
	mr_tree_add_int(t, "to", (int64_t)b->rec.version);
	n = fm_base_compare(&a->base, &b->base, add_difference,
			    mr_tree_add_list(t, "documents"));
	fm_reply(e, tag, MR_REASON_OK, n ? 2 : 0, t, NULL,
		 "%u document%s between %llu and %llu", n, n == 1 ? " differs" : "s differ",
		 (unsigned long long)a->rec.version, (unsigned long long)b->rec.version);
}

/* ---- rollback ---- */

/* The version before the one in force, where none is named. */
static const struct fm_version *target(struct fm_engine *e, uint64_t tag,
				       const struct fm_request *r)
{
	if (r->name[0])
		return version_or_refuse(e, tag, r->name);
	if (e->versions >= 2)
		return &e->version[e->versions - 2];
	fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no version before this one");
	return NULL;
}

/* rollback [VERSION]. */
void fm_rq_rollback(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_version *v = target(e, tag, r);
	struct mr_diags diags = {0};
	char how[MR_NAME_MAX];
	struct fm_base b;

	if (!v || broken(e, tag, v))
		return;
	if (v->unreads) {
		fm_refuse(e, tag, MR_REASON_UNSUPPORTED,
			  "version %llu has %u document%s that this manager does not read, %s "
			  "'%s' for one",
			  (unsigned long long)v->rec.version, v->unreads,
			  v->unreads == 1 ? "" : "s", v->unread[0].kind, v->unread[0].name);
		return;
	}
	mr_fmt(how, sizeof(how), "rollback to %llu", (unsigned long long)v->rec.version);
	fm_base_copy(&b, &v->base);
	fm_docs_validate(&b.docs, &diags);
	if (!diags.errors)
		fm_docs_check_users(&e->base.docs, &b.docs, r->who, &diags);
	if (!diags.errors)
		fm_desire_check(e, &b, &diags);
	if (diags.errors)
		fm_force_findings(e, tag, &diags);
	else
		fm_force(e, tag, r, &b, how, &diags);
	fm_base_done(&b);
}
