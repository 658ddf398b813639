/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VF count of an adapter in VH 0 and its operating mode, and what a change needs.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_PROVISION_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_PROVISION_H

#include "fabric-manager/engine/state/state.h"

bool fm_prov_ready(struct fm_engine *e, const struct fm_asg *a, char *why, size_t size);
/* Whether the functions of the adapter are being enabled, or changed, right now. */
bool fm_prov_busy(const struct fm_engine *e, const struct fm_asg *a, char *why, size_t size);
void fm_prov_want(struct fm_engine *e, const struct fm_change *c);
/* "nic-left: 16 functions", "nic-left: mode mr8". */
void fm_prov_words(const struct fm_engine *e, const struct fm_prov *p, struct mr_buf *out);
void fm_prov_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r);
void fm_prov_ack(struct fm_engine *e, const struct fm_inflight *f,
		 const struct fm_agent_ack *ack);
void fm_prov_timer(struct fm_engine *e, unsigned i);
unsigned fm_prov_hits(const struct fm_engine *e, const struct fm_prov *p, struct mr_buf *out);
void fm_prov_approve(struct fm_engine *e, struct fm_prov *p);
void fm_prov_allow(struct fm_engine *e, unsigned chassis, unsigned port);
void fm_prov_released(struct fm_engine *e);
void fm_prov_refused(struct fm_engine *e, const struct fm_asg *a);
bool fm_prov_load(struct fm_engine *e, const struct fm_rec_operation *r);
void fm_prov_plan(struct fm_engine *e);
void fm_prov_planned(struct fm_engine *e);

#endif
