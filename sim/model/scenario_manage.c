/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What steps do as the management: the register writes of a manager, in their order, each an
 * ordinary batch of its owner. A refusal of any of them ends the action as refused.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "common/pci/batch.h"
#include "common/str.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

#define F_FUNCTION                                                           \
	{                                                                    \
		"function", scn_rd_text, SCN_AT(function), 0, 96, true, NULL \
	}

static const struct sim_field blade_only[] = {SCN_BLADE, {0}};
static const struct sim_field function_only[] = {F_FUNCTION, {0}};
static const struct sim_field row_fields[] = {SCN_BLADE, SCN_BRIDGE, {0}};
static const struct sim_field map_fields[] = {F_FUNCTION, SCN_BLADE, SCN_BRIDGE, {0}};
static const struct sim_field give_fields[] = {SCN_ADAPTER, SCN_BLADE, SCN_BRIDGE, {0}};
static const struct sim_field migrate_fields[] = {F_FUNCTION, SCN_BLADE, {0}};

static const struct sim_field flag_only[] = {
	{"on", scn_rd_flag, SCN_AT(flag), 0, 0, true, NULL},
	{0},
};

static const struct sim_field enable_fields[] = {
	SCN_ADAPTER,
	{"count", sim_rd_uint, SCN_AT(count), 0, 1024, true, NULL},
	{0},
};

static const struct sim_field write_fields[] = {
	{"register", scn_rd_text, SCN_AT(place), 0, 160, true, NULL},
	{"value", scn_rd_value, 0, 0, 0, true, NULL},
	{"stale", sim_rd_bool, SCN_AT(stale), 0, 0, false, NULL},
	{0},
};

/* ---- registers ---- */

static int status(uint32_t st, struct mr_buf *why)
{
	if (st == MR_BATCH_OK)
		return 0;
	mr_buf_puts(why, st == MR_BATCH_STALE_OWNER ? " (not the owner)"
						    : " (the register refuses it)");
	return -EPERM;
}

static int put(struct sim_scn_run *r, const struct sim_place *p, uint64_t v, struct mr_buf *why)
{
	return status(sim_place_write(r->c, r->now, p, r->owner_id, r->epoch, v), why);
}

static int sw_put(struct sim_scn_run *r, uint64_t addr, uint64_t v, struct mr_buf *why)
{
	struct sim_place p = {.space = MR_SPACE_SWITCH, .address = addr, .width = 8};

	return put(r, &p, v, why);
}

/* A register of the adapter's control table. */
static int ct_put(struct sim_scn_run *r, struct sim_adapter *a, uint64_t off, uint64_t v,
		  struct mr_buf *why)
{
	struct sim_loc l = sim_adapter_locate(a, 0, 0);
	struct sim_place p = {.space = MR_SPACE_MEMORY, .width = 8};

	if (!sim_adapter_up(a) || a->m.kind == SIM_KIND_BASE) {
		mr_buf_puts(why, " (no control table answers)");
		return -ENODEV;
	}
	p.address = sim_bar_address(&l, 0) + off;
	return put(r, &p, v, why);
}

static int vf_put(struct sim_scn_run *r, const struct scn_args *a, unsigned reg, uint64_t v,
		  struct mr_buf *why)
{
	struct sim_adapter *d = sim_adapter_at(r->c, a->portnr);

	mr_buf_printf(why, "%s", a->function);
	return ct_put(r, d, CT_VF(d->m.vfs, a->pf, a->vf) + reg, v, why);
}

/* ---- ownership and ports ---- */

/* Takes the chassis over with the next epoch; 0 or -EPERM. */
int scn_take_over(struct sim_scn_run *r)
{
	struct mr_batch b = {0};
	struct sim_batch_result res = {0};
	uint64_t old = r->c->owner_epoch;

	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, old, old + 1);
	sim_chassis_batch(r->c, r->now, r->owner_id, old + 1, (const uint8_t *)b.ops.data,
			  b.ops.len, &res);
	mr_buf_done(&res.data);
	mr_batch_done(&b);
	if (res.status != MR_BATCH_OK)
		return -EPERM;
	r->epoch = old + 1;
	return 0;
}

static int m_take_over(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	int rc = scn_take_over(r);

	(void)a;
	mr_buf_printf(why, "epoch %llu", (unsigned long long)r->epoch);
	return rc;
}

static int auth(struct sim_scn_run *r, const struct scn_args *a, unsigned v, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	return sw_put(r, SW_PORT(a->vh) + PORT_AUTH, v, why);
}

static int m_authorise(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return auth(r, a, MR_AUTH_AUTHORISED, why);
}

static int m_isolate(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return auth(r, a, MR_AUTH_ISOLATED, why);
}

static int m_hold(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return auth(r, a, MR_AUTH_HELD, why);
}

static int m_commit(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	(void)a;
	return sw_put(r, SW_COMMIT, 1, why);
}

static int m_listen(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_puts(why, a->flag ? "on" : "off");
	r->deaf = !a->flag;
	if (!r->deaf)
		scn_read_events(r);
	return 0;
}

static int m_write(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	uint64_t epoch = r->epoch - a->stale;

	mr_buf_printf(why, "%s = 0x%llx%s", a->place, (unsigned long long)a->value,
		      a->stale ? " by a deposed owner" : "");
	return status(sim_place_write(r->c, r->now, &a->reg, r->owner_id, epoch, a->value),
		      why);
}

/* ---- functions ---- */

/* Offset of the SR-IOV capability of a function in VH 0, 0 = none. */
static unsigned find_sriov(struct sim_scn_run *r, uint16_t rid)
{
	struct sim_place p = {
		.space = MR_SPACE_CONFIG, .rid = rid, .address = 0x100, .width = 4};

	for (unsigned i = 0; i < 64 && p.address; i++) {
		uint32_t v = (uint32_t)sim_place_read(r->c, r->now, &p);

		if (v == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(v) == PCI_EXT_CAP_ID_SRIOV)
			return (unsigned)p.address;
		p.address = PCI_EXT_CAP_NEXT(v);
	}
	return 0;
}

static int m_enable(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_adapter *d = sim_adapter_at(r->c, a->portnr);
	int rc = 0;

	mr_buf_printf(why, "%s %u", a->adapter, a->count);
	for (unsigned p = 0; !rc && p < d->m.pfs; p++) {
		struct sim_place at = {.space = MR_SPACE_CONFIG, .width = 2};
		unsigned cap;

		at.rid = (uint16_t)((d->bus << 8) + sim_pf_function(d, 0, p));
		cap = find_sriov(r, at.rid);
		if (!cap)
			return -ENODEV;
		at.address = cap + PCI_SRIOV_NUM_VF;
		rc = put(r, &at, a->count, why);
		at.address = cap + PCI_SRIOV_CTRL;
		if (!rc)
			rc = put(r, &at,
				 a->count ? PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE |
						    PCI_SRIOV_CTRL_ARI
					  : PCI_SRIOV_CTRL_ARI,
				 why);
	}
	return rc;
}

/* The shadow of a synthetic function and its windows (HANDOVER 2). */
static int put_shadow(struct sim_scn_run *r, const struct scn_args *a, uint64_t row,
		      struct mr_buf *why)
{
	struct sim_adapter *d = sim_adapter_at(r->c, a->portnr);
	const struct sim_pf *pf = sim_pf(d, 0, a->pf);
	int rc = sw_put(r, row + ROW_IDS,
			d->m.vendor | (uint64_t)d->m.vf_device << 16 |
				(uint64_t)mr_class_code(d->m.device_class) << 32,
			why);

	if (!rc)
		rc = sw_put(r, row + ROW_MSIX, sim_model_bar_reg(&d->m, 6), why);
	for (unsigned i = 0; i < 6 && !rc; i++) {
		uint64_t base = pf->iov.bar[i] & ~0xfull;

		if (d->m.bar[i].size && d->m.bar[i].mem64 && i < 5)
			base |= (uint64_t)pf->iov.bar[i + 1] << 32;
		base += sim_sriov_aperture(d, pf, i) * a->vf;
		rc = sw_put(r, row + ROW_BAR + 8ull * i, sim_model_bar_reg(&d->m, i), why);
		if (!rc)
			rc = sw_put(r, row + ROW_WINDOW + 8ull * i, d->m.bar[i].size ? base : 0,
				    why);
	}
	return rc;
}

static int m_map(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	uint64_t row = SW_BRIDGE(a->vh, a->bridge);
	bool whole = a->vf == 0xffff;
	struct mr_buf quiet = {0};
	int rc;

	mr_buf_printf(why, "%s -> %s bridge %u", a->function, a->blade, a->bridge);
	rc = sw_put(r, row + ROW_TARGET,
		    whole ? MR_TARGET(MR_TARGET_DEVICE, a->portnr, 0, 0)
			  : MR_TARGET(MR_TARGET_SYNTHETIC, a->portnr, a->pf, a->vf),
		    why);
	if (!rc && !whole)
		rc = put_shadow(r, a, row, why);
	if (!rc)
		rc = sw_put(r, row + ROW_STATE, MR_ROW_MAPPED, why);
	if (!rc && !whole)
		rc = vf_put(r, a, VF_GATE, 1, &quiet);
	mr_buf_done(&quiet);
	return rc;
}

static int m_cut(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s bridge %u", a->blade, a->bridge);
	return sw_put(r, SW_BRIDGE(a->vh, a->bridge) + ROW_STATE, MR_ROW_BLOCKED, why);
}

static int m_free(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s bridge %u", a->blade, a->bridge);
	return sw_put(r, SW_BRIDGE(a->vh, a->bridge) + ROW_STATE, MR_ROW_FREE, why);
}

/* The device VH of an mra adapter that is mapped to the blade, 0 = none. */
static unsigned device_vh(const struct sim_adapter *d, unsigned vh)
{
	for (unsigned i = 1; i < d->vhs; i++)
		if (d->vh[i].enabled && d->vh[i].vh == vh)
			return i;
	return 0;
}

static int m_give_pfs(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_adapter *d = sim_adapter_at(r->c, a->portnr);
	uint64_t row = SW_BRIDGE(a->vh, a->bridge);
	unsigned i = device_vh(d, a->vh);
	int rc = 0;

	mr_buf_printf(why, "%s -> %s bridge %u", a->adapter, a->blade, a->bridge);
	for (unsigned k = 1; k < d->vhs && !i; k++)
		i = d->vh[k].enabled ? 0 : k;
	if (!i)
		return -ENOSPC;
	if (!d->vh[i].enabled)
		rc = ct_put(r, d, CT_VH(i) + VH_MAP, 1 | (uint64_t)a->vh << 16, why);
	if (!rc)
		rc = sw_put(r, row + ROW_TARGET, MR_TARGET(MR_TARGET_PFS, a->portnr, i, 0),
			    why);
	return rc ? rc : sw_put(r, row + ROW_STATE, MR_ROW_MAPPED, why);
}

static int m_migrate_in(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	unsigned d = device_vh(sim_adapter_at(r->c, a->portnr), a->vh);
	int rc = vf_put(r, a, VF_COMMAND, MR_VFC_MIGRATE_IN | (uint64_t)d << 16, why);

	mr_buf_printf(why, " -> %s", a->blade);
	return rc;
}

static int command(struct sim_scn_run *r, const struct scn_args *a, unsigned cmd,
		   struct mr_buf *why)
{
	return vf_put(r, a, VF_COMMAND, cmd, why);
}

static int m_reset(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return command(r, a, MR_VFC_RESET, why);
}

static int m_out(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return command(r, a, MR_VFC_MIGRATE_OUT, why);
}

static int m_force_out(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return command(r, a, MR_VFC_FORCE_OUT, why);
}

static int m_return(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return command(r, a, MR_VFC_RETURN, why);
}

static int m_block(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return vf_put(r, a, VF_BLOCK, 3, why);
}

static int m_unblock(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return vf_put(r, a, VF_BLOCK, 0, why);
}

static int m_gate(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	return vf_put(r, a, VF_GATE, 1, why);
}

const struct scn_action scn_manage_acts[] = {
	{"takeOver", "on: take the chassis over with the next epoch", flag_only, "on", 0,
	 m_take_over},
	{"authorise", "blade: its port leads to its hierarchy", blade_only, "blade", 0,
	 m_authorise},
	{"isolate", "blade: its port leads to an empty tree", blade_only, "blade", 0,
	 m_isolate},
	{"hold", "blade: its port's link is kept down", blade_only, "blade", 0, m_hold},
	{"commit", "on: copy the tables to the non-volatile memory", flag_only, "on", 0,
	 m_commit},
	{"listen", "on: read the event ring or leave it alone", flag_only, "on", 0, m_listen},
	{"write", "register, value, stale: one register", write_fields, NULL, 0, m_write},
	{"enableVfs", "adapter, count: NumVFs and VF Enable in VH 0", enable_fields, NULL, 0,
	 m_enable},
	{"map", "function, blade, bridge: a synthetic function or a whole device", map_fields,
	 NULL, 0, m_map},
	{"cut", "blade, bridge: block the row at once", row_fields, NULL, 0, m_cut},
	{"free", "blade, bridge: a drained row", row_fields, NULL, 0, m_free},
	{"givePfs", "adapter, blade, bridge: the PFs of an mra adapter for that blade",
	 give_fields, NULL, 0, m_give_pfs},
	{"migrateIn", "function, blade: into that blade's hierarchy", migrate_fields, NULL, 0,
	 m_migrate_in},
	{"migrateOut", "function: ask the blade to give it up", function_only, "function", 0,
	 m_out},
	{"forceOut", "function: take it from the blade at once", function_only, "function", 0,
	 m_force_out},
	{"returnVf", "function: back to VH 0", function_only, "function", 0, m_return},
	{"resetVf", "function: the reset of a hand-over", function_only, "function", 0,
	 m_reset},
	{"block", "function: requests from it and to it", function_only, "function", 0,
	 m_block},
	{"unblock", "function: let them pass", function_only, "function", 0, m_unblock},
	{"openGate", "function: its link or queues run", function_only, "function", 0, m_gate},
	{0},
};
