// SPDX-License-Identifier: Apache-2.0
/*
 * The profiles of an `initial` template as documents of their own. As long as such a template
 * stands unchanged its profiles are what it says, as with an `updating` one; before it changes
 * or goes, they are written down as they were.
 */
#include <assert.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/policy/resolve.h"

/* The template's spec as a ServerProfile 'name' on 'host' ("" = as the spec says). */
static void make(const struct fm_doc *template, const char *name, const char *host,
		 struct fm_docs *ret)
{
	struct fm_doc doc = *template;
	struct mr_diags diags = {0};
	struct mr_buf text = {0};

	doc.kind = FM_KIND_SERVER_PROFILE;
	doc.spec.profile = template->spec.template.template;
	doc.meta.name.s = (char *)name;
	if (host[0]) {
		doc.spec.profile.host.at = doc.spec.profile.host.name.at = doc.at;
		doc.spec.profile.host.name.s = (char *)host;
	}
	fm_doc_print(&doc, &text);
	fm_docs_read(ret, template->file, mr_buf_text(&text), text.len, &diags);
	assert(!diags.errors); /* what is printed reads back */
	mr_diags_done(&diags);
	mr_buf_done(&text);
}

/* Adds the profiles that an initial template makes now; see resolve.h. */
void fm_docs_made(const struct fm_resolve_input *in, const struct fm_doc *template,
		  struct fm_docs *ret)
{
	struct fm_desired *d;
	char origin[MR_NAME_MAX + 32];

	if (template->kind != FM_KIND_PROFILE_TEMPLATE ||
	    template->spec.template.mode.v != FM_DOC_TEMPLATE_INITIAL)
		return;
	mr_fmt(origin, sizeof(origin), "%s %s", fm_kind_name(template->kind),
	       template->meta.name.s);
	d = fm_resolve(in, NULL);
	for (unsigned i = 0; i < d->profiles; i++) {
		const struct fm_profile *p = &d->profile[i];

		if (!strcmp(p->origin, origin) && !p->contested)
			make(template, p->name,
			     p->home == FM_WHOLE ? "" : d->host[p->home].name, ret);
	}
	fm_desired_free(d);
}
