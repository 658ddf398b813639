// SPDX-License-Identifier: Apache-2.0
/*
 * Who may edit a tenant's documents: where a Domain lists users, its profiles and templates are
 * changed by them only. The Domain itself is the operator's.
 */
#include <errno.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/select.h"

static const char *domain_of(const struct fm_doc *d)
{
	return d->kind == FM_KIND_SERVER_PROFILE     ? d->spec.profile.domain.s
	       : d->kind == FM_KIND_PROFILE_TEMPLATE ? d->spec.template.template.domain.s
						     : NULL;
}

/* An error at 'd', which is or was the document of 'now' or 'before', unless 'who' may. */
static void check(const struct fm_docs *domains, const struct fm_doc *d, const char *who,
		  struct mr_diags *diags)
{
	const struct fm_doc *domain = fm_docs_find(domains, FM_KIND_DOMAIN, domain_of(d));
	const struct fm_texts *users = domain ? &domain->spec.domain.users : NULL;

	if (!users || !users->n || fm_texts_have(users, who))
		return;
	mr_diags_add(diags, MR_SEV_ERROR, d->file, d->meta.name.at.line, d->meta.name.at.col,
		     "metadata.name",
		     "%s '%s' is of Domain '%s' (%s:%u:%u), whose users '%s' is not one of",
		     fm_kind_name(d->kind), d->meta.name.s, domain->meta.name.s, domain->file,
		     users->at.line, users->at.col, who);
}

/* Errors for what 'who' may not edit; see docs.h. */
int fm_docs_check_users(const struct fm_docs *before, const struct fm_docs *now,
			const char *who, struct mr_diags *diags)
{
	unsigned errors = diags->errors;

	for (unsigned i = 0; i < now->n; i++) {
		const struct fm_doc *d = now->doc[i], *old;

		if (i < before->n && before->doc[i] == d)
			continue; /* most documents stay where they are */
		old = fm_docs_find(before, d->kind, d->meta.name.s);
		if (old && (old == d || fm_doc_equal(old, d)))
			continue;
		check(now, d, who, diags);
		if (old && !mr_streq(domain_of(old), domain_of(d)))
			check(before, old, who, diags);
	}
	for (unsigned i = 0; i < before->n; i++) {
		const struct fm_doc *d = before->doc[i];

		if ((i >= now->n || now->doc[i] != d) &&
		    !fm_docs_find(now, d->kind, d->meta.name.s))
			check(before, d, who, diags);
	}
	return diags->errors > errors ? -EPERM : 0;
}
