/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adoption: an operator said that a chassis is ours, and its rows are not those of the store
 * (HANDOVER 8). What is mapped and in no row of the store becomes an assignment of the profile
 * `adopted` and runs on; nothing is written to the switch for it. join.c goes through what was
 * read and calls these in between; desire/takeover.c gives what was adopted to claims.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_ADOPT_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_ADOPT_H

#include "fabric-manager/engine/state/state.h"

/* Before all else: an assignment of ours that went on after the store was copied is where its
 * row is now. 'cookie': of the row or slot at 'place'. */
void fm_adopt_moved(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
		    uint64_t cookie, const char *host);
/* A row that is nobody's. Nothing happens while its adapter does not answer: what it reads is
 * part of what is adopted. */
void fm_adopt(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place, uint64_t cookie,
	      const char *host);
/* All rows were looked at; it is over when every adapter answered. */
void fm_adopt_end(struct fm_engine *e, unsigned chassis);
/*
 * Identities that may be on an adapter which was not read since its chassis was adopted: bits
 * 1 << enum mr_ident_type, and in words why they are nobody else's. 0: all were read.
 */
unsigned fm_adopt_withheld(const struct fm_engine *e, char *why, size_t size);
/* The same of namespaces: whether there is an adapter that may have any. */
bool fm_adopt_unread_drive(const struct fm_engine *e, char *why, size_t size);
/* An operator lets go of it: its identities rest as their pool says when it is reset. */
void fm_adopt_release(struct fm_engine *e, struct fm_asg *a);
#endif
