// SPDX-License-Identifier: Apache-2.0
/* Identities that hosts show on functions that were not given them. */
#include "fabric-manager/plan/idents.h"

/* The first entry with that value that is not of the profile ("": whosever it is), or NULL. */
const struct fm_foreign *fm_foreign_find(const struct fm_plan_input *in, const char *profile,
					 const struct mr_ident *id)
{
	unsigned lo = 0, hi = in->foreigns;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (mr_ident_cmp(&in->foreign[mid].ident, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < in->foreigns && !mr_ident_cmp(&in->foreign[lo].ident, id); lo++)
		if (!profile[0] || !mr_streq(in->foreign[lo].profile, profile))
			return &in->foreign[lo];
	return NULL;
}
