// SPDX-License-Identifier: Apache-2.0
/*
 * The register-level driver before a switch that lies: a simulated chassis answers its batches,
 * and the input spoils the answers. Entries of 6 bytes: how many replies to let pass, the byte
 * to change (2 bytes), what to do, the value, and an operation to ask for. Every operation ends
 * exactly once, whatever the answers were; what was observed is within the limits of the map.
 */
#include "fabric-manager/mrpcim/mrpcim.h"

#include <stdlib.h>

#include "common/pci/batch.h"
#include "common/xalloc.h"
#include "fabric-manager/model/inventory.h"
#include "sim/model/chassis.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_chassis.h"

#define ENTRY_BYTES 6
#define OWNER	    7
#define BATCHES_MAX 3000 /* of one input; a driver that asks without end is a finding */

struct run {
	struct sim_chassis *sim;
	struct fm_mrpcim *m;
	struct mr_now now;
	const uint8_t *entry; /* the current one, NULL at the end */
	const uint8_t *rest;
	size_t left;
	unsigned wait;		    /* replies before the entry is due */
	uint64_t tag;		    /* of the operation under way, 0 = none */
	struct fm_mr_action *batch; /* sent, in order; the first 'answered' are dealt with */
	unsigned batches, cap, answered;
};

/* Makes the next entry of the input current. */
static void next_entry(struct run *r)
{
	bool more = r->left >= ENTRY_BYTES;

	r->entry = more ? r->rest : NULL;
	r->rest += more ? ENTRY_BYTES : 0;
	r->left -= more ? ENTRY_BYTES : 0;
	r->wait = more ? r->entry[0] & 31 : 0;
}

/* Changes one answer as the entry says. */
static void spoil(const uint8_t *e, struct sim_batch_result *a)
{
	size_t at = a->data.len ? (size_t)(e[1] | e[2] << 8) % a->data.len : 0;

	switch (e[3] & 7) {
	case 0:
		a->data.len = at; /* cut */
		break;
	case 1:
		a->status = e[4] & 7;
		break;
	case 2:
		a->executed = e[4];
		break;
	case 3:
		mr_batch_put_value(&a->data, e[4]); /* longer than asked for */
		break;
	case 4:
		for (size_t i = at / 8 * 8; i < a->data.len && i < at / 8 * 8 + 8; i++)
			a->data.data[i] = (char)0xff;
		break;
	default:
		if (a->data.len)
			a->data.data[at] = (char)e[4];
		break;
	}
}

static void check_observed(const struct fm_chassis *c)
{
	FUZZ_CHECK(c->hosts <= MR_MAX_HOSTS && c->adapters <= MR_MAX_PORTS);
	for (unsigned i = 0; i < c->hosts; i++)
		FUZZ_CHECK(c->host[i].bridges <= MR_MAX_BRIDGES);
	for (unsigned i = 0; i < c->adapters; i++) {
		FUZZ_CHECK(c->adapter[i].pfs <= MR_MAX_PFS);
		FUZZ_CHECK(c->adapter[i].vfs <= MR_MAX_VFS);
		FUZZ_CHECK(c->adapter[i].vhs <= MR_MAX_DEVICE_VHS);
	}
}

static void ended(struct run *r, struct fm_op_result *res)
{
	FUZZ_CHECK(r->tag && res->tag == r->tag);
	FUZZ_CHECK(res->end == FM_OP_DONE || res->reason != MR_REASON_OK);
	r->tag = 0;
	if (res->observed)
		check_observed(res->observed);
}

/* One step of the driver; its batches queue behind those that are not answered yet. */
static void step(struct run *r, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(r->m, r->now, ev, &out);
	for (unsigned i = 0; i < out.n; i++) {
		struct fm_mr_action *a = &out.item[i];

		if (a->kind == FM_MR_RESULT) {
			ended(r, &a->result);
		} else if (a->kind == FM_MR_BATCH) {
			MR_GROW(r->batch, r->batches, r->cap);
			r->batch[r->batches++] = *a;
			a->ops = (struct mr_buf){0};
		}
	}
	fm_mr_actions_done(&out);
}

static void answer(struct run *r, struct fm_mr_action *a)
{
	struct sim_batch_result res = {0};

	sim_chassis_batch(r->sim, r->now, a->owner_id, a->owner_epoch,
			  (const uint8_t *)a->ops.data, a->ops.len, &res);
	FUZZ_CHECK(res.status != MR_BATCH_MALFORMED && res.status != MR_BATCH_LIMIT);
	mr_buf_done(&a->ops);
	if (r->entry && !r->wait--) {
		spoil(r->entry, &res);
		next_entry(r);
	}
	step(r, &(struct fm_mr_event){.kind = FM_MR_REPLY,
				      .tag = a->tag,
				      .executed = res.executed,
				      .status = res.status,
				      .data = (const uint8_t *)res.data.data,
				      .len = res.data.len});
	mr_buf_done(&res.data);
}

/* Answers everything, in order. */
static void pump(struct run *r)
{
	while (r->answered < r->batches) {
		struct fm_mr_action a = r->batch[r->answered++];

		FUZZ_CHECK(r->answered < BATCHES_MAX);
		answer(r, &a);
	}
}

/* Time until the operation ended; a driver may wait, but not for ever. */
static void finish(struct run *r)
{
	for (unsigned i = 0; r->tag && i < 400; i++) {
		int64_t due = fm_mrpcim_deadline(r->m);

		FUZZ_CHECK(due != MR_NEVER);
		r->now.mono_ns = due > r->now.mono_ns ? due : r->now.mono_ns + 1;
		sim_chassis_step(r->sim, r->now);
		step(r, &(struct fm_mr_event){.kind = FM_MR_TIMER});
		pump(r);
	}
	FUZZ_CHECK(!r->tag);
}

static void operate(struct run *r, struct fm_op op)
{
	static uint64_t tags;

	op.tag = r->tag = ++tags;
	step(r, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	pump(r);
	finish(r);
}

/* An operation on a function or host that exists, or nearly. */
static struct fm_op op_of(uint8_t b)
{
	static const enum fm_op_kind kinds[] = {
		FM_OP_OBSERVE,	 FM_OP_PROVISION, FM_OP_AUTHORISE,   FM_OP_CONFIGURE,
		FM_OP_ATTACH_PF, FM_OP_MAP,	  FM_OP_GATE_OPEN,   FM_OP_GATE_CLOSE,
		FM_OP_BLOCK,	 FM_OP_DRAIN,	  FM_OP_UNMAP,	     FM_OP_RESET,
		FM_OP_READ_FN,	 FM_OP_SET_ATTRS, FM_OP_REQUEST_OUT, FM_OP_DETACH_PF};
	struct fm_op op = {.kind = kinds[b & 15],
			   .fn = {.port = (uint16_t)(3 + (b >> 4 & 1)), .vf = b >> 5 & 1},
			   .place = {.way = b & 0x10 ? FM_WAY_SYNTHETIC : FM_WAY_LVF,
				     .port = 1,
				     .bridge = b >> 4 & 1},
			   .cookie = 5ull << 32 | 1,
			   .generation = 1};

	op.value = op.kind == FM_OP_AUTHORISE ? MR_AUTH_AUTHORISED : 0;
	return op;
}

TARGET(data, len)
{
	struct run r = {.now = {1, 1}, .rest = data, .left = len};

	r.sim = small_chassis(r.now);
	r.m = fm_mrpcim_new(0, "c1");
	next_entry(&r);
	step(&r, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	pump(&r);
	operate(&r, (struct fm_op){.kind = FM_OP_TAKE_OWNER,
				   .value = 1,
				   .owner_id = OWNER,
				   .owner_epoch = 1});
	operate(&r, (struct fm_op){.kind = FM_OP_OBSERVE});
	for (unsigned i = 0; i < 12 && r.entry; i++)
		operate(&r, op_of(r.entry[5]));
	fm_mrpcim_free(r.m);
	free(r.batch);
	sim_chassis_free(r.sim);
	return 0;
}
