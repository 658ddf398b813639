/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PFs of `mra` adapters in hosts.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_ATTACH_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_ATTACH_H

#include "fabric-manager/engine/state/state.h"

struct fm_attach *fm_attach_get(struct fm_engine *e, unsigned chassis, unsigned host_port,
				unsigned port, bool make);
/* Why the bridge that 'a' was planned for is not for its PF, which is not attached; NULL: it
 * is. */
const char *fm_attach_taken(struct fm_engine *e, const struct fm_asg *a);
bool fm_attach_stands(const struct fm_engine *e, const struct fm_asg *a);
/* True when the PF stands in the host and its VFs are enabled as far as can be; else it is on
 * its way and 'why' says what is missing. */
bool fm_attach_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size);
bool fm_enable_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size);
void fm_attach_result(struct fm_engine *e, const struct fm_inflight *f,
		      const struct fm_op_result *r);
void fm_attach_ack(struct fm_engine *e, const struct fm_inflight *f,
		   const struct fm_agent_ack *ack);
void fm_attach_timer(struct fm_engine *e, unsigned i);
/* Takes a PF out of a host in which nothing of it is used any more. */
void fm_attach_leave(struct fm_engine *e, unsigned chassis, unsigned host_port, unsigned port);
void fm_attach_join(struct fm_engine *e, unsigned chassis);
/* The host behind the port booted: its SR-PCIM has to enable again. */
void fm_attach_booted(struct fm_engine *e, unsigned chassis, unsigned host_port);
/* The adapter behind 'port' came or went: its PFs start anew. */
void fm_attach_adapter(struct fm_engine *e, unsigned chassis, unsigned port);
/* The host shows a PF with so many VFs enabled, 0 also when it shows the PF no more. */
void fm_attach_numvfs(struct fm_engine *e, unsigned chassis, const struct fm_place *pf,
		      unsigned numvfs);
/* An agent is there: PFs that nobody uses any more may go. */
void fm_attach_tidy(struct fm_engine *e, unsigned chassis, unsigned host_port);
void fm_tidy_timer(struct fm_engine *e);

#endif
