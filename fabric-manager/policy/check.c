// SPDX-License-Identifier: Apache-2.0
/*
 * The check of a set as a whole: what the parts share, and their order. Findings carry the
 * place of the key that would have to change, and name the other place where there are two.
 */
#include "fabric-manager/policy/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"

/* An error in 'd' at 'at'; 'path' is the key's. */
void fm_check_error(struct fm_check *c, const struct fm_doc *d, struct fm_at at,
		    const char *path, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->errors++;
	mr_diags_add(c->diags, MR_SEV_ERROR, d->file, at.line, at.col, path, "%s", text);
}

/* A warning in 'd' at 'at'. */
void fm_check_warn(struct fm_check *c, const struct fm_doc *d, struct fm_at at,
		   const char *path, const char *fmt, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mr_diags_add(c->diags, MR_SEV_WARNING, d->file, at.line, at.col, path, "%s", text);
}

/* "file:line:col" into 'buf' of FM_PLACE_MAX bytes; returns it. */
const char *fm_check_place(const struct fm_doc *d, struct fm_at at, char *buf)
{
	mr_fmt(buf, FM_PLACE_MAX, "%.280s:%u:%u", d->file, at.line, at.col);
	return buf;
}

/* The nearest name of a document of 'kind', or NULL. */
static const char *nearest_doc(const struct fm_docs *set, enum fm_kind kind, const char *name)
{
	const char **names = mr_xcalloc(set->n + 1, sizeof(names[0]));
	unsigned n = 0;
	const char *near;

	for (unsigned i = 0; i < set->n; i++) {
		if (set->doc[i]->kind == kind)
			names[n++] = set->doc[i]->meta.name.s;
	}
	near = mr_nearest(name, names);
	free(names);
	return near;
}

/* The document that 't' refers to; an error with the nearest name, and NULL, when there is
 * none. */
const struct fm_doc *fm_check_ref(struct fm_check *c, const struct fm_doc *d, const char *path,
				  const struct fm_text *t, enum fm_kind kind)
{
	const struct fm_doc *ret = c->last[kind];
	const char *near;

	if (!t->s)
		return NULL;
	if (ret && mr_streq(ret->meta.name.s, t->s))
		return ret;
	ret = c->last[kind] = fm_docs_find(c->set, kind, t->s);
	if (ret)
		return ret;
	near = nearest_doc(c->set, kind, t->s);
	fm_check_error(c, d, t->at, path, "there is no %s '%s'%s%s%s", fm_kind_name(kind), t->s,
		       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return NULL;
}

static void check_fabric(struct fm_check *c)
{
	for (unsigned i = 0; i < c->set->n; i++) {
		const struct fm_doc *d = c->set->doc[i];

		if (d->kind != FM_KIND_FABRIC_POLICY)
			continue;
		fm_check_drift(c, d, &d->spec.fabric.drift);
		fm_check_update(c, d, "spec.update", &d->spec.fabric.update);
		if (!mr_streq(d->meta.name.s, "default"))
			fm_check_error(
				c, d, d->meta.name.at, "metadata.name",
				"there is one FabricPolicy and its name is default; got '%s'",
				d->meta.name.s);
	}
}

static struct fm_check begin(const struct fm_docs *s, struct mr_diags *diags)
{
	return (struct fm_check){
		.set = s,
		.diags = diags,
		.member_of = mr_map_new(),
		.literal = mr_map_new(),
		.literal_doc = mr_map_new(),
		.profile = mr_map_new(),
	};
}

static void end(struct fm_check *c)
{
	free(c->member);
	free(c->range);
	mr_map_free(c->member_of);
	mr_map_free(c->literal);
	mr_map_free(c->literal_doc);
	mr_map_free(c->profile);
}

/* Checks the set as a whole; see docs.h. */
int fm_docs_check(const struct fm_docs *s, struct mr_diags *diags)
{
	struct fm_check c = begin(s, diags);

	check_fabric(&c);
	fm_check_hosts(&c);
	fm_check_adapter_pools(&c);
	fm_check_identity_pools(&c);
	fm_check_profiles(&c);
	fm_check_domains(&c);
	end(&c);
	return c.errors ? -EINVAL : 0;
}

/* See docs.h. Hosts, names, sums and borders are not looked at: fm_docs_edits has them the
 * same. */
bool fm_docs_edits_silent(const struct fm_docs *was, const struct fm_docs *now,
			  const char *const *name, unsigned n)
{
	struct mr_diags diags = {0};
	struct fm_check c;
	bool silent;

	if (!n)
		return false;
	c = begin(now, &diags);
	fm_check_identity_pools(&c);
	fm_check_edited(&c, was, name, n);
	end(&c);
	silent = !diags.n;
	mr_diags_done(&diags);
	return silent;
}

/* See docs.h. */
int fm_docs_validate(const struct fm_docs *s, struct mr_diags *diags)
{
	int ret = fm_docs_check(s, diags);

	fm_diags_sort(diags);
	return ret;
}
