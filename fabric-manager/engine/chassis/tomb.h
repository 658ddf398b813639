/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones: places that a host may still believe in.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_TOMB_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_TOMB_H

#include "fabric-manager/engine/state/state.h"

void fm_tomb_add(struct fm_engine *e, const struct fm_asg *a);
void fm_tomb_load(struct fm_engine *e, const struct fm_rec_tombstone *r);
/* Those of a host port ('bridge' FM_NO_BRIDGE: all of them) are over; 'why' for the event. */
void fm_tomb_clear(struct fm_engine *e, unsigned chassis, unsigned port, unsigned bridge,
		   const char *why);
void fm_tomb_clear_place(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
			 const char *why);
void fm_tomb_lost(struct fm_engine *e, const struct fm_asg *a);
void fm_tomb_unmapped(struct fm_engine *e, const struct fm_asg *a, const struct fm_bridge *b);
/* Its chassis was adopted: what switch and adapters have is taken into the books, and the
 * agents of its hosts are asked. */
void fm_tomb_adopt(struct fm_engine *e, unsigned chassis);
void fm_tomb_observed(struct fm_engine *e, unsigned chassis);
bool fm_tomb_of(const struct fm_engine *e, const struct fm_asg *a);
bool fm_tomb_at(const struct fm_engine *e, unsigned chassis, unsigned port, unsigned bridge);
void fm_tomb_ask(struct fm_engine *e, struct fm_session *s);
void fm_tomb_ask_again(struct fm_engine *e, const struct fm_inflight *f);
void fm_tomb_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r);
void fm_tomb_ack(struct fm_engine *e, const struct fm_inflight *f,
		 const struct fm_agent_ack *ack);

#endif
