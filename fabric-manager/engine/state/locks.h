/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who holds which function and which identity.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_LOCKS_H
#define FABRIC_MANAGER_ENGINE_STATE_LOCKS_H

#include "fabric-manager/engine/state/state.h"

#define CLAIM_KEY (2 * MR_NAME_MAX + 16)
/* A claim in text: CLAIM_KEY bytes. */
const char *fm_claim_key(const char *profile, const char *device, unsigned index, char *buf);
bool fm_lock_fn(struct fm_engine *e, struct fm_asg *a, struct fm_fn_id fn);
void fm_lock_found(struct fm_engine *e, struct fm_asg *a);
void fm_unlock_fn(struct fm_engine *e, const struct fm_asg *a);
bool fm_lock_ident(struct fm_engine *e, const struct fm_asg *a, unsigned slot,
		   const struct mr_ident *id);
void fm_lock_shown(struct fm_engine *e, const struct fm_asg *a, unsigned slot,
		   const struct mr_ident *id);
void fm_unlock_idents(struct fm_engine *e, const struct fm_asg *a);
void fm_idents_sweep(struct fm_engine *e, const struct mr_map *wanted);
/* 'new' (NULL 'old': the first) comes into force: claims that it does not have any more are
 * noted, and looked at by the latter. */
void fm_claims_gone(struct fm_engine *e, const struct fm_desired *old,
		    const struct fm_desired *new);
void fm_gone_sweep(struct fm_engine *e);
void fm_ident_load(struct fm_engine *e, const struct fm_rec_ident *r);
void fm_ident_timer(struct fm_engine *e);

#endif
