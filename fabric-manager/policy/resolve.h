/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents + inventory -> desired: which hosts, groups, pools, profiles and claims there are
 * (DESIGN, "data flow"). The documents are in force, so they have passed fm_docs_validate; what
 * the inventory lacks makes claims that cannot be placed yet, never an error of the whole
 * policy.
 */
#ifndef FABRIC_MANAGER_POLICY_RESOLVE_H
#define FABRIC_MANAGER_POLICY_RESOLVE_H

#include "fabric-manager/model/assignment.h"
#include "fabric-manager/model/desired.h"
#include "fabric-manager/model/inventory.h"
#include "fabric-manager/model/record.h"
#include "fabric-manager/policy/docs.h"

struct mr_diags;

struct fm_resolve_input {
	const struct fm_docs *docs;
	const struct fm_inventory *inventory; /* NULL = nothing is known yet */
	const struct fm_rec_override *override;
	unsigned overrides;
	const struct fm_rec_host *host; /* cordons by verb */
	unsigned hosts;
	/* who had what until now, where selectors overlap: the last wish (NULL = there is
	 * none), then assignments (some may be NULL) */
	const struct fm_desired *before;
	const struct fm_assignment *const *current;
	unsigned currents;
};

/*
 * The wish, which the caller frees with fm_desired_free. A pure function of its input; the
 * order of documents, overrides and adapters in it means nothing but for indices.
 *
 * 'findings' (may be NULL) gets what documents and inventory say together, at the documents'
 * places. Errors: two pools that select the same function, VFs beyond what an adapter has, two
 * values of provision for one PF, two of a label for one port, a host in two groups by its
 * chassis or slot, two hosts at one port, too many claims. To refuse an apply on them is the
 * caller's choice; the wish is sound either way: what is contested stays with the one that had
 * it, else with the first by name, and the wish says who did not get it (POLICY, "Selector
 * overlap is checked again"). Warnings: selectors that match nothing, adapters that nothing is
 * called like.
 */
struct fm_desired *fm_resolve(const struct fm_resolve_input *in, struct mr_diags *findings);

/* What is other than when a wish was made. */
struct fm_amend {
	const char *const *profile; /* overrides of these came, went or name another host */
	unsigned profiles;
	bool adapters; /* what is there, and what it can do; hosts and their slots are the same
			*/
	const char *const *edited; /* these have other documents: fm_docs_edits */
	unsigned edits;
	uint32_t
		*changed; /* filled in: their claims that are others now; the caller frees it */
	unsigned changes, cap_changed;
};
/*
 * Brings 'd', which was made of the same cordons and, but for what is edited, documents and is
 * in->before, to what 'in' says now; it is then what fm_resolve would make. False, and nothing
 * is changed, where it has to be made anew. '*ret_was', which the caller frees, has pools,
 * ports and adapters as they were, NULL when they are the same.
 */
bool fm_resolve_amend(const struct fm_resolve_input *in, struct fm_desired *d,
		      struct fm_amend *what, struct fm_desired **ret_was);

/*
 * Adds to 'ret', as ServerProfiles, the profiles that 'template' (of in->docs) makes now and
 * that have no document yet, if its mode is initial; else nothing. To be called before the
 * template changes or goes.
 */
void fm_docs_made(const struct fm_resolve_input *in, const struct fm_doc *template,
		  struct fm_docs *ret);

#endif
