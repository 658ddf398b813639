// SPDX-License-Identifier: Apache-2.0
/*
 * The documents in force: which set each belongs to, how a new version of them is stored, and
 * the words for their kinds.
 */
#include "fabric-manager/engine/state/base.h"

#include "common/err.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

static const char *const plurals[FM_KIND_COUNT] = {
	[FM_KIND_HOST] = "hosts",
	[FM_KIND_ADAPTER] = "adapters",
	[FM_KIND_HOST_GROUP] = "hostgroups",
	[FM_KIND_ADAPTER_POOL] = "adapterpools",
	[FM_KIND_IDENTITY_POOL] = "identitypools",
	[FM_KIND_PORT_PROFILE] = "portprofiles",
	[FM_KIND_QOS_CLASS] = "qosclasses",
	[FM_KIND_SERVER_PROFILE] = "serverprofiles",
	[FM_KIND_PROFILE_TEMPLATE] = "profiletemplates",
	[FM_KIND_PRIORITY_CLASS] = "priorityclasses",
	[FM_KIND_DOMAIN] = "domains",
	[FM_KIND_FABRIC_POLICY] = "fabricpolicies",
};

/* A kind by its name or plural, in any case; -1 = none. */
int fm_kind_of_text(const char *s)
{
	for (int k = 0; k < FM_KIND_COUNT; k++)
		if (!mr_strcasecmp(s, plurals[k]) ||
		    !mr_strcasecmp(s, fm_kind_name((enum fm_kind)k)))
			return k;
	return -1;
}

/* The name that was noted of a document. */
const char *fm_base_set_name(const struct fm_engine *e, uint32_t note)
{
	return note ? e->set_name[note - 1] : "";
}

/* The set that a document belongs to, "" = none. */
const char *fm_base_set(const struct fm_engine *e, const struct fm_base *b, enum fm_kind kind,
			const char *name)
{
	return fm_base_set_name(e, fm_docs_noted(&b->docs, kind, name));
}

/* Says which set a document belongs to. */
void fm_base_set_put(struct fm_engine *e, struct fm_base *b, enum fm_kind kind,
		     const char *name, const char *set)
{
	unsigned i = 0;

	while (set[0] && i < e->sets && !mr_streq(e->set_name[i], set))
		i++;
	if (set[0] && i == e->sets) {
		MR_GROW(e->set_name, e->sets, e->cap_sets);
		e->set_name[e->sets++] = mr_xstrdup(set);
	}
	fm_docs_note(&b->docs, kind, name, set[0] ? i + 1 : 0);
}

/* See base.h. */
unsigned fm_base_edits(const struct fm_engine *e, struct fm_base *b)
{
	if (!b->edits_known)
		b->edits = fm_docs_edits(&e->base.docs, &b->docs, b->edit);
	b->edits_known = true;
	return b->edits;
}

/* A copy that shares the documents; 'to' is overwritten. */
void fm_base_copy(struct fm_base *to, const struct fm_base *from)
{
	*to = (struct fm_base){.version = from->version};
	fm_docs_copy(&to->docs, &from->docs);
}

/* Frees what it owns. */
void fm_base_done(struct fm_base *b)
{
	fm_docs_done(&b->docs);
	fm_desired_free(b->resolved);
	b->resolved = NULL;
}

static void unpause(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->provs; i++)
		e->prov[i].failed = false;

	fm_asgs_retry(e);
	for (unsigned i = 0; e->some_paused && i < e->asgs; i++)
		e->asg[i]->a.paused = false;
}

/* The documents of 'b' (taken over) come into force: version + 1, stored, desired is remade. */
void fm_base_commit(struct fm_engine *e, struct fm_base *b, const struct fm_origin *from)
{
	struct fm_former *f;

	fm_overrides_edit(e, &b->docs);
	MR_GROW(e->former, e->formers, e->cap_formers);
	f = &e->former[e->formers++];
	f->commit = e->commit_last + 1;
	f->base = e->base;
	e->base = *b;
	e->base.edits_known = false;
	*b = (struct fm_base){0};
	e->base.version = e->meta.version = f->base.version + 1;
	fm_history_add(e, from);
	fm_rec(e, FM_RECORD_CURRENT)->current = e->meta;
	e->intent = true;
	unpause(e);
	fm_desire_changed(e);
}
