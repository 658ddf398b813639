/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All assignments: found by name, id, function and place; their phase and their reason in
 * words; which of them this step has to look at.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_ASGS_H
#define FABRIC_MANAGER_ENGINE_STATE_ASGS_H

#include "fabric-manager/engine/state/state.h"

struct fm_asg *fm_asg_new(struct fm_engine *e, const struct fm_assignment *a);
struct fm_asg *fm_asg_by_name(const struct fm_engine *e, const char *profile,
			      const char *device, unsigned index);
struct fm_asg *fm_asg_by_text(const struct fm_engine *e, const char *text);
struct fm_asg *fm_asg_by_id(const struct fm_engine *e, uint32_t id);
struct fm_asg *fm_asg_by_fn(const struct fm_engine *e, struct fm_fn_id fn);
struct fm_asg *fm_asg_by_place(const struct fm_engine *e, unsigned chassis,
			       const struct fm_place *p);
/* Those that have a function in a host, in the order of all; the caller frees the list. */
unsigned fm_asgs_of_host(const struct fm_engine *e, const char *host, struct fm_asg ***ret);
void fm_asg_drop(struct fm_engine *e, struct fm_asg *a);
void fm_asg_rename(struct fm_engine *e, struct fm_asg *a, const struct fm_claim *c);
void fm_asg_dirty(struct fm_engine *e, struct fm_asg *a);
void fm_asg_index(struct fm_engine *e, struct fm_asg *a);
void fm_asg_unindex(struct fm_engine *e, struct fm_asg *a);
void fm_asg_phase(struct fm_engine *e, struct fm_asg *a, enum fm_phase to, uint64_t op);
void fm_asg_why(struct fm_engine *e, struct fm_asg *a, enum mr_reason r, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
uint64_t fm_place_key(unsigned chassis, const struct fm_place *p);
/* Puts it on the list that this step works off. */
void fm_asgs_retry(struct fm_engine *e);
void fm_asgs_retry_later(struct fm_engine *e);
void fm_asgs_retry_timer(struct fm_engine *e);
void fm_asg_poke(struct fm_engine *e, struct fm_asg *a);

#endif
