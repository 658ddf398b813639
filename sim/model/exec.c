/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executes batches of register accesses. A batch is checked as a whole first (records that can
 * be decoded, caps), then executed record by record until one fails. The owner is compared at
 * each writing record (HANDOVER 8): at execution, not at receipt.
 */
#include "common/mutant.h"
#include "common/pci/batch.h"
#include "sim/model/internal.h"

struct run {
	struct sim_chassis *c;
	uint64_t owner_id, owner_epoch;
	struct sim_batch_result *ret;
};

static uint64_t mask_of(unsigned width)
{
	return width == 8 ? SIM_ONES : (1ull << 8 * width) - 1;
}

/* ---- the three spaces ---- */

static struct sim_loc locate(struct sim_chassis *c, const struct mr_batch_rec *r)
{
	if (r->vh && r->vh == c->root) /* a root of VH 0 has no VH of its own */
		return (struct sim_loc){.kind = SIM_LOC_NONE};
	return r->vh ? sim_vh_locate(c, r->vh, r->bdf) : sim_vh0_locate(c, r->bdf);
}

static bool is_control(const struct sim_loc *l, unsigned bar)
{
	if (bar)
		return false;
	return l->kind == SIM_LOC_BF ||
	       (l->kind == SIM_LOC_PF && !l->d && !l->p && l->a->m.kind == SIM_KIND_SRIOV);
}

static uint64_t mem_read(struct sim_chassis *c, uint64_t addr, unsigned width)
{
	unsigned bar, shift = (unsigned)(addr & 7) * 8;
	uint64_t off;
	struct sim_loc l = sim_vh0_decode(c, addr, &bar, &off);

	if (l.kind == SIM_LOC_NONE || (addr & (width - 1)))
		return mask_of(width);
	if (is_control(&l, bar))
		return sim_ct_read(c, l.a, off & ~7ull) >> shift & mask_of(width);
	return sim_fn_mem(c, &l, bar, off, width, false, 0);
}

static enum sim_wr mem_write(struct sim_chassis *c, uint64_t addr, unsigned width, uint64_t v)
{
	unsigned bar;
	uint64_t off;
	struct sim_loc l = sim_vh0_decode(c, addr, &bar, &off);

	if (l.kind == SIM_LOC_NONE || (addr & (width - 1)))
		return SIM_WR_DROPPED;
	if (is_control(&l, bar)) /* its registers take whole writes only */
		return width == 8 ? sim_ct_write(c, l.a, off, v) : SIM_WR_DROPPED;
	sim_fn_touched(&l);
	sim_fn_mem(c, &l, bar, off, width, true, v);
	return SIM_WR_DONE;
}

static uint64_t reg_read(struct run *x, const struct mr_batch_rec *r, uint64_t addr)
{
	struct sim_loc l;
	uint64_t stuck;

	if (sim_fault_read(x->c, r, addr, &stuck))
		return stuck & mask_of(r->width);
	switch (r->space) {
	case MR_SPACE_SWITCH:
		return sim_sw_read(x->c, addr);
	case MR_SPACE_MEMORY:
		return r->vh ? mask_of(r->width) : mem_read(x->c, addr, r->width);
	default:
		l = locate(x->c, r);
		if (addr >= 4096 || !sim_loc_answers(x->c, &l))
			return mask_of(r->width);
		return sim_cfg_read(x->c, &l, (unsigned)addr, r->width);
	}
}

static enum sim_wr reg_write(struct run *x, const struct mr_batch_rec *r, uint64_t addr,
			     uint64_t v)
{
	struct sim_loc l;

	if (sim_fault_write(x->c, r, addr, v))
		return SIM_WR_DONE;
	switch (r->space) {
	case MR_SPACE_SWITCH:
		return sim_sw_write(x->c, addr, v);
	case MR_SPACE_MEMORY:
		return r->vh ? SIM_WR_DROPPED : mem_write(x->c, addr, r->width, v);
	default:
		l = locate(x->c, r);
		if (addr >= 4096 || !sim_loc_answers(x->c, &l) ||
		    (!r->vh && l.kind == SIM_LOC_BASE && sim_base_held(x->c, l.a)))
			return SIM_WR_DROPPED;
		if (!sim_acs_apart(&l, (unsigned)addr))
			sim_fn_touched(&l);
		sim_cfg_write(x->c, &l, (unsigned)addr, r->width, (uint32_t)v);
		return SIM_WR_DONE;
	}
}

/* A slow register takes what was written to it before. */
void sim_exec_write(struct sim_chassis *c, const struct mr_batch_rec *r, uint64_t addr,
		    uint64_t v)
{
	struct run x = {.c = c};

	reg_write(&x, r, addr, v);
}

/* ---- the records ---- */

static bool owner_holds(struct run *x)
{
	struct sim_chassis *c = x->c;

	if (MR_MUTANT(EPOCH_UNCHECKED) ||
	    (c->owner_epoch && x->owner_id == c->owner_id && x->owner_epoch == c->owner_epoch))
		return true;
	c->refused++;
	sim_event_push(c, MR_EV_OWNER_REFUSED, 0, 0, 0, x->owner_id, x->owner_epoch);
	return false;
}

/* A range of a control table, found once: false when the record is no such thing. */
static bool read_table(struct run *x, const struct mr_batch_rec *r)
{
	struct sim_loc l;
	unsigned bar;
	uint64_t off;

	if (r->space != MR_SPACE_MEMORY || r->vh || r->width != 8 || r->address & 7 ||
	    sim_fault_registers(x->c))
		return false;
	l = sim_vh0_decode(x->c, r->address, &bar, &off);
	if (l.kind == SIM_LOC_NONE || !is_control(&l, bar) ||
	    off + 8ull * r->count > SIM_CT_BAR)
		return false;
	for (unsigned i = 0; i < r->count; i++)
		mr_batch_put_value(&x->ret->data, sim_ct_read(x->c, l.a, off + 8ull * i));
	return true;
}

static uint32_t run_read(struct run *x, const struct mr_batch_rec *r)
{
	if (read_table(x, r))
		return MR_BATCH_OK;
	for (unsigned i = 0; i < r->count; i++)
		mr_batch_put_value(&x->ret->data,
				   reg_read(x, r, r->address + (uint64_t)i * r->width));
	return MR_BATCH_OK;
}

static uint32_t run_write(struct run *x, const struct mr_batch_rec *r)
{
	if (!owner_holds(x))
		return MR_BATCH_STALE_OWNER;
	for (unsigned i = 0; i < r->count; i++) {
		if (reg_write(x, r, r->address + (uint64_t)i * r->width,
			      mr_batch_value(r, i) & mask_of(r->width)) == SIM_WR_REFUSED)
			return MR_BATCH_REFUSED;
		x->c->writes++;
	}
	return MR_BATCH_OK;
}

static uint32_t run_expect(struct run *x, const struct mr_batch_rec *r)
{
	uint64_t v = reg_read(x, r, r->address);

	if ((v & mr_batch_value(r, 0)) == mr_batch_value(r, 1))
		return MR_BATCH_OK;
	mr_batch_put_value(&x->ret->data, v);
	return MR_BATCH_EXPECT;
}

/* The take-over: (old, a higher one) in a frame that already carries the new epoch. */
static uint32_t run_take_over(struct run *x, uint64_t old, uint64_t value)
{
	struct sim_chassis *c = x->c;

	mr_batch_put_value(&x->ret->data, c->owner_epoch);
	if ((c->owner_epoch != old && !MR_MUTANT(SWAP_UNCOMPARED)) || value <= old ||
	    x->owner_epoch != value || !x->owner_id)
		return MR_BATCH_REFUSED;
	c->owner_epoch = value;
	c->owner_id = x->owner_id;
	c->writes++;
	sim_event_push(c, MR_EV_OWNER_CHANGED, 0, 0, 0, c->owner_id, c->owner_epoch);
	return MR_BATCH_OK;
}

static uint32_t run_cas(struct run *x, const struct mr_batch_rec *r)
{
	uint64_t old = mr_batch_value(r, 0), value = mr_batch_value(r, 1), v;

	if (r->space == MR_SPACE_SWITCH && r->address == SW_OWNER_EPOCH)
		return run_take_over(x, old, value);
	if (!owner_holds(x)) {
		mr_batch_put_value(&x->ret->data, reg_read(x, r, r->address));
		return MR_BATCH_STALE_OWNER;
	}
	v = reg_read(x, r, r->address);
	mr_batch_put_value(&x->ret->data, v);
	if (v != old ||
	    reg_write(x, r, r->address, value & mask_of(r->width)) == SIM_WR_REFUSED)
		return MR_BATCH_REFUSED;
	x->c->writes++;
	return MR_BATCH_OK;
}

static uint32_t run_record(struct run *x, const struct mr_batch_rec *r)
{
	switch (r->op) {
	case MR_OP_READ:
		return run_read(x, r);
	case MR_OP_WRITE:
		return run_write(x, r);
	case MR_OP_CAS:
		return run_cas(x, r);
	default:
		return run_expect(x, r);
	}
}

/* Whether all of it can be decoded and is within the caps, before any of it is executed. */
static uint32_t check(const uint8_t *ops, size_t len, size_t *ret_values)
{
	struct mr_batch_rec r;
	size_t pos = 0, records = 0, values = 0;
	int rc;

	*ret_values = 0;
	if (len > MR_BATCH_MAX_BYTES)
		return MR_BATCH_LIMIT;
	while ((rc = mr_batch_next(ops, len, &pos, &r)) > 0) {
		records++;
		values += r.op == MR_OP_READ ? r.count : r.op == MR_OP_CAS;
	}
	if (rc < 0)
		return MR_BATCH_MALFORMED;
	*ret_values = values;
	return records > MR_BATCH_MAX_RECORDS || values > MR_BATCH_MAX_BYTES / 8
		       ? MR_BATCH_LIMIT
		       : MR_BATCH_OK;
}

/* Executes one batch at 'now': chassis.h. */
void sim_chassis_batch(struct sim_chassis *c, struct mr_now now, uint64_t owner_id,
		       uint64_t owner_epoch, const uint8_t *ops, size_t len,
		       struct sim_batch_result *ret)
{
	struct run x = {c, owner_id, owner_epoch, ret};
	struct mr_batch_rec r;
	size_t pos = 0, values;

	sim_chassis_step(c, now);
	mr_buf_reset(&ret->data);
	ret->executed = 0;
	ret->status = check(ops, len, &values);
	if (ret->status == MR_BATCH_OK && values)
		mr_buf_reserve(&ret->data, values * 8);
	while (ret->status == MR_BATCH_OK && mr_batch_next(ops, len, &pos, &r) > 0) {
		ret->status = run_record(&x, &r);
		if (ret->status == MR_BATCH_OK)
			ret->executed++;
	}
}
