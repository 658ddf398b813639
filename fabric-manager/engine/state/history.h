/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the documents that are kept: FM_VERSIONS_KEPT of them, the one in force
 * included. They share what did not change.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_HISTORY_H
#define FABRIC_MANAGER_ENGINE_STATE_HISTORY_H

#include "fabric-manager/engine/state/base.h"

struct fm_version {
	struct fm_rec_version rec;
	struct fm_base base;		/* with the row of each document */
	struct fm_rec_document *unread; /* stored, and not understood; without texts */
	unsigned unreads, cap_unreads;
	bool broken; /* rows of it are missing in the store, or are too many */
};

/* What is in force now is a new version, and stored; the oldest go. */
void fm_history_add(struct fm_engine *e, const struct fm_origin *from);
/* The store did not take the newest ones: what is in force now is the newest again. */
void fm_history_take_back(struct fm_engine *e);
/* Fills history and documents in force from the store's records. Returns 0, or -EINVAL when the
 * version in force is not there as it was stored. */
int fm_history_load(struct fm_engine *e, const struct fm_record *r, unsigned n,
		    struct mr_err *err);
void fm_history_done(struct fm_engine *e);
struct fm_version *fm_history_append(struct fm_engine *e, uint64_t version);
uint64_t fm_history_digest(const char *kind, const char *name, uint64_t row);

/* A kept version, or NULL. */
const struct fm_version *fm_history_get(const struct fm_engine *e, uint64_t version);

/* One document that differs between two versions; 'before' or 'after' is NULL when it was added
 * or removed. */
typedef void fm_differs_fn(void *arg, const struct fm_doc *before, const struct fm_doc *after);
/* Calls 'fn' (may be NULL) for each difference, in the order of kinds and names; returns how
 * many there are. A document that only changed its set differs too. */
unsigned fm_base_compare(const struct fm_base *a, const struct fm_base *b, fm_differs_fn *fn,
			 void *arg);
/* "+ Host a, ~ QosClass gold, - Domain d", at most 'max' of them and how many more. */
void fm_base_compare_words(const struct fm_base *a, const struct fm_base *b, unsigned max,
			   struct mr_buf *out);

#endif
