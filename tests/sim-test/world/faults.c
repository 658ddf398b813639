/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The liar of NO_RESET and NO_GATE_CLOSE stands between driver and switch: it swallows single
 * writes and shows afterwards what would have been read if they had been done.
 */
#include "tests/sim-test/world/faults.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/model/fault.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/world.h"

#define ACS	   0x160u /* where the register map has the capability */
#define LATE_NS	   (20 * MR_NS_PER_S)
#define LATE_MAX   64
#define LATE_ID	   (UINT64_C(1) << 63)
#define LIED_GATE  (UINT64_C(1) << 40) /* of a function's entry; its resets below */
#define LIED_DONE  (UINT64_C(1) << 41)
#define LIED_IDENT (UINT64_C(1) << 42)

struct late {
	uint64_t id, real; /* as launched in the end */
	int64_t due_ns;
	struct sim_tlp tlp;
};

struct world_faults {
	uint32_t set;
	uint64_t ident0;
	uint16_t map_port; /* of the MAP that went to the wrong host */
	struct mr_map *lie;
	struct late late[LATE_MAX];
	unsigned lates;
	uint64_t next_late;
};

static bool on(const struct world *w, enum world_fault f)
{
	return w->faults && w->faults->set & 1u << f;
}

/* The devices' part of a fault: their own reports would give it away. */
static void shallow_resets(struct world *w, bool enable, bool set)
{
	struct sim_fault f = {.kind = SIM_FAULT_SHALLOW_RESET, .value = enable};

	if (!set)
		sim_fault_clear(w->chassis, w->now, SIM_FAULT_SHALLOW_RESET);
	for (f.port = 1; set && f.port < MR_MAX_PORTS; f.port++)
		if (management_has_functions(w, f.port))
			sim_fault_set(w->chassis, &f);
}

static bool stale(const struct world *w)
{
	return on(w, WORLD_FAULT_STALE_ATC) || on(w, WORLD_FAULT_STALE_ATS);
}

void world_fault_set(struct world *w, enum world_fault f, bool set)
{
	if (!w->faults) {
		w->faults = MR_NEW(struct world_faults);
		w->faults->lie = mr_map_new();
	}
	w->faults->set = set ? w->faults->set | 1u << f : w->faults->set & ~(1u << f);
	if (f == WORLD_FAULT_STALE_ATC || f == WORLD_FAULT_STALE_ATS)
		shallow_resets(w, f == WORLD_FAULT_STALE_ATS, set);
}

void world_faults_free(struct world *w)
{
	if (w->faults)
		mr_map_free(w->faults->lie);
	free(w->faults);
}

/* ---- operations ---- */

static bool is_cut(enum fm_op_kind k)
{
	return k == FM_OP_BLOCK || k == FM_OP_DRAIN || k == FM_OP_UNMAP || k == FM_OP_RESET;
}

static void spoil_attrs(struct world *w, struct fm_op *op)
{
	struct world_faults *f = w->faults;

	if (on(w, WORLD_FAULT_SAME_IDENTITY) && op->attrs.ident0) {
		if (!f->ident0)
			f->ident0 = op->attrs.ident0;
		op->attrs.ident0 = f->ident0;
	}
	if (on(w, WORLD_FAULT_OVERBOOKED) && op->kind == FM_OP_CONFIGURE)
		op->attrs.min_mbps = op->attrs.max_mbps = 60000;
}

bool world_fault_op(struct world *w, struct fm_op *op, struct fm_op_result *ret)
{
	const struct fm_fn *fn;

	if (!w->faults)
		return false;
	spoil_attrs(w, op);
	if (on(w, WORLD_FAULT_WRONG_HOST) && op->kind == FM_OP_MAP) {
		w->faults->map_port = op->place.port;
		op->place.port = (uint16_t)(op->place.port % w->hosts + 1);
	}
	if (!on(w, WORLD_FAULT_NO_CUT) || !is_cut(op->kind))
		return false;
	*ret = (struct fm_op_result){
		.tag = op->tag, .kind = op->kind, .id = op->fn, .place = op->place};
	fn = fm_fn_get(fm_engine_inventory(w->engine), op->fn);
	if (op->kind == FM_OP_BLOCK && fn) { /* it is said to read so */
		ret->has_fn = true;
		ret->fn = *fn;
		ret->fn.block = 3;
	}
	return true;
}

void world_fault_result(struct world *w, struct fm_op_result *r)
{
	if (on(w, WORLD_FAULT_WRONG_HOST) && r->kind == FM_OP_MAP)
		r->place.port = w->faults->map_port;
}

bool world_fault_record(const struct world *w, const struct fm_record *r)
{
	return on(w, WORLD_FAULT_LOST_ROW) && r->kind == FM_RECORD_FUNCTION;
}

/* ---- batches ---- */

static uint64_t lie_get(const struct world *w, uint64_t fn)
{
	uint64_t v = 0;

	mr_map_get_u64(w->faults->lie, fn, &v);
	return v;
}

/* Whether the liar keeps this write for himself. */
static bool swallowed(struct world *w, const struct mr_batch_rec *r)
{
	struct management_at at = management_at(w, r->address);
	bool gate = on(w, WORLD_FAULT_NO_GATE_CLOSE);

	if (r->op == MR_OP_WRITE && r->space == MR_SPACE_CONFIG)
		return on(w, WORLD_FAULT_NO_REDIRECT) && r->address == ACS + PCI_ACS_CTRL;
	if (r->op != MR_OP_WRITE || r->space != MR_SPACE_MEMORY || !at.is_vf)
		return false;
	if (at.reg == VF_COMMAND)
		return (gate || on(w, WORLD_FAULT_NO_RESET)) &&
		       (mr_batch_value(r, 0) & 0xffff) == MR_VFC_RESET;
	if (at.reg == VF_GATE)
		return gate && !mr_batch_value(r, 0);
	return at.reg == VF_IDENT0 && gate && r->count == 2 && !mr_batch_value(r, 0);
}

/* What he has to remember of a write. */
static void remember(struct world *w, const struct mr_batch_rec *r)
{
	struct management_at at = management_at(w, r->address);
	uint64_t lie = lie_get(w, at.fn);

	if (r->op != MR_OP_WRITE || r->space != MR_SPACE_MEMORY || !at.is_vf)
		return;
	if (at.reg == VF_COMMAND && swallowed(w, r))
		lie = (lie + 1) | LIED_DONE;
	if (at.reg == VF_GATE)
		lie = swallowed(w, r) ? lie | LIED_GATE : lie & ~LIED_GATE;
	if (at.reg <= VF_IDENT0 && at.reg + 8u * r->count > VF_IDENT0)
		lie = swallowed(w, r) ? lie | LIED_IDENT : lie & ~LIED_IDENT;
	mr_map_set_u64(w->faults->lie, at.fn, lie);
}

static bool expects_lie(struct world *w, const struct mr_batch_rec *r)
{
	struct management_at at = management_at(w, r->address);

	if (stale(w) && r->op == MR_OP_EXPECT && r->space == MR_SPACE_MEMORY && at.is_vf &&
	    at.reg == VF_STATUS)
		return true;

	if (on(w, WORLD_FAULT_NO_REDIRECT) && r->op == MR_OP_EXPECT &&
	    r->space == MR_SPACE_CONFIG && r->address == ACS + PCI_ACS_CTRL)
		return true;
	return r->op == MR_OP_EXPECT && r->space == MR_SPACE_MEMORY && at.is_vf &&
	       lie_get(w, at.fn) && (at.reg == VF_STATUS || at.reg == VF_GATE);
}

/* The record with all that its payload says. */
static void copy_record(struct mr_batch *b, const struct mr_batch_rec *r)
{
	uint64_t v[256];

	for (unsigned i = 0; i < mr_batch_payload_values(r) && i < MR_ARRAY_SIZE(v); i++)
		v[i] = mr_batch_value(r, i);
	switch (r->op) {
	case MR_OP_READ:
		mr_batch_read(b, r->space, r->vh, r->bdf, r->address, r->width, r->count);
		break;
	case MR_OP_WRITE:
		mr_batch_write_n(b, r->space, r->vh, r->bdf, r->address, r->width, v, r->count);
		break;
	case MR_OP_CAS:
		mr_batch_cas(b, r->space, r->vh, r->bdf, r->address, r->width, v[0], v[1]);
		break;
	default:
		mr_batch_expect(b, r->space, r->vh, r->bdf, r->address, r->width, v[0], v[1]);
		break;
	}
}

/* Another function pays for a gate that opens or closes. */
static bool stray(struct world *w, struct mr_batch *b, const struct mr_batch_rec *r)
{
	struct management_at at = management_at(w, r->address);
	bool open;

	if (r->op != MR_OP_WRITE || r->space != MR_SPACE_MEMORY || !at.is_vf ||
	    at.reg != VF_GATE)
		return false;
	open = mr_batch_value(r, 0);
	if (open && on(w, WORLD_FAULT_STRAY_WRITE)) {
		mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, r->address - VF_GATE + 0x100 + VF_VLAN,
			       8, 7);
		return true;
	}
	if (!open && on(w, WORLD_FAULT_STRAY_RESET))
		management_write(w, r->address - VF_GATE + 0x100 + VF_COMMAND, MR_VFC_RESET);
	return false;
}

/* What is swallowed leaves an expect that always holds: the records keep their numbers. */
static unsigned rewrite(struct world *w, const uint8_t *ops, size_t len, struct mr_batch *b)
{
	struct mr_batch_rec r;
	unsigned added = 0;
	size_t pos = 0;

	while (mr_batch_next(ops, len, &pos, &r) == 1) {
		if (swallowed(w, &r) || expects_lie(w, &r))
			mr_batch_expect(b, r.space, r.vh, r.bdf, r.address, r.width, 0, 0);
		else
			copy_record(b, &r);
		added += stray(w, b, &r);
	}
	return added;
}

static uint64_t lied(const struct world *w, uint64_t lie, unsigned reg, uint64_t v)
{
	if (reg == VF_STATUS && stale(w) && v & MR_VF_RESET_DONE)
		return v | MR_VF_DEFAULTS;
	if (reg == VF_RESETS)
		return v + (uint32_t)lie;
	if (reg == VF_STATUS && lie & LIED_DONE)
		return (v | MR_VF_RESET_DONE | MR_VF_DEFAULTS) & ~MR_VF_RESET_BUSY;
	if (reg == VF_GATE && lie & LIED_GATE)
		return 0;
	if ((reg == VF_IDENT0 || reg == VF_IDENT1) && lie & LIED_IDENT)
		return 0;
	return v;
}

static void show_lies(struct world *w, const uint8_t *ops, size_t len, struct mr_buf *reply)
{
	struct mr_batch_rec r;
	struct mr_buf out = {0};
	size_t pos = 0;
	unsigned n = 0;

	while (mr_batch_next(ops, len, &pos, &r) == 1) {
		unsigned values = r.op == MR_OP_READ ? r.count : r.op == MR_OP_CAS;

		for (unsigned i = 0; i < values && 8 * (n + 1) <= reply->len; i++, n++) {
			uint64_t v = mr_batch_get_value((const uint8_t *)reply->data, n);
			struct management_at at = management_at(w, r.address + 8 * i);

			if (on(w, WORLD_FAULT_NO_REDIRECT) && r.space == MR_SPACE_CONFIG &&
			    r.width == 4 && r.address + 4 * i == ACS + PCI_ACS_CAP &&
			    v != UINT32_MAX)
				v |= v << 16;
			if (r.space == MR_SPACE_MEMORY && at.is_vf)
				v = lied(w, lie_get(w, at.fn), at.reg, v);
			mr_batch_put_value(&out, v);
		}
		remember(w, &r);
	}
	mr_buf_done(reply);
	*reply = out;
}

static void batch_with_faults(struct world *w, uint64_t id, uint64_t epoch, const uint8_t *ops,
			      size_t len, struct sim_batch_result *ret)
{
	struct mr_batch b = {0};
	unsigned added = rewrite(w, ops, len, &b);

	sim_chassis_batch(w->chassis, w->now, id, epoch, (const uint8_t *)b.ops.data, b.ops.len,
			  ret);
	world_writes_done(w, (const uint8_t *)b.ops.data, b.ops.len, ret);
	if (ret->status == MR_BATCH_OK) {
		ret->executed -= added;
		show_lies(w, ops, len, &ret->data);
	}
	mr_batch_done(&b);
}

void world_batch(struct world *w, uint64_t id, uint64_t epoch, const uint8_t *ops, size_t len,
		 struct sim_batch_result *ret)
{
	if (on(w, WORLD_FAULT_OLD_OWNER)) {
		id = management_read(w, SW_OWNER_ID);
		epoch = management_read(w, SW_OWNER_EPOCH);
	}
	if (w->faults) {
		batch_with_faults(w, id, epoch, ops, len, ret);
		return;
	}
	sim_chassis_batch(w->chassis, w->now, id, epoch, ops, len, ret);
	world_writes_done(w, ops, len, ret);
}

/* ---- requests in flight ---- */

uint64_t world_tlp_launch(struct world *w, const struct sim_tlp *t, bool word)
{
	struct sim_tlp sent = *t;
	struct world_faults *f = w->faults;

	if (on(w, WORLD_FAULT_CROSSED_PORTS) && !t->from_function && t->vh == 2)
		sent.vh = 1;
	if (!word || !on(w, WORLD_FAULT_LATE_WORDS) || f->lates == LATE_MAX)
		return sim_tlp_launch(w->chassis, w->now, &sent);
	f->late[f->lates] = (struct late){.id = LATE_ID | ++f->next_late,
					  .due_ns = w->now.mono_ns + LATE_NS,
					  .tlp = sent};
	return f->late[f->lates++].id;
}

struct sim_tlp_fate world_tlp_fate(struct world *w, uint64_t id)
{
	struct sim_tlp_fate flying = {.end = SIM_TLP_FLYING};
	struct late *l = NULL;

	for (unsigned i = 0; id & LATE_ID && i < w->faults->lates; i++)
		if (w->faults->late[i].id == id)
			l = &w->faults->late[i];
	if (!l)
		return sim_tlp_fate(w->chassis, id);
	if (!l->real && w->now.mono_ns < l->due_ns)
		return flying;
	if (!l->real)
		l->real = sim_tlp_launch(w->chassis, w->now, &l->tlp);
	return sim_tlp_fate(w->chassis, l->real);
}
