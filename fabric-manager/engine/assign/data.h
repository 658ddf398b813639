/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces: the third thing that changes hands (HANDOVER 5), and stays with its profile.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_DATA_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_DATA_H

#include "fabric-manager/engine/state/state.h"

/* A chassis was adopted: namespaces that nobody knows are kept as the profile `adopted`'s. */
void fm_data_adopt(struct fm_engine *e, unsigned chassis);
/* The namespace that an adoption found, and that was made for what the claim calls 'w'; -1 =
 * none. */
int fm_data_own(const struct fm_engine *e, const struct fm_claim *c,
		const struct fm_ns_want *w);
/* Whether it is what 'w' asks for, as drive 'd' makes it. */
bool fm_data_shaped(const struct fm_adapter *d, const struct fm_rec_data *r,
		    const struct fm_ns_want *w);
/* Whether nobody has 'i', and it is what 'w' asks for. */
bool fm_data_serves(const struct fm_engine *e, unsigned i, const struct fm_ns_want *w);
/* Another reason than OK, in words: the claim gets no new namespaces. Those that were made for
 * it were found, and it does not have them yet; or its own may be on a drive that was not read,
 * or with functions that were adopted on its host, until somebody decides. */
enum mr_reason fm_data_found(const struct fm_engine *e, const struct fm_desired *d,
			     const struct fm_claim *c, struct mr_buf *why);
/* Says so of one that runs, and lacks a namespace that its document names for such a reason;
 * and that it is so no more. */
void fm_data_tell(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c);
/* Namespace 'i' is the claim's from now on, as 'w' calls it. */
void fm_data_take(struct fm_engine *e, unsigned i, const struct fm_claim *c,
		  const struct fm_ns_want *w);
void fm_data_load(struct fm_engine *e, const struct fm_rec_data *r);
/* A plan was made: namespaces that it needs are made, those that nobody names are kept or
 * erased. */
void fm_data_plan(struct fm_engine *e, const struct fm_desired *d, const struct fm_plan *plan);
/* Whether the namespaces of 'a' can be attached; then they are in its attributes. */
bool fm_data_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size);
/* The chassis was read, or a function let go of what it had attached: what waits goes on. */
void fm_data_run(struct fm_engine *e);
void fm_data_detached(struct fm_engine *e);
void fm_data_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r);
void fm_data_timer(struct fm_engine *e, uint32_t id);

/* The namespace "PROFILE/DEVICE/NAME"; -1 = there is none. */
int fm_data_named(const struct fm_engine *e, const char *name);
/* Whether 'i' was made, and its drive, which is there and was read, does not have it: the store
 * is an older copy than what became of it. */
bool fm_data_lost(const struct fm_engine *e, unsigned i);
/* Whether 'i' may be erased: no document names it, nobody has it, or it is lost; why not goes
 * to 'why'. */
bool fm_data_erasable(struct fm_engine *e, unsigned i, char *why, size_t size);
/* Its contents go, then itself, as soon as its drive is there. */
void fm_data_erase(struct fm_engine *e, unsigned i, const char *who);

#endif
