/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what was observed with what is intended.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_JOIN_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_JOIN_H

#include "fabric-manager/engine/state/state.h"

void fm_ch_join(struct fm_engine *e, unsigned chassis);
void fm_asg_slot(struct fm_engine *e, struct fm_asg *a);
bool fm_asg_stranger(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
		     uint64_t cookie, const char *host, enum fm_phase phase);
unsigned fm_row_of(const struct fm_engine *e, struct fm_fn_id fn, struct fm_place *ret,
		   uint64_t *ret_cookie);

#endif
