/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's chassis driver on the simulated chassis, in one process, under a virtual clock:
 * batches are executed at once, interrupts delivered, and time moves to whatever is due next.
 * Every write of a batch is logged with the operation that was under way (I6).
 */
#ifndef TESTS_SIM_TEST_RIG_H
#define TESTS_SIM_TEST_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "fabric-manager/mrpcim/mrpcim.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"

#define RIG_WRITES 512
#define RIG_EVENTS 4096

struct rig_write {
	uint8_t space;
	uint16_t bdf;
	uint64_t address;
};

struct rig {
	struct sim_chassis *c;
	struct fm_mrpcim *m;
	struct mr_now now;
	struct fm_inventory inv;
	uint64_t tag;
	bool done;
	struct fm_op_result result; /* of the last operation */
	struct rig_write write[RIG_WRITES];
	unsigned writes; /* since the last operation began */
	unsigned batches;
	unsigned sent; /* batches that the operation needed without waiting */
	struct fm_chassis_event event[RIG_EVENTS];
	unsigned events;
};

static inline char *rig_load(const char *name)
{
	char path[512], *text = malloc(1 << 20);
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", SRCDIR, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "no %s", path);
	n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

static inline void rig_step(struct rig *x, const struct fm_mr_event *ev);

static inline void rig_log(struct rig *x, const struct mr_buf *ops)
{
	struct mr_batch_rec r;
	size_t pos = 0;

	while (mr_batch_next((const uint8_t *)ops->data, ops->len, &pos, &r) == 1) {
		if (r.op != MR_OP_WRITE && r.op != MR_OP_CAS)
			continue;
		for (unsigned i = 0; i < r.count; i++) {
			ck_assert_uint_lt(x->writes, RIG_WRITES);
			x->write[x->writes++] = (struct rig_write){
				r.space, r.bdf, r.address + (uint64_t)i * r.width};
		}
	}
}

static inline void rig_batch(struct rig *x, const struct fm_mr_action *a)
{
	struct sim_batch_result r = {0};

	rig_log(x, &a->ops);
	x->batches++;
	sim_chassis_batch(x->c, x->now, a->owner_id, a->owner_epoch,
			  (const uint8_t *)a->ops.data, a->ops.len, &r);
	rig_step(x, &(struct fm_mr_event){.kind = FM_MR_REPLY,
					  .tag = a->tag,
					  .executed = r.executed,
					  .status = r.status,
					  .data = (const uint8_t *)r.data.data,
					  .len = r.data.len});
	mr_buf_done(&r.data);
}

static inline void rig_result(struct rig *x, struct fm_op_result *r)
{
	ck_assert_msg(!x->done, "a second completion of one operation");
	x->done = true;
	x->result = *r;
	if (!r->observed)
		return;
	fm_chassis_done(&x->inv.chassis[0]);
	x->inv.chassis[0] = *r->observed;
	free(r->observed);
	r->observed = x->result.observed = NULL;
}

static inline void rig_step(struct rig *x, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(x->m, x->now, ev, &out);
	for (unsigned i = 0; i < out.n; i++) {
		struct fm_mr_action *a = &out.item[i];

		if (a->kind == FM_MR_BATCH) {
			rig_batch(x, a);
		} else if (a->kind == FM_MR_RESULT) {
			rig_result(x, &a->result);
		} else {
			ck_assert_uint_lt(x->events, RIG_EVENTS);
			x->event[x->events++] = a->event;
		}
	}
	fm_mr_actions_done(&out);
}

/* Delivers interrupts; everything else that blades would do stays with the test. */
static inline void rig_notices(struct rig *x)
{
	struct sim_notice n;

	while (sim_chassis_notice(x->c, &n))
		if (n.kind == SIM_NOTICE_MGMT_IRQ)
			rig_step(x, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT,
							  .vector = n.vector,
							  .irq_data = (uint32_t)n.arg});
}

/* Moves time to the next thing that is due; false when nothing is. */
static inline bool rig_tick(struct rig *x)
{
	int64_t a = fm_mrpcim_deadline(x->m), b = sim_chassis_deadline(x->c);
	int64_t at = a < b ? a : b;

	if (at == MR_NEVER)
		return false;
	if (at > x->now.mono_ns)
		x->now.mono_ns = x->now.wall_ns = at;
	sim_chassis_step(x->c, x->now);
	rig_notices(x);
	if (fm_mrpcim_deadline(x->m) <= x->now.mono_ns)
		rig_step(x, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	return true;
}

/* Delivers interrupts and lets the driver read what they announce, in its own time. */
static inline void rig_hear(struct rig *x)
{
	rig_notices(x);
	while (fm_mrpcim_deadline(x->m) != MR_NEVER)
		rig_tick(x);
}

/* Starts an operation. */
static inline void rig_start(struct rig *x, struct fm_op op)
{
	op.tag = ++x->tag;
	x->done = false;
	x->writes = x->batches = 0;
	rig_step(x, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	x->sent = x->batches;
	rig_notices(x);
}

/* Waits for its end; a driver that waits for nothing has lost it. */
static inline struct fm_op_result rig_wait(struct rig *x)
{
	while (!x->done)
		ck_assert_msg(rig_tick(x), "the operation never ends");
	ck_assert_uint_eq(x->result.tag, x->tag);
	return x->result;
}

static inline struct fm_op_result rig_op(struct rig *x, struct fm_op op)
{
	rig_start(x, op);
	return rig_wait(x);
}

/* An operation that has to succeed. */
static inline struct fm_op_result rig_do(struct rig *x, struct fm_op op)
{
	struct fm_op_result r = rig_op(x, op);

	ck_assert_msg(r.end == FM_OP_DONE, "%s: %s", fm_op_kind_name(op.kind), r.detail);
	return r;
}

static inline struct fm_op_result rig_fail(struct rig *x, struct fm_op op,
					   enum mr_reason reason)
{
	struct fm_op_result r = rig_op(x, op);

	ck_assert_msg(r.end == FM_OP_REFUSED && r.reason == reason, "%s: %u %s: %s",
		      fm_op_kind_name(op.kind), r.end, mr_reason_name(r.reason), r.detail);
	ck_assert_str_ne(r.detail, "");
	return r;
}

static inline void rig_take(struct rig *x, uint64_t owner, uint64_t epoch)
{
	rig_do(x, (struct fm_op){.kind = FM_OP_TAKE_OWNER,
				 .owner_id = owner,
				 .owner_epoch = epoch,
				 .value = 1});
}

/* The chassis that 'text' describes, connected, owned and observed. */
static inline void rig_init(struct rig *x, const char *text)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;

	memset(x, 0, sizeof(*x));
	x->now = (struct mr_now){MR_NS_PER_S, MR_NS_PER_S};
	ck_assert_int_eq(sim_desc_read("chassis.yaml", text, strlen(text), &d, &diags), 0);
	mr_diags_done(&diags);
	x->c = sim_chassis_new(d, x->now);
	sim_desc_free(d);
	x->m = fm_mrpcim_new(0, "c1");
	x->inv.n = 1;
	x->inv.chassis = calloc(1, sizeof(*x->inv.chassis));
	rig_step(x, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	ck_assert_uint_eq(x->events, 1);
	ck_assert_uint_eq(x->event[0].kind, FM_CE_CONNECTED);
	rig_take(x, 42, 1);
	rig_do(x, (struct fm_op){.kind = FM_OP_OBSERVE});
	rig_notices(x);
	x->events = 0;
}

static inline void rig_done(struct rig *x)
{
	fm_inventory_done(&x->inv);
	fm_mrpcim_free(x->m);
	sim_chassis_free(x->c);
}

#endif
