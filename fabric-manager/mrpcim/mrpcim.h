/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register-level chassis driver as a state machine, one per chassis: operations in
 * (model/op.h), batches of register accesses out; replies and interrupts in, completions,
 * events and inventories out. PURE: driver/ carries the batches. It holds no policy and retries
 * nothing; what it says of the hardware was read from the hardware.
 *
 * Operations that name ports or functions need an OBSERVE before them: it is what tells where
 * registers are. All but OBSERVE, READ_FN and DRAIN write, and are refused here unless
 * TAKE_OWNER was done or the operation itself names owner and epoch.
 *
 * Driven as INTERFACES says: one event per step, actions appended in order, executed by the
 * shell afterwards.
 */
#ifndef FABRIC_MANAGER_MRPCIM_MRPCIM_H
#define FABRIC_MANAGER_MRPCIM_MRPCIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/now.h"
#include "common/str.h"
#include "fabric-manager/model/op.h"

struct fm_mrpcim;

enum fm_mr_event_kind {
	FM_MR_LINK_UP,	 /* connection to the chassis stands */
	FM_MR_LINK_DOWN, /* it is gone: everything under way is lost */
	FM_MR_REPLY,	 /* of the batch 'tag' */
	FM_MR_INTERRUPT, /* vector, data */
	FM_MR_OP,	 /* an operation from above; copied */
	FM_MR_TIMER,	 /* 'now' reached fm_mrpcim_deadline */
};

struct fm_mr_event {
	enum fm_mr_event_kind kind;
	uint64_t tag;
	uint32_t executed, status; /* REPLY */
	const uint8_t *data;
	size_t len;
	uint32_t vector, irq_data;
	const struct fm_op *op;
};

enum fm_mr_action_kind {
	FM_MR_BATCH,  /* send ops with this owner; the reply carries 'tag' */
	FM_MR_RESULT, /* an operation ended */
	FM_MR_CHASSIS_EVENT,
};

struct fm_mr_action {
	enum fm_mr_action_kind kind;
	uint64_t tag;
	uint64_t owner_id, owner_epoch;
	struct mr_buf ops;	    /* BATCH: owned by the action */
	struct fm_op_result result; /* RESULT: 'observed' is owned by the action until taken */
	struct fm_chassis_event event;
};

struct fm_mr_actions {
	struct fm_mr_action *item;
	unsigned n, cap;
};
void fm_mr_actions_done(struct fm_mr_actions *a);  /* frees what was not taken and the array */
void fm_mr_actions_reset(struct fm_mr_actions *a); /* the same, keeps the array */

/* 'index' is the chassis' index in the inventory, 'name' its name in the configuration. */
struct fm_mrpcim *fm_mrpcim_new(unsigned index, const char *name);
void fm_mrpcim_free(struct fm_mrpcim *m);
void fm_mrpcim_step(struct fm_mrpcim *m, struct mr_now now, const struct fm_mr_event *ev,
		    struct fm_mr_actions *out);
int64_t fm_mrpcim_deadline(const struct fm_mrpcim *m);

#endif
