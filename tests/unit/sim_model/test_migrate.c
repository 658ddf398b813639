// SPDX-License-Identifier: Apache-2.0
/* Multi-root adapters: PFs in a host's VH, VF migration (facts/mriov.md 1.7), resets, identity,
 * and what a host's reboot finds (HANDOVER 1). */
#include "common/rng.h"
#include "fixture.h"

#define PFS	  1u
#define VFS	  64u
#define VF(v)	  CT_VF(VFS, 0, v)
#define PF_RID	  (uint16_t)(FX_BUS(0) << 8)
#define VF_RID(s) (uint16_t)(PF_RID + (s)) /* ARI: offset 1, stride 1 */
#define SRIOV	  0x180
#define BAR	  FX_WIN64(0)
#define VFBAR	  (FX_WIN64(0) + 0x1000000)

static struct fx x;
static const char *const nic = "nic-left";

static void setup(void)
{
	x = fx_new("config/demo-chassis.yaml");
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	fx_provision(&x, nic, 1, VFS);
	fx_boot(&x, 1);
	ck_assert_uint_eq(ct_w(&x, nic, CT_VH(2) + VH_MAP, 1 | 1 << 16), MR_BATCH_OK);
	fx_map(&x, 1, 0, MR_TARGET(MR_TARGET_PFS, 8, 2, 0));
	fx_notices(&x, SIM_NOTICE_MGMT_IRQ, -1);
}

static void teardown(void)
{
	fx_free(&x);
}

static uint32_t give(unsigned v)
{
	uint32_t status = ct_w(&x, nic, VF(v) + VF_BLOCK, 3);

	if (status == MR_BATCH_OK)
		status = ct_w(&x, nic, VF(v) + VF_COMMAND, MR_VFC_MIGRATE_IN | 2 << 16);
	if (status == MR_BATCH_OK)
		status = ct_w(&x, nic, VF(v) + VF_BLOCK, 0);
	return status;
}

static uint32_t command(unsigned v, unsigned cmd)
{
	return ct_w(&x, nic, VF(v) + VF_COMMAND, cmd);
}

/* The host's SR-PCIM: BARs, NumVFs, VF Enable, migration. */
static void host_enable(unsigned num)
{
	hcfg_w(&x, 1, PF_RID, 0x10, 4, (uint32_t)BAR);
	hcfg_w(&x, 1, PF_RID, 0x14, 4, (uint32_t)(BAR >> 32));
	hcfg_w(&x, 1, PF_RID, 0x04, 2, 6);
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x24, 4, (uint32_t)VFBAR);
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x28, 4, (uint32_t)(VFBAR >> 32));
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x10, 2, num);
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x08, 2, 0x1f);
}

static unsigned state(unsigned s)
{
	return (unsigned)sim_host_mem_read(x.c, x.now, 1, BAR + 0x1000 + s - 1, 1);
}

static void set_state(unsigned s, unsigned v)
{
	sim_host_mem_write(x.c, x.now, 1, BAR + 0x1000 + s - 1, 1, v);
}

static unsigned slot_of(unsigned v)
{
	return ct(&x, nic, VF(v) + VF_MAP) >> 16 & 0xffff;
}

START_TEST(layout)
{
	uint16_t rid0 = (uint16_t)sw(&x, SW_PORT(8) + PORT_VH0_RID);

	ck_assert_uint_eq(ct(&x, nic, CT_MAGIC), MR_CT_MAGIC);
	ck_assert_uint_eq(ct(&x, nic, CT_COUNTS),
			  1 | 64 << 16 | 17ull << 32 | (uint64_t)MR_CLASS_ETHERNET << 48);
	ck_assert_uint_eq(ct(&x, nic, CT_VF_BAR), 0x10000 | MR_BAR_64 | MR_BAR_PREF);
	ck_assert_uint_eq(ct(&x, nic, CT_VF_MSIX), 16 | 0x8000ull << 32);
	/* VH 0: BF, PF, then VF v at slot v + 1, whatever happened before. */
	ck_assert_uint_eq(cfg0(&x, rid0, 0x220, 4) & 0xfffff, 0xf0011);
	ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 1), SRIOV, 2), 0x10);
	ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 2 + 9), 0x84, 4) >> 28 & 1, 1);
	ck_assert_uint_eq(ct(&x, nic, CT_LVF(PFS, VFS, 0, 0, 10)),
			  MR_LVF_USED | MR_VF_AVAILABLE << 8 | 9 << 16);
	/* The host's PF, and what it knows of its VFs. */
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, 0, 4), 0x101d15b3);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x04, 4), 3);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0c, 4), 64 << 16);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x18, 4), 0x101e0000);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x14, 4), 256 | 1 << 16); /* no ARI */
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x08, 2, 0x10);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x14, 4), 1 | 1 << 16);
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x24, 4, 0xffffffff);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x24, 4), 0xffff000c);
}
END_TEST

START_TEST(a_row_in_one_read)
{
	uint16_t rid0 = (uint16_t)sw(&x, SW_PORT(8) + PORT_VH0_RID);
	uint64_t bar = (cfg0(&x, rid0, 0x10, 4) & ~15u) | (uint64_t)cfg0(&x, rid0, 0x14, 4)
								  << 32;
	struct mr_batch b = {0};
	struct sim_batch_result r;

	ct_w(&x, nic, VF(6) + VF_COOKIE, 0x1234);
	mr_batch_read(&b, MR_SPACE_MEMORY, 0, 0, bar + VF(6), 8, VF_REGS + 1);
	r = fx_run(&x, &b, x.epoch);
	ck_assert_uint_eq(r.data.len, 8 * (VF_REGS + 1));
	for (unsigned i = 0; i <= VF_REGS; i++)
		ck_assert_uint_eq(mr_batch_get_value((const uint8_t *)r.data.data, i),
				  ct(&x, nic, VF(6) + 8 * i));
	ck_assert_uint_eq(mr_batch_get_value((const uint8_t *)r.data.data, VF_COOKIE / 8),
			  0x1234);
	mr_buf_done(&r.data);
}
END_TEST

/* A cable that flaps resets the device; its tables are sticky, VH 0's VFs come back. */
START_TEST(cable_of_the_adapter)
{
	ck_assert_uint_eq(give(1), MR_BATCH_OK);
	sw_w(&x, SW_COMMIT, 1);
	host_enable(64);
	hcfg_w(&x, 1, VF_RID(1), 4, 2, 4);
	ck_assert_int_eq(sim_port_set_link(x.c, x.now, 8, false), 0);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, 0, 4), 0xffffffff);
	ck_assert_uint_eq(hcfg(&x, 1, 0x200, 0x92, 2) >> 13 & 1, 0);
	ck_assert_uint_eq(hcfg(&x, 1, 0x200, 0x9a, 2) & 0x40, 0x40); /* still plugged */
	ck_assert_int_eq(sim_port_set_link(x.c, x.now, 8, true), 0);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x08, 2) & 1, 0);
	host_enable(64);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(hcfg(&x, 1, VF_RID(1), 4, 2), 0);
	ck_assert_uint_eq(ct(&x, nic, VF(2) + VF_STATUS) & MR_VF_ENABLED, MR_VF_ENABLED);
	ck_assert_uint_eq(sw(&x, SW_PORT(8) + PORT_LINK_DOWNS), 1);
}
END_TEST

START_TEST(packed_while_disabled)
{
	ck_assert_uint_eq(give(5), MR_BATCH_OK);
	ck_assert_uint_eq(give(9), MR_BATCH_OK);
	ck_assert_uint_eq(give(3), MR_BATCH_OK);
	ck_assert_uint_eq(slot_of(5), 1);
	ck_assert_uint_eq(slot_of(9), 2);
	ck_assert_uint_eq(slot_of(3), 3);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0c, 2), 3);
	ck_assert_uint_eq(ct(&x, nic, VF(9) + VF_COMMAND), 0);
	/* One leaves: the rest closes up. */
	ck_assert_uint_eq(ct_w(&x, nic, VF(5) + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(command(5, MR_VFC_RETURN), MR_BATCH_OK);
	ck_assert_uint_eq(slot_of(9), 1);
	ck_assert_uint_eq(slot_of(3), 2);
	host_enable(64);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0c, 2), 2);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(state(2), MR_VF_AVAILABLE);
	ck_assert_uint_eq(state(3), MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(hcfg(&x, 1, VF_RID(1), 0x84, 4) >> 28 & 1, 1);
	ck_assert_uint_eq(hcfg(&x, 1, VF_RID(3), 0x84, 4), 0xffffffff);
}
END_TEST

START_TEST(migrate_in_and_out)
{
	host_enable(64);
	fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1);
	ck_assert_uint_eq(give(7), MR_BATCH_OK);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1), 1);
	ck_assert_uint_eq(state(1), MR_VF_MIGRATE_IN);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0a, 2), 1);
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x0a, 2, 1);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0a, 2), 0);
	/* A write that the table does not know is ignored; the right one is taken. */
	set_state(1, MR_VF_MIGRATE_OUT);
	ck_assert_uint_eq(state(1), MR_VF_MIGRATE_IN);
	set_state(1, MR_VF_AVAILABLE);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(ct(&x, nic, VF(7) + VF_MAP), 2 | 1 << 16 | 3ull << 32);
	/* Out: asked, retracted, asked again, given. */
	ck_assert_uint_eq(command(7, MR_VFC_RETURN), MR_BATCH_REFUSED);
	ck_assert_uint_eq(command(7, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	ck_assert_uint_eq(command(7, MR_VFC_MIGRATE_OUT_RETRACT), MR_BATCH_OK);
	set_state(1, MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(command(7, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	set_state(1, MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(state(1), MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(hcfg(&x, 1, VF_RID(1), 0x84, 4), 0xffffffff);
	ck_assert_uint_eq(command(7, MR_VFC_RETURN), MR_BATCH_REFUSED); /* not drained */
	ct_w(&x, nic, VF(7) + VF_BLOCK, 3);
	ck_assert_uint_eq(command(7, MR_VFC_RETURN), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&x, nic, VF(7) + VF_MAP) & 0xffff, 0);
	ck_assert_uint_eq(ct(&x, nic, VF(7) + VF_REMAPS), 2);
	/* Not handed on before its reset. */
	ck_assert_uint_eq(give(7), MR_BATCH_REFUSED);
	ct_w(&x, nic, VF(7) + VF_BLOCK, 3);
	ck_assert_uint_eq(command(7, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(give(7), MR_BATCH_OK);
}
END_TEST

START_TEST(cut_never_returns_by_a_reboot)
{
	ck_assert_uint_eq(give(1), MR_BATCH_OK);
	ck_assert_uint_eq(give(2), MR_BATCH_OK);
	host_enable(64);
	ck_assert_uint_eq(command(1, MR_VFC_FORCE_OUT), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&x, nic, VF(1) + VF_BLOCK), 3);
	ck_assert_uint_eq(state(1), MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(hcfg(&x, 1, VF_RID(1), 0x84, 4), 0xffffffff);
	ck_assert_uint_eq(hcfg(&x, 1, VF_RID(2), 0x84, 4) >> 28 & 1, 1);
	set_state(1, MR_VF_AVAILABLE); /* a hung host comes back with an old intention */
	ck_assert_uint_eq(state(1), MR_VF_UNAVAILABLE);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	fx_enumerate(&x, 1);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0c, 2), 1);
	host_enable(64);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(slot_of(2), 1);
	ck_assert_uint_eq(slot_of(1), 0);
	ck_assert_uint_eq(command(1, MR_VFC_RETURN), MR_BATCH_OK);
}
END_TEST

START_TEST(tombstoned_slots_are_skipped)
{
	host_enable(64);
	ck_assert_uint_eq(ct_w(&x, nic, CT_LVF(PFS, VFS, 2, 0, 1), MR_LVF_TOMBSTONE),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, nic, CT_LVF(PFS, VFS, 0, 0, 1), MR_LVF_TOMBSTONE),
			  MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct(&x, nic, CT_VH(2) + VH_BURIED), 1);
	ck_assert_uint_eq(ct(&x, nic, CT_VH(0) + VH_BURIED), 0);
	ck_assert_uint_eq(give(0), MR_BATCH_OK);
	ck_assert_uint_eq(slot_of(0), 2);
	ct_w(&x, nic, CT_LVF(PFS, VFS, 2, 0, 1), 0);
	ck_assert_uint_eq(ct(&x, nic, CT_VH(2) + VH_BURIED), 0);
}
END_TEST

START_TEST(reset_restores_all)
{
	struct sim_fn_view view;

	ck_assert_uint_eq(give(4), MR_BATCH_OK);
	ct_w(&x, nic, VF(4) + VF_COOKIE, 0x500000001);
	ct_w(&x, nic, VF(4) + VF_IDENT0, 0x0225b5000000);
	ct_w(&x, nic, VF(4) + VF_MAX_MBPS, 40000);
	ck_assert_uint_eq(ct_w(&x, nic, VF(4) + VF_MAX_MBPS, 100001), MR_BATCH_REFUSED);
	host_enable(64);
	ck_assert_int_eq(sim_host_fn_view(x.c, 1, VF_RID(1), &view), 0);
	ck_assert(!view.link); /* gated */
	ct_w(&x, nic, VF(4) + VF_GATE, 1);
	sim_host_fn_view(x.c, 1, VF_RID(1), &view);
	ck_assert(view.link);
	ck_assert_uint_eq(view.ident0, 0x0225b5000000);
	sim_canary(x.c, x.now, 1, VF_RID(1), 0xabcdef);
	ck_assert_uint_eq(sim_canary(x.c, x.now, 1, VF_RID(1), 0),
			  SIM_DIRT_COMMAND | SIM_DIRT_MSIX | SIM_DIRT_VECTORS |
				  SIM_DIRT_MEMORY | SIM_DIRT_ATS | SIM_DIRT_ATC);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, VFBAR, 1) & 1, 1);
	ck_assert_uint_eq(command(4, MR_VFC_RESET), MR_BATCH_REFUSED); /* in use */
	ck_assert_uint_eq(command(4, MR_VFC_FORCE_OUT), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&x, nic, VF(4) + VF_STATUS) & MR_VF_DEFAULTS, 0);
	ck_assert_uint_eq(command(4, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&x, nic, VF(4) + VF_STATUS),
			  MR_VF_RESET_DONE | MR_VF_DEFAULTS | MR_VF_DRAINED);
	ck_assert_uint_eq(ct(&x, nic, VF(4) + VF_COOKIE), 0x500000001);
	ck_assert_uint_eq(ct(&x, nic, VF(4) + VF_IDENT0), 0);
	ck_assert_uint_eq(ct(&x, nic, VF(4) + VF_GATE), 0);
	/* The other functions did not notice (I6). */
	ck_assert_uint_eq(ct(&x, nic, VF(5) + VF_RESETS), 0);
}
END_TEST

START_TEST(one_row_per_target)
{
	uint64_t t = MR_TARGET(MR_TARGET_PFS, 8, 2, 0);

	row_w(&x, 1, 1, ROW_TARGET, t);
	ck_assert_uint_eq(row_w(&x, 1, 1, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_REFUSED);
	/* An MVF that a host VH owns is no target for a synthetic row either. */
	ck_assert_uint_eq(give(0), MR_BATCH_OK);
	row_w(&x, 1, 1, ROW_TARGET, MR_TARGET(MR_TARGET_SYNTHETIC, 8, 0, 0));
	ck_assert_uint_eq(row_w(&x, 1, 1, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_REFUSED);
	/* And the device VH stays while it owns something or a row leads to it. */
	ck_assert_uint_eq(ct_w(&x, nic, CT_VH(2) + VH_MAP, 0), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct_w(&x, nic, CT_VH(3) + VH_MAP, 1 | 1 << 16), MR_BATCH_REFUSED);
}
END_TEST

START_TEST(power_cycle)
{
	ck_assert_uint_eq(give(11), MR_BATCH_OK);
	ct_w(&x, nic, VF(11) + VF_IDENT0, 0x0225b5000001);
	ct_w(&x, nic, VF(11) + VF_GATE, 1);
	sw_w(&x, SW_GENERATION, 7);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	ct_w(&x, nic, VF(11) + VF_IDENT0, 0x0225b5000002); /* not committed */
	fx_notices(&x, SIM_NOTICE_HOST_LINK, 1);
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_LINK, 1), 2);
	ck_assert_uint_eq(sw(&x, SW_GENERATION), 7);
	ck_assert_uint_eq(sw(&x, SW_OWNER_EPOCH), 1);
	fx_enumerate(&x, 1);
	host_enable(64);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(ct(&x, nic, VF(11) + VF_IDENT0), 0x0225b5000001);
	ck_assert_uint_eq(ct(&x, nic, VF(12) + VF_STATUS) & MR_VF_ENABLED, MR_VF_ENABLED);
	/* What had waited for a commit then is committed by the next one after all. */
	ct_w(&x, nic, VF(11) + VF_IDENT0, 0x0225b5000003);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
	ck_assert_uint_eq(ct(&x, nic, VF(11) + VF_IDENT0), 0x0225b5000003);
	/* Memory that cannot be trusted: held ports, no rows, nothing owned. */
	fx_notices(&x, SIM_NOTICE_MGMT_LOST, -1);
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_CORRUPT);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_MGMT_LOST, -1), 1);
	ck_assert(!sim_host_link(x.c, 1));
	ck_assert_uint_eq(sw(&x, SW_NVM), MR_NVM_CORRUPT);
	ck_assert_uint_eq(sw(&x, SW_ROWS_USED), 0);
	ck_assert_uint_eq(sw(&x, SW_OWNER_EPOCH), 0);
	ck_assert_uint_eq(ct(&x, nic, VF(11) + VF_MAP) & 0xffff, 0);
	/* Nothing was committed since: what was wiped does not come back. */
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
	ck_assert(!sim_host_link(x.c, 1));
	ck_assert_uint_eq(sw(&x, SW_OWNER_EPOCH), 0);
	ck_assert_uint_eq(sw(&x, SW_GENERATION), 0);
}
END_TEST

START_TEST(stale_memory)
{
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	ck_assert_uint_eq(give(11), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_STALE);
	ck_assert_uint_eq(ct(&x, nic, VF(11) + VF_MAP) & 0xffff, 0);
	ck_assert_uint_eq(row(&x, 1, 0, ROW_STATE), MR_ROW_MAPPED);
}
END_TEST

START_TEST(vh0_does_not_touch_others)
{
	ck_assert_uint_eq(give(1), MR_BATCH_OK);
	host_enable(64);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 0), 0);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	/* Not even a secondary bus reset of its port in VH 0. */
	fx_write(&x, MR_SPACE_CONFIG, 0, 0x102, 0x3e, 2, 0x40);
	ck_assert_uint_eq(state(1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(ct(&x, nic, VF(1) + VF_RESETS), 0);
}
END_TEST

/* Only a cold start restores: what is inserted is blank, whatever was committed, also for a
 * power cycle that comes before the next commit. */
START_TEST(pulled_and_inserted)
{
	ck_assert_uint_eq(give(1), MR_BATCH_OK);
	ct_w(&x, nic, VF(1) + VF_IDENT0, 0x0225b5000001);
	ct_w(&x, nic, VF(1) + VF_GATE, 1);
	sw_w(&x, SW_COMMIT, 1);
	host_enable(64);
	hcfg_w(&x, 1, 0x200, 0x9a, 2, 0x011f);
	fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 1);
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, nic), 0);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 1), 1);
	ck_assert_uint_eq(hcfg(&x, 1, PF_RID, 0, 4), 0xffffffff);
	ck_assert_uint_eq(sw(&x, SW_PORT(8) + PORT_VH0_RID), 0xffff);
	ck_assert_int_eq(sim_adapter_insert(x.c, x.now, nic), 0);
	for (unsigned cycles = 0; cycles < 2; cycles++) {
		uint16_t rid0 = (uint16_t)sw(&x, SW_PORT(8) + PORT_VH0_RID);

		ck_assert_uint_eq(ct(&x, nic, CT_VH(0) + VH_MAP) & 1, 1);
		ck_assert_uint_eq(ct(&x, nic, CT_VH(2) + VH_MAP), 0);
		ck_assert_uint_eq(ct(&x, nic, VF(1) + VF_MAP) & 0xffff, 0);
		ck_assert_uint_eq(ct(&x, nic, VF(1) + VF_IDENT0), 0);
		ck_assert_uint_eq(ct(&x, nic, VF(1) + VF_GATE), 0);
		ck_assert_uint_eq(ct(&x, nic, CT_LVF(PFS, VFS, 2, 0, 1)), 0);
		ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 1), SRIOV + 0x08, 2) & 1, 0);
		ck_assert_uint_eq(hcfg(&x, 1, PF_RID, 0, 4), 0xffffffff);
		sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
		fx_enumerate(&x, 1);
	}
}
END_TEST

/* The hot reset of a device that was inserted brings back nothing of the one before. */
START_TEST(inserted_and_reset)
{
	uint16_t rid0;

	sw_w(&x, SW_COMMIT, 1);
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, nic), 0);
	ck_assert_int_eq(sim_adapter_insert(x.c, x.now, nic), 0);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(8) + PORT_RESET, 1), MR_BATCH_OK);
	rid0 = (uint16_t)sw(&x, SW_PORT(8) + PORT_VH0_RID);
	ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 1), SRIOV + 0x08, 2) & 1, 0);
}
END_TEST

/* ---- random moves of eight functions by both sides ---- */

#define SOME 8u

static void check_tables(void)
{
	bool enabled = hcfg(&x, 1, PF_RID, SRIOV + 0x08, 2) & 1;
	unsigned num = hcfg(&x, 1, PF_RID, SRIOV + 0x10, 2), used = 0;

	for (unsigned v = 0; v < SOME; v++) {
		uint64_t map = ct(&x, nic, VF(v) + VF_MAP);
		unsigned s = map >> 16 & 0xffff;

		if ((map & 0xffff) == 0)
			ck_assert_uint_eq(s, v + 1);
		else if (s)
			ck_assert_uint_eq(ct(&x, nic, CT_LVF(PFS, VFS, 2, 0, s)) & ~2ull,
					  MR_LVF_USED | v << 16 | (map >> 32) << 8);
	}
	for (unsigned s = 1; s <= VFS; s++) {
		uint64_t lvf = ct(&x, nic, CT_LVF(PFS, VFS, 2, 0, s));
		unsigned st = MR_LVF_STATE(lvf);
		bool there;

		if (!(lvf & MR_LVF_USED))
			continue;
		used++;
		if (!enabled)
			ck_assert_uint_eq(s, used); /* packed */
		there = enabled && s <= num && st != MR_VF_UNAVAILABLE &&
			!(ct(&x, nic, VF(MR_LVF_MVF(lvf)) + VF_BLOCK) & 2);
		ck_assert_msg(there == (hcfg(&x, 1, VF_RID(s), 0x84, 4) != 0xffffffff),
			      "slot %u in state %u", s, st);
	}
	if (!enabled)
		ck_assert_uint_eq(hcfg(&x, 1, PF_RID, SRIOV + 0x0c, 2), used);
}

static void random_move(struct mr_rng *r)
{
	unsigned v = (unsigned)mr_rng_below(r, SOME);
	uint16_t rid0 = (uint16_t)(sw(&x, SW_PORT(8) + PORT_VH0_RID) + 1);

	switch (mr_rng_below(r, 12)) {
	case 0:
	case 1:
		ct_w(&x, nic, VF(v) + VF_BLOCK, mr_rng_chance(r, 60) ? 3 : mr_rng_below(r, 4));
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		command(v, (unsigned)(1 + mr_rng_below(r, 7)) | 2 << 16);
		break;
	case 6:
		give(v);
		break;
	case 7:
	case 8:
		set_state((unsigned)(1 + mr_rng_below(r, SOME)), (unsigned)mr_rng_below(r, 4));
		break;
	case 9:
		host_enable((unsigned)(mr_rng_chance(r, 80) ? 64 : mr_rng_below(r, 6)));
		break;
	case 10:
		if (mr_rng_chance(r, 30))
			hcfg_w(&x, 1, PF_RID, SRIOV + 0x08, 2, 0x10);
		break;
	default:
		if (mr_rng_chance(r, 10)) {
			sim_host_reset(x.c, x.now, 1);
			fx_enumerate(&x, 1);
			hcfg_w(&x, 1, PF_RID, SRIOV + 0x08, 2, 0x10);
		} else if (mr_rng_chance(r, 5)) {
			fx_write(&x, MR_SPACE_CONFIG, 0, rid0, 0x88, 2, 0x8000);
			fx_provision(&x, nic, 1, VFS);
		}
	}
}

START_TEST(random_moves)
{
	struct mr_rng r;
	unsigned owned = 0;

	mr_rng_init(&r, (uint64_t)_i);
	hcfg_w(&x, 1, PF_RID, SRIOV + 0x08, 2, 0x10);
	for (unsigned i = 0; i < 600; i++) {
		random_move(&r);
		if (i % 3 == 0)
			check_tables();
		owned += ct(&x, nic, CT_VH(2) + VH_OWNED) > 0;
	}
	ck_assert_uint_gt(owned, 40); /* it did something */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("migrate");
	TCase *t = tcase_create("mra");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, layout);
	tcase_add_test(t, a_row_in_one_read);
	tcase_add_test(t, cable_of_the_adapter);
	tcase_add_test(t, packed_while_disabled);
	tcase_add_test(t, migrate_in_and_out);
	tcase_add_test(t, cut_never_returns_by_a_reboot);
	tcase_add_test(t, tombstoned_slots_are_skipped);
	tcase_add_test(t, reset_restores_all);
	tcase_add_test(t, one_row_per_target);
	tcase_add_test(t, power_cycle);
	tcase_add_test(t, stale_memory);
	tcase_add_test(t, vh0_does_not_touch_others);
	tcase_add_test(t, pulled_and_inserted);
	tcase_add_test(t, inserted_and_reset);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, random_moves, 0, 6);
	suite_add_tcase(s, t);
	return check_run(s);
}
