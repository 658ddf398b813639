// SPDX-License-Identifier: Apache-2.0
/*
 * PortProfile `mirrorTo`: which claim gets copies of what others send. An adapter copies
 * between functions of one PF only, so who is copied and who gets the copies are tied to one
 * PF.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

/* A device whose PortProfile has `mirrorTo`: its claims, by name, and who gets the copies. */
struct fm_mirror_wish {
	const struct fm_doc *doc; /* the PortProfile */
	uint32_t first, n;
	uint32_t to;
};

/* Remembers that the 'n' claims from 'first' on are copied as the PortProfile says. */
void fm_mirror_wish(struct fm_resolving *r, const struct fm_doc *doc, uint32_t first,
		    uint32_t n)
{
	MR_GROW(r->mirror, r->mirrors, r->cap_mirrors);
	r->mirror[r->mirrors++] = (struct fm_mirror_wish){doc, first, n, 0};
	for (uint32_t i = first; i < first + n; i++)
		r->d->claim[i].mirror = UINT32_MAX; /* until all claims are there */
}

static int profile_cmp(const void *name, const void *p)
{
	return strcmp(name, ((const struct fm_profile *)p)->name);
}

static const struct fm_profile *profile_named(const struct fm_desired *d, const char *name)
{
	return bsearch(name, d->profile, d->profiles, sizeof(d->profile[0]), profile_cmp);
}

/* The first claim of device "PROFILE/DEVICE", or of "DEVICE" of the profile 'own'; NULL when
 * there is none. */
static const struct fm_claim *claim_named(const struct fm_desired *d, const char *own,
					  const char *text)
{
	const char *slash = strchr(text, '/');
	char name[MR_NAME_MAX];
	const struct fm_profile *p;

	mr_copy(name, sizeof(name), slash ? text : own);
	if (slash && (size_t)(slash - text) < sizeof(name))
		name[slash - text] = '\0';
	text = slash ? slash + 1 : text;
	p = profile_named(d, name);
	for (uint32_t i = 0; p && i < p->claims; i++)
		if (!strcmp(d->claim[p->first_claim + i].device, text))
			return &d->claim[p->first_claim + i];
	return NULL;
}

/* "PROFILE/DEVICE at FILE:LINE:COL": where the document says it. */
static void device_place(const struct fm_resolving *r, const struct fm_claim *c,
			 struct mr_buf *out)
{
	const struct fm_doc *doc = fm_profile_origin(r, profile_named(r->d, c->profile));
	const struct fm_doc_profile *spec = &doc->spec.profile;
	unsigned i = 0;

	if (doc->kind == FM_KIND_PROFILE_TEMPLATE)
		spec = &doc->spec.template.template;
	while (!mr_streq(spec->devices.item[i].name.s, c->device))
		i++;
	mr_buf_printf(out, "%s/%s at %s:%u:%u", c->profile, c->device, doc->file,
		      spec->devices.item[i].at.line, spec->devices.item[i].at.col);
}

static const char *domain_name(const struct fm_desired *d, const struct fm_claim *c)
{
	return c->domain ? d->domain[c->domain - 1].name : "none";
}

/* Why 'to' cannot have copies of what 'c' sends; false when it can. */
static bool is_wrong(const struct fm_desired *d, const struct fm_claim *c,
		     const struct fm_claim *to, struct mr_buf *why)
{
	if (!to)
		mr_buf_puts(why, "there is no such device");
	else if (mr_streq(to->profile, c->profile) && mr_streq(to->device, c->device))
		mr_buf_puts(why, "that is the device itself");
	else if (to->attrs.device_class != MR_CLASS_ETHERNET)
		mr_buf_printf(why, "a device of class %s takes no frames",
			      mr_class_name((enum mr_class)to->attrs.device_class));
	else if (to->count != 1)
		mr_buf_printf(why, "it has %u functions; one gets the copies", to->count);
	else if (to->mirror)
		mr_buf_puts(why, "what it sends is copied itself");
	else if (c->pair || to->pair)
		mr_buf_puts(why, "the two of an `ha` pair stand on two adapters");
	else if (c->domain != to->domain)
		mr_buf_printf(why, "copies do not leave a domain: %s is of %s, %s of %s",
			      c->profile, domain_name(d, c), to->profile, domain_name(d, to));
	return why->len > 0;
}

/* Finds who gets the copies; what is wrong is said, and nothing is copied then. */
static void settle(struct fm_resolving *r, struct fm_mirror_wish *w)
{
	struct fm_desired *d = r->d;
	const struct fm_claim *c = &d->claim[w->first];
	const struct fm_text *t = &w->doc->spec.port_profile.mirror_to;
	const struct fm_claim *to = claim_named(d, c->profile, t->s);
	struct mr_buf why = {0};
	bool wrong = is_wrong(d, c, to, &why);

	if (wrong) {
		mr_buf_puts(&why, " (");
		device_place(r, c, &why);
		if (to && to != c)
			mr_buf_puts(&why, ", ");
		if (to && to != c)
			device_place(r, to, &why);
		FM_FIND(r, MR_SEV_ERROR, w->doc, t->at, "spec.mirrorTo",
			"'%s' cannot get the traffic of %s/%s: %s)", t->s, c->profile,
			c->device, mr_buf_text(&why));
	}
	mr_buf_done(&why);
	w->to = wrong ? 0 : (uint32_t)(to - d->claim);
	for (uint32_t i = w->first; i < w->first + w->n; i++) {
		d->claim[i].mirror = wrong ? 0 : w->to + 1;
		d->claim[i].attrs.mirror = !wrong; /* which VF it is, the planner says */
	}
	d->claim[w->to].attrs.mirror |= !wrong; /* it stands where that can be done */
	w->n = wrong ? 0 : w->n;
}

static int wish_cmp(const void *a, const void *b)
{
	const struct fm_mirror_wish *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static int index_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Who gets copies, and all who are copied there: the 'n' wishes from 'w' on. */
static void tie(struct fm_desired *d, const struct fm_mirror_wish *w, unsigned n)
{
	struct fm_rule *rule = &d->rule[d->rules];
	unsigned claims = 1;

	for (unsigned i = 0; i < n; i++)
		claims += w[i].n;
	if (claims == 1)
		return;
	d->rules++;
	d->mirrors = true;
	*rule = (struct fm_rule){
		.type = FM_RULE_MIRROR, .topology = FM_TOPO_PF, .required = true};
	rule->claim = mr_xcalloc(claims, sizeof(rule->claim[0]));
	rule->claim[rule->claims++] = w->to;
	for (unsigned i = 0; i < n; i++)
		for (uint32_t k = 0; k < w[i].n; k++)
			rule->claim[rule->claims++] = w[i].first + k;
	qsort(rule->claim, rule->claims, sizeof(rule->claim[0]), index_cmp);
}

/* All wishes, once every profile has its claims. */
void fm_resolve_mirrors(struct fm_resolving *r)
{
	if (!r->mirrors)
		return;
	for (unsigned i = 0; i < r->mirrors; i++)
		settle(r, &r->mirror[i]);
	qsort(r->mirror, r->mirrors, sizeof(r->mirror[0]), wish_cmp);
	r->d->rule = mr_xrealloc(r->d->rule, r->d->rules + r->mirrors, sizeof(r->d->rule[0]));
	for (unsigned i = 0, n; i < r->mirrors; i += n) {
		for (n = 1; i + n < r->mirrors && r->mirror[i + n].to == r->mirror[i].to; n++)
			;
		tie(r->d, &r->mirror[i], n);
	}
	free(r->mirror);
}
