// SPDX-License-Identifier: Apache-2.0
/*
 * Edits that a standing wish can follow (amend.c): profiles whose documents ask for other
 * things of the same functions. Nothing that another profile, a rule or a table of the wish
 * depends on is another then, and no finding that was not there before can follow.
 */
#include "common/str.h"
#include "fabric-manager/policy/resolve.h"

static bool same_text(const struct fm_text *a, const struct fm_text *b)
{
	return mr_streq(a->s ? a->s : "", b->s ? b->s : "");
}

/* The same functions by the same names from the same pool, which is one for each class that is
 * asked for; and nothing of them stands in tables of its own: pairs, namespaces, what is taken
 * of a PF's totals. */
static bool same_device(const struct fm_doc_device *a, const struct fm_doc_device *b)
{
	return same_text(&a->name, &b->name) && fm_doc_count_min(a) == fm_doc_count_min(b) &&
	       fm_doc_count_max(a) == fm_doc_count_max(b) && same_text(&a->pool, &b->pool) &&
	       a->class.v == b->class.v && !a->ha.at.line && !b->ha.at.line &&
	       !a->storage.namespaces.n && !b->storage.namespaces.n &&
	       a->queues.v == b->queues.v && a->gpu.framebuffer.v == b->gpu.framebuffer.v;
}

/* It is connected to the same host, fills in the same order, has no rules, and no update policy
 * of its own. */
static bool same_frame(const struct fm_doc_profile *a, const struct fm_doc_profile *b)
{
	if (a->suspend.v != b->suspend.v || !same_text(&a->host.name, &b->host.name) ||
	    !same_text(&a->host.group, &b->host.group) || a->atomic.v != b->atomic.v ||
	    !same_text(&a->priority_class, &b->priority_class) ||
	    !same_text(&a->domain, &b->domain) || a->placement.n || b->placement.n ||
	    a->update.at.line || b->update.at.line || a->devices.n != b->devices.n)
		return false;
	for (unsigned i = 0; i < a->devices.n; i++)
		if (!same_device(&a->devices.item[i], &b->devices.item[i]))
			return false;
	return true;
}

/* Who gets copies of what is found over all claims. */
static bool is_mirror(const struct fm_doc *d)
{
	return d->kind == FM_KIND_PORT_PROFILE && d->spec.port_profile.mirror_to.s;
}

/* See resolve.h. */
unsigned fm_docs_edits(const struct fm_docs *was, const struct fm_docs *now,
		       const char *ret[FM_EDITS_MAX])
{
	unsigned n = 0;

	if (was->n != now->n)
		return 0;
	for (unsigned i = 0; i < now->n; i++) {
		const struct fm_doc *a = was->doc[i], *b = now->doc[i];

		if (is_mirror(b))
			return 0;
		if (a == b)
			continue;
		if (n == FM_EDITS_MAX || a->kind != FM_KIND_SERVER_PROFILE ||
		    b->kind != FM_KIND_SERVER_PROFILE ||
		    !mr_streq(a->meta.name.s, b->meta.name.s) ||
		    !same_frame(&a->spec.profile, &b->spec.profile))
			return 0;
		ret[n++] = b->meta.name.s;
	}
	return n;
}
