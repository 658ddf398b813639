// SPDX-License-Identifier: Apache-2.0
/*
 * Edits that a standing wish can follow (amend.c): profiles whose documents ask for other
 * things of the same functions, or those that they refer to for them. Nothing that another
 * profile, a rule or a table of the wish depends on is another then, and no finding that was
 * not there before can follow.
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

/* ---- what profiles refer to ---- */

#define SHARED_MAX 4 /* documents that are edited at once, and that others refer to */

struct shared {
	const struct fm_doc *doc[SHARED_MAX];
	unsigned n;
};

/* A class of rates or a PortProfile: of the claims nothing but what they are set to is from
 * there. */
static bool share(struct shared *s, const struct fm_doc *a, const struct fm_doc *b)
{
	bool same = false;

	if (b->kind == FM_KIND_QOS_CLASS)
		same = a->spec.qos_class.suspend.v == b->spec.qos_class.suspend.v;
	else if (b->kind == FM_KIND_PORT_PROFILE)
		same = a->spec.port_profile.suspend.v == b->spec.port_profile.suspend.v &&
		       !is_mirror(a) && !is_mirror(b);
	if (!same || s->n == SHARED_MAX)
		return false;
	s->doc[s->n++] = b;
	return true;
}

static bool uses(const struct fm_doc_profile *p, const struct shared *s)
{
	for (unsigned i = 0; s->n && i < p->devices.n; i++)
		for (unsigned k = 0; k < s->n; k++) {
			const struct fm_doc_device *dev = &p->devices.item[i];
			const struct fm_text *name = s->doc[k]->kind == FM_KIND_QOS_CLASS
							     ? &dev->qos.name
							     : &dev->port_profile;

			if (name->s && mr_streq(name->s, s->doc[k]->meta.name.s))
				return true;
		}
	return false;
}

/* See docs.h. What profiles refer to comes before them. */
unsigned fm_docs_edits(const struct fm_docs *was, const struct fm_docs *now,
		       const char *ret[FM_EDITS_MAX])
{
	struct shared shared = {.n = 0};
	unsigned n = 0;

	if (was->n != now->n)
		return 0;
	for (unsigned i = 0; i < now->n; i++) {
		const struct fm_doc *a = was->doc[i], *b = now->doc[i];
		bool edited = a != b;

		if (is_mirror(b) || (edited && (a->kind != b->kind ||
						!mr_streq(a->meta.name.s, b->meta.name.s))))
			return 0;
		if (b->kind == FM_KIND_PROFILE_TEMPLATE && !edited) {
			if (uses(&b->spec.template.template, &shared))
				return 0;
		} else if (b->kind != FM_KIND_SERVER_PROFILE) {
			if (edited && !share(&shared, a, b))
				return 0;
		} else if (edited || uses(&b->spec.profile, &shared)) {
			if (n == FM_EDITS_MAX ||
			    !same_frame(&a->spec.profile, &b->spec.profile))
				return 0;
			ret[n++] = b->meta.name.s;
		}
	}
	return n;
}
