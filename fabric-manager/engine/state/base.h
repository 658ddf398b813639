/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents in force.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_BASE_H
#define FABRIC_MANAGER_ENGINE_STATE_BASE_H

#include "fabric-manager/engine/state/state.h"

int fm_kind_of_text(const char *s); /* "profiles", "profile", "ServerProfile"; -1 = none */
/* "profiles", "profile", "ServerProfile"; -1 = none */
const char *fm_base_set_name(const struct fm_engine *e, uint32_t note);
const char *fm_base_set(const struct fm_engine *e, const struct fm_base *b, enum fm_kind kind,
			const char *name);
void fm_base_set_put(struct fm_engine *e, struct fm_base *b, enum fm_kind kind,
		     const char *name, const char *set);
/* The profiles that candidate 'b' edits against what is in force, in b->edit: fm_docs_edits. */
unsigned fm_base_edits(const struct fm_engine *e, struct fm_base *b);
void fm_base_copy(struct fm_base *to, const struct fm_base *from);
void fm_base_done(struct fm_base *b);
/* Who brings documents into force, and how. */
struct fm_origin {
	const char *who, *set, *how;
};
/* The new documents come into force: version + 1, stored, desired is remade. */
void fm_base_commit(struct fm_engine *e, struct fm_base *b, const struct fm_origin *from);

#endif
