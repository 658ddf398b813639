/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis of paper: registers that hold what was written, and nothing behind them. What
 * hardware would do a test does with fake_set between two batches, or with a hook on writes.
 * Port 1 is a host with 4 bridges, port 2 an `sriov` adapter (1 PF, 8 VFs), port 3 an `mra`
 * adapter (1 PF, 8 VFs, 3 device VHs), port 4 a `base` device.
 */
#ifndef TESTS_UNIT_FM_MRPCIM_FAKE_H
#define TESTS_UNIT_FM_MRPCIM_FAKE_H

#include <check.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/mrpcim.h"

#define FAKE_CT(port) (0x10000000000ull * (port))
#define FAKE_VFS      8
#define FAKE_WRITES   256
#define FAKE_RESULTS  64

struct fake_write {
	uint8_t space;
	uint16_t bdf;
	uint64_t address, value;
};

struct fake {
	struct fm_mrpcim *m;
	struct mr_now now;
	struct mr_map *reg;
	struct fm_mr_actions out;
	struct fake_write write[FAKE_WRITES];
	unsigned writes;
	uint64_t owner_id, owner_epoch; /* of the last batch */
	uint32_t status_once;		/* not 0: the next batch ends with it */
	unsigned batches;
	bool hold; /* batches are kept unanswered */
	void (*on_write)(struct fake *f, const struct fake_write *w);
	struct fm_op_result result[FAKE_RESULTS];
	unsigned results;
	struct fm_chassis_event event[FAKE_RESULTS];
	unsigned events;
};

static inline uint64_t fake_key(uint8_t space, uint16_t bdf, uint64_t address)
{
	return (uint64_t)space << 62 | (uint64_t)(space ? 0 : bdf) << 44 | address;
}

static inline uint64_t fake_read(const struct fake *f, uint8_t space, uint16_t bdf, uint64_t a)
{
	uint64_t v;

	return mr_map_get_u64(f->reg, fake_key(space, bdf, a), &v) ? v : UINT64_MAX;
}

static inline void fake_set(struct fake *f, uint8_t space, uint16_t bdf, uint64_t a, uint64_t v)
{
	mr_map_set_u64(f->reg, fake_key(space, bdf, a), v);
}

/* Configuration space is kept in dwords. */
static inline uint64_t fake_load(const struct fake *f, const struct mr_batch_rec *r, unsigned i)
{
	uint64_t a = r->address + (uint64_t)i * r->width;

	if (r->space != MR_SPACE_CONFIG)
		return fake_read(f, r->space, 0, a);
	return (fake_read(f, 0, r->bdf, a & ~3ull) & UINT32_MAX) >> 8 * (a & 3) &
	       ((1ull << 8 * r->width) - 1);
}

static inline void fake_store(struct fake *f, const struct mr_batch_rec *r, unsigned i,
			      uint64_t v)
{
	uint64_t a = r->address + (uint64_t)i * r->width, mask, old;
	struct fake_write w = {r->space, r->bdf, a, v};

	ck_assert_uint_lt(f->writes, FAKE_WRITES);
	f->write[f->writes++] = w;
	if (r->space == MR_SPACE_CONFIG) {
		mask = ((1ull << 8 * r->width) - 1) << 8 * (a & 3);
		old = fake_read(f, 0, r->bdf, a & ~3ull);
		fake_set(f, 0, r->bdf, a & ~3ull, (old & ~mask) | (v << 8 * (a & 3) & mask));
	} else {
		fake_set(f, r->space, 0, a, v);
	}
	if (f->on_write)
		f->on_write(f, &w);
}

static inline uint32_t fake_record(struct fake *f, const struct mr_batch_rec *r,
				   struct mr_buf *reply)
{
	uint64_t v;

	switch (r->op) {
	case MR_OP_READ:
		for (unsigned i = 0; i < r->count; i++)
			mr_batch_put_value(reply, fake_load(f, r, i));
		break;
	case MR_OP_WRITE:
		for (unsigned i = 0; i < r->count; i++)
			fake_store(f, r, i, mr_batch_value(r, i));
		break;
	case MR_OP_EXPECT:
		v = fake_load(f, r, 0);
		if ((v & mr_batch_value(r, 0)) == mr_batch_value(r, 1))
			break;
		mr_batch_put_value(reply, v);
		return MR_BATCH_EXPECT;
	default:
		v = fake_load(f, r, 0);
		mr_batch_put_value(reply, v);
		if (v != mr_batch_value(r, 0))
			return MR_BATCH_REFUSED;
		fake_store(f, r, 0, mr_batch_value(r, 1));
		if (r->address == SW_OWNER_EPOCH)
			fake_set(f, MR_SPACE_SWITCH, 0, SW_OWNER_ID, f->owner_id);
	}
	return MR_BATCH_OK;
}

static inline void fake_step(struct fake *f, const struct fm_mr_event *ev);

/* Executes a batch and gives the driver its reply. */
static inline void fake_answer(struct fake *f, uint64_t tag, const uint8_t *ops, size_t len)
{
	struct mr_batch_rec r;
	struct mr_buf reply = {0};
	uint32_t executed = 0, status = f->status_once;
	size_t pos = 0;

	f->batches++;
	f->status_once = 0;
	while (status == MR_BATCH_OK && mr_batch_next(ops, len, &pos, &r) == 1) {
		status = fake_record(f, &r, &reply);
		executed += status == MR_BATCH_OK;
	}
	ck_assert(status != MR_BATCH_OK || pos == len);
	fake_step(f, &(struct fm_mr_event){.kind = FM_MR_REPLY,
					   .tag = tag,
					   .executed = executed,
					   .status = status,
					   .data = (const uint8_t *)reply.data,
					   .len = reply.len});
	mr_buf_done(&reply);
}

/* One step of the driver, and all that follows from it. */
static inline void fake_step(struct fake *f, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(f->m, f->now, ev, &out);
	for (unsigned i = 0; i < out.n; i++) {
		struct fm_mr_action *a = &out.item[i];

		if (a->kind == FM_MR_RESULT) {
			ck_assert_uint_lt(f->results, FAKE_RESULTS);
			f->result[f->results++] = a->result;
			a->result.observed = NULL;
		} else if (a->kind == FM_MR_CHASSIS_EVENT) {
			ck_assert_uint_lt(f->events, FAKE_RESULTS);
			f->event[f->events++] = a->event;
		} else if (!f->hold) {
			f->owner_id = a->owner_id;
			f->owner_epoch = a->owner_epoch;
			fake_answer(f, a->tag, (const uint8_t *)a->ops.data, a->ops.len);
		}
	}
	fm_mr_actions_done(&out);
}

/* Gives the driver an operation; its result, which has to be there at once. */
static inline struct fm_op_result fake_op(struct fake *f, const struct fm_op *op)
{
	unsigned before = f->results;

	fake_step(f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = op});
	ck_assert_uint_eq(f->results, before + 1);
	ck_assert_uint_eq(f->result[before].tag, op->tag);
	ck_assert_uint_eq(f->result[before].kind, op->kind);
	return f->result[--f->results];
}

static inline void sw(struct fake *f, uint64_t a, uint64_t v)
{
	fake_set(f, MR_SPACE_SWITCH, 0, a, v);
}

static inline void mem(struct fake *f, uint64_t a, uint64_t v)
{
	fake_set(f, MR_SPACE_MEMORY, 0, a, v);
}

static inline void cfg(struct fake *f, uint16_t rid, unsigned off, uint32_t v)
{
	fake_set(f, MR_SPACE_CONFIG, rid, off, v);
}

static inline void fake_port(struct fake *f, unsigned p, enum mr_port_kind kind,
			     const char *name)
{
	uint64_t text = 0;

	for (unsigned i = 0; name[i] && i < 8; i++)
		text |= (uint64_t)(unsigned char)name[i] << 8 * i;
	for (unsigned r = 0; r < SW_PORT_STRIDE; r += 8)
		sw(f, SW_PORT(p) + r, 0);
	sw(f, SW_PORT(p) + PORT_KIND, kind);
	sw(f, SW_PORT(p) + PORT_STATUS, MR_PORT_PRESENT | MR_PORT_POWER | MR_PORT_LINK);
	sw(f, SW_PORT(p) + PORT_NAME, text);
	sw(f, SW_PORT(p) + PORT_SLOT, p);
	sw(f, SW_PORT(p) + PORT_VS, kind == MR_PORT_HOST ? p : 0);
	sw(f, SW_PORT(p) + PORT_BRIDGES, kind == MR_PORT_HOST ? 4 : 0);
	sw(f, SW_PORT(p) + PORT_VH0_RID, p << 8);
}

/* PCIe capability at 40h (FLR, completion timeout range 1010b), MSI-X at 80h, RTR at 100h. */
static inline void fake_function(struct fake *f, uint16_t rid, unsigned device, uint32_t class,
				 unsigned ext)
{
	for (unsigned off = 0; off < 0x300; off += 4)
		cfg(f, rid, off, 0);
	cfg(f, rid, PCI_VENDOR_ID, 0x15b3 | device << 16);
	cfg(f, rid, PCI_CLASS_REVISION, class << 8 | 2);
	cfg(f, rid, PCI_SUBSYSTEM_VENDOR_ID, 0x15b3 | 0x77u << 16);
	cfg(f, rid, PCI_CAPABILITY_LIST, 0x40);
	cfg(f, rid, 0x40, PCI_CAP_ID_EXP | 0x80 << 8);
	cfg(f, rid, 0x40 + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR);
	cfg(f, rid, 0x40 + PCI_EXP_DEVCTL2, 6);
	cfg(f, rid, 0x80, PCI_CAP_ID_MSIX);
	cfg(f, rid, 0x100, 0x22u | 1u << 16 | ext << 20);
	cfg(f, rid, 0x104, 1u << 31);
	cfg(f, rid, 0x108, 3u << 9 | 61); /* 61 * 32768 ns = 2 ms */
}

static inline void fake_sriov(struct fake *f, uint16_t rid, unsigned at)
{
	cfg(f, rid, at, PCI_EXT_CAP_ID_SRIOV | 1u << 16);
	cfg(f, rid, at + PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE);
	cfg(f, rid, at + PCI_SRIOV_INITIAL_VF, FAKE_VFS | FAKE_VFS << 16);
	cfg(f, rid, at + PCI_SRIOV_NUM_VF, FAKE_VFS);
	cfg(f, rid, at + PCI_SRIOV_VF_OFFSET, 0x80 | 1u << 16);
	cfg(f, rid, at + PCI_SRIOV_VF_STRIDE + 2, 0x101e0000);
	cfg(f, rid, at + PCI_SRIOV_SYS_PGSIZE, 1);
	cfg(f, rid, at + PCI_SRIOV_BAR, 0x80000000u | PCI_BASE_ADDRESS_MEM_TYPE_64);
	cfg(f, rid, at + PCI_SRIOV_BAR + 4, 0x20);
}

/* DVSEC at 'at' and the control table that it leads to. */
static inline void fake_table(struct fake *f, unsigned port, unsigned at, uint32_t next,
			      unsigned vhs)
{
	uint64_t ct = FAKE_CT(port);

	cfg(f, (uint16_t)(port << 8), at, PCI_EXT_CAP_ID_DVSEC | 1u << 16 | next << 20);
	cfg(f, (uint16_t)(port << 8), at + 4, MR_DVSEC_VENDOR);
	cfg(f, (uint16_t)(port << 8), at + 8, MR_DVSEC_CONTROL);
	cfg(f, (uint16_t)(port << 8), at + 12, 0);
	cfg(f, (uint16_t)(port << 8), PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_MEM_TYPE_64);
	cfg(f, (uint16_t)(port << 8), PCI_BASE_ADDRESS_1, (uint32_t)(ct >> 32));
	for (unsigned r = 0; r <= CT_VF_MSIX; r += 8)
		mem(f, ct + r, 0);
	mem(f, ct + CT_MAGIC, MR_CT_MAGIC);
	mem(f, ct + CT_COUNTS,
	    1 | FAKE_VFS << 16 | (uint64_t)vhs << 32 | (uint64_t)MR_CLASS_ETHERNET << 48);
	mem(f, ct + CT_NET_MBPS, 100000);
	mem(f, ct + CT_CAPS, MR_CT_CAP_MIN_RATE | MR_CT_CAP_VLAN | MR_CT_CAP_GATE);
	mem(f, ct + CT_VF_BAR, 0x10000 | MR_BAR_64);
	mem(f, ct + CT_VF_MSIX, 16 | 0x8000ull << 32);
	for (unsigned d = 0; d < vhs; d++)
		for (unsigned r = 0; r < 0x20; r += 8)
			mem(f, ct + CT_VH(d) + r, 0);
	for (unsigned v = 0; v < FAKE_VFS; v++) {
		for (unsigned r = 0; r < VF_ACL(MR_VF_ACL_ROWS); r += 8)
			mem(f, ct + CT_VF(FAKE_VFS, 0, v) + r, 0);
		mem(f, ct + CT_VF(FAKE_VFS, 0, v) + VF_STATUS,
		    MR_VF_RESET_DONE | MR_VF_DEFAULTS | MR_VF_ENABLED);
	}
}

static inline void fake_switch(struct fake *f)
{
	for (unsigned r = 0; r <= SW_CUT_ANSWER; r += 8)
		sw(f, r, 0);
	sw(f, SW_MAGIC, MR_SW_MAGIC);
	sw(f, SW_VERSION, MR_SW_VERSION);
	sw(f, SW_SERIAL, 0x31304331); /* "1C01" */
	sw(f, SW_CAPS, 4 | 1u << 16 | 4ull << 32 | 64ull << 48);
	sw(f, SW_OWNER_ID, 7);
	sw(f, SW_OWNER_EPOCH, 3);
	sw(f, SW_GENERATION, 10);
	sw(f, SW_EFFECT_NS, 10000);
	fake_port(f, 1, MR_PORT_HOST, "blade01");
	fake_port(f, 2, MR_PORT_ADAPTER, "nic");
	fake_port(f, 3, MR_PORT_ADAPTER, "mr");
	fake_port(f, 4, MR_PORT_ADAPTER, "gpu");
	for (unsigned b = 0; b < 4; b++)
		for (unsigned r = 0; r < 8 * ROW_REGS; r += 8)
			sw(f, SW_BRIDGE(1, b) + r, 0);
	for (unsigned e = 0; e < 64; e++)
		for (unsigned r = 0; r < SW_EVENT_STRIDE; r += 8)
			sw(f, SW_EVENT(e) + r, 0);
	sw(f, SW_PORT_BAR(4) + PORT_BAR_SIZE, 1u << 24);
	for (unsigned p = 2; p <= 4; p++)
		for (unsigned i = p == 4; i <= PORT_BAR_IDS / 8; i++)
			sw(f, SW_PORT_BAR(p) + 8 * i, 0);
}

static inline void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->reg = mr_map_new();
	f->m = fm_mrpcim_new(0, "c1");
	f->now = (struct mr_now){MR_NS_PER_S, MR_NS_PER_S};
	fake_switch(f);
	fake_function(f, 0x200, 0x101d, 0x020000, 0x140);
	fake_sriov(f, 0x200, 0x140);
	cfg(f, 0x200, 0x140, PCI_EXT_CAP_ID_SRIOV | 1u << 16 | 0x1c0u << 20);
	fake_table(f, 2, 0x1c0, 0, 0);
	fake_function(f, 0x300, 0x101f, 0x020000, 0x140);
	cfg(f, 0x300, 0x140, PCI_EXT_CAP_ID_MRIOV | MR_MRIOV_VERSION << 16 | 0x180u << 20);
	fake_table(f, 3, 0x180, 0, 3);
	fake_function(f, 0x301, 0x101d, 0x020000, 0x140);
	fake_sriov(f, 0x301, 0x140);
	fake_function(f, 0x400, 0x1db6, 0x030200, 0);
}

static inline void fake_done(struct fake *f)
{
	fm_mrpcim_free(f->m);
	mr_map_free(f->reg);
}

/* Connected, observed (the inventory goes to '*ret' when wanted), owned by owner 9 at epoch
 * 4. */
static inline void fake_ready(struct fake *f, struct fm_chassis **ret)
{
	struct fm_op observe = {.tag = 1, .kind = FM_OP_OBSERVE};
	struct fm_op take = {.tag = 2,
			     .kind = FM_OP_TAKE_OWNER,
			     .value = 10,
			     .owner_id = 9,
			     .owner_epoch = 4};
	struct fm_op_result r;

	fake_init(f);
	fake_step(f, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	ck_assert_uint_eq(f->events, 1);
	ck_assert_uint_eq(f->event[0].kind, FM_CE_CONNECTED);
	r = fake_op(f, &observe);
	ck_assert_msg(r.end == FM_OP_DONE, "%s", r.detail);
	if (ret) {
		*ret = r.observed;
	} else {
		fm_chassis_done(r.observed);
		free(r.observed);
	}
	r = fake_op(f, &take);
	ck_assert_msg(r.end == FM_OP_DONE, "%s", r.detail);
	f->events = f->writes = 0;
}

#endif
